/** One job: the paper on one side, its questions and its review on the other. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import * as api from "./api";
import { Head } from "./head";
import { noteCount, noteLine, NotesPane } from "./notes";
import { outline, type ShownPoint } from "./outline";
import { PaperPane, type PaperHandle } from "./paper";
import { keptPaper } from "./papers";
import { focusOn, isNarrow, useKeys, useLeaveWarning, usePicking } from "./picking";
import { QuestionsPane } from "./questions";
import { ReviewPane } from "./review";
import { Tabs, type Tab } from "./tabs";
import { visible } from "./text";
import { Alert, asTrouble, type Shown } from "./trouble";
import { over, type FormName, type Job } from "./types";
import { useJob, type JobState } from "./use_job";

export function JobView({ id }: { id: string }) {
  const state = useJob(id);
  const [tab, setTab] = useState<Tab>("questions");
  const [forms, setForms] = useState<FormName[]>([]);
  const [trouble, setTrouble] = useState<Shown | null>(null);
  const [dirty, setDirty] = useState(false);
  const [sending, setSending] = useState(false);
  const chose = useRef(false);
  const paper = useRef<PaperHandle>(null);
  const job = useLast(state.job);
  const reviews = useMemo(() => (state.record ? outline(state.record) : null), [state.record]);
  const points = useMemo(
    () => reviews?.flatMap((one) => one.sections.flatMap((section) => section.points)) ?? [],
    [reviews],
  );
  const { picked, pick, show } = usePicking(paper);

  useEffect(() => {
    api.forms().then(setForms, () => undefined);
  }, []);
  useEffect(() => {
    chose.current = false;
    setTab("questions");
    setTrouble(null);
    setSending(false);
    pick(null);
  }, [id]);
  useEffect(() => {
    if (!chose.current && ["reviewing", "done"].includes(state.status)) setTab("review");
  }, [state.status]);
  useEffect(() => {
    document.title = `${visible(job?.paper.title || job?.paper.name || "A paper")} · Question, then review`;
  }, [job]);
  useLeaveWarning(dirty);
  const choose = (one: Tab): void => {
    chose.current = true;
    setTab(one);
    const point = points.find(({ label }) => label === picked?.label);
    if (one === "paper" && point?.passage) show(point, point.passage);
  };
  useKeys({ points, picked, pick, choose, paper });

  const start = async (what: () => Promise<Job>): Promise<void> => {
    setSending(true);
    setTrouble(null);
    try {
      const next = await what();
      setDirty(false);
      location.hash = next.id;
    } catch (error) {
      setTrouble({ ...asTrouble(error), again: () => void start(what) });
      setSending(false);
    }
  };
  const again = (questions: { text: string; aspect: string }[], form: string): void =>
    void start(async () => {
      if (!over(state.status)) await api.cancel(id);
      return api.rerun(id, questions, form ? { form } : {});
    });
  const act = (what: () => Promise<unknown>): void =>
    void what().catch((error) => setTrouble({ ...asTrouble(error), again: () => act(what) }));
  const onQuestion = (question: string): void => {
    choose("questions");
    focusOn(`[data-question="${CSS.escape(question)}"] .text`);
  };
  const onPoint = (label: string): void => {
    choose("review");
    pick(points.find((one) => one.label === label) ?? null);
    focusOn(`[data-point="${label}"] .label`);
  };
  const warnings = state.record?.paper.warnings ?? state.paper?.warnings ?? [];
  const troubled = shownTrouble(state, trouble, () => void start(() => repeat(state)), sending);
  if (!job) {
    return (
      <main id="main" class="home" tabIndex={-1}>
        {troubled ? <Alert {...troubled} /> : <p class="muted">One moment …</p>}
      </main>
    );
  }
  return (
    <main id="main" class={`job on-${tab}`} tabIndex={-1} data-job={state.job?.id} data-status={state.status}>
      <section class="left" id="panel-paper" aria-label="Paper">
        {picked && (
          <button
            type="button"
            class="back narrow"
            onClick={() => {
              choose("review");
              focusOn(`[data-point="${picked.label}"] .label`);
            }}
          >
            Back to {picked.label}
          </button>
        )}
        <PaperPane job={job} read={!!state.paper || !!state.record} handle={paper} />
      </section>
      <section class="right" aria-label="Questions and review">
        <Head job={job} state={state} forms={forms} onAct={act} />
        {!state.connected && (
          <p class="strip" role="status">
            The service does not answer. Trying again …
          </p>
        )}
        {troubled && <Alert {...troubled} />}
        <Tabs
          tab={tab}
          onTab={choose}
          counts={{
            questions: state.questions?.length,
            review: points.length || undefined,
            notes: noteCount(warnings, state.record) || undefined,
          }}
          warned={warnings.length > 0}
        />
        <div
          class="panel"
          role="tabpanel"
          id="panel-questions"
          aria-labelledby="tab-questions"
          hidden={tab !== "questions"}
        >
          <QuestionsPane
            job={id}
            ended={over(state.status)}
            asking={state.asking}
            questions={state.questions}
            unanswered={state.record?.unanswered}
            answers={answersOf(points)}
            forms={forms}
            form={state.record?.form.name ?? job.order.form ?? ""}
            sendLabel={sending ? "" : over(state.status) ? "Write the review again" : "Stop and write again"}
            onSend={again}
            onPoint={onPoint}
            onDirty={setDirty}
          />
        </div>
        <div class="panel" role="tabpanel" id="panel-review" aria-labelledby="tab-review" hidden={tab !== "review"}>
          {noteLine(warnings, state.record) && (
            <p class="strip">
              {noteLine(warnings, state.record)}.{" "}
              <button type="button" class="link" onClick={() => choose("notes")}>
                See the notes
              </button>
            </p>
          )}
          <ReviewPane
            ended={over(state.status)}
            writing={state.writing}
            reviews={reviews}
            picked={picked}
            onPick={pick}
            onShow={(point, evidence) => {
              if (isNarrow()) choose("paper");
              show(point, evidence);
            }}
            onQuestion={onQuestion}
          />
        </div>
        <div class="panel" role="tabpanel" id="panel-notes" aria-labelledby="tab-notes" hidden={tab !== "notes"}>
          <NotesPane
            warnings={warnings}
            record={state.record}
            onPage={(page) => {
              if (isNarrow()) choose("paper");
              paper.current?.goTo(page);
            }}
          />
        </div>
      </section>
    </main>
  );
}

/** The last value that was not undefined: the paper stays in place while a rerun of it is fetched. */
function useLast<T>(value: T | undefined): T | undefined {
  const last = useRef(value);
  last.current = value ?? last.current;
  return last.current;
}

/** A job that failed or was stopped, once more: with the questions it had, or from the paper. */
async function repeat({ job, questions }: JobState): Promise<Job> {
  const form = job!.order.form;
  if (questions?.length)
    return api.rerun(
      job!.id,
      questions.map(({ text, aspect }) => ({ text, aspect })),
      {},
    );
  const bytes = (keptPaper(job!.paper.sha256) ?? (await api.paper(job!.id))) as Uint8Array<ArrayBuffer>;
  const file = new File([bytes], job!.paper.name, { type: job!.paper.type });
  return api.upload(file, { ...(form && { form }), ...(job!.order.ask?.length && { ask: job!.order.ask }) });
}

function shownTrouble(state: JobState, trouble: Shown | null, again: () => void, sending: boolean) {
  if (trouble) return { trouble };
  if (state.lost) return { trouble: { ...state.lost, again: () => location.reload() } };
  const retry = state.job && !sending ? again : undefined;
  if (state.status === "failed" && state.trouble) return { trouble: { ...state.trouble, again: retry } };
  if (state.status === "cancelled")
    return { trouble: { message: "This was stopped.", hint: "", again: retry }, label: "Start again" };
  return null;
}

function answersOf(points: ShownPoint[]): Map<string, string[]> {
  const answers = new Map<string, string[]>();
  for (const point of points)
    for (const { id } of point.questions) answers.set(id, [...(answers.get(id) ?? []), point.label]);
  return answers;
}
