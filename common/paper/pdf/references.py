"""The bibliography: one `Reference` an entry, with the page it begins on."""

from __future__ import annotations

import re
from collections import defaultdict

from common.paper.pdf.document import Document
from common.paper.pdf.layout import Line
from common.paper.pdf.paragraphs import Paragraphs
from common.types import Reference

BRACKET = re.compile(r"^\[[^\]\s]{1,14}(?:\s[^\]\s]{1,10}){0,3}\](?:\s|$)|^\[(?:\d{1,3})\]")
DOTTED = re.compile(r"^\(?\d{1,3}[.)](?:\s|$)")


def read_references(lines: list[Line], document: Document, paragraphs: Paragraphs) -> list[Reference]:
    """Entries of the lines under the References heading."""
    if not lines:
        return []
    groups: list[list[Line]] = []
    begins = _starts(lines, document)
    for line, begin in zip(lines, begins, strict=True):
        if begin or not groups:
            groups.append([line])
        else:
            groups[-1].append(line)
    entries = [paragraphs.passage(group, "References") for group in groups]
    return [Reference(entry.text, entry.page) for entry in entries if len(entry.text) > 8]


def _starts(lines: list[Line], document: Document) -> list[bool]:
    """Whether an entry begins at each line: by its label, else by a hanging indent, else by the space above."""
    for label in (BRACKET, DOTTED):
        marked = [bool(label.match(line.text)) for line in lines]
        if sum(marked) >= max(2, 0.08 * len(lines)) and label.match(lines[0].text):
            return _labels_only(lines, marked)
    edges = _left_edges(lines)
    offsets = [line.x0 - edges[line.page, line.column] for line in lines]
    out = sum(offset < 3 for offset in offsets)
    inset = sum(4 <= offset < 40 for offset in offsets)
    if inset > 0.2 * len(lines) and out > 0.1 * len(lines):
        return [_hanging(lines, i, offsets) for i in range(len(lines))]
    return [not i or _apart(lines[i - 1], lines[i]) for i in range(len(lines))]


def _labels_only(lines: list[Line], marked: list[bool]) -> list[bool]:
    """A label stands at the edge that labels stand at: "[12]" inside an entry's text does not count."""
    edges: dict[tuple[int, int], float] = {}
    for line, mark in zip(lines, marked, strict=True):
        if mark:
            key = line.page, line.column
            edges[key] = min(edges.get(key, line.x0), line.x0)
    return [
        mark and line.x0 - edges[line.page, line.column] < 1.5 * line.size
        for line, mark in zip(lines, marked, strict=True)
    ]


def _left_edges(lines: list[Line]) -> dict[tuple[int, int], float]:
    found: dict[tuple[int, int], list[float]] = defaultdict(list)
    for line in lines:
        found[line.page, line.column].append(line.x0)
    return {key: min(values) for key, values in found.items()}


def _hanging(lines: list[Line], i: int, offsets: list[float]) -> bool:
    if offsets[i] >= 3:
        return False
    return not i or abs(lines[i].base - lines[i - 1].base) > 0.5 * lines[i].size


def _apart(last: Line, line: Line) -> bool:
    if last.page != line.page or last.column != line.column:
        return last.text.endswith(".") and last.right - last.x1 > 2 * last.size
    return line.base - last.base > 1.35 * line.size
