"""What `review evaluate` says of ratings beside their distance to referees': rank correlation, and decisions.

A decision is told from the form's overall rating, with a threshold that referees' own ratings do best with: on the part
of --constant-from, or on the papers that are scored, which is optimistic. Venues in which the paper's version gives the
decision away are unscored (`common.metrics.decisions`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from common.metrics import baselines, ratings
from common.metrics.baselines import Panel
from common.metrics.decisions import Decisions, best_threshold, decisions
from common.metrics.material import System
from common.metrics.ratings import Correlation
from common.types import ReviewForm
from scripts.evaluate_papers import Humans

OVERALL = ("Rating", "Recommendation", "Overall", "Overall Assessment")
"""What forms call the rating that stands for a decision."""


@dataclass(frozen=True, slots=True)
class Told:
    """System -> its rank correlations, and for each form its decisions. constants: figure -> the rating that stands for
    all in the row "constant rating"."""

    correlations: dict[str, tuple[Correlation, ...]]
    decisions: dict[str, tuple[Decisions, ...]]
    constants: dict[str, float]


def rate(systems: Sequence[System], source: Sequence[Panel], here: Humans, there: Humans, seed: int) -> Told:
    """source: the papers on which constants and thresholds are found, of the humans `there`."""
    forms = here.forms
    thresholds = {}
    for form in forms.values():
        if name := overall(form):
            keys = {panel.key for panel in source if there.form_of[panel.key].name == form.name}
            people = _only(baselines.leave_one_out(source), keys)
            thresholds[form.name] = best_threshold(people, there.accepted, name)
    return Told(
        {one.name: tuple(ratings.correlations(one, forms, seed)) for one in systems},
        {one.name: _decided(one, here, thresholds, seed) for one in systems},
        ratings.constants(baselines.raters(source), forms),
    )


def overall(form: ReviewForm) -> str:
    """The form's overall rating; "" where it has none."""
    return next((scale.name for scale in form.ratings if scale.name in OVERALL), "")


def _decided(
    system: System, humans: Humans, thresholds: Mapping[str, float | None], seed: int
) -> tuple[Decisions, ...]:
    found = []
    for form, threshold in thresholds.items():
        keys = {key for key, one in humans.form_of.items() if one.name == form}
        if threshold is not None:
            name = overall(humans.forms[form])
            one = decisions(_only(system, keys), humans.accepted, name, threshold, seed=seed)
            found.append(replace(one, accuracy=replace(one.accuracy, name=f"decisions.{form}.accuracy")))
    return tuple(found)


def _only(system: System, keys: Collection[str]) -> System:
    return replace(
        system,
        items={key: item for key, item in system.items.items() if key in keys},
        missing={key: why for key, why in system.missing.items() if key in keys},
    )
