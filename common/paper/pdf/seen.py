"""Whether pale or transparent text can be seen after all: the page is drawn, and the place is looked at.

Colours alone do not tell. Boxes drawn by TikZ carry text whose fill is declared transparent and yet printed, and
white text may stand on anything. Only pages with such text are drawn, once each (about 30 ms).
"""

from __future__ import annotations

import ctypes

import pypdfium2.raw as pdfium

from common.paper.pdf.layout import PageLayout, Run

CONTRAST = 48  # of 255: between the darkest and the lightest pixel of a word that a person can read
PIXELS = 4_000_000  # a larger page is not drawn; its pale text counts as hidden
SCALE = 1.5  # pixels a point


def seen_runs(page: object, layout: PageLayout, runs: list[Run]) -> set[int]:
    """The ids of those runs that stand out from what is around them on the drawn page."""
    width, height = int(layout.width * SCALE), int(layout.height * SCALE)
    if not runs or not 0 < width * height <= PIXELS:
        return set()
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_Gray, None, 0)
    if not bitmap:
        return set()
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, 0)
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        pixels = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * height)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    return {id(run) for run in runs if _contrast(run, pixels, stride, width, height) > CONTRAST}


def _contrast(run: Run, pixels: bytes, stride: int, width: int, height: int) -> int:
    """Lightest less darkest pixel between the baseline and the top of small letters, where every word has ink."""
    left, right = max(0, int(run.x0 * SCALE)), min(width, int(run.x1 * SCALE) + 1)
    top = max(0, int((run.base - 0.45 * run.style.size) * SCALE))
    bottom = min(height, int(run.base * SCALE) + 1)
    rows = [pixels[row * stride + left : row * stride + right] for row in range(top, bottom)]
    inked = b"".join(rows)
    return max(inked) - min(inked) if inked else 0
