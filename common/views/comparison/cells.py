"""Figures of a comparison as words: for Markdown, the terminal and the page alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from common.metrics.figures import Difference, Estimate, Scores, estimate
from common.views.comparison.content import Comparison, Gain, Row
from common.views.text import one_line

NOTHING = "–"
CHANCE = 0.05
"""Share of comparisons without any difference behind them whose 95% interval leaves 0 out all the same."""


@dataclass(frozen=True, slots=True)
class Cell:
    """value: the number in words. interval: "[low, high]" or "". note: what else has to be said of it, or "".
    verdict: "better", "worse", "differs" or "same", "" where nothing is compared."""

    value: str
    interval: str = ""
    note: str = ""
    verdict: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.value, self.interval, f"({self.note})" if self.note else "") if part)


def mean_cell(scores: Scores | None) -> Cell:
    """A figure of a row: mean, interval, papers, and how many are unscored."""
    if scores is None:
        return Cell(NOTHING, note="not scored here")
    found: Estimate = estimate(scores)
    left = sum(found.unscored.values())
    note = f"n={found.n}" + (f", {left} unscored" if left else "")
    if found.mean is None:
        return Cell(NOTHING, note=note)
    digits = _digits(scores.unit)
    interval = ""
    if found.interval:
        interval = f"[{_number(found.interval.low, digits)}, {_number(found.interval.high, digits)}]"
    return Cell(_number(found.mean, digits), interval, note)


def gain_cell(found: Difference, scores: Scores) -> Cell:
    """A difference with its interval; says so where it is not significant."""
    if found.mean is None:
        return Cell(NOTHING, note="no paper has both")
    digits = _digits(scores.unit)
    if found.interval is None:
        return Cell(_number(found.mean, digits, "+"), "", f"n={found.n}, one paper has no interval", "same")
    interval = f"[{_number(found.interval.low, digits, '+')}, {_number(found.interval.high, digits, '+')}]"
    value, note = _number(found.mean, digits, "+"), f"n={found.n}"
    if not found.significant:
        return Cell(value, interval, f"{note}, not significant", "same")
    if not scores.better:
        return Cell(value, interval, note, "differs")
    return Cell(value, interval, note, "better" if (found.mean > 0) == (scores.better == "higher") else "worse")


def gain_cells(content: Comparison, found: tuple[Gain, ...]) -> list[tuple[str, list[tuple[str, Cell]]]]:
    """By group: row and cell. The unit and direction are the chosen figure's."""
    scores = content.reference.scores[content.chosen]
    groups: dict[str, list[tuple[str, Cell]]] = {}
    for gain in found:
        groups.setdefault(gain.group, []).append((gain.row, gain_cell(gain.difference, scores)))
    return list(groups.items())


def chance_note(content: Comparison) -> str:
    """How many of the table's differences chance alone would call significant."""
    tested = [one for one in content.gains.values() if one.interval]
    if not tested:
        return "No difference could be tested: no two rows share two papers."
    found = sum(one.significant for one in tested)
    return (
        f"{found} of {len(tested)} differences have a 95% interval without 0; if no row differed from "
        f"{one_line(content.against)}, chance would give about {CHANCE * len(tested):.1f}."
    )


def unscored(row: Row, figures: tuple[str, ...]) -> list[tuple[str, int, tuple[str, ...]]]:
    """Reason, papers, and the figures it concerns; reasons that are the same for several figures are one line."""
    found: Counter[tuple[str, int]] = Counter()
    names: dict[tuple[str, int], list[str]] = {}
    for figure in figures:
        scores = row.scores.get(figure)
        for reason, count in Counter(scores.unscored.values() if scores else ()).items():
            found[reason, count] += 1
            names.setdefault((reason, count), []).append(figure)
    return [(reason, count, tuple(names[reason, count])) for reason, count in found]


def _number(value: float, digits: int, sign: str = "") -> str:
    """Nothing is ever "-0.00"."""
    return f"{round(value, digits) + 0.0:{sign}.{digits}f}"


def _digits(unit: str) -> int:
    return {"share": 3, "ratio": 2, "words": 0}.get(unit, 2)
