"""PyMuPDF as a second PDF backend: the same pages of runs as `common.paper.pdf.glyphs`, from MuPDF.

PyMuPDF is under the AGPL-3.0, which reaches whatever is distributed or served with it; so it is an extra that nobody
gets without asking. It does not report invisible text or strokes; the default backend does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common.errors import ReviewError, UnreadablePaper
from common.paper.pdf.accents import join_accents
from common.paper.pdf.characters import CLEAN, COMBINING
from common.paper.pdf.fonts import face
from common.paper.pdf.glyphs import GAP, check_length
from common.paper.pdf.layout import Box, PageLayout, Run, Style
from common.paper.pdf.limits import Limits

NAME = "pymupdf"


def open_pages(path: Path, limits: Limits) -> Iterator[PageLayout]:
    """Pages in order. Errors: ReviewError without the extra, UnreadablePaper for a damaged or protected file."""
    pymupdf = _library()
    try:
        document = pymupdf.open(path, filetype="pdf")
    except RuntimeError as error:  # pymupdf's own errors derive from it
        raise UnreadablePaper(f"{path.name} is damaged: {error}", "Download it again.") from error
    with document:
        if document.needs_pass:
            raise UnreadablePaper(
                f"{path.name} is encrypted and asks for a password.", "Save a copy without the password and give that."
            )
        check_length(path.name, document.page_count, limits)
        for index in range(document.page_count):
            yield _page(document[index], index + 1)


def _library() -> Any:
    try:
        import pymupdf
    except ImportError as error:
        raise ReviewError(
            "The pymupdf backend is not installed.",
            "Install it with: pip install 'question-then-review[pymupdf]'. It is AGPL-3.0: read that licence first.",
        ) from error
    return pymupdf


def _page(page: Any, number: int) -> PageLayout:
    layout = PageLayout(number, page.rect.width, page.rect.height, [])
    raw = page.get_text("rawdict", flags=0)
    for block in raw["blocks"]:
        for line in block.get("lines", ()):
            degrees = math.degrees(math.atan2(-line["dir"][1], line["dir"][0]))
            angle = round(degrees / 90) * 90
            for span in line["spans"]:
                _span(span, angle % 360 if abs(degrees - angle) < 3 else -1, layout.runs)
    layout.runs = join_accents(layout.runs)
    layout.images = len(page.get_images())
    for drawing in page.get_drawings():
        box = Box(*drawing["rect"])
        if box.bottom - box.top <= 2.5 and box.x1 - box.x0 >= 20:
            layout.rules.append(box)
    layout.figures = [Box(*image["bbox"]) for image in page.get_image_info()]
    return layout


def _span(span: dict[str, Any], angle: int, runs: list[Run]) -> None:
    font = face(span["font"])
    style = Style(font.name, round(span["size"], 1), font.bold, font.italic, font.mono, font.caps, font.math, angle)
    run: Run | None = None
    spaced = False
    for glyph in span["chars"]:
        x0, top, x1, bottom = glyph["bbox"]
        char = CLEAN.get(ord(glyph["c"]), glyph["c"])
        if not char or char.isspace():
            run, spaced = None, spaced or bool(char)
            continue
        if run is None or x0 - run.x1 > GAP * style.size or char in COMBINING or run.text in COMBINING:
            run = Run(char, x0, x1, top, bottom, glyph["origin"][1], style, [x0] * len(char), spaced)
            runs.append(run)
            spaced = False
            continue
        run.text += char
        run.starts += [x0] * len(char)
        run.x1 = max(run.x1, x1)
