"""A paper as the text a model reads: Markdown headings, one empty line between paragraphs.

Title, abstract, body, captions, footnotes, appendix, in this order. References are not rendered: they cost a fifth of
a paper and a reviewer without a library cannot check them. This module decides layout only; what to leave out is
`common.paper.fit`, and fencing the text inside a prompt is the stages' business.
"""

from __future__ import annotations

import re

from common.types import Paper, Passage, Section

CAPTIONS = "Figures and tables"
FOOTNOTES = "Footnotes"


def render(paper: Paper) -> str:
    """The whole paper, nothing left out."""
    parts = [title_line(paper), *(part for block in blocks(paper) for part in block)]
    return "\n\n".join(part for part in parts if part)


def blocks(paper: Paper) -> list[tuple[str, str]]:
    """(heading line, text) of everything under the title, in the order it is rendered."""
    body = [section for section in paper.sections if not section.appendix]
    appendix = [section for section in paper.sections if section.appendix]
    return [
        *([("## Abstract", paper.abstract)] if paper.abstract else []),
        *((heading_line(section), section.text) for section in body),
        *([(f"## {CAPTIONS}", joined(paper.captions))] if paper.captions else []),
        *([(f"## {FOOTNOTES}", joined(paper.footnotes))] if paper.footnotes else []),
        *((heading_line(section), section.text) for section in appendix),
    ]


def title_line(paper: Paper) -> str:
    return f"# {paper.title}" if paper.title else ""


def heading_line(section: Section) -> str:
    """`## 3 Method`; "" for text before the first heading."""
    name = label(section)
    return f"{'#' * (min(section.level, 5) + 1)} {name}" if name else ""


def label(section: Section) -> str:
    """Number and heading as one name: "3.1 Setup", "Appendix B Proofs"."""
    name = f"{section.number} {section.heading}".strip()
    if section.appendix and section.level == 1 and not re.match(r"(?i)appendi|supplement", name):
        return f"Appendix {name}" if section.number else f"Appendix: {name}"
    return name


def joined(passages: tuple[Passage, ...]) -> str:
    return "\n\n".join(passage.text for passage in passages)
