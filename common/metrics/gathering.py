"""From a value a review to a value a paper, for several figures at once. What the values mean is not known here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from common.metrics.figures import Scores
from common.metrics.material import Item, System

Value = float | str
"""One review's value, or the stable word for why it has none."""
Measure = Callable[[Item], Sequence[Mapping[str, Value]]]
"""An item -> for each of its trials, figure name -> value. It is asked once an item, so that a paper is read once."""

NO_REVIEW = "no-review"


def gather(system: System, figures: Sequence[Scores], measure: Measure) -> list[Scores]:
    """The figures, filled. A paper's value is the mean over those of its trials that have one; a paper none of whose
    trials has one is unscored for the first trial's reason, and a paper without a trial is "no-review".

    figures: Scores whose values are still empty, each named as `measure` names it."""
    values: dict[str, dict[str, float]] = {one.name: {} for one in figures}
    unscored: dict[str, dict[str, str]] = {one.name: dict(system.missing) for one in figures}
    for item in system:
        measured = measure(item)
        for name in values:
            found = [one[name] for one in measured]
            numbers = [value for value in found if not isinstance(value, str)]
            if numbers:
                values[name][item.key] = fmean(numbers)
            else:
                unscored[name][item.key] = next((value for value in found if isinstance(value, str)), NO_REVIEW)
    return [replace(one, values=values[one.name], unscored=unscored[one.name]) for one in figures]
