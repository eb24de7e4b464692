/** The small parts with which questions are edited. */

import { useLayoutEffect, useRef } from "preact/hooks";

/** A question's text while it is edited: Enter keeps it, Esc leaves it as it was, empty deletes it. */
export function EditField({
  label,
  text,
  onDone,
}: {
  label: string;
  text: string;
  onDone: (text: string | null) => void;
}) {
  const field = useRef<HTMLTextAreaElement>(null);
  const over = useRef(false);
  const done = (value: string | null): void => {
    if (over.current) return; // leaving the field by a key also takes the focus away
    over.current = true;
    onDone(value);
  };
  const fit = (): void => {
    field.current!.style.height = "auto";
    field.current!.style.height = `${field.current!.scrollHeight + 2}px`;
  };
  useLayoutEffect(() => {
    fit();
    field.current!.focus();
    field.current!.setSelectionRange(text.length, text.length);
  }, []);
  return (
    <textarea
      ref={field}
      rows={1}
      aria-label={label}
      defaultValue={text}
      onInput={fit}
      onBlur={(event) => done(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
          event.preventDefault();
          done(event.currentTarget.value);
        }
        if (event.key === "Escape") {
          event.stopPropagation();
          done(null);
        }
      }}
    />
  );
}

export function Add({ onAdd }: { onAdd: (text: string) => void }) {
  const field = useRef<HTMLInputElement>(null);
  const add = (event: Event): void => {
    event.preventDefault();
    const text = field.current!.value.trim();
    if (text) onAdd(text);
    field.current!.value = "";
  };
  return (
    <form class="add" onSubmit={add}>
      <label for="add" class="unseen">
        A question of your own
      </label>
      <input id="add" ref={field} placeholder="Add a question of your own" autocomplete="off" />
      <button type="submit">Add</button>
    </form>
  );
}

export function Tool(props: { name: string; label: string; path: string; off?: boolean; onClick: () => void }) {
  return (
    <button
      type="button"
      class={`quiet icon ${props.name}`}
      aria-label={props.label}
      title={props.label}
      disabled={props.off}
      onClick={props.onClick}
    >
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <path d={props.path} />
      </svg>
    </button>
  );
}
