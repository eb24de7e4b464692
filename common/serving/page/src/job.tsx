/** One job: the paper on one side, its questions and its review on the other. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import * as api from "./api";
import { isTyping } from "./app";
import { Head } from "./head";
import { noteCount, noteLine, NotesPane } from "./notes";
import { outline, type ShownPoint } from "./outline";
import { PaperPane, type PaperHandle } from "./paper";
import { keptPaper } from "./papers";
import { QuestionsPane } from "./questions";
import { ReviewPane, type Picked } from "./review";
import { Tabs, type Tab } from "./tabs";
import { visible } from "./text";
import { Alert, asTrouble, type Shown } from "./trouble";
import { over, type Evidence, type FormName, type Job } from "./types";
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
  const points = useMemo(() => reviews?.flatMap((one) => one.sections.flatMap((section) => section.points)) ?? [], [reviews]);
  const { picked, pick, show } = usePicking(paper);

  useEffect(() => { api.forms().then(setForms, () => undefined); }, []);
  useEffect(() => { chose.current = false; setTab("questions"); setTrouble(null); setSending(false); pick(null); }, [id]);
  useEffect(() => {
    if (!chose.current && ["reviewing", "done"].includes(state.status)) setTab("review");
  }, [state.status]);
  useEffect(() => { document.title = `${visible(job?.paper.title || job?.paper.name || "A paper")} · Question, then review`; }, [job]);
  useLeaveWarning(dirty);
  const choose = (one: Tab): void => { chose.current = true; setTab(one); };
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
  const again = (questions: { text: string; aspect: string }[], form: string): void => void start(async () => {
    if (!over(state.status)) await api.cancel(id);
    return api.rerun(id, questions, form ? { form } : {});
  });
  const act = (what: () => Promise<unknown>): void => void what().catch((error) => setTrouble({ ...asTrouble(error), again: () => act(what) }));
  const onQuestion = (question: string): void => { choose("questions"); focusOn(`[data-question="${CSS.escape(question)}"] .text`); };
  const onPoint = (label: string): void => { choose("review"); pick(points.find((one) => one.label === label) ?? null); focusOn(`[data-point="${label}"] .label`); };
  const warnings = state.record?.paper.warnings ?? state.paper?.warnings ?? [];
  const troubled = shownTrouble(state, trouble, () => void start(() => repeat(state)), sending);
  return (
    <main id="main" class={`job on-${tab}`} tabIndex={-1} data-job={state.job?.id} data-status={state.status}>
      <section class="left" id="panel-paper" aria-label="Paper">
        {picked && <button type="button" class="back narrow" onClick={() => { choose("review"); focusOn(`[data-point="${picked.label}"] .label`); }}>Back to {picked.label}</button>}
        {job && <PaperPane job={job} read={!!state.paper || !!state.record} handle={paper} />}
      </section>
      <section class="right" aria-label="Questions and review">
        {job && <Head job={job} state={state} forms={forms} onAct={act} />}
        {!state.connected && <p class="strip" role="status">The service does not answer. Trying again …</p>}
        {troubled && <Alert {...troubled} />}
        <Tabs tab={tab} onTab={choose} counts={{ questions: state.questions?.length, review: points.length || undefined, notes: noteCount(warnings, state.record) || undefined }} warned={warnings.length > 0} />
        <div class="panel" role="tabpanel" id="panel-questions" aria-labelledby="tab-questions" hidden={tab !== "questions"}>
          <QuestionsPane
            asking={state.asking} questions={state.questions} unanswered={state.record?.unanswered} answers={answersOf(points)}
            forms={forms} form={state.record?.form.name ?? job?.order.form ?? ""}
            sendLabel={sending ? "" : over(state.status) ? "Write the review again" : "Stop and write again"}
            onSend={again} onPoint={onPoint} onDirty={setDirty}
          />
        </div>
        <div class="panel" role="tabpanel" id="panel-review" aria-labelledby="tab-review" hidden={tab !== "review"}>
          {noteLine(warnings, state.record) && <p class="strip">{noteLine(warnings, state.record)}. <button type="button" class="link" onClick={() => choose("notes")}>See the notes</button></p>}
          <ReviewPane writing={state.writing} reviews={reviews} picked={picked} onPick={pick} onShow={(point, evidence) => { if (isNarrow()) choose("paper"); show(point, evidence); }} onQuestion={onQuestion} />
        </div>
        <div class="panel" role="tabpanel" id="panel-notes" aria-labelledby="tab-notes" hidden={tab !== "notes"}>
          <NotesPane warnings={warnings} record={state.record} onPage={(page) => { if (isNarrow()) choose("paper"); paper.current?.goTo(page); }} />
        </div>
      </section>
    </main>
  );
}

/** Points picked one at a time, each with its passage marked in the paper where the paper is in view. */
function usePicking(paper: { current: PaperHandle | null }) {
  const [picked, setPicked] = useState<Picked | null>(null);
  const show = (point: ShownPoint, evidence: Evidence): void => {
    setPicked({ label: point.label, said: "" });
    // A frame later, since the paper may only now come into view.
    requestAnimationFrame(() => void paper.current?.show(evidence.quote, evidence.page).then((said) => {
      setPicked((now) => (now?.label === point.label ? { label: point.label, said } : now));
    }));
  };
  const pick = (point: ShownPoint | null): void => {
    paper.current?.clear();
    setPicked(point && { label: point.label, said: "" });
    if (point?.passage && !isNarrow()) show(point, point.passage);
  };
  return { picked, pick, show };
}

function useKeys(props: { points: ShownPoint[]; picked: Picked | null; pick: (point: ShownPoint | null) => void; choose: (tab: Tab) => void; paper: { current: PaperHandle | null } }): void {
  const now = useRef(props);
  now.current = props;
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (isTyping(event) || event.altKey) return;
      const { points, picked, pick, choose, paper } = now.current;
      const onPoint = (event.target as Element).matches(".point > .label");
      const step = event.key === "j" || (onPoint && event.key === "ArrowDown") ? 1 : event.key === "k" || (onPoint && event.key === "ArrowUp") ? -1 : 0;
      if (step && points.length) {
        const place = points.findIndex((one) => one.label === picked?.label);
        const next = points[place < 0 ? (step > 0 ? 0 : points.length - 1) : Math.min(Math.max(place + step, 0), points.length - 1)]!;
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
function useLeaveWarning(dirty: boolean): void {
  useEffect(() => {
    if (!dirty) return undefined;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [dirty]);
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
  if (questions?.length) return api.rerun(job!.id, questions.map(({ text, aspect }) => ({ text, aspect })), {});
  const bytes = (keptPaper(job!.paper.sha256) ?? (await api.paper(job!.id))) as Uint8Array<ArrayBuffer>;
  const file = new File([bytes], job!.paper.name, { type: job!.paper.type });
  return api.upload(file, { ...(form && { form }), ...(job!.order.ask?.length && { ask: job!.order.ask }) });
}

function shownTrouble(state: JobState, trouble: Shown | null, again: () => void, sending: boolean) {
  if (trouble) return { trouble };
  const retry = state.job && !sending ? again : undefined;
  if (state.status === "failed" && state.trouble) return { trouble: { ...state.trouble, again: retry } };
  if (state.status === "cancelled") return { trouble: { message: "This was stopped.", hint: "", again: retry }, label: "Start again" };
  return null;
}

function answersOf(points: ShownPoint[]): Map<string, string[]> {
  const answers = new Map<string, string[]>();
  for (const point of points) for (const { id } of point.questions) answers.set(id, [...(answers.get(id) ?? []), point.label]);
  return answers;
}

const isNarrow = (): boolean => matchMedia("(max-width: 56rem)").matches;

/** Once what was just chosen is on the page. */
function focusOn(selector: string): void {
  requestAnimationFrame(() => {
    const element = document.querySelector<HTMLElement>(selector);
    element?.focus({ preventScroll: true });
    (element?.closest("li") ?? element)?.scrollIntoView({ block: "nearest" });
  });
}
