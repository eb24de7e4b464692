"""What a page is made of before it becomes a paper: runs, lines, pages. Plain values, no PDF library.

Coordinates are points (1/72 inch) from the page's upper left corner, y growing downwards. A backend (`glyphs`,
`common.paper.pymupdf`) yields `PageLayout`s; everything after that knows only these classes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle on the page: left, top, right, bottom."""

    x0: float
    top: float
    x1: float
    bottom: float

    def holds(self, x: float, y: float) -> bool:
        return self.x0 <= x <= self.x1 and self.top <= y <= self.bottom


@dataclass(frozen=True, slots=True)
class Style:
    """How a run is set. size: height of the em on the page; angle: degrees, 0 is upright, -1 any odd one.

    figure: it belongs to an embedded drawing (a form XObject smaller than the page).
    """

    font: str
    size: float
    bold: bool = False
    italic: bool = False
    mono: bool = False
    caps: bool = False
    math: bool = False
    angle: int = 0
    figure: bool = False


@dataclass(slots=True)
class Run:
    """Consecutive characters of one style on one baseline without a gap: a word or a part of one.

    starts: left edge of each character of `text`. spaced: a space character, not just a gap, goes before it.
    """

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    base: float
    style: Style
    starts: list[float] = field(default_factory=list)
    spaced: bool = False


@dataclass(slots=True)
class Hidden:
    """Text on the page that a reader cannot see. why: "white", "tiny", "invisible", "off the page"."""

    why: str
    text: str


@dataclass(slots=True)
class PageLayout:
    """One page as the backend read it. number: 1-based.

    rules: thin horizontal strokes; figures: images and drawings; scanned: an image covers the page and its text is
    an invisible layer over it; images: how many images stand on the page.
    """

    number: int
    width: float
    height: float
    runs: list[Run]
    rules: list[Box] = field(default_factory=list)
    figures: list[Box] = field(default_factory=list)
    hidden: list[Hidden] = field(default_factory=list)
    scanned: bool = False
    images: int = 0
    problem: str = ""


@dataclass(slots=True)
class Line:
    """Runs on one baseline, left to right, in one column.

    size: of most of its characters; height: of its largest letters, which differs in small capitals.
    column: 0 spans the page, 1 left, 2 right, ...; left, right: edges of that column's text.
    """

    runs: list[Run]
    page: int
    x0: float
    x1: float
    top: float
    bottom: float
    base: float
    size: float = 0.0
    height: float = 0.0
    text: str = ""
    bold: float = 0.0
    italic: float = 0.0
    caps: bool = False
    mono: float = 0.0
    math: float = 0.0
    figure: bool = False
    column: int = 0
    left: float = 0.0
    right: float = 0.0
    kind: str = ""

    @property
    def box(self) -> Box:
        return Box(self.x0, self.top, self.x1, self.bottom)
