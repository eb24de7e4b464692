"""GROBID's TEI XML into a Paper, with pages from its coordinates.

Pages come from `coords` attributes ("3,71.2,...": page 3), which GROBID writes for the elements that were asked for;
a file made without them has page 0 everywhere. Parsed by the standard library after refusing any document type
declaration: without one there are no entities to expand and nothing to fetch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from common.errors import UnreadablePaper
from common.paper.assembly import Assembly
from common.types import Notice, Paper, Passage, Reference, Source, Span

_TEI = "{http://www.tei-c.org/ns/1.0}"
_MAX_DEPTH = 20
Element = ElementTree.Element


def read_tei(text: str, source: Source, name: str) -> Paper:
    """name: what to call the text in an error. Errors: UnreadablePaper for malformed XML, a DOCTYPE, or no TEI."""
    root = _root(text, name)
    body = root.find(f".//{_TEI}text/{_TEI}body")
    paper = Assembly(_title(root), "")
    for paragraph in root.iterfind(f".//{_TEI}profileDesc/{_TEI}abstract//{_TEI}p"):
        line, page, spans = _paragraph(paragraph)
        if line:
            paper.abstract.append(Passage(line, page, "Abstract", "abstract", spans))
    for part in [*(body if body is not None else ()), *root.iterfind(f".//{_TEI}back/{_TEI}div")]:
        if part.get("type") == "references":
            continue
        if part.get("type") in ("annex", "appendix"):
            _appendix(paper, part)
        else:
            _division(paper, part)
    for note in root.iterfind(f".//{_TEI}note[@place='foot']"):
        paper.footnote(_line(note), _page(note))
    paper.references += [_reference(entry) for entry in root.iterfind(f".//{_TEI}listBibl/{_TEI}biblStruct")]
    if not paper.title:
        paper.notices.append(Notice("no-title", "GROBID found no title."))
    return paper.finish(source, len(root.findall(f".//{_TEI}facsimile/{_TEI}surface")))


def _root(text: str, name: str) -> Element:
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise UnreadablePaper(f"{name} declares a document type, which TEI from GROBID never does; it was not read.")
    try:
        # As text: whatever the XML declaration says of its encoding is settled already.
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, RecursionError, ValueError) as error:
        raise UnreadablePaper(f"{name} is not well-formed XML: {error}.") from error
    if root.tag != f"{_TEI}TEI":
        raise UnreadablePaper(f"{name} is XML but not TEI as GROBID writes it (its root is <{root.tag[:60]}>).")
    return root


def _title(root: Element) -> str:
    titles = root.findall(f".//{_TEI}titleStmt/{_TEI}title")
    main = next((title for title in titles if title.get("type") == "main"), titles[0] if titles else None)
    return _line(main) if main is not None else ""


def _appendix(paper: Assembly, part: Element) -> None:
    paper.begin_appendix()
    for division in part.iterfind(f"{_TEI}div"):
        _division(paper, division)


def _division(paper: Assembly, division: Element, depth: int = 0) -> None:
    """One <div>: a head with its number, then paragraphs, formulas, lists; or a <figure> between divisions."""
    if depth > _MAX_DEPTH:
        raise UnreadablePaper("The TEI nests its divisions too deeply to be a paper.")
    if division.tag == f"{_TEI}figure":
        paper.caption(*_caption(division))
        return
    for element in division:
        kind = element.tag.removeprefix(_TEI)
        if kind == "head":
            number = element.get("n", "")
            paper.heading(f"{number} {_line(element)}".strip(), 1, _page(element))
        elif kind == "figure":
            paper.caption(*_caption(element))
        elif kind == "div":
            _division(paper, element, depth + 1)
        elif kind not in ("note", "listBibl"):
            paper.paragraph(*_paragraph(element))


def _caption(figure: Element) -> tuple[str, int]:
    """Head and description of a figure or table; its cells are left out, as pictures are."""
    parts = [figure.find(f"{_TEI}head"), figure.find(f"{_TEI}figDesc")]
    return " ".join(line for part in parts if part is not None and (line := _line(part))), _page(figure)


def _reference(entry: Element) -> Reference:
    raw = entry.find(f"{_TEI}note[@type='raw_reference']")
    if raw is not None:
        return Reference(_line(raw), _page(entry))
    names = [_line(name) for name in entry.iterfind(f".//{_TEI}author/{_TEI}persName")]
    titles = [_line(title) for title in entry.iterfind(f".//{_TEI}title")]
    years = [date.get("when", "")[:4] for date in entry.iterfind(f".//{_TEI}date")]
    parts = [", ".join(names), *dict.fromkeys(titles), *years[:1]]
    return Reference(". ".join(part for part in parts if part), _page(entry))


def _paragraph(element: Element) -> tuple[str, int, tuple[Span, ...]]:
    """Text, first page, and the span of every page; from sentences where GROBID marked them."""
    pieces = [(line, _page(sentence)) for sentence in _sentences(element) if (line := _line(sentence))]
    if not pieces:
        page = _page(element)
        line = _line(element)
        return line, page, (Span(page, 0, len(line)),) if page and line else ()
    spans: list[Span] = []
    start, page = 0, next((page for _, page in pieces if page), _page(element))
    first = page
    for line, own in pieces:
        page = own or page
        end = start + len(line) + 1
        if spans and spans[-1].page == page:
            spans[-1] = Span(page, spans[-1].start, end)
        else:
            spans.append(Span(page, start, end))
        start = end
    spans[-1] = Span(spans[-1].page, spans[-1].start, start - 1)
    return " ".join(line for line, _ in pieces), first, tuple(spans) if first else ()


def _sentences(element: Element) -> Iterator[Element]:
    return element.iterfind(f".//{_TEI}s")


def _line(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _page(element: Element) -> int:
    """Page of an element's first box, or of the first of its children that has one; 0 without coordinates."""
    for part in element.iter():
        if match := re.match(r"\s*(\d{1,5}),", part.get("coords", "")):
            return int(match[1])
    return 0
