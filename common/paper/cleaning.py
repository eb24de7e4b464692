"""Characters that no reader sees: found, taken out of a paper, and seen through.

Zero-width and tag characters, direction marks, soft hyphens, variation selectors and control characters carry no
meaning in an English paper, split words for a tokenizer, and can hide an instruction. Removing them keeps every
passage's spans true. Ligatures, accents and mathematics are left alone.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from dataclasses import replace

from common.types import Paper, Passage, Reference, Section, Span

ZERO_WIDTH = "\u200b-\u200f\u2060-\u2064\ufeff\u180e\u061c"
DIRECTIONS = "\u202a-\u202e\u2066-\u2069"
TAGS = "\U000e0000-\U000e007f"
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f\ufff9-\ufffb\ud800-\udfff"
_INVISIBLE = re.compile(f"[{ZERO_WIDTH}{DIRECTIONS}{TAGS}{_SELECTORS}{_CONTROLS}\u00ad]")
_TAG = re.compile(f"[{TAGS}]+")
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһкмтвнгпАЕОРСУХІЈЅКМТВНαοερνικτυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxijsdhkmtbhrnAEOPCYXIJSKMTBHaoepviktuABEZHIKMNOPTYX",
)
_MIXED_WORD = re.compile(r"\w*(?:[A-Za-z]\w*[\u0370-\u03ff\u0400-\u052f]|[\u0370-\u03ff\u0400-\u052f]\w*[A-Za-z])\w*")


def cleaned(paper: Paper) -> Paper:
    """The paper without invisible characters; the same object when it has none."""
    texts = [paper.title, paper.abstract, *(section.heading for section in paper.sections)]
    texts += [passage.text for passage in paper.passages] + [entry.text for entry in paper.references]
    if not any(_INVISIBLE.search(text) for text in texts):
        return paper
    abstract = _passage(Passage(paper.abstract, 0, spans=paper.abstract_spans))
    return replace(
        paper,
        title=_clean(paper.title),
        abstract=abstract.text,
        abstract_spans=abstract.spans,
        sections=tuple(map(_section, paper.sections)),
        references=tuple(Reference(_clean(entry.text), entry.page) for entry in paper.references),
        captions=tuple(map(_passage, paper.captions)),
        footnotes=tuple(map(_passage, paper.footnotes)),
    )


def folded(text: str) -> str:
    """Text as a person reads it: invisible characters gone, tag characters as the letters they stand for,
    compatibility forms and look-alike letters inside Latin words as plain ones. For searching only."""
    if text.isascii():
        return text
    text = _TAG.sub(lambda run: "".join(chr(ord(c) - 0xE0000) for c in run[0] if 0x20 <= ord(c) - 0xE0000 < 0x7F), text)
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return _MIXED_WORD.sub(lambda word: word[0].translate(_LOOKALIKES), text)


def _clean(text: str) -> str:
    return _INVISIBLE.sub("", text)


def _section(section: Section) -> Section:
    return replace(section, heading=_clean(section.heading), passages=tuple(map(_passage, section.passages)))


def _passage(passage: Passage) -> Passage:
    removed = [match.start() for match in _INVISIBLE.finditer(passage.text)]
    if not removed:
        return replace(passage, section=_clean(passage.section))
    spans = tuple(
        Span(span.page, span.start - bisect_left(removed, span.start), span.end - bisect_left(removed, span.end))
        for span in passage.spans
    )
    return replace(passage, text=_clean(passage.text), section=_clean(passage.section), spans=spans)
