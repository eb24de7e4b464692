"""How far a system's ratings are from the referees', a figure each for every rating of every form.

A trial's target is the mean or the median of its references' ratings of that name under the same form; other forms
have other scales, so their ratings are not compared, and no scale is rescaled. A rating that did not parse is unscored:
counted, never replaced. Beside every figure belongs what one constant rating would reach (`baseline`): referees agree
so little that a constant is hard to beat. Human agreement is these figures of the system whose reviews are referees
left out of their own references; its targets rest on one referee less.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import TYPE_CHECKING

from common.metrics.figures import Better, Scores
from common.metrics.form import Forms
from common.metrics.gathering import Value, gather
from common.metrics.intervals import Interval, bootstrap
from common.metrics.material import System, Text, Trial
from common.types import RatingScale

if TYPE_CHECKING:
    import numpy as np

UNRATED, OTHER_FORM, NO_TARGET = "rating-unscored", "other-form", "no-human-rating"

TARGETS: Mapping[str, Callable[[Sequence[float]], float]] = {"mean": fmean, "median": median}
Pair = tuple[float, float]
"""A rating and its target."""
_ROUNDING = 1e-9
"""Means of whole numbers are not whole in binary."""


def distance(rating: float, target: float, scale: Sequence[float]) -> float:
    """In points of the scale; its mean is the MAE."""
    return abs(rating - target)


def exact(rating: float, target: float, scale: Sequence[float]) -> float:
    """1 if no value of the scale is closer to the target; halfway between two values, both are right."""
    return float(abs(rating - target) <= min(abs(value - target) for value in scale) + _ROUNDING)


def within_one(rating: float, target: float, scale: Sequence[float]) -> float:
    """1 if the two are at most one point apart."""
    return float(abs(rating - target) <= 1 + _ROUNDING)


@dataclass(frozen=True, slots=True)
class _Kind:
    measure: Callable[[float, float, Sequence[float]], float]
    unit: str
    better: Better


_KINDS = {
    "mae": _Kind(distance, "points", "lower"),
    "exact": _Kind(exact, "share", "higher"),
    "within1": _Kind(within_one, "share", "higher"),
}


@dataclass(frozen=True, slots=True)
class Correlation:
    """Spearman's rank correlation of ratings and targets over n trials of so many papers, equal values sharing their
    mean rank. rho: None where one side never varies, as a constant rating. interval: 95%, papers resampled.
    unscored: reason -> trials."""

    name: str
    rho: float | None
    interval: Interval | None
    n: int
    papers: int
    unscored: dict[str, int]


def scores(system: System, forms: Forms) -> list[Scores]:
    """mae, exact and within1 against both targets, for every form and rating that a reference of the system has.

    Named "ratings.FORM.RATING.mae.mean" and so on; a paper under another form is unscored there ("other-form")."""
    return [one for form, scale in scales(system, forms) for one in _scored(system, form, scale)]


def constants(system: System, forms: Forms) -> dict[str, float]:
    """Figure name -> the value of its scale that would do best as everybody's rating, the lowest of equals: for mae
    the value next to the targets' median, for exact their mode.

    Found on the data it is scored on, no constant does better: an optimistic baseline. Found on another part of the
    corpus it is one that somebody could have used."""
    found = {}
    for form, scale in scales(system, forms):
        tried = {value: _scored(system, form, scale, value) for value in values(scale)}
        for place, figure in enumerate(next(iter(tried.values()))):
            sign = 1 if figure.better == "lower" else -1
            found[figure.name] = min(
                tried, key=lambda value: (sign * round(sum(tried[value][place].values.values()), 9), value)
            )
    return found


def baseline(system: System, forms: Forms, rated: Mapping[str, float]) -> list[Scores]:
    """The figures of `scores` for somebody who gives every paper of the system one rating. rated: figure name ->
    rating, as `constants` finds them, here or on another part; a figure it does not name is left out."""
    found = []
    for form, scale in scales(system, forms):
        by_value = {value: _scored(system, form, scale, value) for value in values(scale)}
        places = enumerate(next(iter(by_value.values())))
        found += [by_value[rated[figure.name]][place] for place, figure in places if figure.name in rated]
    return found


def correlations(system: System, forms: Forms, seed: int = 0) -> list[Correlation]:
    """Spearman for every form, rating and target: "ratings.FORM.RATING.spearman.mean" and so on. There is no value a
    paper; a system with several trials a paper has them all in it, so referees left out of their references
    depend on each other within a paper, which lowers theirs a little."""
    return [
        _correlation(system, form, scale.name, target, seed)
        for form, scale in scales(system, forms)
        for target in TARGETS
    ]


def levels(system: System, forms: Forms) -> list[Scores]:
    """The ratings themselves, "ratings.FORM.RATING.level", for paired comparisons; no reference is needed."""
    used = sorted({trial.review.form for item in system for trial in item.trials} & forms.keys())
    return [
        gather(
            system,
            [Scores(name := f"ratings.{form}.{scale.name}.level", {}, {}, "points", "", _span(scale))],
            lambda item, form=form, scale=scale, name=name: [
                {name: _own(trial.review, form, scale.name)} for trial in item.trials
            ],
        )[0]
        for form in used
        for scale in forms[form].ratings
    ]


def scales(system: System, forms: Forms) -> list[tuple[str, RatingScale]]:
    """(form, scale) of every rating that at least one reference gives, in the forms' order."""
    given = {
        (one.form, rating.name)
        for item in system
        for trial in item.trials
        for one in trial.references
        for rating in one.ratings
        if rating.value is not None
    }
    known = sorted({form for form, _ in given} & forms.keys())
    return [(form, scale) for form in known for scale in forms[form].ratings if (form, scale.name) in given]


def values(scale: RatingScale) -> list[float]:
    """What can be given on the scale, ascending."""
    return sorted(map(float, scale.labels))


def _scored(system: System, form: str, scale: RatingScale, constant: float | None = None) -> list[Scores]:
    """All figures of one rating. constant: stands in for every review's rating."""
    allowed = values(scale)
    figures = {
        (kind, target): Scores(
            f"ratings.{form}.{scale.name}.{kind}.{target}", {}, {}, one.unit, one.better, _span(scale)
        )
        for kind, one in _KINDS.items()
        for target in TARGETS
    }

    def measure(trial: Trial) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for (kind, target), figure in figures.items():
            pair = _pair(trial, form, scale.name, target, constant)
            found[figure.name] = pair if isinstance(pair, str) else _KINDS[kind].measure(*pair, allowed)
        return found

    return gather(system, list(figures.values()), lambda item: [measure(trial) for trial in item.trials])


def _span(scale: RatingScale) -> str:
    allowed = values(scale)
    return f"scale {allowed[0]:g} to {allowed[-1]:g}"


def _pair(trial: Trial, form: str, name: str, target: str, constant: float | None = None) -> Pair | str:
    """A trial's rating and its target, or why there is no such pair."""
    if trial.review.form != form:
        return OTHER_FORM
    human = [own for one in trial.references if not isinstance(own := _own(one, form, name), str)]
    if not human:
        return NO_TARGET
    own = _own(trial.review, form, name) if constant is None else constant
    return own if isinstance(own, str) else (own, TARGETS[target](human))


def _own(review: Text, form: str, name: str) -> Value:
    if review.form != form:
        return OTHER_FORM
    found = next((one.value for one in review.ratings if one.name == name), None)
    return UNRATED if found is None else found


def _correlation(system: System, form: str, name: str, target: str, seed: int) -> Correlation:
    import numpy as np

    pairs: list[Pair] = []
    papers: list[np.ndarray] = []  # which of the pairs are a paper's
    unscored: Counter[str] = Counter()
    for item in sorted(system, key=lambda item: item.key):
        told = [_pair(trial, form, name, target) for trial in item.trials]
        unscored.update(pair for pair in told if isinstance(pair, str))
        if found := [pair for pair in told if not isinstance(pair, str)]:
            papers.append(np.arange(len(pairs), len(pairs) + len(found)))
            pairs += found
    both = _coded(pairs)
    return Correlation(
        f"ratings.{form}.{name}.spearman.{target}",
        _rho(both),
        bootstrap(papers, lambda drawn: _rho(both[:, np.concatenate(drawn)]), seed),
        len(pairs),
        len(papers),
        dict(unscored),
    )


def spearman(pairs: Sequence[Pair]) -> float | None:
    """Spearman's rank correlation, equal values sharing their mean rank; None where one side never varies."""
    return _rho(_coded(pairs))


def _coded(pairs: Sequence[Pair]) -> np.ndarray:
    """Each value as its place among its side's values, shape (2, n): ranks of a resample then need no sorting."""
    import numpy as np

    # Rounded: means of the same ratings in another order may differ in the last bit, and must share a rank.
    sides = np.array(pairs, dtype=np.float64).reshape(-1, 2).round(9).T
    return np.stack([np.unique(side, return_inverse=True)[1] for side in sides])


def _rho(both: np.ndarray) -> float | None:
    """Pearson's correlation of mean ranks, which is Spearman's. both: shape (2, n), whole numbers from 0."""
    import numpy as np

    if both.shape[1] < 2 or (both == both[:, :1]).all(axis=1).any():
        return None
    counts = [np.bincount(side) for side in both]
    ranks = [(np.cumsum(one) - (one - 1) / 2)[side] for one, side in zip(counts, both, strict=True)]
    return float(np.corrcoef(ranks)[0, 1])
