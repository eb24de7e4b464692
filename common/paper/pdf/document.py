"""All lines of a document with what is common to them: body size, leading, page sizes, rules, drawings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from common.paper.pdf.columns import place_columns
from common.paper.pdf.furniture import mark_furniture, upright
from common.paper.pdf.layout import Line, PageLayout
from common.paper.pdf.lines import build_lines
from common.paper.pdf.numbers import without_line_numbers

SHARE = 0.04  # of all characters: a size that so many are set in is a size of text


@dataclass(slots=True)
class Document:
    """lines: of all pages in reading order, page furniture already marked. body: size of running text in points;
    leading: distance of its baselines; sizes: all that running text is set in, references and abstract included;
    face: its font; turned: characters of sideways text left out, by page."""

    pages: list[PageLayout]
    lines: list[Line]
    body: float
    leading: float
    face: str
    numbered: bool
    sizes: frozenset[float]
    turned: dict[int, int] = field(default_factory=dict)


def assemble(pages: list[PageLayout]) -> Document:
    """Lines, columns and furniture of all pages."""
    kept, numbered = without_line_numbers(pages)
    by_page: list[list[Line]] = []
    turned: dict[int, int] = {}
    for page, runs in zip(pages, kept, strict=True):
        runs, dropped = upright(page, runs)
        if dropped > 200:
            turned[page.number] = dropped
        by_page.append(build_lines(runs, page.number))
    body, face, sizes = _body(by_page)
    mark_furniture(pages, by_page, body)
    lines: list[Line] = []
    for page, of_page in zip(pages, by_page, strict=True):
        lines += place_columns([line for line in of_page if line.kind != "furniture"], page.width, body)
    return Document(pages, lines, body, _leading(lines, body), face, numbered, sizes, turned)


def _body(by_page: list[list[Line]]) -> tuple[float, str, frozenset[float]]:
    """Size and font of most characters that stand in lines of text, outside drawings."""
    sizes: Counter[float] = Counter()
    fonts: Counter[str] = Counter()
    for lines in by_page:
        for line in lines:
            if not line.figure and len(line.text) > 30 and line.mono < 0.5:
                sizes[line.size] += len(line.text)
    if not sizes:
        return 10.0, "", frozenset()
    near = {size: sum(n for other, n in sizes.items() if abs(other - size) <= 0.25) for size in sizes}
    body = max(sizes, key=lambda size: (near[size], sizes[size]))
    for lines in by_page:
        for line in lines:
            if abs(line.size - body) <= 0.25:
                for run in line.runs:
                    fonts[run.style.font] += len(run.text)
    total = sum(sizes.values())
    text = {size for size in near if near[size] >= SHARE * total and body - 3.2 < size < body + 2.2}
    return body, fonts.most_common(1)[0][0], frozenset(text)


def _leading(lines: list[Line], body: float) -> float:
    steps: Counter[float] = Counter()
    for a, b in pairwise(lines):
        step = b.base - a.base
        if a.page == b.page and abs(a.size - body) < 0.3 and 0.9 * body < step < 2.4 * body and len(a.text) > 20:
            steps[round(step * 2) / 2] += 1
    return steps.most_common(1)[0][0] if steps else 1.2 * body
