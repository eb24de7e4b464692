"""Captions, footnotes, tables, figures' own text, algorithms: what does not belong to the running text.

Each is marked with its kind, so that a sentence that a float or a page's foot cuts in two is whole again.
"""

from __future__ import annotations

import re

from common.paper.pdf.contents import mark_contents
from common.paper.pdf.document import Document
from common.paper.pdf.layout import Box, Line
from common.paper.pdf.lines import is_raised
from common.paper.pdf.prose import is_heading, is_prose
from common.paper.pdf.scattered import mark_scattered

CAPTION = re.compile(
    r"^(?i:(?:extended data|supplementary|supplemental|appendix|online)\s+)?"
    r"(?i:figure|fig\.?|table|tab\.|algorithm|listing|scheme|chart|plate|box|exhibit|code|program|prompt)"
    r"(?:\s*(?:[A-Z]{1,2}[.\-]?)?\d{1,3}|\s+[IVX]{1,5}|\s+[A-Z])(?:[.\-]\d{1,3})*[a-z]?\s*(?:[:.|∣—–]|\(|$)"
)
LABEL = re.compile(
    r"^(?:figure|fig\.?|table|algorithm)\s*(?:[A-Z]\.?)?(?:\d{1,3}|[IVX]{1,5})(?:\.\d{1,3})*(?![\w])", re.I
)
SYMBOLS = "*∗⋆†‡§¶‖♯#♠♣♥♦"
MARK = re.compile(rf"^(?:[{SYMBOLS}]+|\d{{1,2}}(?=\s*[A-Z(“\"h]))")


def mark_floats(document: Document) -> None:
    """Set the kind of every line that belongs to a float or to a page's foot."""
    by_page: dict[int, list[Line]] = {}
    for line in document.lines:
        if line.figure:
            line.kind = line.kind or "figure"
        elif not line.kind:
            by_page.setdefault(line.page, []).append(line)
    for page in document.pages:
        lines = by_page.get(page.number, [])
        mark_contents(lines)
        _captions(lines, document)
        _footnotes(lines, document, page.rules, page.height)
        regions = _ruled_regions(lines, page.rules, document) + [
            box for box in page.figures if (box.x1 - box.x0) > 30 and (box.bottom - box.top) > 20
        ]
        _inside(lines, regions, document)
        mark_scattered(lines, page.rules, document)


def _captions(lines: list[Line], document: Document) -> None:
    for index, line in enumerate(lines):
        if line.kind or not _starts_caption(lines, index, document):
            continue
        line.kind = "caption"
        last = line
        bare = not re.sub(CAPTION, "", line.text).strip()
        for other in lines[index + 1 :]:
            step = other.base - last.base
            if abs(step) < 0.4 * line.size and other.x0 > last.x0:  # "Figure 3" and its text, a wide gap between
                other.kind, last = "caption", last
                continue
            tight = 0 < step < 1.45 * max(last.size, other.size)
            same = abs(other.size - line.size) < 0.4 or (bare and last is line)
            if (
                not tight
                or not same
                or not (other.column == line.column or (line.column == 0 and _closes(last, other)))
                or _starts_caption(lines, lines.index(other), document)
            ):
                break
            if (
                last.right - last.x1 > 6 * last.size
                and abs(last.x0 - other.x0) < 2
                and last.text.endswith((".", "?"))
                and (abs(last.x0 - line.x0) < 2 and last is not line)
            ):
                break
            other.kind, last = "caption", other


def _closes(last: Line, other: Line) -> bool:
    """The short last line of a caption that spans both columns: under its start, or centred under a full line."""
    full = last.right - last.x1 < 2 * last.size
    centred = abs((other.x0 + other.x1) - (last.x0 + last.x1)) < 2 * last.size
    return full and (abs(other.x0 - last.x0) < 3 or centred)


def _starts_caption(lines: list[Line], index: int, document: Document) -> bool:
    line = lines[index]
    match = CAPTION.match(line.text)
    if not match:
        return bool(LABEL.match(line.text)) and line.runs[0].style.bold and line.bold < 0.9
    before = lines[index - 1] if index else None
    if before is None or before.column != line.column or before.kind:
        return True
    step = line.base - before.base
    flows = 0 < step < 1.2 * document.leading and abs(before.size - line.size) < 0.3 and is_prose(before, document)
    return not flows


def _footnotes(lines: list[Line], document: Document, rules: list[Box], height: float) -> None:
    """Small type at the foot of a column, under a short rule or beginning with a mark."""
    for column in {line.column for line in lines}:
        some = sorted((line for line in lines if line.column == column), key=lambda line: line.base)
        foot: list[Line] = []
        for line in reversed(some):
            if line.kind or line.size > document.body - 0.45 or line.base < 0.35 * height:
                break
            foot.append(line)
        foot.reverse()
        start = next((i for i, line in enumerate(foot) if _opens_foot(line, rules)), None)
        if start is None:
            continue
        for line in foot[start:]:
            line.kind = "footnote"


def _opens_foot(line: Line, rules: list[Box]) -> bool:
    ruled = any(
        -2 < line.top - rule.bottom < 1.6 * line.size and abs(rule.x0 - line.left) < 12
        and rule.x1 - rule.x0 < 0.75 * max(line.right - line.left, 120)
        for rule in rules
    )  # fmt: skip
    marked = bool(MARK.match(line.text)) and (is_raised(line.runs[0], line) or line.text[0] in SYMBOLS)
    return ruled or marked


def _ruled_regions(lines: list[Line], rules: list[Box], document: Document) -> list[Box]:
    """Tables and algorithms: what stands between rules of one width with no running text between them."""
    prose = [line for line in lines if not line.kind and is_prose(line, document)]
    regions: list[Box] = []
    wide = sorted((rule for rule in rules if rule.x1 - rule.x0 > 60), key=lambda rule: rule.top)
    used: set[int] = set()
    for index, rule in enumerate(wide):
        if index in used:
            continue
        chain = [rule]
        for other_index in range(index + 1, len(wide)):
            other = wide[other_index]
            if abs(other.x0 - rule.x0) < 4 and abs(other.x1 - rule.x1) < 4:
                between = sum(
                    chain[-1].bottom < line.base < other.top and line.x0 < other.x1 and line.x1 > other.x0
                    for line in prose
                )
                if between > 1:
                    break
                chain.append(other)
                used.add(other_index)
        if len(chain) > 1 and chain[-1].top - rule.top > 8:
            regions.append(Box(rule.x0 - 3, rule.top - 1, rule.x1 + 3, chain[-1].bottom + 1))
    return regions


def _inside(lines: list[Line], regions: list[Box], document: Document) -> None:
    for line in lines:
        if line.kind:
            continue
        x, y = (line.x0 + line.x1) / 2, line.base - 0.3 * line.size
        holding = [box for box in regions if box.holds(x, y)]
        if not holding or is_heading(line, document):
            continue
        # A drawing that text runs around may have strokes as long as a table's: full lines stay, but in algorithms.
        if not is_prose(line, document) or any(_algorithm(box, lines) for box in holding):
            line.kind = "figure"


def _algorithm(box: Box, lines: list[Line]) -> bool:
    return any(
        line.kind == "caption"
        and box.holds((line.x0 + line.x1) / 2, line.base)
        and line.text[:3].lower() in ("alg", "lis")
        for line in lines
    )
