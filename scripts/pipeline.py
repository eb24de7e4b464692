"""The chain: papers -> questions -> reviews, in batches that both stages share.

Nothing here reads files, opens engines or draws on a terminal; it is handed papers, an engine and someone to tell. The
unit of `run` is a window of papers: all of its papers are asked in one batch, then all are reviewed in one batch, each
result handed over the moment it is complete. The steps of one paper stand below it, for whoever orders them otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from common.config import ChainConfig
from common.engines.base import JOINT, Engine, Messages, OnProgress, Request
from common.engines.gauge import Gauge
from common.errors import ReviewError
from common.paper import fit
from common.rows.design import RowDesign
from common.types import (
    ChainRecord,
    Completion,
    FittedPaper,
    Paper,
    PaperRecord,
    Question,
    ReviewForm,
    Sampling,
    StageRecord,
)
from common.views.schema import SCHEMA_VERSION
from scripts import conversation
from stage_a_questioner import asking
from stage_a_questioner import prompt as prompt_a
from stage_a_questioner.asking import Asked, AskOptions, Subject
from stage_a_questioner.pool import distinct
from stage_b_reviewer import prompt as prompt_b
from stage_b_reviewer import writing
from stage_b_reviewer.linking import unanswered
from stage_b_reviewer.writing import Assignment, Written

QUESTION_TOKENS = 48
"""Room kept for a question in stage B's prompt: the longest tenth of distilled questions has about 40 tokens."""
WINDOW = 16
"""Papers that share a batch. More would not fill the engine further and would hold back the first results."""


@dataclass(frozen=True, slots=True)
class Job:
    """A paper on its way. questions: None until it has been asked; asked: how that went, None for a person's own."""

    paper: Paper
    fitted: FittedPaper
    questions: tuple[Question, ...] | None = None
    asked: StageRecord | None = None


@dataclass(frozen=True, slots=True)
class Base:
    """The model behind the engine, for the record. sha256: its digest, "" for a server. versions: of the packages.
    designs: what the adapters beside it were trained to be asked, by their names; a server does not tell."""

    name: str
    sha256: str
    versions: dict[str, str]
    designs: dict[str, RowDesign] = field(default_factory=dict)

    def served(self, config: ChainConfig) -> ChainConfig:
        """The settings, with each stage asked as its adapter was trained to be."""
        both = self.designs.get(JOINT)
        questioner = self.designs.get("questioner", both) or config.design_a
        return replace(config, design_a=questioner, design_b=self.designs.get("reviewer", both) or config.design_b)


@dataclass(frozen=True, slots=True)
class Listener:
    """Whom to tell. on_asked(i, job), on_record(i, record), on_error(i, error): as soon as it happens;
    on_stage(name): "asking" or "reviewing" begins; on_progress: while it runs."""

    on_asked: Callable[[int, Job], None] = lambda index, job: None
    on_record: Callable[[int, ChainRecord], None] = lambda index, record: None
    on_error: Callable[[int, ReviewError], None] = lambda index, error: None
    on_stage: Callable[[str], None] = lambda name: None
    on_progress: OnProgress | None = None


def paper_budget(
    engine: Engine | Gauge, form: ReviewForm, config: ChainConfig, questions: Sequence[Question] = ()
) -> int:
    """Tokens the paper may fill: what the context leaves after instruction, questions and answer, in both stages."""
    context = min(engine.context, config.context or engine.context)
    room_a = context - engine.count(prompt_a.messages("", form, config.design_a)) - config.questioner.max_tokens
    reserve = 0 if questions else QUESTION_TOKENS * config.max_questions
    asked = questions or (Question("Q1", "?"),)
    room_b = (
        context - engine.count(review_prompt(engine, "", form, asked, config)) - config.reviewer.max_tokens - reserve
    )
    budget = int(min(room_a, room_b) * config.paper_share)
    if budget <= 0:
        raise ReviewError(
            f"A context of {context} tokens leaves no room for a paper beside the instructions and the answer.",
            "Lower reviewer.max_tokens or max_questions, or choose a model with a longer context.",
        )
    return budget


def review_prompt(
    engine: Engine | Gauge, text: str, form: ReviewForm, questions: Sequence[Question], config: ChainConfig
) -> Messages:
    """What stage B is asked. text: of the fitted paper."""
    before = _before(engine, text, form, questions, config)
    if before:
        return [*before, prompt_b.follow_up(form, config.design_b)]
    return prompt_b.messages(text, form, questions, config.design_b)


def _before(
    engine: Engine | Gauge, text: str, form: ReviewForm, questions: Sequence[Question], config: ChainConfig
) -> Messages:
    """The first half of the conversation, where one adapter does both stages; else nothing."""
    return conversation.asked(text, form, questions, config.design_a) if JOINT in engine.adapters and questions else ()


def prepare(paper: Paper, engine: Engine | Gauge, form: ReviewForm, config: ChainConfig, budget: int) -> Job:
    """Cut the paper to the budget. Errors: ReviewError when not even its title fits."""
    return Job(paper, fit(paper, budget, lambda text: engine.count([{"role": "user", "content": text}])))


def run(
    engine: Engine,
    jobs: Sequence[Job],
    form: ReviewForm,
    config: ChainConfig,
    base: Base,
    extra: Sequence[Question] = (),
    listener: Listener | None = None,
) -> None:
    """Every job becomes a record or an error, told to the listener. config's samplings hold the run's seed."""
    listener = listener or Listener()
    for start in range(0, len(jobs), WINDOW):
        places = range(start, min(start + WINDOW, len(jobs)))
        ready = ask_window(engine, {place: jobs[place] for place in places}, form, config, extra, listener)
        if ready:
            _write_window(engine, ready, form, config, base, listener)


def ask_window(
    engine: Engine,
    jobs: dict[int, Job],
    form: ReviewForm,
    config: ChainConfig,
    extra: Sequence[Question],
    listener: Listener,
) -> dict[int, Job]:
    """Ask the papers that have no questions yet. Returns the jobs that can go on; the others were told as errors."""
    waiting = [place for place, job in jobs.items() if job.questions is None]
    ready = {place: with_extra(job, extra) for place, job in jobs.items() if job.questions is not None}
    if waiting:
        listener.on_stage("asking")
        subjects = [_subject(jobs[place]) for place in waiting]
        results = asking.ask(engine, subjects, form, *_questioning(config), extra, listener.on_progress)
        for place, result in zip(waiting, results, strict=True):
            if isinstance(result, Asked):
                ready[place] = replace(jobs[place], questions=result.questions, asked=result.record)
                listener.on_asked(place, ready[place])
            else:
                listener.on_error(place, result)
    return dict(sorted(ready.items()))


def _write_window(
    engine: Engine, jobs: dict[int, Job], form: ReviewForm, config: ChainConfig, base: Base, listener: Listener
) -> None:
    listener.on_stage("reviewing")
    places = list(jobs)
    ready = [refitted(jobs[place], engine, form, config) for place in places]
    assignments = [_assignment(job, engine, form, config) for job in ready]

    def done(index: int, written: Written) -> None:
        listener.on_record(places[index], record_of(engine, ready[index], written, form, base))

    sampling, progress, limits = _reviewing(form, config), listener.on_progress, (config.reviews, config.max_points)
    writing.write(engine, assignments, form, sampling, *limits, done, progress, config.design_b)


def question_requests(
    job: Job, engine: Engine | Gauge, form: ReviewForm, config: ChainConfig, turn: int = 0
) -> list[Request]:
    """Stage A of one paper. turn: from 0; `questioned` says when another is due."""
    return asking.requests(engine, _subject(job), form, *_questioning(config), turn)


def questioned(
    job: Job,
    engine: Engine | Gauge,
    config: ChainConfig,
    completions: Sequence[Completion],
    extra: Sequence[Question] = (),
) -> Job | ReviewError | None:
    """The job with its questions; None where no answer held one and the paper may be asked once more; the error where
    it may not. completions: of all turns so far, in order. The record's seconds and batch are the caller's to set."""
    sampling, options = _questioning(config)
    turns = len(completions) // options.samples
    if turns < options.tries and not asking.holds_question(completions, options.design):
        return None
    result = asking.asked(engine, _subject(job), completions, sampling, options, extra)
    return replace(job, questions=result.questions, asked=result.record) if isinstance(result, Asked) else result


def review_requests(job: Job, engine: Engine | Gauge, form: ReviewForm, config: ChainConfig) -> list[Request]:
    """Stage B of one paper, which is `refitted`."""
    given, sampling = _assignment(job, engine, form, config), _reviewing(form, config)
    return writing.requests(engine, given, form, sampling, config.reviews, config.design_b)


def reviewed(
    job: Job, engine: Engine | Gauge, form: ReviewForm, config: ChainConfig, completions: Sequence[Completion]
) -> Written:
    """What the completions of `review_requests`, in order, say. The record's seconds and batch are the caller's."""
    given, sampling = _assignment(job, engine, form, config), _reviewing(form, config)
    return writing.finish(engine, given, form, sampling, completions, config.max_points, config.design_b)


def with_extra(job: Job, extra: Sequence[Question]) -> Job:
    """A person's further questions stand before those the job came with."""
    questions = distinct([*extra, *(job.questions or ())]) if extra else list(job.questions or ())
    return replace(job, questions=tuple(replace(q, id=f"Q{number}") for number, q in enumerate(questions, start=1)))


def refitted(job: Job, engine: Engine | Gauge, form: ReviewForm, config: ChainConfig) -> Job:
    """The reserve for questions is an estimate: where the real ones need more room, the paper is cut again."""
    prompt = review_prompt(engine, job.fitted.text, form, job.questions or (), config)
    context = min(engine.context, config.context or engine.context)
    if engine.count(prompt) + config.reviewer.max_tokens <= context:
        return job
    budget = paper_budget(engine, form, config, job.questions or ())
    return replace(job, fitted=prepare(job.paper, engine, form, config, budget).fitted)


def _subject(job: Job) -> Subject:
    return Subject(job.fitted.text, job.paper.source.sha256, job.paper.title)


def _questioning(config: ChainConfig) -> tuple[Sampling, AskOptions]:
    grammar = prompt_a.grammar(design=config.design_a) if config.guided else ""
    options = AskOptions(config.samples, config.max_questions, config.dedupe, design=config.design_a)
    return replace(config.questioner, grammar=grammar), options


def _assignment(job: Job, engine: Engine | Gauge, form: ReviewForm, config: ChainConfig) -> Assignment:
    text, questions = job.fitted.text, job.questions or ()
    return Assignment(job.paper, text, questions, _before(engine, text, form, questions, config))


def _reviewing(form: ReviewForm, config: ChainConfig) -> Sampling:
    return replace(config.reviewer, grammar=prompt_b.grammar(form, design=config.design_b) if config.guided else "")


def record_of(engine: Engine | Gauge, job: Job, written: Written, form: ReviewForm, base: Base) -> ChainRecord:
    """Everything one paper's run did."""
    paper, fitted, questions = job.paper, job.fitted, job.questions or ()
    stages = (*([job.asked] if job.asked else []), written.record)
    points = [point for review in written.reviews for point in review.points]
    return ChainRecord(
        schema=SCHEMA_VERSION,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        paper=PaperRecord(
            title=paper.title,
            source=paper.source,
            pages=paper.pages,
            words=paper.words,
            sections=tuple(" ".join(filter(None, (s.number, s.heading))) for s in paper.sections if s.level == 1),
            budget=fitted.budget,
            tokens=fitted.tokens,
            cuts=fitted.cuts,
            warnings=paper.warnings,
        ),
        form=form,
        questions=questions,
        reviews=written.reviews,
        unanswered=unanswered(questions, points),
        stages=stages,
        engine=engine.name,
        base=base.name,
        base_sha256=base.sha256,
        versions=base.versions,
        seconds=sum(stage.seconds for stage in stages),
    )
