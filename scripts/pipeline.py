"""The steps of one paper through the chain: budget, questions, review, record; what is asked, what the answers mean.

Nothing here runs an engine, reads a file or draws on a terminal. Who orders the steps of many papers is `windows` for a
command line, `batching` for thousands, `serving_chain` for a service.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from common.config import ChainConfig
from common.engines.base import JOINT, Engine, Messages, Request
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


def question_requests(
    job: Job, engine: Engine | Gauge, form: ReviewForm, config: ChainConfig, turn: int = 0
) -> list[Request]:
    """Stage A of one paper. turn: from 0; `questioned` says when another is due."""
    return asking.requests(engine, subject(job), form, *questioning(config), turn)


def questioned(
    job: Job,
    engine: Engine | Gauge,
    config: ChainConfig,
    completions: Sequence[Completion],
    extra: Sequence[Question] = (),
) -> Job | ReviewError | None:
    """The job with its questions; None where no answer held one and the paper may be asked once more; the error where
    it may not. completions: of all turns so far, in order. The record's seconds and batch are the caller's to set."""
    sampling, options = questioning(config)
    turns = len(completions) // options.samples
    if turns < options.tries and not asking.holds_question(completions, options.design):
        return None
    result = asking.asked(engine, subject(job), completions, sampling, options, extra)
    return replace(job, questions=result.questions, asked=result.record) if isinstance(result, Asked) else result


def review_requests(job: Job, engine: Engine | Gauge, form: ReviewForm, config: ChainConfig) -> list[Request]:
    """Stage B of one paper, which is `refitted`."""
    given = assignment(job, engine, form, config)
    return writing.requests(engine, given, form, config.reviewer, config.reviews, config.design_b)


def reviewed(
    job: Job, engine: Engine | Gauge, form: ReviewForm, config: ChainConfig, completions: Sequence[Completion]
) -> Written:
    """What the completions of `review_requests`, in order, say. The record's seconds and batch are the caller's."""
    given = assignment(job, engine, form, config)
    return writing.finish(engine, given, form, config.reviewer, completions, config.max_points, config.design_b)


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


def subject(job: Job) -> Subject:
    """What stage A is told of the paper."""
    return Subject(job.fitted.text, job.paper.source.sha256, job.paper.title)


def questioning(config: ChainConfig) -> tuple[Sampling, AskOptions]:
    """How stage A draws, grammar included, and what is kept of it."""
    grammar = prompt_a.grammar(design=config.design_a) if config.guided else ""
    options = AskOptions(config.samples, config.max_questions, config.dedupe, design=config.design_a)
    return replace(config.questioner, grammar=grammar), options


def assignment(job: Job, engine: Engine | Gauge, form: ReviewForm, config: ChainConfig) -> Assignment:
    """What stage B is told of the paper, and what its answer is held to."""
    text, questions = job.fitted.text, job.questions or ()
    asked = [question.id for question in questions]
    grammar = prompt_b.grammar(form, design=config.design_b, asked=asked) if config.guided else ""
    return Assignment(job.paper, text, questions, _before(engine, text, form, questions, config), grammar)


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
