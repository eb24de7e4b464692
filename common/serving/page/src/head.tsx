/** What a job is about, how far it is, and what can be done with it. */

import { useState } from "preact/hooks";
import * as api from "./api";
import { DeleteDialog } from "./dialogs";
import { count, visible } from "./text";
import { over, type FormName, type Job } from "./types";
import type { JobState } from "./use_job";

const STEPS = [
  ["reading", "Read"],
  ["asking", "Ask"],
  ["reviewing", "Review"],
] as const;
const FORMATS = [
  ["md", "Markdown"],
  ["html", "HTML"],
  ["json", "JSON"],
] as const;

export function Head({
  job,
  state,
  forms,
  onAct,
}: {
  job: Job;
  state: JobState;
  forms: FormName[];
  onAct: (what: () => Promise<unknown>) => void;
}) {
  const [deleting, setDeleting] = useState(false);
  const known = state.record?.paper ?? state.paper ?? job.paper;
  const form = state.record?.form.title || forms.find((one) => one.name === job.order.form)?.title;
  const facts = [
    visible(job.paper.name),
    known.pages && count(known.pages, "page"),
    known.words && count(known.words, "word"),
    form && visible(form),
  ];
  const remove = (): void => {
    setDeleting(false);
    onAct(async () => {
      await api.remove(job.id);
      location.hash = "";
    });
  };
  return (
    <div class="head">
      <h1 dir="auto">{visible(known.title || job.paper.name)}</h1>
      <p class="muted meta">
        {facts.filter(Boolean).map((fact) => (
          <bdi key={fact as string}>{fact}</bdi>
        ))}
        {job.parent && <a href={`#${job.parent}`}>earlier version</a>}
      </p>
      <div class="state">
        {over(state.status) ? (
          state.status === "done" && (
            <span class="downloads" role="group" aria-label="Download">
              <svg viewBox="0 0 20 20" aria-hidden="true">
                <path d="M10 4v9M6 9.5l4 4 4-4M4.5 16.5h11" />
              </svg>
              <span class="muted">Download</span>
              {FORMATS.map(([format, name]) => (
                <button type="button" key={format} onClick={() => onAct(() => download(job, format))}>
                  {name}
                </button>
              ))}
            </span>
          )
        ) : (
          <>
            <Steps state={state} />
            <button type="button" onClick={() => onAct(() => api.cancel(job.id))}>
              Cancel
            </button>
          </>
        )}
        {over(state.status) && (
          <button type="button" class="quiet" onClick={() => setDeleting(true)}>
            Delete
          </button>
        )}
      </div>
      <p class="unseen" role="status">
        {announced(state)}
      </p>
      {deleting && <DeleteDialog name={visible(job.paper.name)} onDelete={remove} onClose={() => setDeleting(false)} />}
    </div>
  );
}

function Steps({ state }: { state: JobState }) {
  if (state.status === "queued")
    return <span class="waiting">{state.place ? `Waiting, number ${state.place} in the queue` : "Waiting"}</span>;
  const at = STEPS.findIndex(([status]) => status === state.status);
  return (
    <ol class="steps" aria-label="Progress">
      {STEPS.map(([status, name], place) => (
        <li
          key={status}
          class={place < at ? "past" : place === at ? "now" : ""}
          aria-current={place === at ? "step" : undefined}
        >
          {name}
        </li>
      ))}
    </ol>
  );
}

/** For those who do not see it: only what has come to an end, not every word. */
function announced({ status, place, questions, record }: JobState): string {
  if (status === "queued") return place ? `Waiting, number ${place} in the queue.` : "Waiting.";
  if (status === "reading") return "Reading the paper.";
  if (status === "asking") return "Asking the paper its questions.";
  if (status === "reviewing") return `${count(questions?.length ?? 0, "question")} asked. Writing the review.`;
  const points = record?.reviews.reduce((sum, review) => sum + review.points.length, 0) ?? 0;
  return record ? `The review is done: ${count(points, "point")}.` : "";
}

async function download(job: Job, format: string): Promise<void> {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await api.exported(job.id, format));
  link.download = `${job.paper.name.replace(/\.[^.]*$/, "") || "paper"}.review.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
