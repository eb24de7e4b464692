"""Hit rate, precision and recall of a review's points against those of human reviews of the same paper.

After Liang et al. (arXiv 2310.01783): the hit rate of one review against another is |A and B| / |A|, the share of its
points that the other makes too. Their matching was a language model's and is not public; here two points match when
`common.metrics.matching` pairs them, at a threshold calibrated on reviews of different papers. Recall and precision
are against the distinct human points: those of all references, grouped by the same matching at the same threshold.

Length: a review with more points finds more, by chance too. So recall is also given at an equal number of points (the
mean over seeded draws of AT of them; its expectation does not grow by adding points of the same quality), and hit rate
and recall minus what the same points reach against the references of other papers. A point found is a matter raised by
both; whether both judge it alike, and whether either is right, is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import TYPE_CHECKING

from common.metrics.figures import Scores
from common.metrics.gathering import Value, gather
from common.metrics.matching import Vectors, assign, group
from common.metrics.material import Item, System, Text, Trial
from common.seeds import derived

if TYPE_CHECKING:
    import numpy as np

HIT = 0.47
"""Cosine from which two points may be paired: 38% of the points of one referee are then found in another's review of
the paper, 4.6% in one of another paper (`python -m scripts.calibrate_hits points CORPUS SPLIT`; docs/METRICS.md)."""
SHORTEST = 5
"""Words of a point. Shorter ones ("Good paper.", "See above") match anything or nothing; they are left out, counted."""
AT = 5
"""Points at which recall is compared between reviews of different length."""
DRAWS = 20
STRANGERS = 10
"""Other papers whose references give the chance level of a paper."""

NO_REFERENCE, NO_REFERENCE_POINTS, NO_POINTS = "no-reference", "no-reference-points", "no-points"
FEW_POINTS, NO_STRANGER = f"below-{AT}-points", "no-other-paper"
RAISED = ("1", "2", "3+")


@dataclass(frozen=True)
class Against:
    """The points of several human reviews. lists: their vectors, one array a review, none empty."""

    lists: tuple[np.ndarray, ...]
    threshold: float

    @cached_property
    def groups(self) -> list[tuple[tuple[int, int], ...]]:
        """The distinct points."""
        return group(self.lists, self.threshold)

    @cached_property
    def raised(self) -> list[str]:
        """By how many of the reviews each distinct point was made: one of RAISED."""
        makers = [len({number for number, _ in members}) for members in self.groups]
        return [str(count) if count < 3 else "3+" for count in makers]

    def hit_rate(self, own: np.ndarray) -> float:
        """The mean over the reviews of the share of `own` that is paired with a point of that review."""
        return fmean(len(assign(own @ other.T, self.threshold)) for other in self.lists) / len(own)

    def nearness(self, own: np.ndarray) -> np.ndarray:
        """Shape (own, groups): the cosine with a group's nearest member."""
        import numpy as np

        near = [own @ vectors.T for vectors in self.lists]
        return np.stack([np.max([near[n][:, at] for n, at in members], axis=0) for members in self.groups], axis=1)

    def found(self, own: np.ndarray) -> list[int]:
        """The distinct points that `own` makes, one-to-one, as places in `groups`."""
        return [column for _, column in assign(self.nearness(own), self.threshold)]

    def recall(self, own: np.ndarray) -> float:
        return len(self.found(own)) / len(self.groups)

    def recall_at(self, own: np.ndarray, count: int, draws: int, seed: int) -> float:
        """The mean recall of `count` of the points, drawn without replacement `draws` times."""
        import numpy as np

        near, rng = self.nearness(own), np.random.default_rng(seed)
        drawn = (rng.choice(len(own), count, replace=False) for _ in range(draws if count < len(own) else 1))
        return fmean(len(assign(near[rows], self.threshold)) for rows in drawn) / len(self.groups)


def scores(
    system: System,
    vectors: Vectors,
    threshold: float = HIT,
    seed: int = 0,
    prefix: str = "points",
    shortest: int = SHORTEST,
) -> list[Scores]:
    """The figures of a system, each named "PREFIX.figure". Shares are 0 to 1.

    hit_rate: mean over references. precision: pairs with distinct human points / own points. recall: / distinct human
    points; f1 of the two; recall.raised1, 2, 3+: of the points that so many references make. recall.at5: see AT.
    hit_rate.over_chance, recall.over_chance: minus the mean over STRANGERS other papers of the system, drawn by seed
    and paper. count: own points compared. brief: own points left out as shorter than `shortest` words.
    """
    vectors.add(one for item in system for trial in item.trials for one in _texts(trial, shortest))
    known = {item.key: one for item in system if (one := _any(item, vectors, threshold, shortest)) is not None}

    def measure(item: Item) -> list[Mapping[str, Value]]:
        strangers = _strangers(item.key, known, seed)
        return [named(trial, strangers, f"{item.key}/{trial.review.id}") for trial in item.trials]

    def named(trial: Trial, strangers: Sequence[Against], place: str) -> Mapping[str, Value]:
        texts = long_enough(trial.review, shortest)
        others = against(trial.references, vectors, threshold, shortest)
        found: dict[str, Value] = {"count": float(len(texts)), "brief": float(len(trial.review.points) - len(texts))}
        if isinstance(others, str) or not texts:
            found |= dict.fromkeys(_SHARES, others if isinstance(others, str) else NO_POINTS)
        else:
            own = vectors.of(texts)
            found |= _shares(own, others) | _adjusted(own, others, strangers, derived(seed, place, "points", 0))
        return {f"{prefix}.{name}": value for name, value in found.items()}

    how = f"{vectors.name}, cosine from {threshold:g}, one-to-one, from {shortest} words"
    return gather(system, _empty(prefix, how), measure)


_SHARES = (
    "hit_rate",
    "precision",
    "recall",
    "f1",
    *(f"recall.raised{count}" for count in RAISED),
    f"recall.at{AT}",
    "hit_rate.over_chance",
    "recall.over_chance",
)


def _empty(prefix: str, how: str) -> list[Scores]:
    shares = [Scores(f"{prefix}.{name}", {}, unit="share", settings=how) for name in _SHARES]
    counts = [Scores(f"{prefix}.{name}", {}, unit="points", better="", settings=how) for name in ("count", "brief")]
    return shares + counts


def long_enough(review: Text, shortest: int = SHORTEST) -> list[str]:
    """The points that are compared, in alphabetical order, so that draws do not depend on the order they came in."""
    return sorted(point for point in review.points if len(point.split()) >= shortest)


def _texts(trial: Trial, shortest: int) -> list[str]:
    return [point for review in (trial.review, *trial.references) for point in long_enough(review, shortest)]


def against(
    references: Sequence[Text], vectors: Vectors, threshold: float = HIT, shortest: int = SHORTEST
) -> Against | str:
    """The references' points, or the word for why there are none."""
    if not references:
        return NO_REFERENCE
    lists = [found for review in references if (found := long_enough(review, shortest))]
    return Against(tuple(vectors.of(found) for found in lists), threshold) if lists else NO_REFERENCE_POINTS


def _any(item: Item, vectors: Vectors, threshold: float, shortest: int) -> Against | None:
    """The references of the first trial that has some."""
    found = (against(trial.references, vectors, threshold, shortest) for trial in item.trials)
    return next((one for one in found if isinstance(one, Against)), None)


def _strangers(key: str, known: Mapping[str, Against], seed: int) -> list[Against]:
    """References of other papers: the same ones for a paper in whatever order the papers came."""
    import random

    others = sorted(other for other in known if other != key)
    drawn = random.Random(derived(seed, key, "strangers", 0)).sample(others, min(STRANGERS, len(others)))
    return [known[other] for other in drawn]


def _shares(own: np.ndarray, others: Against) -> dict[str, Value]:
    found = others.found(own)
    shares: dict[str, Value] = {
        "hit_rate": others.hit_rate(own),
        "precision": len(found) / len(own),
        "recall": len(found) / len(others.groups),
        "f1": 2 * len(found) / (len(own) + len(others.groups)),
    }
    for count in RAISED:
        wanted = {place for place, raised in enumerate(others.raised) if raised == count}
        shares[f"recall.raised{count}"] = (
            len(wanted.intersection(found)) / len(wanted) if wanted else f"none-raised-by-{count}"
        )
    return shares


def _adjusted(own: np.ndarray, others: Against, strangers: Sequence[Against], seed: int) -> dict[str, Value]:
    at = others.recall_at(own, AT, DRAWS, seed) if len(own) >= AT else FEW_POINTS
    if not strangers:
        return {f"recall.at{AT}": at, "hit_rate.over_chance": NO_STRANGER, "recall.over_chance": NO_STRANGER}
    return {
        f"recall.at{AT}": at,
        "hit_rate.over_chance": others.hit_rate(own) - fmean(one.hit_rate(own) for one in strangers),
        "recall.over_chance": others.recall(own) - fmean(one.recall(own) for one in strangers),
    }
