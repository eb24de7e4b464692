"""Line numbers of review copies: columns of digits in a margin or in the gutter between columns.

They are found as runs, before lines are built, so that they never join a line. A column of a table counts up too;
what tells them apart is that line numbers come back at the same place on most pages.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise

from common.paper.pdf.layout import PageLayout, Run

NUMBER = re.compile(r"\d{1,4}$")
LEAST = 5  # numbers in a column
STRAY = 2.5  # points that right or left edges of one column may differ


def without_line_numbers(pages: list[PageLayout]) -> tuple[list[list[Run]], bool]:
    """The runs of each page without line numbers, and whether there were any."""
    strips: dict[str, dict[int, set[int]]] = {"x0": defaultdict(set), "x1": defaultdict(set)}
    for page in pages:
        digits = [run for run in page.runs if NUMBER.match(run.text)]
        if len(digits) < LEAST:
            continue
        for edge in ("x0", "x1"):
            for group in _aligned(digits, edge):
                if _counts_up(group) and _clear(group, page):
                    strips[edge][round(getattr(group[0], edge))].add(page.number)
    full = max(1, sum(len(page.runs) > 100 for page in pages))
    chosen = {
        edge: [x for x, on in found.items() if len(_near(found, x)) >= max(min(2, full), 0.35 * full)]
        for edge, found in strips.items()
    }
    if not any(chosen.values()):
        return [page.runs for page in pages], False
    return [[run for run in page.runs if not _is_number(run, chosen)] for page in pages], True


def _aligned(digits: list[Run], edge: str) -> list[list[Run]]:
    ordered = sorted(digits, key=lambda run: getattr(run, edge))
    groups: list[list[Run]] = []
    for run in ordered:
        if (
            groups
            and getattr(run, edge) - getattr(groups[-1][-1], edge) < 1.0
            and (getattr(run, edge) - getattr(groups[-1][0], edge) < STRAY)
        ):
            groups[-1].append(run)
        else:
            groups.append([run])
    return [group for group in groups if len(group) >= LEAST]


def _counts_up(group: list[Run]) -> bool:
    """Down the page the numbers rise by one step, nearly always."""
    group.sort(key=lambda run: run.base)
    values = [int(run.text) for run in group]
    steps = [b - a for a, b in pairwise(values)]
    step = max(set(steps), key=steps.count)
    return 1 <= step <= 10 and steps.count(step) >= 0.8 * len(steps)


def _clear(group: list[Run], page: PageLayout) -> bool:
    """Hardly any text crosses the strip that the numbers stand in."""
    middle = (min(run.x0 for run in group) + max(run.x1 for run in group)) / 2
    top, bottom = group[0].top, group[-1].bottom
    inside = {id(run) for run in group}
    across = sum(
        run.x0 < middle < run.x1 and top < run.base < bottom
        for run in page.runs
        if id(run) not in inside and not run.style.figure
    )
    return across <= 0.35 * len(group)


def _near(found: dict[int, set[int]], x: int) -> set[int]:
    return set().union(*(on for other, on in found.items() if abs(other - x) <= 2))


def _is_number(run: Run, chosen: dict[str, list[int]]) -> bool:
    return bool(NUMBER.match(run.text)) and any(
        abs(getattr(run, edge) - x) <= STRAY for edge, xs in chosen.items() for x in xs
    )
