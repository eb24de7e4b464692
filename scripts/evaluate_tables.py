"""Systems through groups of figures into tables: of all papers, of each venue, of each section of the reviews."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from common.errors import BadConfig
from common.metrics.baselines import HUMAN
from common.metrics.figures import Scores
from common.metrics.material import System, Text, Trial
from common.metrics.tables import Row, Table, only, row_of, tabulate
from scripts.distill_progress import Bar
from scripts.evaluate_figures import GROUPS, Tools, groups_for, measure
from scripts.live import Display


@dataclass(frozen=True, slots=True)
class Asked:
    """groups: of figures. equal: leave one reference out everywhere. against: row to compare with, "" for none."""

    groups: tuple[str, ...]
    tools: Tools
    equal: bool
    against: str


def make_tables(asked: Asked, systems: Sequence[System], by: str | None, display: Display) -> list[Table]:
    """The table of all papers, then those of each venue or section."""
    venues = sorted({item.venue for system in systems for item in system}) if by == "venue" else []
    names = _section_names(systems) if by == "section" else []
    prose = tuple(group for group in asked.groups if GROUPS[group].prose)
    if by == "section" and not prose:
        raise BadConfig("None of the figures can be had by section.", _prose_groups())
    readers = [system for system in systems if groups_for(system, prose)]
    again = [group for group in asked.groups if not GROUPS[group].alone]
    # A venue's papers are the system's papers once more, whatever the number of venues.
    rounds = [*asked.groups, *(again if venues else ()), *(prose * len(names))]
    steps = sum(len(groups_for(one, rounds)) * len(one.items) for one in systems)
    with Bar(display, "Scoring, papers by groups", steps) as bar:
        scoring = Scoring(asked, bar)
        rows = [scoring.row(system, asked.groups) for system in systems]
        tables = [_table("all papers", rows, asked)]
        for venue in venues:
            parts = [_of_venue(system, venue) for system in systems]
            found = [scoring.row(one, asked.groups, row.scores) for one, row in zip(parts, rows, strict=True)]
            tables.append(_table(f"venue {venue}", found, asked))
        for name in names:
            found = [scoring.row(_of_section(system, name), prose) for system in readers]
            tables.append(_table(f"section {name or '(free text)'}", found, asked))
    return tables


class Scoring:
    """Groups of figures of one system after another, with progress."""

    def __init__(self, asked: Asked, bar: Bar) -> None:
        self._asked, self._bar, self._done, self._what = asked, bar, 0, ""
        asked.tools.progress = lambda done, total: bar.step(self._done + done, 0, self._what)
        asked.tools.encoding = lambda done, total: bar.step(
            self._done, 0, f"{self._what}, {done:,} of {total:,} texts encoded"
        )

    def row(self, system: System, groups: Iterable[str], known: Mapping[str, Scores] | None = None) -> Row:
        """known: figures of all papers, from which those that depend on one paper alone are taken over."""
        found: dict[str, Scores] = {}
        keys = {*system.items, *system.missing}
        if known:
            found = {name: only(one, keys) for name, one in known.items()}
        for group in groups_for(system, groups):
            if known and GROUPS[group].alone:
                continue
            self._what = f"{group} of {system.name}"
            scored = measure(group, system, self._asked.tools, self._asked.equal, system.name == HUMAN)
            found |= {one.name: one for one in scored}
            self._done += len(system.items)
            self._bar.step(self._done, 0, self._what)
        row = row_of(system, found.values())
        if not self._asked.equal or system.name == HUMAN:
            return row
        return replace(row, references={max(0, number - 1): count for number, count in row.references.items()})


def _table(title: str, rows: Sequence[Row], asked: Asked) -> Table:
    return tabulate(title, rows, asked.against, asked.tools.seed)


def _of_venue(system: System, venue: str) -> System:
    items = {item.key: item for item in system if item.venue == venue}
    missing = {key: why for key, why in system.missing.items() if key.partition("/")[0] == venue}
    return replace(system, items=items, missing=missing)


def _of_section(system: System, name: str) -> System:
    """Only what stands under one heading. A reference without it is none; a review without it is empty."""

    def cut(text: Text) -> Text:
        return replace(text, sections={name: text.sections[name]} if name in text.sections else {}, points=())

    def trial(one: Trial) -> Trial:
        return Trial(cut(one.review), tuple(cut(other) for other in one.references if name in other.sections))

    items = {item.key: replace(item, trials=tuple(trial(one) for one in item.trials)) for item in system}
    return replace(system, items=items)


def _section_names(systems: Sequence[System]) -> list[str]:
    """Of all references, in the order in which they first come."""
    references = (one for system in systems for item in system for trial in item.trials for one in trial.references)
    return list(dict.fromkeys(name for one in references for name in one.sections))


def _prose_groups() -> str:
    return f"--by section goes with {', '.join(name for name, group in GROUPS.items() if group.prose)}."
