/** Going through the points, by mouse or by keys, and where the focus goes. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { ShownPoint } from "./outline";
import type { PaperHandle } from "./paper";
import type { Picked } from "./review";
import type { Tab } from "./tabs";
import type { Evidence } from "./types";

/** Points picked one at a time, each with its passage marked in the paper where the paper is in view. */
export function usePicking(paper: { current: PaperHandle | null }) {
  const [picked, setPicked] = useState<Picked | null>(null);
  const show = (point: ShownPoint, evidence: Evidence): void => {
    setPicked({ label: point.label, said: "" });
    // A frame later, since the paper may only now come into view.
    requestAnimationFrame(
      () =>
        void paper.current?.show(evidence.quote, evidence.page).then((said) => {
          setPicked((now) => (now?.label === point.label ? { label: point.label, said } : now));
        }),
    );
  };
  const pick = (point: ShownPoint | null): void => {
    paper.current?.clear();
    setPicked(point && { label: point.label, said: "" });
    if (point?.passage && !isNarrow()) show(point, point.passage);
  };
  return { picked, pick, show };
}

export function useKeys(props: {
  points: ShownPoint[];
  picked: Picked | null;
  pick: (point: ShownPoint | null) => void;
  choose: (tab: Tab) => void;
  paper: { current: PaperHandle | null };
}): void {
  const now = useRef(props);
  now.current = props;
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (isTyping(event) || event.altKey) return;
      const { points, picked, pick, choose, paper } = now.current;
      const onPoint = (event.target as Element).matches(".point > .label");
      const step =
        event.key === "j" || (onPoint && event.key === "ArrowDown")
          ? 1
          : event.key === "k" || (onPoint && event.key === "ArrowUp")
            ? -1
            : 0;
      if (step && points.length) {
        const place = points.findIndex((one) => one.label === picked?.label);
        const next =
          points[
            place < 0 ? (step > 0 ? 0 : points.length - 1) : Math.min(Math.max(place + step, 0), points.length - 1)
          ]!;
        event.preventDefault();
        choose("review");
        pick(next);
        focusOn(`[data-point="${next.label}"] .label`);
      } else if (event.key === "Escape" && picked) pick(null);
      else if ("123".includes(event.key)) choose((["questions", "review", "notes"] as const)[Number(event.key) - 1]!);
      else if (event.key === "+" || event.key === "=") paper.current?.zoom(1);
      else if (event.key === "-") paper.current?.zoom(-1);
      else if (event.key === "0") paper.current?.zoom(0);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

/** Edited questions that were not sent are lost with the page. */
export function useLeaveWarning(dirty: boolean): void {
  useEffect(() => {
    if (!dirty) return undefined;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [dirty]);
}

export const isNarrow = (): boolean => matchMedia("(max-width: 56rem)").matches;

/** Once what was just chosen is on the page. */
export function focusOn(selector: string): void {
  requestAnimationFrame(() => {
    const element = document.querySelector<HTMLElement>(selector);
    element?.focus({ preventScroll: true });
    (element?.closest("li") ?? element)?.scrollIntoView({ block: "nearest" });
  });
}

/** Keys then belong to the field or the window that has the focus. */
export function isTyping(event: KeyboardEvent): boolean {
  const element = event.target as HTMLElement;
  return (
    event.ctrlKey ||
    event.metaKey ||
    /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) ||
    !!document.querySelector("dialog[open]")
  );
}
