"""A table of systems by figures: estimates, and paired differences to one of the rows.

Everything a table says can be worked out again from what it holds: the value of every paper, the seed, the row it
compares with. Nothing is rounded here, and unscored papers are beside the values, never among them. How a table looks
is not known here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from common.metrics.figures import Difference, Estimate, Scores, difference, estimate
from common.metrics.material import System


@dataclass(frozen=True, slots=True)
class Row:
    """One system. note: how it was made. scores: figure -> its values. papers: with a review. missing: paper -> why it
    has none. references: references of a trial -> trials that have so many, as they are without `equal_references`."""

    name: str
    note: str
    scores: dict[str, Scores]
    papers: int
    missing: dict[str, str]
    references: dict[int, int]

    @property
    def trials(self) -> int:
        return sum(self.references.values())


@dataclass(frozen=True, slots=True)
class Cell:
    """difference: to the row compared with; None in that row, and where it has no such figure or another setting."""

    estimate: Estimate
    difference: Difference | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """title: which papers or which section. against: name of the row compared with, "" for none. seed: of the
    bootstrap. cells: row -> figure -> cell, worked out of the rows."""

    title: str
    against: str
    seed: int
    rows: tuple[Row, ...]
    cells: dict[str, dict[str, Cell]]

    @property
    def figures(self) -> tuple[str, ...]:
        """Of any row, each once, in the order in which they first come."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row.scores))

    @property
    def scored(self) -> int:
        """Values in the table, over all rows, figures and papers."""
        return sum(len(scores.values) for row in self.rows for scores in row.scores.values())


def row_of(system: System, scores: Iterable[Scores]) -> Row:
    """A system's row. scores: all of its figures. Errors: ValueError for two of one name."""
    found: dict[str, Scores] = {}
    for one in scores:
        if one.name in found:
            raise ValueError(f"two figures of {system.name} are called {one.name}")
        found[one.name] = one
    references = Counter(len(trial.references) for item in system for trial in item.trials)
    return Row(
        system.name, system.note, found, len(system.items), dict(system.missing), dict(sorted(references.items()))
    )


def tabulate(title: str, rows: Sequence[Row], against: str = "", seed: int = 0) -> Table:
    """The table with its estimates and differences. Errors: ValueError for two rows of one name, a row to compare with
    that is not there, or a value that is no number."""
    by_name = {row.name: row for row in rows}
    if len(by_name) < len(rows) or (against and against not in by_name):
        raise ValueError(f"rows {[row.name for row in rows]} and a comparison with '{against}' make no table")
    base = by_name[against].scores if against else {}
    cells = {
        row.name: {
            name: Cell(estimate(one, seed), _difference(one, base if row.name != against else {}, seed))
            for name, one in row.scores.items()
        }
        for row in rows
    }
    return Table(title, against, seed, tuple(rows), cells)


def only(scores: Scores, keys: Collection[str]) -> Scores:
    """The figure on some papers. Right where a paper's value depends on that paper alone."""
    values = {key: value for key, value in scores.values.items() if key in keys}
    return replace(scores, values=values, unscored={key: why for key, why in scores.unscored.items() if key in keys})


def unscored(table: Table) -> dict[str, dict[str, dict[str, int]]]:
    """Row -> reason -> figure -> papers, of whatever has no value."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for row in table.rows:
        for name, cell in table.cells[row.name].items():
            for reason, count in cell.estimate.unscored.items():
                found.setdefault(row.name, {}).setdefault(reason, {})[name] = count
    return found


def _difference(scores: Scores, base: Mapping[str, Scores], seed: int) -> Difference | None:
    other = base.get(scores.name)
    if other is None or (scores.unit, scores.settings) != (other.unit, other.settings):
        return None
    return difference(scores, other, seed)
