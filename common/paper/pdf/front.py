"""The first page: title, author block, abstract, and where the body begins."""

from __future__ import annotations

import re
from dataclasses import dataclass

from common.paper.pdf.document import Document
from common.paper.pdf.headings import ABSTRACT, NAMED, Heading, find_headings
from common.paper.pdf.layout import Line
from common.paper.pdf.lines import is_raised, line_text

RUN_IN = re.compile(r"^(?:abstract|summary)\s*(?:[.:—–\-]+\s*|(?=\S))", re.I)
AFTER = re.compile(
    r"^(?:key\s?-?words?(?: and phrases)?|index terms|ccs concepts?|general terms|additional key words.*|"
    r"acm reference format|categories and subject descriptors|(?:\d{4} )?mathematics subject classification|"
    r"msc ?\(?\d{4}|pacs|jel (?:codes|classification)|contents|table of contents|list of (?:figures|tables))\b",
    re.I,
)
CONTENTS = re.compile(r"^(?:table of )?contents\W*$|^list of (?:figures|tables)\W*$", re.I)


@dataclass(slots=True)
class Front:
    """title; abstract: positions of its lines in `Document.lines`, and how many characters of the first to skip;
    body: position of the first line after the abstract and its keywords."""

    title: str
    abstract: list[int]
    skip: int
    body: int
    headings: list[Heading]


def mark_title(document: Document) -> None:
    """Mark the title's lines, before rules above and below it are taken for a table's."""
    for i in _title_lines(document):
        document.lines[i].kind = "title"


def read_front(document: Document) -> Front:
    title_at = [i for i, line in enumerate(document.lines) if line.kind == "title"]
    title = _title_text([document.lines[i] for i in title_at])
    start = title_at[-1] + 1 if title_at else 0
    headings = find_headings(document, start)
    abstract, skip, after = _abstract(document, start, headings)
    body = after
    kept = [h for h in headings if h.first >= body and not ABSTRACT.match(h.text)]
    return Front(title, abstract, skip, body, kept)


def _title_lines(document: Document) -> list[int]:
    """The largest type in the upper part of the first page; failing that, its first bold or capital lines."""
    page = document.pages[0]
    some = [
        i for i, line in enumerate(document.lines)
        if line.page == 1 and line.base < 0.6 * page.height and not line.figure
        and sum(char.isalpha() for char in line.text) >= 3
    ]  # fmt: skip
    if not some:
        return []
    biggest = max(document.lines[i].height for i in some)
    if biggest > 1.12 * document.body:
        chosen = [i for i in some if document.lines[i].height > biggest - 0.6]
    else:
        chosen = [i for i in some if document.lines[i].bold > 0.9 or document.lines[i].text.isupper()]
        chosen = [i for i in chosen if not ABSTRACT.match(document.lines[i].text)] or some[:1]
    run = [chosen[0]]
    for i in chosen[1:]:
        last, line = document.lines[run[-1]], document.lines[i]
        if i - run[-1] > 3 or not -0.4 * line.size < line.base - last.base < 2.1 * biggest:
            break
        run.append(i)
    return run


def _letter_size(line: Line) -> float:
    return max((run.style.size for run in line.runs if any(c.isalpha() for c in run.text)), default=0.0)


def _title_text(lines: list[Line]) -> str:
    parts = []
    for line in lines:
        raised = frozenset(i for i, run in enumerate(line.runs) if is_raised(run, line) and not run.text[:1].isalpha())
        parts.append(line_text(line, raised))
    text = ""
    for part in parts:
        text = text + part if text.endswith("-") else f"{text} {part}".strip()
    return re.sub(r"\s*[∗*†‡§¶]+$", "", text)


def _abstract(document: Document, start: int, headings: list[Heading]) -> tuple[list[int], int, int]:
    """Positions of the abstract's lines, characters to skip in the first, position where the body begins."""
    named = next((h for h in headings if ABSTRACT.match(h.text) and h.line.page <= 2), None)
    lines = document.lines
    limit = next((h.first for h in headings if _opens_body(h)), len(lines))
    begin, skip = None, 0
    for i in range(start, len(lines)):
        line = lines[i]
        if line.page > 2:
            break
        if line.kind:
            continue
        if ABSTRACT.match(line.text) or (named and named.first == i):
            begin = i + 1
            break
        match = RUN_IN.match(line.text)
        if match and _set_apart(line):
            begin, skip = i, match.end()
            break
    if begin is None:
        return _unnamed(document, start, limit)
    stop = next((h.first for h in headings if h.first >= begin and not ABSTRACT.match(h.text)), len(lines))
    body = [i for i in range(begin, stop) if not lines[i].kind]
    for at, i in enumerate(body):
        if at and AFTER.match(lines[i].text):
            return body[:at], skip, stop
    return body, skip, stop


def _opens_body(heading: Heading) -> bool:
    """A heading that the body can begin with: top level; unnumbered capitals may be the authors' names."""
    return heading.level == 1 and bool(heading.number or NAMED.match(heading.text)) and not ABSTRACT.match(heading.text)


def _set_apart(line: Line) -> bool:
    """The word "Abstract" at the start of a line of text is set in another face, or followed by a dash or colon."""
    first = line.runs[0]
    rest = [run for run in line.runs if run.style != first.style]
    return bool(rest) or bool(re.match(r"^abstract\s*[.:—–\-]", line.text, re.I))


def _unnamed(document: Document, start: int, limit: int) -> tuple[list[int], int, int]:
    """An abstract without its name (ACM journals, Nature): the last block of full lines before the first heading."""
    lines = document.lines
    some = [i for i in range(start, min(limit, len(lines))) if not lines[i].kind and lines[i].page <= 2]
    for at, i in enumerate(some):
        if AFTER.match(lines[i].text):
            some = some[:at]
            break
    blocks: list[list[int]] = []
    for i in some:
        line = lines[i]
        if (
            blocks
            and line.base - lines[blocks[-1][-1]].base < 1.6 * line.size
            and abs(line.size - lines[blocks[-1][-1]].size) < 0.3
        ):
            blocks[-1].append(i)
        else:
            blocks.append([i])
    texts = [block for block in blocks if sum(lines[i].right - lines[i].x1 < 1.5 * lines[i].size for i in block) >= 3]
    return (texts[-1] if texts else []), 0, limit if limit < len(lines) else start
