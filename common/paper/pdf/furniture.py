"""What is printed on a page but is not the paper: running heads, page numbers, stamps, text set sideways.

Lines found here get kind "furniture" and leave the flow.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict

from common.paper.pdf.layout import Line, PageLayout, Run

ZONE = 0.13  # of the page's height, at its top and bottom, where furniture is looked for
PAGE_NUMBER = re.compile(
    r"^[\s\-–—|•·]*(?:page\s+)?(?:\d{1,4}|[ivxl]{1,6})(?:\s*(?:of|/)\s*\d{1,4})?[\s\-–—|•·]*$", re.I
)
NOTICE = re.compile(
    r"^(?:\W*preprint\b.{0,60}$|.{0,40}\bunder review\b|published as a|accepted (?:at|to|by|as)\b|submitted to\b|"
    r"\d\d(?:st|nd|rd|th) conference on|\d\d(?:st|nd|rd|th) .{0,40}conference|proceedings of (?:the )?|"
    r"in proceedings of|arxiv:\d{4}\.|workshop on\b|confidential|do not distribute|anonymous (?:acl|emnlp|authors?)|"
    r"this (?:work|paper) (?:has been|is) submitted to the|copyright\b|©|\d{4}[-\w]*/\$?\d|978-\d)",
    re.I,
)


def upright(page: PageLayout, runs: list[Run]) -> tuple[list[Run], int]:
    """The runs written along the page's main direction, turned upright, and how many characters were dropped."""
    angles: Counter[int] = Counter()
    for run in runs:
        angles[run.style.angle] += len(run.text)
    if not angles:
        return runs, 0
    main = angles.most_common(1)[0][0]
    kept = [run for run in runs if run.style.angle == main]
    if main in (90, 180, 270):
        _turn(page, kept, main)
    elif main == -1:
        kept = [run for run in runs if run.style.angle == 0]
    return kept, sum(angles.values()) - angles[main]


def _turn(page: PageLayout, runs: list[Run], angle: int) -> None:
    """Turn a sideways page. PDF's angles count anticlockwise, y here grows downwards."""
    width, height = page.width, page.height
    for run in runs:
        middle = (run.top + run.bottom) / 2
        if angle == 90:  # written upwards: the page's left edge is the top
            run.x0, run.x1, run.base = height - run.bottom, height - run.top, run.x1 - 0.25 * run.style.size
        elif angle == 270:
            run.x0, run.x1, run.base = run.top, run.bottom, width - run.x0 - 0.25 * run.style.size
        else:
            run.x0, run.x1, run.base = width - run.x1, width - run.x0, height - middle
        run.top, run.bottom = run.base - 0.75 * run.style.size, run.base + 0.25 * run.style.size
    if angle != 180:
        page.width, page.height = height, width


def mark_furniture(pages: list[PageLayout], lines: list[list[Line]], body: float) -> None:
    """Mark recurring lines and page numbers in the top and bottom zones of all pages."""
    edges = [_edge_lines(page, of_page) for page, of_page in zip(pages, lines, strict=True)]
    seen: dict[tuple[str, str, int], set[int]] = defaultdict(set)  # a running head may repeat the title: sizes differ
    for page, (top, bottom) in zip(pages, edges, strict=True):
        for where, some in (("top", top), ("bottom", bottom)):
            for line in some:
                seen[where, _shape(line.text), round(line.height)].add(page.number)
    least = 2 if len(pages) <= 4 else 3
    for page, (top, bottom) in zip(pages, edges, strict=True):
        for where, some in (("top", top), ("bottom", bottom)):
            for line in some:
                title = page.number == 1 and line.height > 1.25 * body
                recurs = (
                    not title
                    and len(seen[where, _shape(line.text), round(line.height)]) >= least
                    and len(_shape(line.text)) > 1
                )
                notice = (page.number == 1 or where == "top") and NOTICE.match(line.text)
                if recurs or notice or _is_number(line, some, page):
                    line.kind = "furniture"
    _mark_heads(edges)
    for of_page in lines:
        for line in of_page:
            if not line.kind and re.match(r"arXiv:\d{4}\.\d+v?\d*\s+\[", line.text):
                line.kind = "furniture"


def _edge_lines(page: PageLayout, lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """The lines of the top zone, downwards, and of the bottom zone, upwards; a few rows of each."""
    text = [line for line in lines if not line.figure]
    top = sorted((line for line in text if line.base < ZONE * page.height), key=lambda line: line.base)
    bottom = sorted((line for line in text if line.base > (1 - ZONE) * page.height), key=lambda line: -line.base)
    return _rows(top, 3), _rows(bottom, 3)


def _rows(lines: list[Line], count: int) -> list[Line]:
    kept: list[Line] = []
    rows: list[float] = []
    for line in lines:
        if not rows or abs(line.base - rows[-1]) > 3:
            if len(rows) == count:
                break
            rows.append(line.base)
        kept.append(line)
    return kept


def _shape(text: str) -> str:
    return re.sub(r"\W+", "", re.sub(r"\d+", "#", text.casefold())) or text


def _is_number(line: Line, edge: list[Line], page: PageLayout) -> bool:
    """A page number: alone in the outermost two rows, or in the row of a running head."""
    if not PAGE_NUMBER.match(line.text):
        return False
    rows = sorted({round(item.base / 4) for item in edge}, key=lambda row: abs(row * 4 - page.height / 2), reverse=True)
    return round(line.base / 4) in rows[:2]


def _mark_heads(edges: list[tuple[list[Line], list[Line]]]) -> None:
    """Running heads that change from page to page: the outermost row, always at one height, apart from the text.

    Where text itself begins at that height on other pages, the row is text too.
    """
    for side in (0, 1):
        heads: Counter[int] = Counter()
        texts: Counter[int] = Counter()
        rows = []
        for edge in edges:
            row, apart = _outer_row(edge[side])
            if row:
                (heads if apart else texts)[round(row[0].base)] += 1
            rows.append(row if apart else [])
        for row in rows:
            place = round(row[0].base) if row else 0
            count = sum(heads[place + shift] for shift in (-1, 0, 1))
            if row and count >= max(3, 0.4 * len(edges)) and sum(texts[place + shift] for shift in (-1, 0, 1)) < 2:
                for line in row:
                    line.kind = line.kind or "furniture"


def _outer_row(edge: list[Line]) -> tuple[list[Line], bool]:
    """The outermost row of a zone, and whether a gap parts it from what follows."""
    if not edge:
        return [], False
    row = [line for line in edge if abs(line.base - edge[0].base) <= 3]
    rest = [line for line in edge if abs(line.base - edge[0].base) > 3]
    apart = not rest or abs(rest[0].base - row[0].base) > 1.7 * max(line.size for line in row + rest)
    return row, apart
