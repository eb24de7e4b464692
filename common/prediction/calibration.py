"""Whether a probability means what it says, and what is gained by keeping silent when it is near one half.

Bins: ten of equal width, [0, 0.1), [0.1, 0.2), ..., [0.9, 1.0]; empty ones say nothing. The expected calibration error
is Guo et al. 2017 (arXiv 1706.04599, equation 3), for the probability of acceptance: the mean over papers of the gap
between their bin's mean probability and its share of accepted papers. It is above 0 even for a perfect forecaster,
because shares of few papers scatter; so what such a forecaster would get is drawn beside it (consistency resampling,
Bröcker and Smith 2007, Weather and Forecasting 22:651).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.errors import ReviewError
from common.metrics.intervals import Interval, Share, wilson

if TYPE_CHECKING:
    import numpy as np

BINS = 10
DRAWN = 1000


@dataclass(frozen=True, slots=True)
class Bin:
    """low to high: probabilities in it. said: their mean. came: how many of its papers were accepted."""

    low: float
    high: float
    said: float
    came: Share


@dataclass(frozen=True, slots=True)
class Calibration:
    """error: expected calibration error, 0 to 1. by_chance: mean error of a perfect forecaster who said the same
    probabilities, and limit, which it stays below 95 times in a hundred."""

    bins: tuple[Bin, ...]
    error: float
    by_chance: float
    limit: float

    @property
    def doubtful(self) -> bool:
        """The error is larger than a perfect forecaster's: the probabilities are not to be taken at their word."""
        return self.error > self.limit


@dataclass(frozen=True, slots=True)
class Answered:
    """Papers answered when only those with max(p, 1 - p) of at least `threshold` are, of all; and how many rightly.

    threshold: None where no paper is answered."""

    threshold: float | None
    papers: int
    right: int
    of: int

    @property
    def coverage(self) -> float:
        return self.papers / self.of if self.of else 0.0

    @property
    def accuracy(self) -> float | None:
        return self.right / self.papers if self.papers else None

    @property
    def interval(self) -> Interval:
        return wilson(self.right, self.papers)


def calibrate(truth: Sequence[float], said: Sequence[float], seed: int = 0) -> Calibration:
    """truth: 0 or 1 a paper. said: its probability. Errors: ValueError without papers or for no probability."""
    import numpy as np

    happened, probability = np.array(truth, dtype=float), np.array(said, dtype=float)
    if not len(probability) or not ((probability >= 0) & (probability <= 1)).all():
        raise ValueError("probabilities between 0 and 1 are needed")
    place = np.minimum((probability * BINS).astype(int), BINS - 1)
    member = np.arange(BINS)[:, None] == place  # bins x papers
    perfect = np.random.default_rng(seed).random((DRAWN, len(probability))) < probability
    drawn = _errors(perfect.astype(float), probability, member)
    bins = tuple(
        Bin(
            number / BINS,
            (number + 1) / BINS,
            float(probability[inside].mean()),
            Share(int(happened[inside].sum()), int(inside.sum())),
        )
        for number, inside in enumerate(member)
        if inside.any()
    )
    error = float(_errors(happened[None, :], probability, member)[0])
    return Calibration(bins, error, float(drawn.mean()), float(np.quantile(drawn, 0.95)))


def _errors(happened: np.ndarray, probability: np.ndarray, member: np.ndarray) -> np.ndarray:
    """One a row of `happened`: a bin's gap times its papers is the size of its summed difference."""
    import numpy as np

    return np.abs((happened - probability) @ member.T.astype(float)).sum(axis=1) / len(probability)


def abstain(truth: Sequence[float], said: Sequence[float]) -> tuple[Answered, ...]:
    """The accuracy-coverage curve (El-Yaniv and Wiener 2010, JMLR 11:1605): a point for each confidence that occurs,
    surest first, the last one answering all. Papers of one confidence are answered together."""
    sure = sorted(((max(p, 1 - p), (p >= 0.5) == (y == 1)) for y, p in zip(truth, said, strict=True)), reverse=True)
    points, right = [], 0
    for number, (confidence, hit) in enumerate(sure, start=1):
        right += hit
        if number == len(sure) or sure[number][0] != confidence:
            points.append(Answered(confidence, number, right, len(sure)))
    return tuple(points)


def threshold(curve: Sequence[Answered], wanted: float) -> float:
    """The lowest confidence from which on the accuracy wanted was met; infinite where it never was."""
    met = (point.threshold for point in curve if point.threshold is not None and point.right >= wanted * point.papers)
    return min(met, default=math.inf)


def held(truth: Sequence[float], said: Sequence[float], fold: Sequence[int], wanted: float) -> Answered | None:
    """What an accuracy wanted really gives: each fold's threshold is found on the other folds, never on itself.

    The threshold returned is the mean over folds that answer anything. None with a single fold.
    """
    numbers = sorted(set(fold))
    if len(numbers) < 2:
        return None
    rows = list(zip(truth, said, fold, strict=True))
    papers, right, used = 0, 0, []
    for number in numbers:
        others = [(y, p) for y, p, at in rows if at != number]
        least = threshold(abstain([y for y, _ in others], [p for _, p in others]), wanted)
        answered = [(y, p) for y, p, at in rows if at == number and max(p, 1 - p) >= least]
        papers += len(answered)
        right += sum((p >= 0.5) == (y == 1) for y, p in answered)
        used += [least] if answered else []
    return Answered(sum(used) / len(used) if used else None, papers, right, len(rows))


def plot(path: Path, name: str, calibration: Calibration, curve: Sequence[Answered]) -> None:
    """The reliability diagram with Wilson intervals and the accuracy-coverage curve, as SVG, PNG or PDF by the suffix.

    Errors: ReviewError when matplotlib is missing or the file cannot be written.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ReviewError("--plot needs matplotlib, which is not installed.", "pip install matplotlib") from error

    # Text stays text, and nothing in the file depends on the day.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "review"}):
        page = Figure(figsize=(9, 4.2), layout="constrained")
        left, right = page.subplots(1, 2)
        _reliability(left, calibration)
        _coverage(right, curve)
        page.suptitle(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            page.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
        except (OSError, ValueError) as error:
            raise ReviewError(f"Cannot draw {path}: {error}", "Give a file that ends in .svg, .png or .pdf.") from error


def _reliability(axes: Any, calibration: Calibration) -> None:
    bins = calibration.bins
    axes.plot([0, 1], [0, 1], color="0.6", linestyle="--", linewidth=1, label="perfect")
    for one in bins:
        interval = one.came.interval
        axes.plot([one.said, one.said], [interval.low, interval.high], color="C0", linewidth=1)
        axes.annotate(f"{one.came.total}", (one.said, interval.high), ha="center", va="bottom", fontsize=8)
    axes.plot([one.said for one in bins], [one.came.value for one in bins], "o", color="C0", label="papers, 95%")
    axes.set(xlim=(0, 1), ylim=(0, 1.05), xlabel="probability said", ylabel="share accepted")
    axes.set_title(f"ECE {calibration.error:.3f}; by chance {calibration.by_chance:.3f}", fontsize=10)
    axes.legend(loc="upper left", fontsize=8)


def _coverage(axes: Any, curve: Sequence[Answered]) -> None:
    covered = [point.coverage for point in curve]
    axes.plot(covered, [point.accuracy for point in curve], color="C0", drawstyle="steps-pre")
    low, high = [point.interval.low for point in curve], [point.interval.high for point in curve]
    axes.fill_between(covered, low, high, step="pre", alpha=0.15, color="C0", label="95%, a point at a time")
    axes.set(xlim=(0, 1), ylim=(0, 1.05), xlabel="share of papers answered", ylabel="accuracy on them")
    axes.legend(loc="lower left", fontsize=8)
