"""One run of `review compare`: every arm reviews every paper, in batches, journalled so that a kill loses what was in
flight and nothing else.

A window of papers is asked once for each questioner and number of sets, so that arms which differ in the reviewer alone
answer the same questions; then all arms of one reviewer are written in one batch, a paper's arms side by side, so that
they share its prefix in the engine's cache. Seeds depend on the run's seed and the paper alone: the same for all arms.
Scoring what was written is `compare_report`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from time import perf_counter

from common.corpora.schema import CorpusPaper
from common.errors import ReviewError
from common.forms import load_form
from common.journal import Journal
from common.rows.budget import read_paper
from common.types import Completion, FittedPaper, Paper, Question, ReviewForm
from scripts import compare_records as records
from scripts.compare_arms import Arm, Posed, posed
from scripts.compare_engine import Bench, Dressed
from scripts.compare_plan import Plan, define, windows
from scripts.compare_records import Asked, Done, Reply, Worked
from scripts.live import Display
from scripts.pipeline import Job, assignment, paper_budget, prepare, questioning, refitted, subject
from stage_a_questioner.asking import Asked as Answered
from stage_a_questioner.asking import ask
from stage_b_reviewer.writing import Assignment, Written, write


def run(plan: Plan, bench: Bench, journal: Journal, display: Display) -> None:
    """Do what the journal does not have yet. Errors: ReviewError, also where an arm was something else before."""
    known = records.load(journal)
    for arm in plan.arms:
        define(arm, plan.definition(arm, bench), known.definitions, journal)
    done = {(one.arm, one.paper) for one in known.done}
    waiting = {arm.name: [key for key in plan.keys if (arm.name, key) not in done] for arm in plan.arms}
    total, left = len(plan.arms) * len(plan.keys), sum(map(len, waiting.values()))
    if left < total:
        display.say(f"{total - left} of {total} reviews by arm and paper are there from an earlier run.")
    if left:
        Runner(plan, bench, journal, display, known.asked, left).run(set().union(*waiting.values()), done)


@dataclass(frozen=True, slots=True)
class Ready:
    """A paper of the corpus as the arms read it."""

    corpus: CorpusPaper
    paper: Paper
    fitted: FittedPaper


class Runner:
    """The papers on their way through the arms. asked: (questioner, samples, paper) -> what an earlier run asked."""

    def __init__(
        self, plan: Plan, bench: Bench, journal: Journal, display: Display, asked: Sequence[Asked], left: int
    ) -> None:
        self._plan, self._bench, self._journal, self._display = plan, bench, journal, display
        self._asked = {(one.questioner, one.samples, one.paper): one for one in asked}
        self._left, self._all = left, left
        self._form = cache(load_form)
        self._budget = cache(lambda form: paper_budget(bench.engine, self._form(form), plan.config))

    def run(self, keys: set[str], done: set[tuple[str, str]]) -> None:
        for form, window in windows(self._plan, keys):
            ready = list(self._ready(window, form, done))
            todo = {arm: [one for one in ready if (arm.name, one.corpus.key) not in done] for arm in self._plan.arms}
            self._ask(todo, self._form(form))
            self._write(todo, self._form(form))

    def _ready(self, window: Sequence[CorpusPaper], form: str, done: set[tuple[str, str]]) -> Iterator[Ready]:
        """The window's papers, cut once for all arms; what cannot be cut to fit is settled for all of them."""
        for one in window:
            paper = read_paper(one)
            try:
                job = prepare(paper, self._bench.engine, self._form(form), self._plan.config, self._budget(form))
            except ReviewError as error:
                for arm in self._plan.arms:
                    if (arm.name, one.key) not in done:
                        self._settle(Done(arm.name, one.key, (), "does-not-fit", error.message))
                continue
            yield Ready(one, paper, job.fitted)

    def _ask(self, todo: Mapping[Arm, Sequence[Ready]], form: ReviewForm) -> None:
        wanted: dict[tuple[str, int], tuple[Arm, dict[str, Ready]]] = {}
        for arm, papers in todo.items():
            if arm.kind == "chain":
                questioner = self._bench.questioner(arm)
                missing = {
                    one.corpus.key: one
                    for one in papers
                    if (questioner, arm.samples, one.corpus.key) not in self._asked
                }
                wanted.setdefault((questioner, arm.samples), (arm, {}))[1].update(missing)
        for (questioner, samples), (arm, papers) in wanted.items():
            if papers:
                self._ask_papers(arm, questioner, samples, list(papers.values()), form)

    def _ask_papers(self, arm: Arm, questioner: str, samples: int, papers: Sequence[Ready], form: ReviewForm) -> None:
        config = self._bench.configs[arm.name]
        self._display.stage(f"asking {len(papers)} papers, {samples} set{'s' * (samples > 1)} each")
        jobs = [Job(one.paper, one.fitted) for one in papers]
        subjects, how = [subject(job) for job in jobs], questioning(replace(config, samples=samples))
        with self._measured("asking", len(papers) * samples):
            results = ask(self._dressed(arm), subjects, form, *how, on_progress=self._display.progress)
        for one, result in zip(papers, results, strict=True):
            entry = Asked(questioner, samples, one.corpus.key, (), 0, 0)
            if isinstance(result, Answered):
                tokens = result.record.completions
                entry = replace(
                    entry,
                    questions=result.questions,
                    prompt_tokens=tokens[0].prompt_tokens,
                    completion_tokens=sum(completion.completion_tokens for completion in tokens),
                )
            self._asked[questioner, samples, entry.paper] = entry
            self._journal.append(records.entry(entry))

    def _write(self, todo: Mapping[Arm, Sequence[Ready]], form: ReviewForm) -> None:
        """All arms of one reviewer in one batch."""
        batches: dict[str, list[Task]] = {}
        for arm, papers in todo.items():
            reviewer = self._bench.reviewer(arm)
            for one in papers:
                questions = self._posed(arm, one)
                if questions:
                    batches.setdefault(reviewer, []).append(Task(arm, one, questions))
                else:
                    reason = "nothing-asked" if arm.kind == "chain" else "no-questions"
                    self._settle(Done(arm.name, one.corpus.key, (), reason, "There are no questions to answer."))
        for tasks in batches.values():
            self._write_batch(sorted(tasks, key=lambda task: task.ready.corpus.key), form)

    def _write_batch(self, tasks: Sequence[Task], form: ReviewForm) -> None:
        config = self._bench.configs[tasks[0].arm.name]
        engine = self._dressed(tasks[0].arm)
        owners: list[tuple[Task, int]] = []
        assignments: list[Assignment] = []
        for task in tasks:
            for number, one in enumerate(task.posed):
                owners.append((task, number))
                assignments.append(self._assignment(task, one.questions, form))
        arrived: dict[int, dict[int, Written]] = {id(task): {} for task in tasks}

        def collect(index: int, written: Written) -> None:
            task, number = owners[index]
            there = arrived[id(task)]
            there[number] = written
            if len(there) == len(task.posed):
                self._settle(_done(task, [there[place] for place in range(len(there))]))

        self._display.stage(f"writing {len(assignments) * config.reviews} reviews of {len(tasks)} papers and arms")
        progress, limits = self._display.progress, (config.reviews, config.max_points)
        with self._measured("writing", len(assignments)):
            write(engine, assignments, form, config.reviewer, *limits, collect, progress, config.design_b)

    def _assignment(self, task: Task, questions: tuple[Question, ...], form: ReviewForm) -> Assignment:
        """All arms read the same text, unless the questions need more room than was kept for them."""
        engine, config, ready = self._dressed(task.arm), self._bench.configs[task.arm.name], task.ready
        job = Job(ready.paper, ready.fitted, questions)
        return assignment(refitted(job, engine, form, config), engine, form, config)

    def _posed(self, arm: Arm, one: Ready) -> tuple[Posed, ...]:
        asked = self._asked.get((self._bench.questioner(arm), arm.samples, one.corpus.key))
        questions = {arm.samples: asked.questions} if asked else {}
        return posed(arm, one.corpus, self._plan.sets.get(one.corpus.key, ()), questions)

    def _dressed(self, arm: Arm) -> Dressed:
        return Dressed(self._bench.engine, self._bench.names[arm.name])

    def _settle(self, done: Done) -> None:
        self._journal.append(records.entry(done))
        self._left -= 1
        if self._left % max(1, self._all // 10) == 0:
            self._display.say(f"{self._all - self._left} of {self._all} reviews by arm and paper")

    def _measured(self, stage: str, requests: int) -> _Measured:
        return _Measured(self._bench, self._journal, stage, requests)


@dataclass(frozen=True, slots=True)
class Task:
    """One arm on one paper."""

    arm: Arm
    ready: Ready
    posed: tuple[Posed, ...]


class _Measured:
    """Journals what an engine call took. A killed call leaves no such line: rates come from those that ended."""

    def __init__(self, bench: Bench, journal: Journal, stage: str, requests: int) -> None:
        self._speed = getattr(bench.engine, "speed", None)
        self._journal, self._stage, self._requests = journal, stage, requests

    def __enter__(self) -> None:
        self._start, self._before = perf_counter(), asdict(self._speed) if self._speed else {}

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is None:
            after = asdict(self._speed) if self._speed else {}
            meter = {key: after[key] - self._before[key] for key in after}
            seconds = perf_counter() - self._start
            self._journal.append(records.entry(Worked(self._stage, self._requests, seconds, meter)))


def _done(task: Task, written: Sequence[Written]) -> Done:
    replies = tuple(
        Reply(one.source, one.questions, review, *_tokens(completion))
        for one, many in zip(task.posed, written, strict=True)
        for review, completion in zip(many.reviews, many.record.completions, strict=True)
    )
    return Done(task.arm.name, task.ready.corpus.key, replies)


def _tokens(completion: Completion) -> tuple[int, int]:
    return completion.prompt_tokens, completion.completion_tokens
