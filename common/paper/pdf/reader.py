"""`read_pdf`: a PDF file to a `Paper`.

`read_pdf` reads in a process of its own, bounded in time and memory; `read_pdf_here` does the work in this one.
Neither looks at what the text says; that a paper tells its reviewer what to write is for `common.paper.suspicion`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from common.errors import ReviewError, UnreadablePaper
from common.paper.pdf.checks import check_file
from common.paper.pdf.document import Document, assemble
from common.paper.pdf.floats import mark_floats
from common.paper.pdf.front import AFTER, CONTENTS, Front, mark_title, read_front
from common.paper.pdf.headings import REFERENCES, Heading
from common.paper.pdf.layout import Line, PageLayout
from common.paper.pdf.limits import Limits
from common.paper.pdf.notices import notices_of
from common.paper.pdf.paragraphs import Paragraphs
from common.paper.pdf.references import read_references
from common.types import Paper, Passage, Section, Source

BACKENDS = ("pdfium", "pymupdf")


def read_pdf(path: Path, backend: str = "pdfium", limits: Limits | None = None) -> Paper:
    """Read a PDF in a child process. Errors: UnreadablePaper, a sentence for whoever gave the file."""
    from common.paper.pdf.process import read_apart

    path = Path(path)
    _backend(backend)
    check_file(path, limits or Limits())
    return read_apart(path, backend, limits or Limits())


def read_pdf_here(path: Path, backend: str = "pdfium", limits: Limits | None = None) -> Paper:
    """Read a PDF in this process: for the worker and for benchmarks. A hostile file may take this process down."""
    path, limits = Path(path), limits or Limits()
    check_file(path, limits)
    name, open_pages = _backend(backend)
    pages = list(open_pages(path, limits))
    if not any(page.runs for page in pages):
        raise _textless(path, pages)
    document = assemble(pages)
    mark_title(document)
    mark_floats(document)
    front = read_front(document)
    source = Source(path.name, hashlib.sha256(path.read_bytes()).hexdigest(), name)
    return _paper(document, front, source)


def _backend(backend: str) -> tuple[str, Callable[[Path, Limits], Iterator[PageLayout]]]:
    if backend == "pdfium":
        from common.paper.pdf import glyphs

        return glyphs.NAME, glyphs.open_pages
    if backend == "pymupdf":
        from common.paper import pymupdf

        return pymupdf.NAME, pymupdf.open_pages
    raise ReviewError(f"There is no PDF backend {backend!r}.", f"Use one of: {', '.join(BACKENDS)}.", exit_code=2)


def _textless(path: Path, pages: list[PageLayout]) -> UnreadablePaper:
    count = f"{len(pages)} page{'s' if len(pages) > 1 else ''}"
    if any(page.images for page in pages):
        return UnreadablePaper(
            f"{path.name} is a scan: images without text on {count}.",
            "Run a text recognition over it first, for example: ocrmypdf in.pdf out.pdf",
        )
    return UnreadablePaper(f"{path.name} holds no text on its {count}.", "Export the PDF with text.")


def _paper(document: Document, front: Front, source: Source) -> Paper:
    paragraphs = Paragraphs(document)
    abstract = (
        paragraphs.passage([document.lines[i] for i in front.abstract], "Abstract", "abstract", front.skip)
        if (front.abstract)
        else None
    )
    split = next((h for h in front.headings if REFERENCES.match(h.text)), None)
    headings = [
        h for h in front.headings if split is None or h.last <= split.first or h.level == 1 or _after(h, split, front)
    ]
    sections = _sections(document, headings, split, front, paragraphs)
    return Paper(
        title=front.title,
        abstract=abstract.text if abstract else "",
        sections=tuple(sections),
        source=source,
        references=tuple(read_references(_reference_lines(document, headings, split), document, paragraphs)),
        captions=tuple(_apart(document, paragraphs, "caption")),
        footnotes=tuple(_apart(document, paragraphs, "footnote")),
        pages=len(document.pages),
        warnings=tuple(notices_of(document)),
        abstract_spans=abstract.spans if abstract else (),
    )


def _after(heading: Heading, split: Heading, front: Front) -> bool:
    """Deeper headings count after the references only once a top-level one has closed them."""
    return any(h.level == 1 and split.first < h.first < heading.first for h in front.headings)


def _sections(
    document: Document, headings: list[Heading], split: Heading | None, front: Front, paragraphs: Paragraphs
) -> list[Section]:
    sections: list[Section] = []
    first = headings[0].first if headings else len(document.lines)
    opening = paragraphs.passages(_flow(document, front.body, first), "")
    if opening and sum(len(passage.text) for passage in opening) > 300:
        sections.append(Section("", 1, opening[0].page, tuple(opening)))
    seen = False
    for i, heading in enumerate(headings):
        if split is not None and heading.first == split.first:
            seen = True
            continue
        if AFTER.match(heading.text) or CONTENTS.match(heading.text):
            continue
        stop = headings[i + 1].first if i + 1 < len(headings) else len(document.lines)
        passages = paragraphs.passages(_flow(document, heading.last + 1, stop), heading.text)
        appendix = seen or (heading.number[:1].isalpha() and heading.level == 1 and not _roman(headings))
        sections.append(
            Section(heading.text, heading.level, heading.line.page, tuple(passages), heading.number, appendix)
        )
    return sections


def _roman(headings: list[Heading]) -> bool:
    return any(h.number == "II" for h in headings)


def _flow(document: Document, start: int, stop: int) -> list[Line]:
    return [line for line in document.lines[start:stop] if not line.kind]


def _reference_lines(document: Document, headings: list[Heading], split: Heading | None) -> list[Line]:
    if split is None:
        return []
    stop = next((h.first for h in headings if h.first > split.first), len(document.lines))
    return _flow(document, split.last + 1, stop)


def _apart(document: Document, paragraphs: Paragraphs, kind: str) -> list[Passage]:
    """Captions or footnotes, each a passage under the section it is printed in."""
    groups: list[list[Line]] = []
    for line in document.lines:
        if line.kind != kind:
            continue
        last = groups[-1][-1] if groups else None
        if last is None or last.page != line.page or last.column != line.column or _opens(line, last, kind):
            groups.append([line])
        else:
            groups[-1].append(line)
    return [paragraphs.passage(group, "", kind) for group in groups]


def _opens(line: Line, last: Line, kind: str) -> bool:
    from common.paper.pdf.floats import CAPTION, MARK

    if kind == "caption":
        return bool(CAPTION.match(line.text)) or not -0.5 < line.base - last.base < 2.5 * line.size
    return bool(MARK.match(line.text))
