"""Which column of its page a line stands in, and where that column's text begins and ends.

Also puts the lines of a page into reading order when the PDF draws them in another one. Most PDFs draw them in
reading order, floats aside, so that order is kept unless it jumps back and forth.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from common.paper.pdf.layout import Line

LONG = 0.28  # of the page's width: shorter lines say nothing about columns
DISORDER = 4  # jumps back on one page before its order is no longer trusted


def place_columns(lines: list[Line], width: float, body: float) -> list[Line]:
    """Set column, left and right of the lines of one page; return them in reading order."""
    gutter = find_gutter(lines, width, body)
    for line in lines:
        line.column = 0 if gutter is None else 1 if line.x1 <= gutter + 3 else 2 if line.x0 >= gutter - 3 else 0
    for column in {line.column for line in lines}:
        _edges([line for line in lines if line.column == column], body)
    if gutter is not None:
        _span_edges(lines)
    return _ordered(lines)


def find_gutter(lines: list[Line], width: float, body: float) -> float | None:
    """x of the white strip between two columns, or None where the page has one column."""
    text = [line for line in lines if not line.figure and abs(line.size - body) < 2.5 and len(line.text) >= 12]
    text = [line for line in text if line.x1 - line.x0 >= LONG * width]
    if len(text) < 8:
        return None
    best = None
    for x in range(int(0.38 * width), int(0.62 * width)):
        across = sum(line.x0 < x < line.x1 for line in text)
        if best is None or across < best[0]:
            best = (across, x, x)
        elif across == best[0] and best[2] == x - 1:
            best = (across, best[1], x)
    across, start, end = best
    gutter = (start + end) / 2
    left = sum(line.x1 <= gutter for line in text)
    right = sum(line.x0 >= gutter for line in text)
    if left + right < max(5, 0.35 * len(text)) or max(left, right) < 4:
        return None
    return gutter


def _edges(lines: list[Line], body: float) -> None:
    text = [line for line in lines if abs(line.size - body) < 1.6 and len(line.text) > 15] or lines
    left = _common([line.x0 for line in text], low=True)
    right = _common([line.x1 for line in text], low=False)
    for line in lines:
        line.left, line.right = left, right


def _common(values: list[float], low: bool) -> float:
    """The outermost place at which at least a few lines agree."""
    counts = Counter(round(value / 2) for value in values)
    enough = max(2, 0.12 * len(values))
    agreed = [key for key in counts if counts[key] + counts.get(key + 1, 0) + counts.get(key - 1, 0) >= enough]
    if not agreed:
        return min(values) if low else max(values)
    key = min(agreed) if low else max(agreed)
    near = [value for value in values if abs(value / 2 - key) <= 1.5]
    return min(near) if low else max(near)


def _span_edges(lines: list[Line]) -> None:
    """Lines across both columns run from the left column's edge to the right one's."""
    left = [line.left for line in lines if line.column == 1]
    right = [line.right for line in lines if line.column == 2]
    for line in lines:
        if line.column == 0:
            line.left = min([*left[:1], line.left])
            line.right = max([*right[:1], line.right])


def _ordered(lines: list[Line]) -> list[Line]:
    text = [line for line in lines if not line.figure and len(line.text) > 25]
    jumps = sum(
        (b.column < a.column and 0 not in (a.column, b.column))
        or (a.column == b.column and b.base < a.base - 2 * a.size)
        for a, b in pairwise(text)
    )
    if jumps <= DISORDER:
        return lines
    return _by_position(lines)


def _by_position(lines: list[Line]) -> list[Line]:
    """Bands parted by lines that span the page; in a band the left column, then the right one."""
    ordered: list[Line] = []
    band: list[Line] = []
    for line in sorted(lines, key=lambda item: (round(item.base), item.x0)):
        if line.column == 0:
            ordered += sorted(band, key=lambda item: (item.column, round(item.base), item.x0))
            band = []
            ordered.append(line)
        else:
            band.append(line)
    return ordered + sorted(band, key=lambda item: (item.column, round(item.base), item.x0))
