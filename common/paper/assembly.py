"""Headings and paragraphs in reading order, put together into a Paper.

The readers of marked-up formats call this with what their format says; here it is decided where the abstract, the
references and the appendix begin, what is a caption, and which paragraphs are one sentence torn apart. The first
References heading ends the body; what follows the references is appendix.
"""

from __future__ import annotations

import re

from common.paper import outline
from common.types import Notice, Paper, Passage, Reference, Section, Source, Span

_CAPTION = re.compile(
    r"[*_]{0,3}(?:figure|fig\.?|table|tab\.|algorithm|listing|scheme|box)\s*"
    r"(?:[A-Z]{0,2}\.?\d{1,3}(?:\.\d{1,3})*(?:\s?\([a-z]\)|[a-z])?|[IVX]{1,5}|[A-Z])[*_]{0,3}\s*[:.|—–][*_]{0,3}(?:\s|$|[A-Z(])",
    re.IGNORECASE,
)
_ABSTRACT = re.compile(r"[*_]{0,3}abstract[*_]{0,3}\s*[:.—–-]*[*_]{0,3}\s*", re.IGNORECASE)
_FOOTNOTE = re.compile(r"(?:footnote\s*\S{1,4}:|\[\^[^\]\s]{1,20}\]:)\s*", re.IGNORECASE)
_MATH_BLOCK = re.compile(r"\s*(?:\\\[|\$\$|\\begin\{(?:equation|align|gather|multline))")
_AUTHOR_WORDS = 150  # a longer text between title and abstract is not an author block


def is_caption(text: str) -> bool:
    """Whether a paragraph is the caption of a figure, table or algorithm: "Figure 3: ...", not "Figure 3 shows"."""
    return bool(_CAPTION.match(text))


class Assembly:
    """Collects one paper. Call `heading` and `paragraph` in reading order, then `finish`."""

    def __init__(self, title: str = "", abstract: str = "") -> None:
        self.title = title
        self.abstract: list[Passage] = [Passage(abstract, 0)] if abstract.strip() else []
        self.captions: list[Passage] = []
        self.footnotes: list[Passage] = []
        self.references: list[Reference] = []
        self.notices: list[Notice] = []
        self._sections: list[tuple[outline.Heading, int, int, bool, list[Passage]]] = []
        self._place = "front"  # then "abstract", "body", "references"
        self._appendix = False
        self._referenced = False
        self._numbered_above = 0

    @property
    def in_references(self) -> bool:
        return self._place == "references"

    def heading(self, line: str, level: int, page: int = 0) -> None:
        """A heading of the format's own level, 1 for sections; a number in it overrules that level."""
        heading = outline.parse(line, self._referenced)
        if not heading.name:
            return
        if heading.is_abstract and not self.abstract and not self._appendix:
            self._place = "abstract"
            return
        if heading.is_references:
            self._place, self._referenced = "references", True
            return
        self._appendix = self._appendix or self._referenced or (heading.appendix and bool(self._sections))
        self._place = "body"
        self._sections.append((heading, self._level(heading, level), page, self._appendix, []))

    def _level(self, heading: outline.Heading, level: int) -> int:
        """A number says its level. Nougat and GROBID print sections and subsections alike; then a heading without a
        number stays below the numbered one it follows."""
        if heading.depth:
            self._numbered_above = heading.depth
            return heading.depth
        if level > 1 and self._numbered_above > 1:
            return max(level, 2)
        return level

    def paragraph(self, text: str, page: int = 0, spans: tuple[Span, ...] = (), whole: bool = False) -> None:
        """A paragraph, caption, footnote or reference, told apart by its beginning and its place.

        whole: the format marked it as one unit (a table), so it is never joined to its neighbours.
        """
        if not text.strip():
            return
        if match := _FOOTNOTE.match(text):
            self.footnote(text[match.end() :].strip(), page)
        elif self._place == "references":
            self.references.append(Reference(text, page))
        elif is_caption(text):
            self.captions.append(Passage(text, page, self._name(), "caption", spans))
        elif self._place == "front" and (match := _ABSTRACT.match(text)) and not self.abstract:
            self._place = "abstract"
            self.paragraph(text[match.end() :], page)
        elif self._place == "abstract":
            self.abstract.append(Passage(text, page, "Abstract", "abstract", spans))
        else:
            self._body(Passage(text, page, self._name(), "body", spans), whole)

    def caption(self, text: str, page: int = 0) -> None:
        if text.strip():
            self.captions.append(Passage(text, page, self._name(), "caption"))

    def footnote(self, text: str, page: int = 0) -> None:
        if text.strip():
            self.footnotes.append(Passage(text, page, self._name(), "footnote"))

    def begin_appendix(self) -> None:
        """What follows is appendix, whatever its headings say."""
        self._appendix = self._referenced = True
        self._place = "body"

    def _name(self) -> str:
        return self._sections[-1][0].name if self._sections else ""

    def _body(self, passage: Passage, whole: bool) -> None:
        if not self._sections:
            self._sections.append((outline.Heading(""), 1, passage.page, False, []))
        passages = self._sections[-1][-1]
        if passages and not whole and "\n" not in passages[-1].text and _continues(passages[-1].text, passage.text):
            passages[-1] = _joined(passages[-1], passage)
        else:
            passages.append(passage)

    def finish(self, source: Source, pages: int = 0) -> Paper:
        """The paper. Without an abstract heading, a long text before the first heading is taken as one section."""
        sections = [
            Section(heading.name, level, page, tuple(passages), heading.number, appendix)
            for heading, level, page, appendix, passages in self._sections
        ]
        if self.abstract and sections and not sections[0].heading and sections[0].words < _AUTHOR_WORDS:
            sections = sections[1:]  # authors and affiliations: a review is about the paper
        if not sections and not self.abstract:
            self.notices.append(Notice("no-text", "The file holds no text under any heading."))
        abstract = self.abstract[0] if self.abstract else Passage("", 0)
        for passage in self.abstract[1:]:
            abstract = _joined(abstract, passage)
        return Paper(
            title=self.title,
            abstract=abstract.text,
            sections=tuple(sections),
            source=source,
            references=tuple(self.references),
            captions=tuple(self.captions),
            footnotes=tuple(self.footnotes),
            pages=pages,
            warnings=tuple(self.notices),
            abstract_spans=_spans(abstract) if abstract.page else (),
        )


def _continues(before: str, after: str) -> bool:
    """Whether `after` goes on with the sentence of `before`: a formula on its own line, or a page break between."""
    if _MATH_BLOCK.match(after):
        return not before.endswith((".", "!", "?"))
    open_end = before[-1] not in '.!?;:|”"' or bool(re.search(r"(?:\\\]|\$\$)\s*(?:\(\S{1,8}\))?$", before))
    return open_end and after[0].islower() and not after.startswith("- ")


def _joined(first: Passage, second: Passage) -> Passage:
    shift = len(first.text) + 1
    moved = tuple(Span(span.page, span.start + shift, span.end + shift) for span in _spans(second))
    own = _spans(first)
    own = (*own[:-1], Span(own[-1].page, own[-1].start, shift)) if own else ()
    spans = own + moved if first.page else ()
    return Passage(f"{first.text} {second.text}", first.page, first.section, first.kind, spans)


def _spans(passage: Passage) -> tuple[Span, ...]:
    return passage.spans or (Span(passage.page, 0, len(passage.text)),)
