/** The start: choose a paper and a form; below, one's earlier papers. */

import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "./api";
import { DeleteDialog } from "./dialogs";
import { keepPaper } from "./papers";
import { visible, when } from "./text";
import { Alert, asTrouble, type Shown } from "./trouble";
import { over, type FormName, type Job, type Status } from "./types";

const TYPES = ".pdf,.md,.markdown,.txt,.json,.xml,.tex";
const MORE = 20;
/** Milliseconds between looks at papers that are still being worked on. */
const LOOK = 4000;
const STATUS: Record<Status, string> = {
  queued: "Waiting",
  reading: "Reading",
  asking: "Asking",
  reviewing: "Writing",
  done: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
};

export function Home() {
  const [trouble, setTrouble] = useState<Shown | null>(null);
  useEffect(() => {
    document.title = "Question, then review";
  }, []);
  return (
    <main id="main" class="home" tabIndex={-1}>
      <h1>Give it a paper. It asks, then it answers.</h1>
      <p class="lead">
        The paper is read once and asked its own questions. A review then answers them, and every point shows its
        question and where in the paper to look.
      </p>
      <Start onTrouble={setTrouble} trouble={trouble} />
      <History onTrouble={setTrouble} />
      <footer class="muted">
        Machine-generated feedback for authors. It is not a referee’s report: no person has checked it, and it must not
        be submitted as a review.
      </footer>
    </main>
  );
}

function Start(props: { trouble: Shown | null; onTrouble: (trouble: Shown | null) => void }) {
  const [file, setFile] = useState<File | null>(null);
  const [dragged, setDragged] = useState(false);
  const [sending, setSending] = useState(false);
  const [note, setNote] = useState("");
  const [forms, setForms] = useState<FormName[]>([]);
  const form = useRef<HTMLSelectElement>(null);
  const own = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    api.forms().then(setForms, (error) => props.onTrouble(asTrouble(error)));
  }, []);

  const choose = (files: FileList | null | undefined): void => {
    if (!files?.length) return;
    setFile(files[0]!);
    setNote(files.length > 1 ? "One paper at a time: the first is taken. For many, use the command review batch." : "");
    props.onTrouble(null);
  };
  const send = async (event?: Event): Promise<void> => {
    event?.preventDefault();
    if (!file || sending) return;
    setSending(true);
    props.onTrouble(null);
    try {
      const ask = own
        .current!.value.split("\n")
        .map((line) => line.trim())
        .filter(Boolean);
      const job = await api.upload(file, {
        ...(form.current!.value && { form: form.current!.value }),
        ...(ask.length && { ask }),
      });
      keepPaper(job.paper.sha256, new Uint8Array(await file.arrayBuffer()));
      location.hash = job.id;
    } catch (error) {
      props.onTrouble({ ...asTrouble(error), again: () => void send() });
      setSending(false);
    }
  };
  return (
    <form class="start" onSubmit={send}>
      <div
        class={`drop${dragged ? " over" : ""}${file ? " full" : ""}`}
        onDragOver={(event) => {
          event.preventDefault();
          setDragged(true);
        }}
        onDragLeave={() => setDragged(false)}
        onDrop={(event) => {
          event.preventDefault();
          setDragged(false);
          choose(event.dataTransfer?.files);
        }}
      >
        <input
          id="paper"
          type="file"
          accept={TYPES}
          class="unseen"
          onChange={(event) => choose(event.currentTarget.files)}
        />
        <label for="paper">
          {file ? (
            <>
              <strong>
                <bdi>{visible(file.name)}</bdi>
              </strong>
              <span class="muted">{size(file.size)} · choose another</span>
            </>
          ) : (
            <>
              <strong>Drop a PDF here, or choose one</strong>
              <span class="muted">Markdown, text and JSON work too. The paper stays on this service.</span>
            </>
          )}
        </label>
      </div>
      {note && <p class="muted">{note}</p>}
      <div class="row">
        <div class="field">
          <label for="form">Review form</label>
          <select id="form" ref={form}>
            <option value="">The service’s usual form</option>
            {forms.map((one) => (
              <option key={one.name} value={one.name}>
                {one.title || one.name}
              </option>
            ))}
          </select>
        </div>
        <button type="submit" class="primary large" disabled={!file || sending}>
          {sending ? "Sending …" : "Ask and review"}
        </button>
      </div>
      <details>
        <summary>Questions of your own</summary>
        <label for="own" class="muted">
          One a line. They are answered beside those the paper is asked, and never dropped.
        </label>
        <textarea id="own" ref={own} rows={4} spellcheck={true} />
      </details>
      {props.trouble && <Alert trouble={props.trouble} />}
    </form>
  );
}

function History(props: { onTrouble: (trouble: Shown) => void }) {
  const [jobs, setJobs] = useState<Job[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [doomed, setDoomed] = useState<Job | null>(null);
  const more = async (before = ""): Promise<void> => {
    try {
      const page = await api.list(MORE, before);
      setJobs((shown) => [...(before && shown ? shown : []), ...page.reviews]);
      setNext(page.next);
    } catch (error) {
      props.onTrouble({ ...asTrouble(error), again: () => void more(before) });
    }
  };
  useEffect(() => void more(), []);
  useEffect(() => {
    if (!jobs?.some((one) => !over(one.status))) return undefined;
    const look = async (): Promise<void> => {
      const now = new Map((await api.list(MORE)).reviews.map((one) => [one.id, one]));
      setJobs((shown) => shown!.map((one) => now.get(one.id) ?? one));
    };
    const timer = setTimeout(() => void look().catch(() => setJobs((shown) => [...shown!])), LOOK);
    return () => clearTimeout(timer);
  }, [jobs]);
  const remove = async (job: Job): Promise<void> => {
    setDoomed(null);
    try {
      await api.remove(job.id);
      setJobs((shown) => shown!.filter((one) => one.id !== job.id));
      document.getElementById("history")?.focus();
    } catch (error) {
      props.onTrouble({ ...asTrouble(error), again: () => void remove(job) });
    }
  };
  return (
    <section class="history" aria-labelledby="history">
      <h2 id="history" tabIndex={-1}>
        Your papers
      </h2>
      {jobs?.length === 0 && <p class="muted">None yet.</p>}
      <ul>
        {jobs?.map((job) => (
          <li key={job.id}>
            <a href={`#${job.id}`}>
              <bdi class="title">{visible(job.paper.title || job.paper.name)}</bdi>
              <span class="muted">
                {when(job.created)} · <bdi>{visible(job.paper.name)}</bdi>
                {job.parent && " · written again"}
              </span>
            </a>
            <span class={`status ${job.status}`}>{STATUS[job.status]}</span>
            <button
              type="button"
              class="quiet icon"
              aria-label={`Delete ${visible(job.paper.title || job.paper.name)}`}
              onClick={() => setDoomed(job)}
            >
              <svg viewBox="0 0 20 20" aria-hidden="true">
                <path d="M5 5l10 10M15 5L5 15" />
              </svg>
            </button>
          </li>
        ))}
      </ul>
      {next && (
        <button type="button" onClick={() => void more(next)}>
          Show earlier ones
        </button>
      )}
      {doomed && (
        <DeleteDialog
          name={visible(doomed.paper.name)}
          onDelete={() => void remove(doomed)}
          onClose={() => setDoomed(null)}
        />
      )}
    </section>
  );
}

function size(bytes: number): string {
  return bytes < 2 ** 20 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
