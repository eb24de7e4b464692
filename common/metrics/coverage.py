"""COV: whether a system's reviews of one paper differ among themselves as human ones do (Reviewer2, arXiv 2402.10886):

    COV = 1/m sum_i (g_i - h_i)

h_i is the mean similarity of every two human reviews of paper i, g_i that of every two reviews the system wrote of it,
one from each of its question sets. 0 is human diversity, above it the system repeats itself. Below it the reviews
differ more than human ones do, which need not be good: reviews of other papers would. Read it beside SPE.
"""

from __future__ import annotations

from collections.abc import Mapping

from common.metrics.figures import Scores
from common.metrics.material import Item, System
from common.metrics.similarity import (
    EMPTY_REFERENCES,
    EMPTY_REVIEW,
    NO_REFERENCE,
    NO_WORDS,
    Pair,
    Similarity,
    among,
    compare_all,
    mean_of,
    written,
)

NO_REVIEW, ONE_REVIEW, ONE_REFERENCE = "no-review", "one-review", "one-reference"


def scores(system: System, similarity: Similarity) -> list[Scores]:
    """`cov.NAME`, -100 to 100: a paper's value is g_i - h_i. `similarity-within.NAME`, 0 to 100: its g_i.

    Human reviews are the references of all trials, each once by its id; so humans, one left out in turn, have COV 0.
    Unscored: no-review, one-review, no-reference, one-reference, empty-review and empty-references (fewer than two are
    left without the empty ones), no-words.
    """
    cov: dict[str, float] = {}
    within: dict[str, float] = {}
    unscored = dict(system.missing)
    wanted = []
    for item in system:
        if reason := _reason(item):
            unscored[item.key] = reason
        else:
            wanted.append((item.key, (*among(_generated(item)), *among(_human(item)))))
    for key, values in compare_all(similarity, wanted):
        g, h = _within(_generated(system.items[key]), values), _within(_human(system.items[key]), values)
        if g is None or h is None:
            unscored[key] = NO_WORDS
        else:
            within[key], cov[key] = g, g - h
    settings = similarity.settings
    return [
        Scores(f"cov.{similarity.name}", cov, unscored, better="lower", settings=settings),
        Scores(f"similarity-within.{similarity.name}", within, unscored, better="", settings=settings),
    ]


def _reason(item: Item) -> str:
    reviews = len(item.trials)
    references = len({reference.id for trial in item.trials for reference in trial.references})
    if reviews < 2:
        return ONE_REVIEW if reviews else NO_REVIEW
    if references < 2:
        return ONE_REFERENCE if references else NO_REFERENCE
    if len(_generated(item)) < 2:
        return EMPTY_REVIEW
    return EMPTY_REFERENCES if len(_human(item)) < 2 else ""


def _generated(item: Item) -> list[str]:
    return written(trial.review for trial in item.trials)


def _human(item: Item) -> list[str]:
    return written({reference.id: reference for trial in item.trials for reference in trial.references}.values())


def _within(texts: list[str], values: Mapping[Pair, float]) -> float | None:
    return mean_of(among(texts), values)
