/** The questions: as they come, then to be edited and answered again. The edits are here only until they are sent. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Add, EditField, Tool } from "./fields";
import { questionsSoFar, visible } from "./text";
import type { FormName, Question } from "./types";

/** A question being worked on. id: of the question it was, or "" for a new one. */
interface Draft {
  key: number;
  id: string;
  text: string;
  aspect: string;
  origin: Question["origin"];
}

interface Props {
  /** Nothing more will be asked. */
  ended: boolean;
  job: string;
  asking: string;
  questions: Question[] | undefined;
  unanswered: string[] | undefined;
  /** Labels of the points that answer a question. */
  answers: Map<string, string[]>;
  forms: FormName[];
  form: string;
  /** The label of the button that sends them, or "" when they cannot be sent now. */
  sendLabel: string;
  onSend: (questions: { text: string; aspect: string }[], form: string) => void;
  onPoint: (label: string) => void;
  onDirty: (dirty: boolean) => void;
}

/** Edits that were not sent, by job: a look at another paper does not lose them, closing the page does. */
const unsent = new Map<string, Draft[]>();

let keys = 0;
const drafted = (questions: Question[]): Draft[] => questions.map((one) => ({ key: keys++, ...one }));

export function QuestionsPane(props: Props) {
  const { questions } = props;
  if (!questions) return <Coming text={props.asking} ended={props.ended} />;
  return (
    <Editor
      {...props}
      questions={questions}
      key={[props.job, ...questions.map((one) => one.id + one.text)].join("\n")}
    />
  );
}

function Coming({ text, ended }: { text: string; ended: boolean }) {
  const found = questionsSoFar(visible(text));
  if (!found.length)
    return (
      <p class="muted">{ended ? "No questions were asked." : "The questions will appear here as they are asked."}</p>
    );
  return (
    <ol class="questions" aria-busy={!ended}>
      {found.map((question, place) => (
        <li class="question" key={place}>
          <span class="label">Q{place + 1}</span>
          <div class="body">
            <p class="text">
              <bdi>{question.text}</bdi>
            </p>
            <p class="remarks">{question.aspect && <span class="aspect">{question.aspect}</span>}</p>
          </div>
        </li>
      ))}
    </ol>
  );
}

function Editor(props: Props & { questions: Question[] }) {
  const [drafts, setDrafts] = useState(() => unsent.get(props.job) ?? drafted(props.questions));
  const [editing, setEditing] = useState<number | null>(null);
  const [form, setForm] = useState(props.form);
  const list = useRef<HTMLOListElement>(null);
  const focus = useRef<string>("");
  const dirty = !same(drafts, props.questions);
  useEffect(() => props.onDirty(dirty), [dirty]);
  useEffect(() => {
    if (dirty) unsent.set(props.job, drafts);
    else unsent.delete(props.job);
  }, [drafts]);
  useEffect(() => setForm(props.form), [props.form]);
  // Before the next key is pressed, not after the next frame.
  useLayoutEffect(() => {
    if (focus.current) list.current!.querySelector<HTMLElement>(focus.current)?.focus();
    focus.current = "";
  });
  const row = (key: number, part = ".text"): void => {
    focus.current = `[data-key="${key}"] ${part}`;
  };

  const move = (from: number, by: number, part: string): void => {
    const to = from + by;
    if (to < 0 || to >= drafts.length) return;
    const next = [...drafts];
    const [moved] = next.splice(from, 1);
    next.splice(to, 0, moved!);
    row(moved!.key, part);
    setDrafts(next);
  };
  const remove = (place: number): void => {
    const neighbour = drafts[place + 1] ?? drafts[place - 1];
    if (neighbour) row(neighbour.key);
    setDrafts(drafts.filter((_, other) => other !== place));
  };
  const keep = (place: number, text: string | null): void => {
    const draft = drafts[place]!;
    setEditing(null);
    if (text !== null && !text.trim()) return remove(place);
    row(draft.key);
    if (text !== null && text.trim() !== draft.text) {
      setDrafts(drafts.map((one, other) => (other === place ? { ...one, text: text.trim(), origin: "user" } : one)));
    }
  };
  return (
    <>
      {!drafts.length && <p class="muted">There are no questions. Add one, or undo your changes.</p>}
      <ol class="questions" ref={list}>
        {drafts.map((draft, place) => (
          <li
            class="question"
            key={draft.key}
            data-key={draft.key}
            data-question={draft.id}
            onKeyDown={(event) => {
              if (!event.altKey || editing !== null) return;
              if (event.key === "ArrowUp") move(place, -1, ".text");
              else if (event.key === "ArrowDown") move(place, 1, ".text");
              else return;
              event.preventDefault();
            }}
          >
            <span class="label">Q{place + 1}</span>
            {editing === draft.key ? (
              <EditField
                label={`Text of question ${place + 1}`}
                text={draft.text}
                onDone={(text) => keep(place, text)}
              />
            ) : (
              <div class="body">
                <button
                  type="button"
                  class="text"
                  aria-label={`Edit question ${place + 1}: ${visible(draft.text)}`}
                  onClick={() => setEditing(draft.key)}
                >
                  <bdi>{visible(draft.text)}</bdi>
                </button>
                <Remarks draft={draft} changed={!unchanged(draft, props.questions)} {...props} />
              </div>
            )}
            <div class="tools">
              <Tool
                name="up"
                label={`Move question ${place + 1} up`}
                path="M10 15V5M5.5 9.5L10 5l4.5 4.5"
                off={place === 0}
                onClick={() => move(place, -1, ".up")}
              />
              <Tool
                name="down"
                label={`Move question ${place + 1} down`}
                path="M10 5v10M5.5 10.5L10 15l4.5-4.5"
                off={place === drafts.length - 1}
                onClick={() => move(place, 1, ".down")}
              />
              <Tool
                name="delete"
                label={`Delete question ${place + 1}`}
                path="M5.5 5.5l9 9M14.5 5.5l-9 9"
                onClick={() => remove(place)}
              />
            </div>
          </li>
        ))}
      </ol>
      <Add onAdd={(text) => setDrafts([...drafts, { key: keys++, id: "", text, aspect: "", origin: "user" }])} />
      <div class="rerun">
        <label for="rerun-form" class="unseen">
          Form of the next review
        </label>
        <select id="rerun-form" value={form} onChange={(event) => setForm(event.currentTarget.value)}>
          {!props.forms.some((one) => one.name === form) && (
            <option value={form}>{visible(form) || "The usual form"}</option>
          )}
          {props.forms.map((one) => (
            <option key={one.name} value={one.name}>
              {one.title || one.name}
            </option>
          ))}
        </select>
        {dirty && (
          <button type="button" onClick={() => setDrafts(drafted(props.questions))}>
            Undo changes
          </button>
        )}
        <button
          type="button"
          class="primary"
          disabled={!drafts.length || !props.sendLabel || editing !== null}
          onClick={() => {
            unsent.delete(props.job);
            props.onSend(
              drafts.map(({ text, aspect }) => ({ text, aspect })),
              form,
            );
          }}
        >
          {props.sendLabel || "Sending …"}
        </button>
      </div>
    </>
  );
}

function Remarks({ draft, changed, answers, unanswered, onPoint }: Props & { draft: Draft; changed: boolean }) {
  const points = changed ? [] : (answers.get(draft.id) ?? []);
  return (
    <p class="remarks">
      {draft.aspect && <span class="aspect">{visible(draft.aspect)}</span>}
      {draft.origin === "user" && <span class="aspect">yours</span>}
      {points.length > 0 && (
        <span>
          Answered by{" "}
          {points.map((label) => (
            <button type="button" class="link" key={label} onClick={() => onPoint(label)}>
              {label}
            </button>
          ))}
        </span>
      )}
      {unanswered && !changed && unanswered.includes(draft.id) && <strong class="bad">Unanswered</strong>}
      {unanswered && changed && <span>not in this review</span>}
    </p>
  );
}

const unchanged = (draft: Draft, questions: Question[]): boolean =>
  questions.some((one) => one.id === draft.id && one.text === draft.text);
const same = (drafts: Draft[], questions: Question[]): boolean =>
  drafts.length === questions.length &&
  drafts.every((one, place) => one.id === questions[place]!.id && one.text === questions[place]!.text);
