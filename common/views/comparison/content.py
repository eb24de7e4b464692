"""What a comparison shows: rows with their figures, costs, examples, and how to repeat it.

Differences are computed here, by papers that both rows have; nothing is scored here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from common.metrics.figures import Difference, Scores, difference

OVERALL = "all"
"""The group of all papers, beside the venues."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Means a review. prompt_tokens: read by both stages, a prompt that several sets share counted once;
    completion_tokens: written by both. seconds: what these tokens take at the rates the run measured, None where the
    engine does not tell reading and writing apart."""

    reviews: int
    prompt_tokens: float
    completion_tokens: float
    seconds: float | None = None

    @property
    def tokens(self) -> float:
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Row:
    """One system. arm: it was run here; otherwise it is a baseline. scores: by the figure's name. missing: paper key ->
    why it has no review there. aspects: aspect -> share of its reviews that were asked about it, empty where nothing
    was asked or no question names an aspect."""

    name: str
    note: str
    arm: bool
    scores: Mapping[str, Scores]
    missing: Mapping[str, str] = field(default_factory=dict)
    cost: Cost | None = None
    aspects: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shown:
    """One text of an example, under a label. value: of the chosen figure, None for a human's."""

    label: str
    text: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A paper and what was written on it. place: "best", "median" or "worst" by `by`."""

    place: str
    key: str
    title: str
    by: str
    value: float
    texts: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Gain:
    """A row's difference to the one it is compared with, on some group of papers or section."""

    row: str
    group: str
    difference: Difference


@dataclass(frozen=True)
class Comparison:
    """against: name of the row that gains are over. figures: names, in the order of the table; `chosen`, the first of
    them, is the one that is plotted. length: the figure with the words of a review. sections: section -> the chosen
    figure's name there. venues: paper key -> venue. controls: rows that are no part of the table's comparisons.
    examples: None where they were left out on purpose. commands: exact.
    facts: what the run was, in few words; settings: all that a repetition must have alike."""

    title: str
    rows: tuple[Row, ...]
    against: str
    figures: tuple[str, ...]
    venues: Mapping[str, str]
    sections: Mapping[str, str] = field(default_factory=dict)
    length: str = ""
    controls: tuple[Row, ...] = ()
    examples: tuple[Example, ...] | None = ()
    commands: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def chosen(self) -> str:
        return self.figures[0]

    @property
    def folded(self) -> tuple[str, ...]:
        """Figures that are not in the table nor a section's."""
        apart = {*self.figures, *self.sections.values()}
        return tuple(dict.fromkeys(name for row in self.rows for name in row.scores if name not in apart))

    @property
    def reference(self) -> Row:
        return next(row for row in self.rows if row.name == self.against)

    @property
    def others(self) -> tuple[Row, ...]:
        """The arms that gains are shown of."""
        return tuple(row for row in self.rows if row.arm and row.name != self.against)

    def gain(self, row: Row, figure: str, keys: Collection[str] | None = None) -> Difference:
        """row - reference on the papers both have, or on those of `keys`."""
        pair = [_only(one.scores[figure], keys) for one in (row, self.reference)]
        return difference(*pair)

    @cached_property
    def gains(self) -> dict[tuple[str, str], Difference]:
        """(row, figure) -> difference, for all papers."""
        return {
            (row.name, figure): self.gain(row, figure)
            for row in self.rows
            if row.name != self.against
            for figure in self.figures
            if figure in row.scores and figure in self.reference.scores
        }

    @cached_property
    def by_venue(self) -> tuple[Gain, ...]:
        """Of the chosen figure: all papers first, then each venue where there are several."""
        groups: dict[str, Collection[str] | None] = {OVERALL: None}
        names = sorted(set(self.venues.values()))
        if len(names) > 1:
            groups |= {name: {key for key, venue in self.venues.items() if venue == name} for name in names}
        return tuple(
            Gain(row.name, group, self.gain(row, self.chosen, keys))
            for group, keys in groups.items()
            for row in self.others
        )

    @cached_property
    def by_section(self) -> tuple[Gain, ...]:
        """Of the chosen figure in each section; sections that one of the two rows does not score are not there."""
        return tuple(
            Gain(row.name, section, self.gain(row, figure))
            for section, figure in self.sections.items()
            for row in self.others
            if figure in row.scores and figure in self.reference.scores
        )


def _only(scores: Scores, keys: Collection[str] | None) -> Scores:
    if keys is None:
        return scores
    return replace(scores, values={key: value for key, value in scores.values.items() if key in keys})
