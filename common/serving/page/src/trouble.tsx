/** What went wrong, in sentences, with a way on where there is one. */

import { useEffect, useState } from "preact/hooks";
import { Failure } from "./api";
import { visible } from "./text";

export interface Shown {
  message: string;
  hint: string;
  /** Seconds until trying again makes sense. */
  wait?: number;
  again?: () => void;
}

export function asTrouble(error: unknown): Shown {
  if (error instanceof Failure) return { ...error.trouble, wait: error.retryAfter };
  return { message: error instanceof Error ? error.message : String(error), hint: "" };
}

export function Alert({ trouble, label = "Try again" }: { trouble: Shown; label?: string }) {
  const [left, setLeft] = useState(trouble.wait ?? 0);
  useEffect(() => setLeft(trouble.wait ?? 0), [trouble]);
  useEffect(() => {
    if (left <= 0) return undefined;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  return (
    <div class="alert">
      <p role="alert">
        <strong>{visible(trouble.message)}</strong> {visible(trouble.hint)}
      </p>
      {trouble.again && (
        <button type="button" disabled={left > 0} onClick={trouble.again}>
          {left > 0 ? `${label} in ${left} s` : label}
        </button>
      )}
    </div>
  );
}
