/** The paper beside its review: a PDF's pages, or the text as it was read where there are none. */

import { useEffect, useImperativeHandle, useRef, useState } from "preact/hooks";
import type { Ref } from "preact";
import * as api from "./api";
import { ENOUGH, find, letters, type Stretch } from "./find";
import { keepPaper, keptPaper } from "./papers";
import { visible } from "./text";
import { asTrouble } from "./trouble";
import type { Job, Passage } from "./types";
import type { Viewer } from "./viewer";

/** What others may ask of the paper. show: marks a quotation and says in words where. */
export interface PaperHandle {
  show: (quote: string, page: number) => Promise<string>;
  goTo: (page: number) => void;
  clear: () => void;
  zoom: (steps: number) => void;
}

interface Props {
  job: Job;
  /** The service has read it. */
  read: boolean;
  handle: Ref<PaperHandle>;
}

export function PaperPane({ job, read, handle }: Props) {
  const [broken, setBroken] = useState("");
  const pdf = job.paper.type === "application/pdf" && !broken;
  return pdf ? (
    <Pages job={job} handle={handle} onBroken={setBroken} />
  ) : (
    <Text job={job} read={read} handle={handle} note={broken} />
  );
}

function Pages({ job, handle, onBroken }: { job: Job; handle: Ref<PaperHandle>; onBroken: (why: string) => void }) {
  const frame = useRef<HTMLDivElement>(null);
  const viewer = useRef<Viewer | null>(null);
  const opened = useRef<Promise<unknown>>(Promise.resolve());
  const [pages, setPages] = useState(0);
  const [page, setPage] = useState(1);
  const [zoom, setZoom] = useState(1);
  const sha256 = job.paper.sha256;
  useEffect(() => {
    let closed = false;
    opened.current = (async () => {
      try {
        const { Viewer } = await import("./viewer"); // pdf.js, which the start does not need
        const bytes = keptPaper(sha256) ?? (await api.paper(job.id));
        keepPaper(sha256, bytes);
        if (closed) return;
        viewer.current = new Viewer(frame.current!, setPage);
        setPages(await viewer.current.open(bytes));
      } catch (error) {
        if (!closed) onBroken(`The pages cannot be shown: ${asTrouble(error).message}`);
      }
    })();
    return () => {
      closed = true;
      viewer.current?.close();
      viewer.current = null;
    };
  }, [sha256]);
  const change = (steps: number): void => setZoom(viewer.current?.zoom(steps) ?? 1);
  useImperativeHandle(
    handle,
    () => ({
      show: async (quote, at) => {
        await opened.current;
        const outcome = at ? ((await viewer.current?.show(quote, at)) ?? "none") : "none";
        if (outcome === "found") return `Marked on page ${at}.`;
        return outcome === "page"
          ? `These words were not found in the text of page ${at}; the page as a whole is marked.`
          : "It has no page in this paper.";
      },
      goTo: (at) => viewer.current?.goTo(at),
      clear: () => viewer.current?.clear(),
      zoom: change,
    }),
    [],
  );
  return (
    <>
      <div class="pagebar">
        <span aria-live="off">{pages ? `Page ${page} of ${pages}` : "Opening the paper …"}</span>
        <span class="zoom">
          <button type="button" class="quiet icon" aria-label="Smaller" onClick={() => change(-1)}>
            −
          </button>
          <button type="button" class="quiet" aria-label="Fit the width" onClick={() => change(0)}>
            {Math.round(100 * zoom)}%
          </button>
          <button type="button" class="quiet icon" aria-label="Larger" onClick={() => change(1)}>
            +
          </button>
        </span>
      </div>
      <div class="pages" ref={frame} tabIndex={0} role="region" aria-label="Pages of the paper" />
    </>
  );
}

function Text({ job, read, handle, note }: Props & { note: string }) {
  const frame = useRef<HTMLDivElement>(null);
  const [passages, setPassages] = useState<Passage[]>([]);
  const [marks, setMarks] = useState<Stretch[]>([]);
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    if (read) api.passages(job.id).then(setPassages, (error) => setTrouble(asTrouble(error).message));
  }, [job.paper.sha256, read]);
  useEffect(() => frame.current!.querySelector("mark")?.scrollIntoView({ block: "center" }), [marks]);
  useImperativeHandle(
    handle,
    () => ({
      show: (quote) => {
        const found = find(quote, letters(passages.map((one) => one.text)));
        setMarks(found.share >= ENOUGH ? found.stretches : []);
        return Promise.resolve(
          found.share >= ENOUGH ? "Marked in the text." : "These words were not found in the text.",
        );
      },
      goTo: () => undefined,
      clear: () => setMarks([]),
      zoom: () => undefined,
    }),
    [passages],
  );
  return (
    <>
      <div class="pagebar">
        <span>{note || trouble || "The text as it was read"}</span>
      </div>
      <div class="pages text" ref={frame} tabIndex={0} role="region" aria-label="Text of the paper">
        {!passages.length && !trouble && !note && (
          <p class="muted">The text appears here once the paper has been read.</p>
        )}
        {passages.map((passage, part) => (
          <div key={part}>
            {passage.section !== passages[part - 1]?.section && <h3>{visible(passage.section)}</h3>}
            <p class="prose" dir="auto">
              {marked(
                passage.text,
                marks.filter((one) => one.part === part),
              )}
            </p>
          </div>
        ))}
      </div>
    </>
  );
}

function marked(text: string, marks: Stretch[]) {
  const pieces = [];
  let from = 0;
  for (const { start, end } of marks) {
    pieces.push(visible(text.slice(from, start)), <mark key={start}>{visible(text.slice(start, end))}</mark>);
    from = end;
  }
  return [...pieces, visible(text.slice(from))];
}
