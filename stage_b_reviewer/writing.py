"""Stage B: review several papers through their questions in one batch, then tie every point to questions and paper; or
one paper's requests, and what their answers mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from common.engines.base import Engine, Messages, OnProgress, Request, adapter_for
from common.engines.gauge import Gauge
from common.grounding import Grounds, grounded
from common.rows.design import DEFAULT, RowDesign, marked
from common.seeds import spread
from common.types import Completion, Paper, Point, Question, Review, ReviewForm, Sampling, StageRecord
from stage_b_reviewer.linking import Linker
from stage_b_reviewer.prompt import PROMPT_VERSION, follow_up, messages, parse

STAGE = "reviewer"


@dataclass(frozen=True, slots=True)
class Assignment:
    """A paper to be reviewed. text: as fitted to the context, what the model reads; paper: whole, for evidence.
    before: where the review is one conversation's second answer, all that stands before its request, paper and
    questions included; else nothing. grammar: what its reviews are held to, "" for nothing."""

    paper: Paper
    text: str
    questions: tuple[Question, ...]
    before: Messages = ()
    grammar: str = ""

    def drawing(self, sampling: Sampling) -> Sampling:
        """sampling, held to this paper's grammar."""
        return replace(sampling, grammar=self.grammar)


@dataclass(frozen=True, slots=True)
class Written:
    """One paper's reviews and how they came about."""

    reviews: tuple[Review, ...]
    record: StageRecord


def write(
    engine: Engine,
    assignments: Sequence[Assignment],
    form: ReviewForm,
    sampling: Sampling,
    reviews: int = 1,
    max_points: int = 0,
    on_done: Callable[[int, Written], None] | None = None,
    on_progress: OnProgress | None = None,
    design: RowDesign = DEFAULT,
) -> list[Written]:
    """`reviews` reviews of every paper, in order. on_done(i, written): as soon as paper i has all of its reviews."""
    start = perf_counter()
    group = [one for given in assignments for one in requests(engine, given, form, sampling, reviews, design)]
    prompts, samplings = [one.messages for one in group], [one.sampling for one in group]
    arrived: list[dict[int, Completion]] = [{} for _ in assignments]
    results: dict[int, Written] = {}

    def collect(index: int, completion: Completion) -> None:
        place, number = divmod(index, reviews)
        arrived[place][number] = completion
        if len(arrived[place]) == reviews:
            ordered = [arrived[place][key] for key in range(reviews)]
            written = finish(engine, assignments[place], form, sampling, ordered, max_points, design)
            record = replace(written.record, seconds=perf_counter() - start, batch=len(assignments))
            results[place] = replace(written, record=record)
            if on_done:
                on_done(place, results[place])

    engine.generate(prompts, samplings, adapter_for(engine, STAGE), collect, on_progress)
    return [results[place] for place in range(len(assignments))]


def requests(
    engine: Engine | Gauge,
    assignment: Assignment,
    form: ReviewForm,
    sampling: Sampling,
    reviews: int = 1,
    design: RowDesign = DEFAULT,
) -> list[Request]:
    """What is asked for one paper's reviews. Keys are unique among the paper's own requests."""
    before, adapter = assignment.before, adapter_for(engine, STAGE)
    alone = messages(assignment.text, form, assignment.questions, design)
    prompt = [*before, follow_up(form, design)] if before else alone
    samplings = spread(assignment.drawing(sampling), assignment.paper.source.sha256, STAGE, range(reviews))
    return [Request(f"{STAGE} {number}", prompt, one, adapter) for number, one in enumerate(samplings)]


def finish(
    engine: Engine | Gauge,
    assignment: Assignment,
    form: ReviewForm,
    sampling: Sampling,
    completions: Sequence[Completion],
    max_points: int = 0,
    design: RowDesign = DEFAULT,
) -> Written:
    """Completions -> reviews whose points name questions and carry evidence. The caller knows the time it took."""
    linker, grounds = Linker(assignment.paper, assignment.questions), Grounds(assignment.paper)
    reviews = []
    for completion in completions:
        review = parse(completion.text, form, assignment.questions, completion.finish, design)
        points = tuple(grounded(linker.linked(point), grounds) for point in review.points)
        kept = strongest(points, max_points)
        problems = review.problems
        if len(kept) < len(points):
            problems += (f"{len(points) - len(kept)} points beyond the limit of {max_points} left out",)
        reviews.append(replace(review, points=kept, problems=problems))
    adapter = adapter_for(engine, STAGE) or ""
    record = StageRecord(
        stage=STAGE,
        prompt_version=marked(PROMPT_VERSION, design),
        adapter=adapter,
        adapter_sha256=engine.adapters.get(adapter, ""),
        sampling=assignment.drawing(sampling),
        completions=tuple(completions),
        seconds=0.0,
    )
    return Written(tuple(reviews), record)


def strongest(points: tuple[Point, ...], most: int) -> tuple[Point, ...]:
    """At most `most` points (0: all), in their order: those that answer a question before those that answer none,
    then those whose words stand closest to the paper's."""
    if not most or len(points) <= most:
        return points

    def rank(place: int) -> tuple[bool, float]:
        support = [one.score for one in points[place].evidence if one.kind == "passage"]
        return bool(points[place].question_ids), max(support, default=0.0)

    best = sorted(range(len(points)), key=rank, reverse=True)[:most]
    return tuple(points[place] for place in sorted(best))
