"""Words of tables and drawings that no frame or rule encloses: found by the caption beside them."""

from __future__ import annotations

from common.paper.pdf.document import Document
from common.paper.pdf.layout import Box, Line
from common.paper.pdf.prose import is_heading, is_prose


def mark_scattered(lines: list[Line], rules: list[Box], document: Document) -> None:
    """Scattered text next to a caption is a table or a drawing: take it up to the next line of prose."""
    for caption in [line for line in lines if line.kind == "caption"]:
        left, right = _reach(caption, lines)
        around = [line for line in lines if line is not caption and _within(line, left, right)]
        above = _rows(sorted((line for line in around if line.base < caption.base), key=lambda line: -line.base))
        below = _rows(sorted((line for line in around if line.base > caption.base), key=lambda line: line.base))
        _spread(caption, above, rules, document, upwards=True)
        _spread(caption, below, rules, document, upwards=False)


def _within(line: Line, left: float, right: float) -> bool:
    """A third of it lies there: text that runs beside a float only touches it."""
    return min(line.x1, right) - max(line.x0, left) > 0.3 * (line.x1 - line.x0)


def _reach(caption: Line, lines: list[Line]) -> tuple[float, float]:
    """How wide the float is: its column, or the caption's own lines where text runs beside it."""
    own = [
        line for line in lines
        if line.kind == "caption" and line.column == caption.column and abs(line.base - caption.base) < 3 * caption.size
    ]  # fmt: skip
    if len(own) < 2:
        return caption.left, caption.right
    return min(line.x0 for line in own) - 10, max(line.x1 for line in own) + 10


def _spread(caption: Line, rows: list[list[Line]], rules: list[Box], document: Document, upwards: bool) -> None:
    last = caption.base
    for i, row in enumerate(rows):
        if all(line.kind == "caption" for line in row):
            last = row[0].base
            continue
        small = all(line.size < document.body - 0.6 for line in row)
        if abs(row[0].base - last) > (120 if small else 60) or any(line.kind == "footnote" for line in row):
            return
        headed = upwards and row[0].kind != "caption" and _over_rule(row[0], last, rules)
        text = [line for line in row if not line.kind and not headed]
        if any(_is_full(line) or is_prose(line, document) or is_heading(line, document) for line in text):
            return
        following = rows[i + 1] if i + 1 < len(rows) else []
        if not _scattered(row, document) and not headed and not (upwards and _alone(row[0], following, document)):
            return
        for line in row:
            line.kind = line.kind or "figure"
        last = row[0].base


def _over_rule(line: Line, below: float, rules: list[Box]) -> bool:
    """The head of a table: a rule under it parts it from the rows below."""
    return any(
        line.base - 1 < rule.top < min(below, line.base + 1.2 * line.size) and rule.x0 < line.x1 and rule.x1 > line.x0
        for rule in rules
    )


def _is_full(line: Line) -> bool:
    """It fills its column, in whatever size: text set smaller than the body, an abstract for one."""
    return line.x0 - line.left < 2.5 * line.size and line.right - line.x1 < 1.5 * line.size and len(line.text) > 25


def _scattered(row: list[Line], document: Document) -> bool:
    return len(row) > 1 or row[0].size < document.body - 0.6 or row[0].kind == "figure"


def _alone(line: Line, above: list[Line], document: Document) -> bool:
    """A short line that is neither the end of a paragraph nor a heading: a word inside a drawing."""
    if not any(char.isalpha() for char in line.text):
        return True
    if line.height > document.body + 0.6 or line.bold > 0.7 or line.x1 - line.x0 > 0.6 * (line.right - line.left):
        return False
    ends = bool(above) and line.base - above[0].base < 1.5 * document.leading and is_prose(above[0], document)
    return not (ends and abs(line.x0 - line.left) < 3) and line.x0 - line.left > 3


def _rows(lines: list[Line]) -> list[list[Line]]:
    rows: list[list[Line]] = []
    for line in lines:
        if rows and abs(rows[-1][0].base - line.base) < 3:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows
