"""Asked questions against referees' questions of the same paper: by words, and one-to-one by meaning."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import fmean

from common.metrics import hit_rate
from common.metrics.figures import Scores
from common.metrics.gathering import Value
from common.metrics.matching import Vectors
from common.metrics.questions.asked import NO_QUESTIONS, Asked, Sets, as_system, measured
from common.metrics.similarity import Rouge
from common.types import Question

Similar = Callable[[str, str], float]
"""F1 of two texts, 0 to 1 and symmetric, as ROUGE-L's."""

HIT = 0.51
"""Cosine from which two questions may be paired: 32% of the questions distilled from one review are then found among
another's of the paper, 4.8% among those of another paper (`python -m scripts.calibrate_hits questions CORPUS SPLIT
--questions FILE`; docs/METRICS.md)."""
SHORTEST = 3
"""Words of a question, as stage A's parser takes them."""


def scores(
    asked: Asked, sets: Sets, against: str, vectors: Vectors, similar: Similar, threshold: float = HIT, seed: int = 0
) -> list[Scores]:
    """Figures "questions.AGAINST.*", AGAINST naming what the sets are ("distilled", "own").

    words.max, words.mean: `alike` with the likest of the sets, and the mean over them. All others are
    `common.metrics.hit_rate`'s shares, with questions in place of points and a set in place of a human review.
    """
    prefix = f"questions.{against}"
    matched = hit_rate.scores(as_system(asked, sets), vectors, threshold, seed, prefix, SHORTEST)

    def measure(key: str, questions: Sequence[Question]) -> dict[str, Value]:
        found = [alike(questions, one, similar) for one in sets.get(key, ()) if one]
        if not found:
            return dict.fromkeys((f"{prefix}.words.max", f"{prefix}.words.mean"), hit_rate.NO_REFERENCE)
        return {f"{prefix}.words.max": max(found), f"{prefix}.words.mean": fmean(found)}

    words = [Scores(f"{prefix}.words.{name}", {}, unit="share") for name in ("max", "mean")]
    return measured(asked, words, measure) + [_renamed(one) for one in matched if one.unit == "share"]


def by_words(one: str, other: str) -> float:
    """ROUGE-L's F1 of two texts, stemmed; 0 where one has no word."""
    (value,) = Rouge("rougeL").compare([(one, other)])
    return 0.0 if math.isnan(value) else value / 100


def _renamed(scores: Scores) -> Scores:
    """Questions have a reason of their own for being none."""
    reasons = {key: NO_QUESTIONS if why == hit_rate.NO_POINTS else why for key, why in scores.unscored.items()}
    return replace(scores, unscored=reasons)


def alike(asked: Sequence[Question], others: Sequence[Question], similar: Similar) -> float:
    """F1 of the greedy match, as BERTScore's over words (arXiv 1904.09675, section 3) here over questions: precision
    is the mean over the asked of their likeness to the likest of the others, recall the same from the other side.
    Errors: ValueError when either is empty."""
    if not asked or not others:
        raise ValueError("no questions to compare")
    table = [[similar(one.text, other.text) for other in others] for one in asked]
    precision, recall = fmean(map(max, table)), fmean(map(max, zip(*table, strict=True)))
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
