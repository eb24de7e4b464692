"""Tables of contents: rows that end in a page number at the right edge. They repeat headings and are not text."""

from __future__ import annotations

import re

from common.paper.pdf.layout import Line

LEAST = 4  # rows
PAGE = re.compile(r"(?:^|\s|\.)\d{1,3}$")
LEADERS = re.compile(r"(?:\.\s?){4,}")


def mark_contents(lines: list[Line]) -> None:
    """Mark the rows of a table of contents on one page with kind "contents"."""
    rows: list[list[Line]] = []
    for line in lines:
        if rows and abs(rows[-1][-1].base - line.base) < 2 and line.x0 > rows[-1][-1].x1:
            rows[-1].append(line)
        else:
            rows.append([line])
    run: list[list[Line]] = []
    since = 0
    for row in [*rows, []]:
        if row and _is_entry(row):
            run.append(row)
            since = 0
        elif row and run and since < 1 and not _full(row):  # the first line of an entry that is set on two
            run.append(row)
            since += 1
        else:
            _mark(run)
            run, since = [], 0


def _is_entry(row: list[Line]) -> bool:
    last = row[-1]
    text = " ".join(line.text for line in row)
    if not PAGE.search(text) or last.x1 < last.right - 1.5 * last.size:
        return False
    apart = len(row) > 1 and last.text.isdigit() and last.x0 - row[-2].x1 > 2 * last.size
    return apart or bool(LEADERS.search(text)) or bool(re.match(r"^(?:\d+|[A-Z])(?:\.\d+)+\s.*\s\d{1,3}$", text))


def _full(row: list[Line]) -> bool:
    return row[-1].right - row[-1].x1 < row[-1].size and not row[0].bold > 0.7


def _mark(run: list[list[Line]]) -> None:
    while run and not _is_entry(run[-1]):
        run.pop()
    if sum(_is_entry(row) for row in run) < LEAST:
        return
    for row in run:
        for line in row:
            line.kind = line.kind or "contents"
