"""Whether a system's overall rating tells accepted papers from rejected ones, by a threshold.

Only where the paper's text does not give the decision away: where accepted papers are the camera-ready and rejected
ones the submission, anything that tells versions apart looks like a judge. Learning to predict decisions is not done
here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from common.metrics.figures import Scores
from common.metrics.intervals import Interval, bootstrap
from common.metrics.material import Item, System
from common.metrics.ratings import UNRATED

LEAKING = frozenset({"neurips_2023", "neurips_2024"})
"""Venues of the peer-reviews corpus whose accepted papers are final versions and whose rejected ones are submissions:
the text's version gives the decision away."""
LEAKS, UNKNOWN = "version-tells-decision", "decision-unknown"

Told = tuple[float, bool]
"""A paper's rating, the mean over its trials, and whether it was accepted."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """accuracy: a value a paper; majority: what always giving the commoner decision would reach; balanced: the mean of
    the shares of accepted and of rejected papers that are told rightly, None where one of them has no paper; 0.5 is
    chance. interval: of balanced, 95%, papers resampled."""

    rating: str
    threshold: float
    accuracy: Scores
    majority: float | None
    balanced: float | None
    interval: Interval | None
    accepted: int
    rejected: int


def decisions(
    system: System,
    accepted: Mapping[str, bool],
    rating: str,
    threshold: float,
    leaking: Collection[str] = LEAKING,
    seed: int = 0,
) -> Decisions:
    """A paper is predicted accepted when its mean `rating` is at least `threshold`. accepted: paper key -> decision.
    Papers of `leaking` venues are unscored: a figure over them would not be one of judgement."""
    told, unscored = _told(system, accepted, rating, leaking)
    papers = [told[key] for key in sorted(told)]
    right = {key: float((value >= threshold) == decision) for key, (value, decision) in told.items()}
    counts = Counter(decision for _, decision in papers)
    figure = Scores(
        "decisions.accuracy", right, unscored, "share", "higher", f"accepted from {rating} {threshold:g} on"
    )
    return Decisions(
        rating,
        threshold,
        figure,
        max(counts.values()) / len(papers) if papers else None,
        _balanced(papers, threshold),
        bootstrap(papers, lambda drawn: _balanced(drawn, threshold), seed),
        counts[True],
        counts[False],
    )


def best_threshold(
    system: System, accepted: Mapping[str, bool], rating: str, leaking: Collection[str] = LEAKING
) -> float | None:
    """The rating from which on to accept for the best balanced accuracy, the lowest of equals: to be found on another
    part than it is used on. None where one of the decisions has no paper."""
    told, _ = _told(system, accepted, rating, leaking)
    tried = {value: _balanced(list(told.values()), value) for value, _ in told.values()}
    reached = {value: share for value, share in tried.items() if share is not None}
    return min(reached, key=lambda value: (-round(reached[value], 9), value)) if reached else None


def _told(
    system: System, accepted: Mapping[str, bool], rating: str, leaking: Collection[str]
) -> tuple[dict[str, Told], dict[str, str]]:
    told: dict[str, Told] = {}
    unscored = dict(system.missing)
    for item in system:
        given = _ratings(item, rating)
        if item.venue in leaking:
            unscored[item.key] = LEAKS
        elif item.key not in accepted:
            unscored[item.key] = UNKNOWN
        elif not given:
            unscored[item.key] = UNRATED
        else:
            told[item.key] = (fmean(given), accepted[item.key])
    return told, unscored


def _ratings(item: Item, rating: str) -> list[float]:
    return [
        one.value
        for trial in item.trials
        for one in trial.review.ratings
        if one.name == rating and one.value is not None
    ]


def _balanced(papers: Sequence[Told], threshold: float) -> float | None:
    shares = []
    for decision in (True, False):
        right = [(value >= threshold) == decision for value, truth in papers if truth == decision]
        if not right:
            return None
        shares.append(fmean(right))
    return fmean(shares)
