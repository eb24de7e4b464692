"""Nougat's `.mmd` output into a Paper: Markdown with LaTeX, and `[MISSING_PAGE...]` where a page failed.

Nougat marks the pages it lost but not those it read: every page of the paper is 0, and only the notices name one. Its
author block stands between `# Title` and `###### Abstract`, its footnotes are `Footnote 1: ...`, and it glues a
run-in heading to the sentence after it ("Set-up.We train ..."), which is repaired here.
"""

from __future__ import annotations

import re
from dataclasses import replace

from common.paper.markdown import read_markdown
from common.types import Paper, Passage, Source

_GLUED = re.compile(r"((?:\*\*|_)?[A-Z][\w’',\- ]{2,70}[.:](?:\*\*|_)?)(?=(?:[A-Z][a-z]+|A|We|I) )")


def looks_like_nougat(text: str) -> bool:
    """Whether a Markdown text carries Nougat's own marks: lost pages, its abstract heading, or its formulas."""
    return "[MISSING_PAGE" in text or "\n###### Abstract" in text or ("\\(" in text and "$" not in text)


def read_nougat(text: str, source: Source) -> Paper:
    """Nougat Markdown, line ends already `\\n`."""
    paper = read_markdown(text, source)
    sections = (replace(section, passages=tuple(map(_unglued, section.passages))) for section in paper.sections)
    return replace(paper, sections=tuple(sections))


def _unglued(passage: Passage) -> Passage:
    return replace(passage, text=_GLUED.sub(r"\1 ", passage.text, count=1)) if _GLUED.match(passage.text) else passage
