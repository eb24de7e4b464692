"""What stands on a page beside text: strokes, images, drawings; and whether text can be seen against them."""

from __future__ import annotations

import ctypes

import pypdfium2.raw as pdfium

from common.paper.pdf.layout import Box, Hidden, PageLayout, Run
from common.paper.pdf.limits import Limits

INVISIBLE = 3  # text render mode "neither fill nor stroke"
CLIP = 7
TINY = 4.0  # points: smaller type is for machines, unless it is an index inside a formula or a drawing
WHITE = 238  # of 255 in every channel
FRAMES = 64  # objects of a form that are asked for their clipping path: the first carry the form's own frame
WHOLE_PAGE = 0.6  # share of the page from which a form is the page itself and not a drawing on it


class Marks:
    """The page's objects, looked at once. top_level: addresses of text objects outside forms."""

    def __init__(self, page: object, layout: PageLayout, corner: tuple[float, float], limits: Limits) -> None:
        self.top_level: set[int] = set()
        self.drawings: list[Box] = []
        self.backdrops: list[Box] = []
        self.area = layout.width * layout.height
        self.corner = corner
        self.scan = 0.0
        edges = [ctypes.c_float() for _ in range(4)]
        for index in range(min(pdfium.FPDFPage_CountObjects(page), limits.page_objects)):
            item = pdfium.FPDFPage_GetObject(page, index)
            kind = pdfium.FPDFPageObj_GetType(item)
            if kind == pdfium.FPDF_PAGEOBJ_TEXT:
                self.top_level.add(ctypes.addressof(item.contents))
            elif pdfium.FPDFPageObj_GetBounds(item, *edges):
                box = self._box([edge.value for edge in edges])
                self._mark(item, kind, box, layout)

    def _box(self, edges: list[float]) -> Box:
        left, bottom, right, top = edges
        return Box(left - self.corner[0], self.corner[1] - top, right - self.corner[0], self.corner[1] - bottom)

    def _framed(self, form: object, box: Box) -> Box:
        """What of a form can be seen: PDFium's bounds count all that it draws, cut off by its frame or not."""
        matrix = pdfium.FS_MATRIX()
        pdfium.FPDFPageObj_GetMatrix(form, matrix)
        corners: list[tuple[float, float]] = []
        for index in range(min(pdfium.FPDFFormObj_CountObjects(form), FRAMES)):
            clip = pdfium.FPDFPageObj_GetClipPath(pdfium.FPDFFormObj_GetObject(form, index))
            if not clip or pdfium.FPDFClipPath_CountPaths(clip) < 1:
                return box
            corners += _corners(clip)
        xs = [matrix.a * x + matrix.c * y + matrix.e - self.corner[0] for x, y in corners]
        ys = [self.corner[1] - matrix.b * x - matrix.d * y - matrix.f for x, y in corners]
        if not xs:
            return box
        frame = Box(max(box.x0, min(xs)), max(box.top, min(ys)), min(box.x1, max(xs)), min(box.bottom, max(ys)))
        return frame if frame.x0 < frame.x1 and frame.top < frame.bottom else box

    def _mark(self, item: object, kind: int, box: Box, layout: PageLayout) -> None:
        width, height = box.x1 - box.x0, box.bottom - box.top
        share = width * height / self.area
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            if height <= 2.5 and width >= 20:
                layout.rules.append(box)
            elif share > 0 and not _is_white(item):
                self.backdrops.append(box)
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE and height <= 2.5 and width >= 20:
            layout.rules.append(box)  # how old drivers draw a stroke
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            layout.images += 1
            self.backdrops.append(box)
            self.scan = max(self.scan, share)
            if share < WHOLE_PAGE:
                layout.figures.append(box)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM:
            if share < WHOLE_PAGE:
                self.drawings.append(box)
                layout.figures.append(self._framed(item, box))
            self.backdrops.append(box)
        elif kind == pdfium.FPDF_PAGEOBJ_SHADING:
            self.backdrops.append(box)

    def in_drawing(self, x: float, y: float, layout: PageLayout) -> bool:
        """For text inside some form: the form is a drawing, or the text is cut off by its frame."""
        outside = not (0 <= x <= layout.width and 0 <= y <= layout.height)
        return outside or any(box.holds(x, y) for box in self.drawings)

    def backed(self, x: float, y: float) -> bool:
        """Something that is not white is painted there."""
        return any(box.holds(x, y) for box in self.backdrops)

    def finish(self, layout: PageLayout, invisible: list[Run]) -> None:
        """Decide what invisible text is: the words of a scanned page, or hidden."""
        if self.scan > 0.5 and sum(len(run.text) for run in layout.runs) < 0.2 * sum(len(r.text) for r in invisible):
            layout.scanned = True
            layout.runs = invisible
            return
        layout.hidden.extend(Hidden("invisible", run.text) for run in invisible)
        seen = {word for run in layout.runs for word in run.text.split()}
        words = [word for item in layout.hidden for word in item.text.split()]
        if words and sum(word in seen for word in words) > 0.8 * len(words):
            layout.hidden.clear()  # a second, transparent copy of what is printed: highlighting packages draw one


def _corners(clip: object) -> list[tuple[float, float]]:
    """The points of the outermost path of a clipping path."""
    x, y = ctypes.c_float(), ctypes.c_float()
    found = []
    for index in range(min(pdfium.FPDFClipPath_CountPathSegments(clip, 0), 64)):
        pdfium.FPDFPathSegment_GetPoint(pdfium.FPDFClipPath_GetPathSegment(clip, 0, index), x, y)
        found.append((x.value, y.value))
    return found


def _is_white(item: object) -> bool:
    """A path that paints nothing a white letter would show on: unfilled, or filled near white."""
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(item, mode, stroke)
    if mode.value == 0:
        return True
    return _near_white(item)


def _near_white(item: object) -> bool:
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFPageObj_GetFillColor(item, red, green, blue, alpha):
        return False
    return min(red.value, green.value, blue.value) >= WHITE or alpha.value < 13


def visibility(
    item: object, mode: int, size: float, origin: tuple[float, float], layout: PageLayout, marks: Marks, figure: bool
) -> str:
    """Why a reader cannot see this text, or "" when they can. Text of a drawing is not judged: it leaves anyway."""
    if mode in (INVISIBLE, CLIP):
        return "invisible"
    if figure:
        return ""
    x, y = origin
    if not (-20 <= x <= layout.width + 20 and -20 <= y <= layout.height + 20):
        return "off the page"
    if size < TINY:
        return "tiny"
    if _near_white(item) and not marks.backed(x, y - 0.3 * size):
        return "white"
    return ""
