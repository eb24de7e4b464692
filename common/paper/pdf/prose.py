"""What surely is running text or a heading of it, whatever stands around."""

from __future__ import annotations

import re

from common.paper.pdf.document import Document
from common.paper.pdf.layout import Line


def is_prose(line: Line, document: Document) -> bool:
    """A full line of running text: in a size that text is set in, from one edge of its column to the other."""
    return (
        line.size in document.sizes
        and line.x0 - line.left < 2.5 * line.size
        and line.right - line.x1 < 1.5 * line.size
        and len(line.text) > 20
        and line.math < 0.4
    )


def is_heading(line: Line, document: Document) -> bool:
    """A heading of the paper that stands close to a float: large, bold and numbered at the edge of its column."""
    return (line.caps or (line.height > document.body + 0.6 and line.bold > 0.7 and line.x0 - line.left < 3)) and bool(
        re.match(r"^(?:\d{1,2}(?:\.\d)*\.?|[A-Z]\.?|[IVX]+\.)\s+[A-Z]", line.text)
    )
