"""The steps of one paper in a batch, each a plain function whose arguments and result can be pickled.

    read -> ask_requests -> (engine) -> take_questions -> review_requests -> (engine) -> write

They run wherever there is time for them: in this process, in a worker process, or on another machine. None holds an
engine; each is handed a `Gauge` of one. None keeps a journal or knows of other papers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from common.config import ChainConfig
from common.engines.base import Request
from common.engines.gauge import Gauge
from common.errors import BadConfig, EngineFailure, ReviewError
from common.forms import load_form
from common.types import ChainRecord, Completion, Question, ReviewForm, StageRecord
from scripts import pipeline, results
from scripts.chain import digest
from scripts.options import Reading
from scripts.papers import read_one
from scripts.pipeline import Base, Job
from stage_a_questioner import questions_file

Kind = Literal["paper", "settings", "model", "engine", "worker", "defect"]


@dataclass(frozen=True, slots=True)
class Task:
    """One paper to review. id: its name in the journal. name: of its results, below the output folder, no suffix.
    form, questions: a form's name and a questions file, where they are not the run's. also: the same bytes under other
    names, with the same form and questions: run once, written for each."""

    id: str
    path: Path
    name: str
    form: str | None = None
    questions: Path | None = None
    also: tuple[Task, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """What the papers of a run share. chosen: the settings as asked for, from which digests are made; config: the same
    with its seeds drawn. format: of the view beside each record: "json" for the record alone."""

    chosen: ChainConfig
    config: ChainConfig
    base: Base
    gauge: Gauge
    reading: Reading
    out: Path
    extra: tuple[Question, ...] = ()
    format: str = "json"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a paper has no review. kind: what is to blame: the paper's file; its form or questions file; the model, which
    asked nothing; the engine, which did not answer; a worker process that ended; a defect of ours.
    message, hint: for people."""

    kind: Kind
    message: str
    hint: str = ""

    @property
    def passing(self) -> bool:
        """It may be gone at the next try. A damaged file stays damaged, and a seed asks what it asked."""
        return self.kind in ("engine", "worker")


@dataclass(frozen=True, slots=True)
class Ready:
    """A paper that is read and cut to the model's context. job.questions: None until it was asked. settings: the digest
    that its record will carry."""

    task: Task
    job: Job
    form: ReviewForm
    settings: str


@dataclass(frozen=True, slots=True)
class Took:
    """How long a stage took, for the record. seconds: from its first request to its last answer; papers: under way in
    that time, this one included."""

    seconds: float
    papers: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """A paper that is done, in figures. records: of the task and of every one in `also`, in order, below the output
    folder. read, written: tokens of prompts and of answers."""

    sha256: str
    settings: str
    records: tuple[str, ...]
    words: int
    questions: int
    points: int
    read: int
    written: int
    seconds: float


def settings_of(task: Task, terms: Terms) -> str:
    """The digest that the paper's record will carry. Errors: ReviewError about its form or questions file."""
    given = questions_file.load(task.questions) if task.questions else None
    chosen = _own(terms.chosen, task)
    return digest(chosen, load_form(chosen.form), terms.extra, given, terms.gauge, terms.base)


def read(task: Task, terms: Terms) -> Ready | Failure:
    """Read the paper, its form and its questions, and cut it to the budget. Errors are the paper's own failure."""
    try:
        settings = settings_of(task, terms)
        config = _own(terms.config, task)
        form = load_form(config.form)
        given = questions_file.load(task.questions) if task.questions else None
        paper = read_one(task.path, terms.reading)
        if given and given.paper_sha256 not in ("", paper.source.sha256):
            raise BadConfig(f"The questions file {task.questions} was made for another file than {task.path}.")
        budget = pipeline.paper_budget(terms.gauge, form, config, given.questions if given else ())
        job = pipeline.prepare(paper, terms.gauge, form, config, budget)
        if given:
            job = replace(job, questions=given.questions, asked=given.record)
            job = pipeline.refitted(pipeline.with_extra(job, terms.extra), terms.gauge, form, config)
    except ReviewError as error:
        return failure(error)
    return Ready(task, job, form, settings)


def ask_requests(ready: Ready, terms: Terms, turn: int = 0) -> list[Request]:
    """Stage A. turn: from 0; `take_questions` says when another is due. Keys are unique within the paper."""
    return pipeline.question_requests(ready.job, terms.gauge, ready.form, terms.config, turn)


def take_questions(ready: Ready, terms: Terms, completions: Sequence[Completion], took: Took) -> Ready | Failure | None:
    """The paper with its questions, cut again where they need more room; None: ask another turn. completions: of all
    turns so far, in order."""
    try:
        job = pipeline.questioned(ready.job, terms.gauge, terms.config, completions, terms.extra)
        if job is None:
            return None
        if isinstance(job, ReviewError):
            return Failure("model", job.message, job.hint)
        job = replace(job, asked=_timed(job.asked, took) if job.asked else None)
        return replace(ready, job=pipeline.refitted(job, terms.gauge, ready.form, terms.config))
    except ReviewError as error:
        return failure(error)


def review_requests(ready: Ready, terms: Terms) -> list[Request]:
    """Stage B. Keys are unique within the paper."""
    return pipeline.review_requests(ready.job, terms.gauge, ready.form, terms.config)


def record_of(ready: Ready, terms: Terms, completions: Sequence[Completion], took: Took) -> ChainRecord:
    """The paper's record. completions: of `review_requests`, in order."""
    written = pipeline.reviewed(ready.job, terms.gauge, ready.form, terms.config, completions)
    written = replace(written, record=_timed(written.record, took))
    record = pipeline.record_of(terms.gauge, ready.job, written, ready.form, terms.base)
    return replace(record, settings=ready.settings)


def write_record(record: ChainRecord, task: Task, terms: Terms) -> Outcome:
    """The record and its view, for the task and for every one in `also`, each whole or not at all, the record last.
    Errors: ReviewError when the disk refuses."""
    for one in (task, *task.also):
        source = replace(record.paper.source, name=one.path.name)
        own = replace(record, paper=replace(record.paper, source=source))
        results.deliver(own, place_of(one, terms), terms.format)
    completions = [completion for stage in record.stages for completion in stage.completions]
    return Outcome(
        sha256=record.paper.source.sha256,
        settings=record.settings,
        records=tuple(f"{one.name}.review.json" for one in (task, *task.also)),
        words=record.paper.words,
        questions=len(record.questions),
        points=sum(len(review.points) for review in record.reviews),
        read=sum(one.prompt_tokens for one in completions),
        written=sum(one.completion_tokens for one in completions),
        seconds=record.seconds,
    )


def write(ready: Ready, terms: Terms, completions: Sequence[Completion], took: Took) -> Outcome:
    """`record_of`, then `write_record`."""
    return write_record(record_of(ready, terms, completions, took), ready.task, terms)


def place_of(task: Task, terms: Terms) -> results.Place:
    view = None if terms.format == "json" else terms.out / f"{task.name}.review.{terms.format}"
    return results.Place(view, terms.out / f"{task.name}.review.json")


def failure(error: ReviewError) -> Failure:
    """An error as a paper's failure."""
    kind: Kind = (
        "engine" if isinstance(error, EngineFailure) else "settings" if isinstance(error, BadConfig) else "paper"
    )
    return Failure(kind, error.message, error.hint)


def _own(config: ChainConfig, task: Task) -> ChainConfig:
    return replace(config, form=task.form) if task.form else config


def _timed(record: StageRecord, took: Took) -> StageRecord:
    return replace(record, seconds=took.seconds, batch=took.papers)
