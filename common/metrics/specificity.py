"""SPE: whether a review is about its own paper, rather than about any paper (Reviewer2, arXiv 2402.10886):

    SPE = 1/m sum_i [ max_n sim(y_i, r_i^n) - 1/(m-1) sum_{j != i} max_n sim(y_i, r_j^n) ]

with y_i the review of paper i, r_i^1, r_i^2, ... its human reviews and m the papers where there are both. A text that
is the same for every paper has SPE 0: each paper's first term comes back in the others' second ones. Papers of other
venues are strangers by their form alone, so the SPE of a venue is taken on a system of that venue's papers.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from common.metrics.figures import Scores
from common.metrics.gathering import Value, gather
from common.metrics.material import System
from common.metrics.similarity import NO_WORDS, Pair, Similarity, compare_all, review_and_references

SHUFFLES = 10
"""As Reviewer2 has it."""
ONE_PAPER = "one-paper"

References = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Paper:
    """reviews: one a trial, with that trial's references, or why it has none. strangers: the distinct sets of
    references of this paper, that a stranger's review is held against; a system whose trials differ in their references
    (humans, one left out in turn) has several, and the mean over them counts."""

    reviews: tuple[tuple[str, References] | str, ...]
    strangers: tuple[References, ...]


def scores(system: System, similarity: Similarity, shuffles: int | None = SHUFFLES, seed: int = 0) -> list[Scores]:
    """`spe.NAME`, -100 to 100: a paper's value is its own term of the sum, the mean over its trials.

    shuffles: strangers each paper is paired with, see `partners`; None pairs each with all others, the exact sum.
    Unscored: no-reference, empty-review, empty-references, no-words, and one-paper where there is no other.
    Values of two papers share reviews, so the interval is a little too narrow where papers are few.
    """
    papers = {item.key: _read(item.trials) for item in system}
    others = partners([key for key, paper in papers.items() if paper.strangers], shuffles, seed)
    wanted = ((key, list(_pairs(paper, papers, others.get(key, ())))) for key, paper in papers.items())
    measured = {
        key: [_value(review, papers, others.get(key, ()), values) for review in papers[key].reviews]
        for key, values in compare_all(similarity, wanted)
    }
    drawn = "all other papers" if shuffles is None else f"{shuffles} shuffles, seed {seed}"
    figure = Scores(f"spe.{similarity.name}", {}, settings=f"{similarity.settings}; {drawn}")
    return gather(system, [figure], lambda item: [{figure.name: value} for value in measured[item.key]])


def partners(keys: Sequence[str], shuffles: int | None, seed: int = 0) -> dict[str, tuple[str, ...]]:
    """For each paper the others it is held against, never itself and none twice.

    A shuffle is a shift of one seeded order of the papers. So every paper's references stand in for a stranger's once
    a shuffle: papers with many references, whose maximum is larger, weigh as in the exact sum, and a constant text has
    SPE 0 here too. Any other paper is as likely as the next, and m - 1 shuffles or more are the exact sum. The order of
    `keys` does not matter. Errors: ValueError for no shuffles.
    """
    if shuffles is not None and shuffles < 1:
        raise ValueError(f"{shuffles} shuffles estimate nothing")
    order = sorted(keys)
    draw = random.Random(seed)
    draw.shuffle(order)
    most = max(len(order) - 1, 0)
    shifts = draw.sample(range(1, most + 1), most if shuffles is None else min(shuffles, most))
    return {key: tuple(order[(place + shift) % len(order)] for shift in shifts) for place, key in enumerate(order)}


def _read(trials: Sequence) -> _Paper:
    told = [review_and_references(trial) for trial in trials]
    reviews = tuple(one if isinstance(one, str) else (one[0], tuple(one[1])) for one in told)
    return _Paper(reviews, tuple(dict.fromkeys(one[1] for one in reviews if not isinstance(one, str))))


def _pairs(paper: _Paper, papers: Mapping[str, _Paper], others: Sequence[str]) -> Iterator[Pair]:
    strange = {text for other in others for references in papers[other].strangers for text in references}
    for one in paper.reviews:
        if not isinstance(one, str) and others:
            yield from ((one[0], text) for text in dict.fromkeys((*one[1], *sorted(strange))))


def _value(
    one: tuple[str, References] | str, papers: Mapping[str, _Paper], others: Sequence[str], values: Mapping[Pair, float]
) -> Value:
    if isinstance(one, str):
        return one
    if not others:
        return ONE_PAPER
    review, references = one
    own = _best(review, [references], values)
    strange = [_best(review, papers[other].strangers, values) for other in others]
    known = [value for value in strange if value is not None]
    return NO_WORDS if own is None or not known else own - fmean(known)


def _best(review: str, sets: Sequence[References], values: Mapping[Pair, float]) -> float | None:
    """The mean over sets of references of the best similarity in each."""
    found = [[values[review, text] for text in texts if (review, text) in values] for texts in sets]
    return fmean(best) if (best := [max(one) for one in found if one]) else None
