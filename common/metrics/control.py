"""Control: whether a review follows the questions it was asked (Reviewer2, arXiv 2402.10886).

A system is scored whose every trial was written from one question set, distilled from one of the paper's human reviews
r_1, r_2, ...; y_n is the review written from the n-th set.

    max = mean_n max_k sim(y_n, r_k)        avg = mean_n mean_k sim(y_n, r_k)

Neither asks which review a set came from: `max` takes the nearest of all the paper's reviews, `avg` the mean over all
of them, the set's own among them. So both also rise with anything that makes a text more like a review. What the
questions do is `steer`, which is ours: how much nearer y_n is to the review its questions came from than to the others.
Where every review has a set and no question is followed, it is 0 in the mean. The questions were made from the very
review that is compared with, so none of these is a figure of a system that has to find its questions itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean

from common.metrics.figures import Scores
from common.metrics.gathering import Value, gather
from common.metrics.material import Item, System, Trial
from common.metrics.similarity import NO_WORDS, Pair, Similarity, compare_all, review_and_references

UNKNOWN_SOURCE, ONE_REFERENCE = "unknown-source", "one-reference"

Sources = Mapping[tuple[str, str], str]
"""(paper key, id of the review that was written) -> id of the human review its questions came from: what
`common.corpora.question_sets` calls a set's `review`."""


def scores(system: System, similarity: Similarity, sources: Sources | None = None) -> list[Scores]:
    """`control.max.NAME` and `control.avg.NAME`, 0 to 100; with sources also `control.steer.NAME`, -100 to 100.

    Unscored: no-reference, empty-review, empty-references, no-words; for steer also unknown-source (the review that the
    questions came from is not known, not among the references, or empty) and one-reference.
    """
    ways = ("max", "avg") if sources is None else ("max", "avg", "steer")
    figures = {way: Scores(f"control.{way}.{similarity.name}", {}, settings=similarity.settings) for way in ways}
    measured = {
        key: [_measure(key, trial, values, sources or {}) for trial in system.items[key].trials]
        for key, values in compare_all(similarity, ((item.key, _pairs(item)) for item in system))
    }
    return gather(
        system,
        list(figures.values()),
        lambda item: [{figures[way].name: one[way] for way in ways} for one in measured[item.key]],
    )


def _pairs(item: Item) -> list[Pair]:
    told = [review_and_references(trial) for trial in item.trials]
    return [(one[0], text) for one in told if not isinstance(one, str) for text in one[1]]


def _measure(key: str, trial: Trial, values: Mapping[Pair, float], sources: Sources) -> dict[str, Value]:
    told = review_and_references(trial)
    if isinstance(told, str):
        return dict.fromkeys(("max", "avg", "steer"), told)
    near = {
        reference.id: values[pair]
        for reference in trial.references
        if (pair := (trial.review.text, reference.text)) in values
    }
    if not near:
        return dict.fromkeys(("max", "avg", "steer"), NO_WORDS)
    source = sources.get((key, trial.review.id), "")
    return {"max": max(near.values()), "avg": fmean(near.values()), "steer": _steer(near, source)}


def _steer(near: Mapping[str, float], source: str) -> Value:
    if source not in near:
        return UNKNOWN_SOURCE
    others = [value for reference, value in near.items() if reference != source]
    return near[source] - fmean(others) if others else ONE_REFERENCE
