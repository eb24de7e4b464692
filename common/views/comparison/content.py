"""What a comparison shows: rows with their figures, costs, examples, and how to repeat it.

Differences are computed here, by papers that both rows have; nothing is scored here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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


Groups = Mapping[str, Mapping[str, Scores]]
"""Venue or section -> row -> the plotted figure there."""


@dataclass(frozen=True)
class Comparison:
    """against: name of the row that differences are to. figures: names, in the order of the table; `chosen`, the first
    of them, is the one that is plotted. venues, sections: empty where there is one alone. length: the figure with the
    words of a review. controls: rows with figures of their own. examples: None where they were left out on purpose.
    commands: exact. facts: what the run was, in few words; settings: all that a repetition must have alike. questions:
    what was asked before the reviews, as a table of its own with other rows, None where nothing was."""

    title: str
    rows: tuple[Row, ...]
    against: str
    figures: tuple[str, ...]
    venues: Groups = field(default_factory=dict)
    sections: Groups = field(default_factory=dict)
    length: str = ""
    controls: tuple[Row, ...] = ()
    examples: tuple[Example, ...] | None = ()
    commands: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    questions: Comparison | None = None

    @property
    def chosen(self) -> str:
        return self.figures[0]

    @property
    def folded(self) -> tuple[str, ...]:
        """Figures that are not in the table."""
        names = dict.fromkeys(name for row in self.rows for name in row.scores)
        return tuple(name for name in names if name not in self.figures)

    @property
    def listed(self) -> tuple[tuple[Row, tuple[str, ...]], ...]:
        """Every row of the page with the figures it has there, for what is not scored."""
        rows = [(row, self.figures) for row in (*self.rows, *self.controls)]
        return (*rows, *(self.questions.listed if self.questions else ()))

    @property
    def reference(self) -> Row:
        return next(row for row in self.rows if row.name == self.against)

    @property
    def others(self) -> tuple[Row, ...]:
        """The arms that differences are shown of."""
        return tuple(row for row in self.rows if row.arm and row.name != self.against)

    @cached_property
    def gains(self) -> dict[tuple[str, str], Difference]:
        """(row, figure) -> difference, where both have the figure under the same settings."""
        return {
            (row.name, figure): difference(row.scores[figure], self.reference.scores[figure])
            for row in self.rows
            for figure in self.figures
            if row.name != self.against and comparable(row.scores.get(figure), self.reference.scores.get(figure))
        }

    @cached_property
    def by_venue(self) -> tuple[Gain, ...]:
        """Of the chosen figure: all papers first, then each venue."""
        whole = {row.name: row.scores[self.chosen] for row in self.rows if self.chosen in row.scores}
        return self._by({OVERALL: whole, **self.venues})

    @cached_property
    def by_section(self) -> tuple[Gain, ...]:
        return self._by(self.sections)

    def _by(self, groups: Groups) -> tuple[Gain, ...]:
        return tuple(
            Gain(row.name, group, difference(scores[row.name], scores[self.against]))
            for group, scores in groups.items()
            for row in self.others
            if comparable(scores.get(row.name), scores.get(self.against))
        )


def comparable(first: Scores | None, second: Scores | None) -> bool:
    """Whether there are two, taken with the same settings."""
    return bool(first and second and (first.unit, first.settings) == (second.unit, second.settings))
