"""A figure of one system, with all that is needed to trust it: a value a paper, an interval, and what was not scored.

Papers are the unit: reviews of one paper depend on each other, so every mean, interval and difference here is over
papers (Efron and Tibshirani 1993, chapter 6 and 8). Nothing is rescaled; unscored papers are counted, never averaged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from common.metrics.intervals import CONFIDENCE, DRAWS, Interval

if TYPE_CHECKING:
    import numpy as np

Better = Literal["higher", "lower", ""]


@dataclass(frozen=True, slots=True)
class Scores:
    """One figure of one system on some papers.

    name: "rouge1.max". values: paper key -> value, finite. unscored: paper key -> a stable word for why there is none
    ("no-reference", "empty-review", ...). unit: "0-100", "share", "words", ... better: which way is better, "" for
    neither. settings: all that decides the value beside the texts ("all-MiniLM-L6-v2, layer 6, not rescaled").
    """

    name: str
    values: Mapping[str, float]
    unscored: Mapping[str, str] = field(default_factory=dict)
    unit: str = "0-100"
    better: Better = "higher"
    settings: str = ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """mean: over n papers, None for n = 0. interval: 95%, of the mean, None below two papers. unscored: reason ->
    papers."""

    mean: float | None
    interval: Interval | None
    n: int
    unscored: dict[str, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """first - second over the n papers both have a value on. left_out: papers only one of them has one on."""

    mean: float | None
    interval: Interval | None
    n: int
    left_out: int

    @property
    def significant(self) -> bool:
        """Whether the interval leaves 0 out. One comparison at 95%: twenty comparisons find one by chance."""
        return self.interval is not None and not self.interval.low <= 0 <= self.interval.high


def estimate(scores: Scores, seed: int = 0) -> Estimate:
    """The mean over papers and its percentile bootstrap interval. Errors: ValueError for a value that is no number."""
    values = _finite(scores.name, scores.values)
    mean, interval = _mean_of(values, seed)
    return Estimate(mean, interval, len(values), dict(Counter(scores.unscored.values())))


def difference(first: Scores, second: Scores, seed: int = 0) -> Difference:
    """Paired: both means are taken over the same resampled papers, so what makes a paper easy cancels out.

    Errors: ValueError when they are not the same figure under the same settings."""
    if (first.name, first.unit, first.settings) != (second.name, second.unit, second.settings):
        raise ValueError(f"{first.name} ({first.settings}) is not comparable with {second.name} ({second.settings})")
    shared = [key for key in first.values if key in second.values]
    pairs = {key: first.values[key] - second.values[key] for key in shared}
    mean, interval = _mean_of(_finite(first.name, pairs), seed)
    return Difference(mean, interval, len(shared), len(first.values) + len(second.values) - 2 * len(shared))


def _finite(name: str, values: Mapping[str, float]) -> np.ndarray:
    import numpy as np

    # Sorted by paper, so that the same papers give the same interval in whatever order they came.
    found = np.array([values[key] for key in sorted(values)], dtype=np.float64)
    if not np.isfinite(found).all():
        bad = [key for key in sorted(values) if not np.isfinite(values[key])]
        raise ValueError(f"{name} of {bad[0]} is no number: leave it unscored")
    return found


def _mean_of(values: np.ndarray, seed: int) -> tuple[float | None, Interval | None]:
    import numpy as np

    if not len(values):
        return None, None
    mean = float(values.mean())
    if len(values) < 2:
        return mean, None
    rng = np.random.default_rng(seed)
    # In slices: draws x papers places at once would be a gigabyte for a large corpus.
    rows = max(1, 2_000_000 // len(values))
    means = np.concatenate(
        [
            values[rng.integers(len(values), size=(min(rows, DRAWS - start), len(values)))].mean(axis=1)
            for start in range(0, DRAWS, rows)
        ]
    )
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return mean, Interval(float(low), float(high))
