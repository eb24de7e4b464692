/** Small windows: the key, a question before something is deleted, and the list of keys. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => box.current!.showModal(), []);
  return (
    <dialog
      ref={box}
      aria-labelledby="dialog-title"
      onClose={props.onClose}
      onCancel={(event) => event.stopPropagation()}
    >
      <h2 id="dialog-title">{props.title}</h2>
      {props.children}
    </dialog>
  );
}

/** Asks for the key. It goes to the caller, who keeps it for this tab only. */
export function KeyDialog(props: { refused: boolean; onKey: (key: string) => void; onClose: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  const submit = (event: Event): void => {
    event.preventDefault();
    const key = field.current!.value.trim();
    if (key) props.onKey(key);
  };
  return (
    <Dialog title="This service asks for a key" onClose={props.onClose}>
      <form onSubmit={submit}>
        {props.refused && (
          <p class="error" role="alert">
            The service does not know this key.
          </p>
        )}
        <label for="key">Key</label>
        <input id="key" ref={field} type="password" autocomplete="off" autofocus spellcheck={false} />
        <p class="muted">Kept in this tab until you close it. Whoever runs the service gives out keys.</p>
        <div class="actions">
          <button type="button" onClick={props.onClose}>
            Not now
          </button>
          <button type="submit" class="primary">
            Use this key
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export function DeleteDialog(props: { name: string; onDelete: () => void; onClose: () => void }) {
  return (
    <Dialog title="Delete this review?" onClose={props.onClose}>
      <p>
        The service removes the paper <bdi>{props.name}</bdi>, its questions and its review. This cannot be undone.
      </p>
      <div class="actions">
        <button type="button" autofocus onClick={props.onClose}>
          Keep
        </button>
        <button type="button" class="danger" onClick={props.onDelete}>
          Delete
        </button>
      </div>
    </Dialog>
  );
}

const KEYS: [string, string][] = [
  ["j  k", "next, previous point, with its passage in the paper"],
  ["1  2  3", "questions, review, notes"],
  ["Alt ↑  Alt ↓", "move the question that has the focus"],
  ["Enter", "in a question: edit it; while editing: keep it"],
  ["Esc", "leave a question as it was; close the point and its mark"],
  ["+  −  0", "zoom the paper; 0 fits the width"],
  ["?", "this list"],
];

export function HelpDialog(props: { onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={props.onClose}>
      <dl class="keys">
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split("  ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div class="actions">
        <button type="button" autofocus onClick={props.onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
