/** Text of papers and models, made safe to show, and what can be told of an answer that is still being written. */

/**
 * Control, format, bidirectional and surrogate characters spelled out, as common.views.text does: a right-to-left
 * override reads as ⟨U+202E⟩ instead of acting. Line ends stay; soft hyphens and byte order marks go.
 */
export function visible(text: string): string {
  return text
    .replace(/\r\n?|[\u2028\u2029\x0b\x0c\x85]/g, "\n")
    .replaceAll("\t", " ")
    .replace(/[\u00ad\ufeff]/g, "")
    .replace(/(?![\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}]/gu, (character) => {
      const point = character.codePointAt(0) ?? 0;
      return `⟨U+${point.toString(16).toUpperCase().padStart(4, "0")}⟩`;
    });
}

/** The questions of a completion that is still growing: the prompt asks for one a line, "1. (aspect) question?". */
export function questionsSoFar(text: string): { text: string; aspect: string }[] {
  return text
    .split("\n")
    .map((line) => line.replace(/^\s*(?:[-*•]|Q?\d{1,2}\s*[.):]|\(\d{1,2}\))\s*/, "").trim())
    .filter(Boolean)
    .map((line) => {
      const parts = /^[([]([A-Za-z ]{3,20})[)\]]\s*:?\s*(.*)$/.exec(line);
      return parts ? { aspect: parts[1]!, text: parts[2]! } : { aspect: "", text: line };
    });
}

/** The lines of a review that is still growing, each a heading, an item or a paragraph. */
export function linesSoFar(text: string): { kind: "heading" | "item" | "text"; text: string }[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      if (/^#+\s/.test(line)) return { kind: "heading", text: line.replace(/^#+\s*/, "") };
      if (/^[-*•]\s/.test(line)) return { kind: "item", text: line.replace(/^[-*•]\s*/, "") };
      return { kind: "text", text: line };
    });
}

/** "1 question", "3 questions". */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

export function when(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : date.toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
}
