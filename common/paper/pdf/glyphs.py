"""Pages of runs from a PDF, by PDFium's C interface (pypdfium2).

Three calls a character (its code, its box, the text object it stands in), everything else once a text object: that is
what keeps a page near 15 ms. PDFium is not thread-safe and may crash on a hostile file, so `reader.read_pdf` calls
this from a process of its own. Errors: UnreadablePaper when the file cannot be opened.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from pathlib import Path

import pypdfium2.raw as pdfium

from common.errors import UnreadablePaper
from common.paper.pdf.accents import join_accents
from common.paper.pdf.characters import CLEAN, COMBINING
from common.paper.pdf.fonts import Face, face
from common.paper.pdf.layout import Hidden, PageLayout, Run, Style
from common.paper.pdf.limits import Limits
from common.paper.pdf.marks import Marks, visibility
from common.paper.pdf.seen import seen_runs

GAP = 0.13  # of the em: a wider gap parts two words; TeX's narrowest space is 0.19, its widest kern 0.1
NAME = "pypdfium2"


def open_pages(path: Path, limits: Limits) -> Iterator[PageLayout]:
    """Open the file and yield its pages in order. A page that PDFium cannot load is yielded with `problem` set."""
    # A custom file stream would call back into Python; PDFium reads the bytes itself instead.
    raw = path.read_bytes()
    pdfium.FPDF_InitLibrary()
    document = pdfium.FPDF_LoadMemDocument64(raw, len(raw), None)
    if not document:
        raise open_failure(path.name, pdfium.FPDF_GetLastError())
    try:
        count = pdfium.FPDF_GetPageCount(document)
        check_length(path.name, count, limits)
        for index in range(count):
            yield _page(document, index, limits)
    finally:
        pdfium.FPDF_CloseDocument(document)


def open_failure(name: str, code: int) -> UnreadablePaper:
    """What PDFium's error code means to the person who gave the file."""
    if code == pdfium.FPDF_ERR_PASSWORD:
        return UnreadablePaper(
            f"{name} is encrypted and asks for a password.", "Save a copy without the password and give that."
        )
    if code == pdfium.FPDF_ERR_SECURITY:
        return UnreadablePaper(f"{name} uses an encryption that is not supported.", "Save an unprotected copy of it.")
    return UnreadablePaper(
        f"{name} is damaged or cut short: no page could be found in it.", "Download it again, or print it to a new PDF."
    )


def check_length(name: str, pages: int, limits: Limits) -> None:
    """Errors: UnreadablePaper for no page at all, or more of them than `limits.pages`."""
    if pages < 1:
        raise UnreadablePaper(f"{name} holds no pages.", "Download it again, or print it to a new PDF.")
    if pages > limits.pages:
        raise UnreadablePaper(
            f"{name} has {pages} pages; papers of up to {limits.pages} are read.",
            "Give the paper alone, or raise the limit: read_pdf(path, limits=Limits(pages=N)).",
        )


def _page(document: object, index: int, limits: Limits) -> PageLayout:
    page = pdfium.FPDF_LoadPage(document, index)
    if not page:
        return PageLayout(index + 1, 0, 0, [], problem="its contents are damaged")
    try:
        box = pdfium.FS_RECTF()
        pdfium.FPDF_GetPageBoundingBox(page, box)
        width, height = box.right - box.left, box.top - box.bottom
        layout = PageLayout(index + 1, width, height, [])
        if not (1 <= width <= limits.page_points and 1 <= height <= limits.page_points):
            layout.problem = f"its size of {width:.0f} by {height:.0f} points is not a page's"
            return layout
        text = pdfium.FPDFText_LoadPage(page)
        if not text:
            layout.problem = "its text is damaged"
            return layout
        try:
            _read(page, text, layout, (box.left, box.top), limits)
        finally:
            pdfium.FPDFText_ClosePage(text)
        return layout
    finally:
        pdfium.FPDF_ClosePage(page)


class _Object:
    """The text object that a character stands in: its style and baseline, and whether it can be seen."""

    __slots__ = ("base", "hidden", "style")

    def __init__(self, style: Style, base: float, hidden: str) -> None:
        self.style = style
        self.base = base
        self.hidden = hidden


class _Faces:
    """Font faces of one page by PDFium's pointer, which is stable only while the page is open."""

    def __init__(self) -> None:
        self.known: dict[int, Face] = {}
        self.buffer = ctypes.create_string_buffer(256)

    def of(self, text_object: object) -> Face:
        font = pdfium.FPDFTextObj_GetFont(text_object)
        key = ctypes.cast(font, ctypes.c_void_p).value or 0
        if key not in self.known:
            size = pdfium.FPDFFont_GetBaseFontName(font, self.buffer, 256) if font else 0
            name = self.buffer.raw[: max(min(size, 256) - 1, 0)].decode("utf-8", "replace")
            self.known[key] = face(name)
        return self.known[key]


def _style(face: Face, size: float, angle: int, figure: bool, stroked: bool) -> Style:
    return Style(
        face.name, round(size, 1), face.bold or stroked, face.italic, face.mono, face.caps, face.math, angle, figure
    )


def _angle(matrix: pdfium.FS_MATRIX) -> int:
    """Direction of writing in degrees, to the next right angle when it is near one, else -1."""
    degrees = math.degrees(math.atan2(matrix.b, matrix.a))
    nearest = round(degrees / 90) * 90
    return nearest % 360 if abs(degrees - nearest) < 3 else -1


def _read(page: object, text: object, layout: PageLayout, corner: tuple[float, float], limits: Limits) -> None:
    marks = Marks(page, layout, corner, limits)
    faces, styles = _Faces(), {}
    matrix, box, x, y = pdfium.FS_MATRIX(), pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    left, top = corner

    def describe(index: int, pointer: object, address: int) -> _Object:
        pdfium.FPDFText_GetMatrix(text, index, matrix)
        pdfium.FPDFText_GetCharOrigin(text, index, x, y)
        size = pdfium.FPDFText_GetFontSize(text, index) * math.hypot(matrix.c, matrix.d)
        face_ = faces.of(pointer)
        mode = pdfium.FPDFTextObj_GetTextRenderMode(pointer)
        origin = (x.value - left, top - y.value)
        figure = address not in marks.top_level and marks.in_drawing(*origin, layout)
        key = (face_.name, round(size, 1), _angle(matrix), figure, mode == 2)
        if key not in styles:
            styles[key] = _style(face_, size, key[2], figure, mode == 2)
        hidden = visibility(pointer, mode, size, origin, layout, marks, figure)
        return _Object(styles[key], origin[1], hidden)

    count = min(pdfium.FPDFText_CountChars(text), limits.characters)
    if pdfium.FPDFText_CountChars(text) > limits.characters:
        layout.problem = f"it holds more than {limits.characters} characters; the rest was left out"
    builder = _Builder(layout)
    get_code, get_box, get_object = (
        pdfium.FPDFText_GetUnicode, pdfium.FPDFText_GetLooseCharBox, pdfium.FPDFText_GetTextObject,
    )  # fmt: skip
    known: dict[int, _Object] = {}
    last, current, high = 0, None, 0
    for index in range(count):
        pointer = get_object(text, index)
        if not pointer:  # a space or line break that PDFium made up; gaps say it better
            builder.flush()
            continue
        address = ctypes.addressof(pointer.contents)
        if address != last:
            last, current = address, known.get(address)
            if current is None:
                current = known[address] = describe(index, pointer, address)
        get_box(text, index, box)
        code = get_code(text, index)
        if 0xD800 <= code < 0xDC00:  # beyond 65,535 PDFium hands over two halves, both with the letter's box
            high = code
            continue
        if 0xDC00 <= code < 0xE000 and high:
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00)
        high = 0
        builder.add(code, box.left - left, box.right - left, top - box.top, top - box.bottom, current)
    builder.flush()
    _hide(page, layout, builder.pale)
    layout.runs = join_accents(layout.runs)
    marks.finish(layout, builder.invisible)


def _hide(page: object, layout: PageLayout, pale: list[Run]) -> None:
    """Take pale text that nobody can see out of the page's runs."""
    seen = seen_runs(page, layout, pale)
    unseen = {id(run) for run in pale} - seen
    layout.hidden.extend(Hidden("white", run.text) for run in pale if id(run) in unseen)
    layout.runs = [run for run in layout.runs if id(run) not in unseen]


class _Builder:
    """Joins characters into runs, and hidden ones into `layout.hidden`."""

    def __init__(self, layout: PageLayout) -> None:
        self.layout = layout
        self.run: Run | None = None
        self.invisible: list[Run] = []
        self.pale: list[Run] = []
        self.why = ""
        self.spaced = False

    def flush(self) -> None:
        run, self.run, why = self.run, None, self.why
        if run is None:
            return
        if why == "invisible":  # kept apart: over a scan it is the text itself
            self.invisible.append(run)
        elif why == "white":  # looked at again when the page is done
            self.pale.append(run)
            self.layout.runs.append(run)
        elif why:
            self.layout.hidden.append(Hidden(why, run.text))
        else:
            self.layout.runs.append(run)

    # The letters of one ligature come one by one, each with the ligature's own box: hence the test on `starts`.
    def add(self, code: int, x0: float, x1: float, top: float, bottom: float, item: _Object) -> None:
        char = CLEAN.get(code)
        if char is None:
            char = chr(code) if code < 0x110000 else ""
        if not char or char.isspace():
            self.flush()
            self.spaced = self.spaced or bool(char)
            return
        run = self.run
        if (
            run is None
            or run.style is not item.style
            or self.why != item.hidden
            or abs(run.base - item.base) > 0.3
            or not (-0.5 < (x0 - run.x1) / (run.style.size or 1) < GAP or x0 == run.starts[-1])
            or char in COMBINING
            or run.text in COMBINING
        ):
            self.flush()
            self.run = Run(char, x0, x1, top, bottom, item.base, item.style, [x0] * len(char), self.spaced)
            self.spaced = False
            self.why = item.hidden
            return
        run.text += char
        run.starts += [x0] * len(char)
        run.x1 = max(x1, run.x1)
