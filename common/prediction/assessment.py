"""How good predictions are: figures over papers, each with its bootstrap interval.

A figure is a function of rows and of a weight for each, worked out for many weightings at once: a resample of papers
is a weighting by how often each was drawn, which is the same bootstrap as `common.metrics.intervals.bootstrap` (Efron
and Tibshirani 1993, chapter 6) a hundred times as fast. Intervals say how the figure would vary with other papers to
predict for, not with other papers to learn from.

Figures of order (AUC, Spearman) compare only predictions made by one fitted model, that is within a fold: across folds
a model that always says its training mean would seem worse than chance, because a fold with many accepted papers
leaves few to learn from (Parker, Günter and Bedo 2007, BMC Bioinformatics 8:326).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from common.metrics.intervals import CONFIDENCE, DRAWS, Interval

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Figure:
    """value: None where it is not defined, as the AUC of papers of one kind. interval: 95%, None below two papers or
    where more than half of the resamples leave it undefined. n: papers."""

    value: float | None
    interval: Interval | None
    n: int


@dataclass(frozen=True, slots=True)
class Rows:
    """Predictions beside the truth, a row each, as arrays of one length.

    fold: which model predicted it. paper: place of its paper, from 0. share: weight in its paper; sums to 1 a paper.
    """

    truth: np.ndarray
    guess: np.ndarray
    fold: np.ndarray
    paper: np.ndarray
    share: np.ndarray

    @classmethod
    def single(cls, truth: Sequence[float], guess: Sequence[float], fold: Sequence[int]) -> Rows:
        """One row a paper."""
        return cls.several([[one] for one in truth], [[one] for one in guess], fold)

    @classmethod
    def several(cls, truth: Sequence[Sequence[float]], guess: Sequence[Sequence[float]], fold: Sequence[int]) -> Rows:
        """Each paper with one row or more: what each of its reviewers gave. Papers weigh the same."""
        import numpy as np

        counts = [len(one) for one in truth]
        return cls(
            np.array([value for one in truth for value in one], dtype=float),
            np.array([value for one in guess for value in one], dtype=float),
            np.repeat(np.array(fold, dtype=int), counts),
            np.repeat(np.arange(len(counts)), counts),
            np.repeat([1 / count for count in counts], counts),
        )

    @property
    def papers(self) -> int:
        return int(self.paper[-1]) + 1 if len(self.paper) else 0


Statistic = Callable[[Rows, "np.ndarray"], "np.ndarray"]
"""rows, weights (draws x rows) -> a value a draw, NaN where it is not defined."""


def figure(statistic: Statistic, rows: Rows, seed: int = 0) -> Figure:
    """The figure and its percentile interval over resampled papers."""
    return _figure(lambda weights: statistic(rows, weights), rows, seed)


def gain(statistic: Statistic, rows: Rows, baseline: Rows, seed: int = 0) -> Figure:
    """What rows have over a baseline on the same papers, both taken over the same resamples."""
    return _figure(lambda weights: statistic(rows, weights) - statistic(baseline, weights), rows, seed)


def accuracy(rows: Rows, weights: np.ndarray) -> np.ndarray:
    """Share of papers on the right side of a probability of 0.5."""
    return _mean(((rows.guess >= 0.5) == (rows.truth == 1)).astype(float), weights)


def balanced_accuracy(rows: Rows, weights: np.ndarray) -> np.ndarray:
    """Mean of the accuracies on accepted and on rejected papers: 0.5 for whoever always says the same."""
    right = (rows.guess >= 0.5) == (rows.truth == 1)
    sides = [rows.truth == side for side in (1, 0)]
    return sum(_mean(right[side].astype(float), weights[:, side]) for side in sides) / 2


def brier(rows: Rows, weights: np.ndarray) -> np.ndarray:
    """Mean squared distance of the probability from what happened (Brier 1950, for two outcomes): 0 to 1, low is
    good."""
    return _mean((rows.guess - rows.truth) ** 2, weights)


def rmse(rows: Rows, weights: np.ndarray) -> np.ndarray:
    """Root of the mean squared error, papers weighing the same."""
    import numpy as np

    return np.sqrt(brier(rows, weights))


def mae(rows: Rows, weights: np.ndarray) -> np.ndarray:
    import numpy as np

    return _mean(np.abs(rows.guess - rows.truth), weights)


def auc(rows: Rows, weights: np.ndarray) -> np.ndarray:
    """Share of pairs, an accepted and a rejected paper of one fold, that are in the right order; ties count half
    (Hanley and McNeil 1982)."""
    import numpy as np

    won, pairs = np.zeros(len(weights)), np.zeros(len(weights))
    for fold in np.unique(rows.fold):
        here = rows.fold == fold
        truth, order, starts = rows.truth[here], *_ties(rows.guess[here])
        ordered = weights[:, here][:, order]
        accepted = np.add.reduceat(ordered * (truth[order] == 1), starts, axis=1)
        rejected = np.add.reduceat(ordered * (truth[order] == 0), starts, axis=1)
        won += (accepted * (rejected.cumsum(axis=1) - rejected / 2)).sum(axis=1)
        pairs += accepted.sum(axis=1) * rejected.sum(axis=1)
    return _over(won, pairs)


def spearman(rows: Rows, weights: np.ndarray) -> np.ndarray:
    """Pearson's correlation of mid-ranks, within each fold, then the mean over folds by their papers; folds without
    an order are left out."""
    import numpy as np

    total, size = np.zeros(len(weights)), np.zeros(len(weights))
    for fold in np.unique(rows.fold):
        here = rows.fold == fold
        part = weights[:, here]
        one, other = _mid_ranks(rows.truth[here], part), _mid_ranks(rows.guess[here], part)
        found = _correlation(one, other, part)
        known = np.isfinite(found)
        total += np.where(known, found * part.sum(axis=1), 0)
        size += np.where(known, part.sum(axis=1), 0)
    return _over(total, size)


def _figure(statistic: Callable[[np.ndarray], np.ndarray], rows: Rows, seed: int) -> Figure:
    import numpy as np

    papers = rows.papers
    if not papers:
        return Figure(None, None, 0)
    value = float(statistic(rows.share[None, :])[0])
    if papers < 2 or not math.isfinite(value):
        return Figure(value if math.isfinite(value) else None, None, papers)
    rng = np.random.default_rng(seed)
    most = max(1, 1_000_000 // len(rows.truth))  # draws at a time: a large corpus must not need gigabytes
    found = []
    for start in range(0, DRAWS, most):
        drawn = rng.multinomial(papers, np.full(papers, 1 / papers), size=min(most, DRAWS - start))
        found.append(statistic(drawn[:, rows.paper] * rows.share))
    values = np.concatenate(found)
    values = values[np.isfinite(values)]
    if 2 * len(values) < DRAWS:
        return Figure(value, None, papers)
    low, high = np.quantile(values, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Figure(value, Interval(float(low), float(high)), papers)


def _mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return _over(weights @ values, weights.sum(axis=1))


def _over(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)


def _ties(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The order that sorts them, and where in it each run of equal values starts."""
    import numpy as np

    order = np.argsort(values, kind="stable")
    ordered = values[order]
    return order, np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])


def _mid_ranks(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """draws x values: the rank of each among the weighted values, ties sharing the middle of theirs."""
    import numpy as np

    order, starts = _ties(values)
    sizes = np.add.reduceat(weights[:, order], starts, axis=1)
    middles = sizes.cumsum(axis=1) - sizes / 2
    ranks = np.empty_like(weights, dtype=float)
    ranks[:, order] = np.repeat(middles, np.diff(np.r_[starts, len(values)]), axis=1)
    return ranks


def _correlation(one: np.ndarray, other: np.ndarray, weights: np.ndarray) -> np.ndarray:
    import numpy as np

    whole = weights.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        first = one - (weights * one).sum(axis=1, keepdims=True) / whole
        second = other - (weights * other).sum(axis=1, keepdims=True) / whole
        spread = np.sqrt((weights * first**2).sum(axis=1) * (weights * second**2).sum(axis=1))
        # Ranks are multiples of a small share: what is below this is rounding, not an order.
        return np.where(spread > 1e-9, (weights * first * second).sum(axis=1) / spread, np.nan)
