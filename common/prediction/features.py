"""Hand-made features of a paper, after PeerRead (Kang et al. 2018, arXiv 1804.09635, section 4.1, and its released
`featurize.py`).

Left out of theirs: the authors, which these texts do not name, and the share of frequent words and the bag of words,
which need a corpus to be fitted to. Added: formulas, captions, length. A feature that a text does not have is NaN,
never 0: a paper whose bibliography was not kept has no latest reference. What an expert would call merit is not here,
and several of these tell a later version from a submission: see `common.prediction.leak`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from common.corpora.schema import CorpusPaper
from common.paper import sentences
from common.rows.budget import read_paper
from common.types import Paper

_WORD = re.compile(r"[^\W\d_]+")
# Bounded, so that a thousand opening marks without a closing one stay cheap.
_FORMULA = re.compile(r"\\\[.{1,4000}?\\\]|\$\$.{1,4000}?\$\$", re.DOTALL)
_INLINE = re.compile(r"\\\(.{1,1500}?\\\)|(?<![\\$])\$[^$\n]{1,200}\$", re.DOTALL)
_YEAR = re.compile(r"(?<![\d.:–—/-])(?:19|20)\d\d(?![\d–—-]|\.\d)")
_CITED = re.compile(r"\[\d[\d,;\s–-]*\]|\([^()]{0,200}?\b(?:19|20)\d\d[a-z]?\)|\bet al\.?,? \((?:19|20)\d\d[a-z]?\)")
_CODE = re.compile(r"(?:github|gitlab|bitbucket)\.(?:com|io|org)/", re.IGNORECASE)
TERMS = ("deep", "neural", "embedding", "outperform", "novel", "state of the art")
"""Words PeerRead looks for in the abstract; a hyphen counts as a space."""


@dataclass(frozen=True, slots=True)
class _View:
    """A paper with what several features need of it. body: prose of all sections but the appendix."""

    given: CorpusPaper
    read: Paper
    body: str
    words: list[str]
    years: list[int]


@dataclass(frozen=True, slots=True)
class Feature:
    """said: what it counts, for people. value: NaN where the paper has nothing to count it on."""

    said: str
    value: Callable[[_View], float]


def handmade(paper: CorpusPaper, read: Paper | None = None) -> dict[str, float]:
    """Feature -> value, in the order of FEATURES. read: the paper's text as read, where that is at hand."""
    read = read or read_paper(paper)
    body = "\n\n".join(section.text for section in read.sections if not section.appendix)
    view = _View(paper, read, body, _WORD.findall(_prose(body)), _years(read, paper.year))
    return {name: float(feature.value(view)) for name, feature in FEATURES.items()}


def _years(read: Paper, year: int) -> list[int]:
    """One a reference that has one: the last in it that is no page number and not after the conference."""
    found = ([int(one) for one in _YEAR.findall(entry.text) if int(one) <= year] for entry in read.references)
    return [years[-1] for years in found if years]


def _prose(text: str) -> str:
    return _INLINE.sub(" ", _FORMULA.sub(" ", text))


def _mentions(pattern: str) -> Callable[[_View], float]:
    compiled = re.compile(pattern)
    return lambda view: float(len(compiled.findall(view.body)))


def _heading(pattern: str) -> Callable[[_View], float]:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda view: any(compiled.search(one.heading) for one in view.read.sections)


def _term(term: str) -> Feature:
    def value(view: _View) -> float:
        return term in view.given.abstract.lower().replace("-", " ")

    return Feature(f"1 if the abstract has '{term}'", value)


def _sentence_words(view: _View) -> float:
    prose = _prose(view.body)
    lengths = [len(_WORD.findall(prose[start:end])) for start, end in sentences(prose)]
    lengths = [length for length in lengths if length > 1]  # numbers and marks on their own are no sentences
    return sum(lengths) / len(lengths) if lengths else math.nan


def _of_references(count: Callable[[_View], float]) -> Callable[[_View], float]:
    return lambda view: count(view) if view.read.references else math.nan


def _of_years(count: Callable[[_View], float]) -> Callable[[_View], float]:
    return lambda view: count(view) if view.years else math.nan


FEATURES: dict[str, Feature] = {
    "title_words": Feature("words of the title", lambda view: len(view.given.title.split())),
    "abstract_words": Feature("words of the abstract", lambda view: len(view.given.abstract.split())),
    **{f"abstract_{term.replace(' ', '_')}": _term(term) for term in TERMS},
    "sections": Feature(
        "headed sections and subsections of the body",
        lambda view: sum(bool(one.heading) and not one.appendix for one in view.read.sections),
    ),
    "body_words": Feature("words of the body, formulas left out", lambda view: len(view.words)),
    "unique_words": Feature(
        "different words among the body's first 2,000, so that length does not decide it; NaN for a shorter body",
        lambda view: len({word.lower() for word in view.words[:2000]}) if len(view.words) >= 2000 else math.nan,
    ),
    "sentence_words": Feature("mean words a sentence of the body", _sentence_words),
    "word_letters": Feature(
        "mean letters a word of the body",
        lambda view: sum(map(len, view.words)) / len(view.words) if view.words else math.nan,
    ),
    "references": Feature(
        "entries of the bibliography; NaN where none was kept", _of_references(lambda view: len(view.read.references))
    ),
    "latest_reference": Feature(
        "years from the newest dated reference to the conference", _of_years(lambda v: v.given.year - max(v.years))
    ),
    "recent_references": Feature(
        "share of the dated references less than 5 years old",
        _of_years(lambda view: sum(view.given.year - year < 5 for year in view.years) / len(view.years)),
    ),
    "citations": Feature(
        "marks of citation in the body: [3, 4], (Name, 2016)", lambda view: len(_CITED.findall(view.body))
    ),
    "figure_mentions": Feature("mentions of a numbered figure", _mentions(r"\b[Ff]ig(?:ure|s?\.)s?\s*\d")),
    "table_mentions": Feature("mentions of a numbered table", _mentions(r"\b[Tt]ab(?:le|\.)s?\s*(?:\d|[IVX]+\b)")),
    "section_mentions": Feature("mentions of a numbered section", _mentions(r"\b[Ss]ec(?:tion|t?\.)s?\s*\d")),
    "equation_mentions": Feature("mentions of a numbered equation", _mentions(r"\b[Ee]q(?:uation|n?s?\.)s?\s*\(?\d")),
    "theorem_mentions": Feature(
        "mentions of a theorem, lemma, proposition or corollary, by number",
        _mentions(r"\b(?:Theorem|Lemma|Proposition|Corollary)\s*\d"),
    ),
    "formulas": Feature("displayed formulas of the body", lambda view: len(_FORMULA.findall(view.body))),
    "captions": Feature("captions of figures, tables and algorithms", lambda view: len(view.read.captions)),
    "related_work": Feature(
        "1 if a section is headed related or prior work", _heading(r"(?:related|prior|previous) work|literature review")
    ),
    "conclusion": Feature("1 if a section is headed conclusion or discussion", _heading(r"conclu|discussion")),
    "appendix": Feature(
        "1 if the text has an appendix", lambda view: any(section.appendix for section in view.read.sections)
    ),
    "code_link": Feature(
        "1 if the body links to a code host", lambda view: _CODE.search(view.body) is not None
    ),
}  # fmt: skip
"""Name -> what it is. The order is that of the columns."""
