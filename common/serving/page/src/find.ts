/**
 * Where a quotation stands in the text of a page.
 *
 * Two printings of the same words share their letters and digits: ligatures, case, accents, spaces, hyphens at line
 * ends and typographic marks differ, and a PDF may put a footnote's number or another column between two lines. So
 * letters alone are compared, and a quotation is found as runs of at least SEED letters in any order. Nothing here
 * knows of pdf.js or of the page's elements.
 */

/** Letters. Shorter runs turn up by chance: 12 letters are two or three words. */
const SEED = 12;
/** Share of the quotation's letters that has to be found before anything is marked. */
export const ENOUGH = 0.6;
/** Letters of the page between two runs that are marked with them: a footnote's number, a letter that was misread. */
const GAP = 8;

/** Text as letters and digits; `part[i]` and `offset[i]` say where letter i came from. */
export interface Letters {
  text: string;
  part: number[];
  offset: number[];
}

/** Characters [start, end) of a part. */
export interface Stretch {
  part: number;
  start: number;
  end: number;
}

export interface Found {
  stretches: Stretch[];
  /** Which letters of the quotation were found, to look for the others on the next page. */
  covered: boolean[];
  share: number;
}

/** Letters and digits of the parts (pdf.js's text items, or one paragraph), lower case, without accents. */
export function letters(parts: readonly string[]): Letters {
  const found: Letters = { text: "", part: [], offset: [] };
  parts.forEach((text, part) => {
    let offset = 0;
    for (const character of text) {
      const plain = character
        .normalize("NFKD")
        .toLowerCase()
        .replace(/[^\p{L}\p{N}]/gu, "");
      found.text += plain;
      for (let unit = 0; unit < plain.length; unit++) {
        found.part.push(part);
        found.offset.push(offset);
      }
      offset += character.length;
    }
  });
  return found;
}

/** The runs of `quote` on the page, longest first come, from left to right; `covered` letters are not looked for. */
export function find(quote: string, page: Letters, covered: readonly boolean[] = []): Found {
  const wanted = letters([quote]).text;
  const seen = Array.from(wanted, (_, place) => covered[place] ?? false);
  const runs: [number, number][] = [];
  let place = 0;
  let last = 0;
  const seed = Math.min(SEED, wanted.length);
  while (seed > 0 && place + seed <= wanted.length) {
    const run = seen[place] ? null : longest(wanted, place, page.text, seed, last);
    if (!run) {
      place++;
      continue;
    }
    runs.push(run);
    last = run[1];
    for (let step = run[0]; step < run[1]; step++) seen[place++] = true;
  }
  const share = wanted.length ? seen.filter(Boolean).length / wanted.length : 0;
  return { stretches: stretches(joined(runs), page), covered: seen, share };
}

/** The longest run of the page that equals `wanted` from `place` on; among equals the first after `last`. */
function longest(wanted: string, place: number, text: string, seed: number, last: number): [number, number] | null {
  const start = wanted.slice(place, place + seed);
  let best: [number, number] | null = null;
  for (let at = text.indexOf(start); at >= 0; at = text.indexOf(start, at + 1)) {
    let end = at + seed;
    while (end < text.length && place + end - at < wanted.length && text[end] === wanted[place + end - at]) end++;
    const gain = best ? end - at - (best[1] - best[0]) : 1;
    if (gain > 0 || (gain === 0 && best && best[0] < last && at >= last)) best = [at, end];
  }
  return best;
}

function joined(runs: [number, number][]): [number, number][] {
  const whole: [number, number][] = [];
  for (const [start, end] of [...runs].sort((one, other) => one[0] - other[0])) {
    const before = whole.at(-1);
    if (before && start - before[1] <= GAP) before[1] = Math.max(before[1], end);
    else whole.push([start, end]);
  }
  return whole;
}

/** Runs of letters as stretches of the parts they came from. */
function stretches(runs: [number, number][], page: Letters): Stretch[] {
  const found: Stretch[] = [];
  for (const [from, to] of runs) {
    for (let place = from; place < to; place++) {
      const part = page.part[place]!;
      const start = page.offset[place]!;
      const before = found.at(-1);
      if (before && before.part === part && place > from) before.end = start + 1;
      else found.push({ part, start, end: start + 1 });
    }
  }
  return found;
}
