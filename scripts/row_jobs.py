"""One paper's rows of either stage, in a worker process that holds the tokenizer.

Every question set that goes in comes out in a row or as a rejection. Nothing here writes files.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

from common.chat import Chat
from common.config import ChainConfig
from common.corpora.question_sets import QuestionSet
from common.corpora.schema import CorpusPaper, Rejection
from common.engines.base import JOINT
from common.errors import ReviewError
from common.forms import load_form
from common.rows.budget import Fitter, Ruler, read_paper
from common.rows.design import RowDesign
from common.rows.record import Draft, Posed, Row, Source, Stage
from common.types import Paper, ReviewForm
from scripts import conversation
from scripts.pipeline import paper_budget
from stage_a_questioner import rows as rows_a
from stage_a_questioner.own_questions import questions_of
from stage_b_reviewer import rows as rows_b
from stage_b_reviewer.linking import Linker
from stage_b_reviewer.merging.records import MergedReview

VENUE = "venue"
"""--form: each paper's own."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What all papers share. source: a Source or "mixed". mix: source -> weight, for "mixed". tokenizer: its folder."""

    stage: Stage
    source: str
    target: Literal["review", "merged"]
    form: str
    design: RowDesign
    tokenizer: str
    arguments: dict[str, Any]
    context: int
    min_score: int = 5
    pool: bool = False
    mix: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """A paper, its part of the split, and what is known of it. sets: from files, by source."""

    paper: CorpusPaper
    part: str
    sets: tuple[tuple[Source, QuestionSet], ...]
    merged: MergedReview | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """sets_in: question sets that were looked at; form, budget: the paper's, the latter in tokens."""

    rows: tuple[Row, ...]
    rejections: tuple[Rejection, ...]
    sets_in: int
    form: str
    budget: int


class Maker:
    """Makes the rows of one paper after another."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        adapters = {JOINT: ""} if plan.stage == "joint" else {}
        self._ruler = Ruler(Chat.load(plan.tokenizer, plan.arguments), plan.context, adapters)
        self._form = cache(load_form)
        self._shared = cache(self._budget)

    def _budget(self, form: str) -> int:
        """Tokens the chain gives a paper on this form at this context."""
        design = self._plan.design
        config = replace(ChainConfig(), context=self._plan.context, design_a=design, design_b=design)
        return paper_budget(self._ruler, self._form(form), config)

    def outcome(self, job: Job) -> Outcome:
        """Errors: ReviewError for an unknown form, or a context that leaves no room for any paper."""
        plan = self._plan
        name = job.paper.form if plan.form == VENUE else plan.form
        form, shared = self._form(name), self._shared(name)
        candidates = list(_candidates(job, plan))
        posed, rejections = _chosen(job.paper, candidates, plan)
        rows: list[Row] = []
        if posed:
            read = read_paper(job.paper)
            fitter = Fitter(self._ruler, job.paper, read, shared)
            for group in _grouped(posed, plan):
                made = self._made(job, read, group, form)
                if isinstance(made, Draft):
                    made = fitter.row(made, job.part, plan.design.digest)
                if isinstance(made, Row):
                    rows.append(made)
                else:
                    rejections += [replace(made, where=f"{job.paper.key}#{review}") for review in group.reviews]
        return Outcome(tuple(rows), tuple(rejections), len(candidates), name, shared)

    def _made(self, job: Job, read: Paper, posed: Posed, form: ReviewForm) -> Draft | Rejection:
        paper, design = job.paper, self._plan.design
        if self._plan.stage == "a":
            return rows_a.draft(paper, posed, form, design)
        if self._plan.target == "merged":
            if job.merged is None:
                return Rejection("row", paper.key, "no-merged-review", f"No merged review of {paper.key} was given.")
            target, what = rows_b.of_merged(job.merged, form), f"The merged review is on the form {job.merged.form}"
        else:
            review = next(one for one in paper.reviews if one.id == posed.reviews[0])
            target = rows_b.of_review(review, form)
            what = f"The review has {', '.join(part.name for part in review.sections) or 'no sections'}"
        if target is None:
            return Rejection("row", paper.key, "form-mismatch", f"{what}; nothing of it is a point on {form.name}.")
        if self._plan.stage == "joint":
            return conversation.draft(paper, read, posed, target, design)
        return rows_b.draft(paper, Linker(read, posed.questions), posed, target, design)


def _candidates(job: Job, plan: Plan) -> Iterator[tuple[Posed, int | None]]:
    """Every question set on this paper with its score: those from files, then the reviewers' own.

    A review without questions of its own is a candidate where the reviewers' own were asked for, and rejected then."""
    for source, one in job.sets:
        yield Posed(source, (one.review,), one.questions), one.score
    if plan.source in ("human", "mixed"):
        for review in job.paper.reviews:
            own = questions_of(review)
            if own or plan.source == "human":
                yield Posed("human", (review.id,), own), None


def _chosen(
    paper: CorpusPaper, candidates: Iterable[tuple[Posed, int | None]], plan: Plan
) -> tuple[list[Posed], list[Rejection]]:
    """The sets that become rows. Of several for one review a mix draws one, by a hash of paper and review alone."""
    good: dict[str, list[Posed]] = {}
    rejections = []
    for posed, score in candidates:
        review = posed.reviews[0]
        where = f"{paper.key}#{review}"
        if score is not None and score < plan.min_score:
            reason = f"Its score is {score}, below {plan.min_score}."
            rejections.append(Rejection("question set", where, "low-score", reason))
        elif not posed.questions:
            reason = "The reviewer asks no question that stands by itself under a heading for questions."
            rejections.append(Rejection("question set", where, "no-questions", reason))
        elif plan.mix and not plan.mix.get(posed.source):
            reason = f"The mix gives {posed.source} questions no weight."
            rejections.append(Rejection("question set", where, "not-drawn", reason))
        else:
            good.setdefault(review, []).append(posed)
    chosen = []
    for review, sets in good.items():
        drawn = sets[0] if len(sets) == 1 else _drawn(f"{paper.key}#{review}", sets, plan.mix)
        chosen.append(drawn)
        for other in sets:
            if other is not drawn:
                reason = f"The mix draws the {drawn.source} questions of this review, not the {other.source} ones."
                rejections.append(Rejection("question set", f"{paper.key}#{review}", "not-drawn", reason))
    return chosen, rejections


def _drawn(where: str, sets: list[Posed], mix: dict[str, float]) -> Posed:
    """One of the sets, by the weights of those sources that are there."""
    ranked = sorted(sets, key=lambda one: one.source)
    point = int.from_bytes(hashlib.sha256(where.encode()).digest()[:8], "big") / 2**64
    point *= sum(mix.get(one.source, 0.0) for one in ranked)
    for one in ranked:
        point -= mix.get(one.source, 0.0)
        if point < 0:
            return one
    return ranked[-1]


def _grouped(posed: list[Posed], plan: Plan) -> list[Posed]:
    if plan.stage == "a":
        return [rows_a.pooled(posed)] if plan.pool else posed
    return [rows_a.pooled(posed, ChainConfig().max_questions)] if plan.target == "merged" else posed


_maker: Maker | None = None


def outcomes(jobs: Iterable[Job], plan: Plan, workers: int) -> Iterator[Outcome]:
    """In the order of the jobs. workers: processes; 1 works in this one. Few papers are in memory at a time."""
    if workers == 1:
        maker = Maker(plan)
        yield from (maker.outcome(job) for job in jobs)
        return
    from multiprocessing import get_context

    # Not forked: a tokenizer's threads do not survive that.
    with get_context("spawn").Pool(workers, _start, (plan,)) as pool:
        for result in pool.imap(_outcome, jobs, chunksize=2):
            if isinstance(result, ReviewError):
                raise result
            yield result


def _start(plan: Plan) -> None:
    global _maker
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    _maker = Maker(plan)


def _outcome(job: Job) -> Outcome | ReviewError:
    assert _maker is not None
    try:
        return _maker.outcome(job)
    except ReviewError as error:
        return error
