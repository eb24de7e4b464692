"""Whether a paper's text is good enough to review: measured, judged against fixed limits, said in sentences.

The limits were set on 1,294 NeurIPS and ICLR papers (nearly all must be good) and on the same papers degraded: spaces
removed, pages dropped, letters shuffled, letters set apart, another language. This judges the text that was read, not
the paper: a poor text means that a review of it would be about the reading.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from common.paper.language import language
from common.types import Notice, Paper

Verdict = Literal["good", "fair", "poor"]

_MATH = re.compile(
    r"\\\(.{0,1500}?\\\)|\\\[.{0,4000}?\\\]|\$\$.{0,4000}?\$\$|\$[^$\n]{1,500}\$|https?://\S+", re.DOTALL
)
_WORD = re.compile(r"[^\W\d_]+")
_GARBAGE = re.compile(r"[\ufffd\ue000-\uf8ff]|\(cid:\d+\)|/C\d{2,3}\b")
_SHAPES = re.compile(
    r"(?:ing|ion|ent|ati|ter|for|con|pro|est|ers|ate|all|res|com|per|ver|ble|ity|tra|int|mod|ist|ith|ess|sta|ect|str|"
    r"out|ous|men|anc|enc|ear|eat|our|igh|ain|pre|ted|ner|ive|ure|ese|ich|ere|ple|lar|the|ans|ize|ona|dis|par)[^\n]*"
)
_TYPICAL_PAGE = 450  # words; for formats that do not say how many pages they have
_LONG_WORD = 24  # letters


@dataclass(frozen=True, slots=True)
class Quality:
    """verdict: "poor" means do not review this text. reasons: what is wrong, worst first, as phrases without a full
    stop; a good text may have some. measures: the numbers behind it, by name, shares between 0 and 1."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    measures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Limit:
    """One measure and where it stops being good: beyond `fair` the text is fair, beyond `poor` it is poor.

    low: small values are the bad ones. said: the reason, given the measures.
    """

    measure: str
    fair: float
    poor: float
    said: Callable[[dict[str, float]], str]
    low: bool = False

    def verdict(self, value: float) -> Verdict:
        beyond = (lambda limit: value < limit) if self.low else (lambda limit: value > limit)
        return "poor" if beyond(self.poor) else "fair" if beyond(self.fair) else "good"


_LIMITS = (
    _Limit("words", 1000, 250, lambda m: f"only {m['words']:.0f} words of text were found", low=True),
    _Limit(
        "words_per_page", 120, 50, lambda m: f"only {m['words_per_page']:.0f} words a page: is it a scan?", low=True
    ),
    _Limit("missing_share", 0.15, 0.34, lambda m: f"{_count(m['missing_pages'], 'page')} could not be read"),
    _Limit("sections", 2, 1, lambda m: f"{_count(m['sections'], 'section heading')} found", low=True),
    _Limit("fused_share", 0.004, 0.03, lambda m: f"{m['fused_share']:.1%} of the words are fused: spaces are lost"),
    _Limit("word_length", 6.3, 8.5, lambda m: f"words have {m['word_length']:.1f} letters on average: spaces are lost"),
    _Limit("space_share", 0.105, 0.06, lambda m: f"only {m['space_share']:.0%} of the text is spaces", low=True),
    _Limit("single_share", 0.25, 0.4, lambda m: f"{m['single_share']:.0%} of the words are single letters"),
    _Limit("garbage_share", 0.003, 0.02, lambda m: f"{m['garbage_share']:.1%} of the characters are unreadable"),
    _Limit("letter_share", 0.65, 0.5, lambda m: f"only {m['letter_share']:.0%} of the text is letters", low=True),
    _Limit(
        "shape_share", 0.4, 0.28, lambda m: f"only {m['shape_share']:.0%} of the longer words look English", low=True
    ),
    _Limit("skipped_sections", 2, 8, lambda m: f"{m['skipped_sections']:.0f} numbered sections are missing"),
)


def assess(paper: Paper) -> Quality:
    """Judge the text of a paper."""
    text = _text(paper)
    measures = _measures(paper, text)
    spoken, share = language(text)
    if spoken not in ("English", ""):
        del measures["shape_share"]
    verdicts: list[tuple[Verdict, str]] = []
    for limit in _LIMITS:
        value = measures.get(limit.measure)
        if value is None or (verdict := limit.verdict(value)) == "good":
            continue
        if spoken in ("Chinese", "Japanese", "Thai") and limit.measure in _SPACED_SCRIPTS_ONLY:
            continue  # their words are not parted by spaces
        verdicts.append((verdict, limit.said(measures)))
    if not spoken and text:
        verdicts.append(("poor" if share < 0.06 else "fair", "hardly a word is a common word of a known language"))
    elif spoken != "English" and text:
        verdicts.append(("fair", f"the text is in {spoken}, and the models know English"))
    if not paper.abstract:
        verdicts.append(("fair", "no abstract was found"))
    if not paper.title:
        verdicts.append(("fair", "no title was found"))
    reasons = [reason for wanted in ("poor", "fair") for verdict, reason in verdicts if verdict == wanted]
    worst: Verdict = "poor" if any(v == "poor" for v, _ in verdicts) else "fair" if verdicts else "good"
    if worst == "good" and measures["missing_pages"]:
        reasons.append(f"{_count(measures['missing_pages'], 'page')} could not be read")
    return Quality(worst, tuple(reasons), measures)


_SPACED_SCRIPTS_ONLY = frozenset({"words", "words_per_page", "fused_share", "word_length", "space_share"})


def language_notice(paper: Paper) -> tuple[Notice, ...]:
    """A warning, code "language", when the paper is not in English."""
    spoken, _ = language(_text(paper)[:30_000])
    if spoken in ("", "English"):
        return ()
    return (Notice("language", f"The paper is in {spoken}; the models know English, so expect a poor review."),)


def _measures(paper: Paper, text: str) -> dict[str, float]:
    prose = _MATH.sub(" ", text)
    words = _WORD.findall(prose)
    count, size = max(1, len(words)), max(1, len(prose))
    missing = len([notice for notice in paper.warnings if notice.code == "missing-page"])
    pages = paper.pages or paper.words / _TYPICAL_PAGE + missing
    measures = {
        "words": float(len(text.split())),
        "sections": float(len([s for s in paper.sections if s.heading and not s.appendix])),
        "missing_pages": float(missing),
        "missing_share": missing / max(1.0, pages),
        "skipped_sections": float(_skipped(paper)),
        "fused_share": sum(len(word) > _LONG_WORD for word in words) / count,
        "word_length": sum(map(len, words)) / count,
        "space_share": sum(map(prose.count, " \n")) / size if words else 1.0,
        "shape_share": _shapes(words),
        "single_share": sum(len(word) == 1 for word in words) / count,
        "garbage_share": sum(len(match) for match in _GARBAGE.findall(text)) / max(1, len(text)),
        "letter_share": (sum(map(len, words)) + sum(map(prose.count, " \n"))) / size if words else 1.0,
    }
    if paper.pages >= 3:
        measures["words_per_page"] = paper.words / paper.pages
    return {name: round(value, 4) for name, value in measures.items()}


def _shapes(words: list[str]) -> float:
    """Share of the words of six letters and more that hold a usual English group of letters: 0.7 in prose, 0.2 in
    the same words with their letters shuffled."""
    longer = [word.lower() for word in words if len(word) > 5]
    return len(_SHAPES.findall("\n".join(longer))) / len(longer) if longer else 1.0


def _text(paper: Paper) -> str:
    """Title, abstract and body; an appendix may be all tables without harm."""
    body = (section.text for section in paper.sections if not section.appendix)
    return "\n".join([paper.title, paper.abstract, *body])


def _skipped(paper: Paper) -> int:
    """Top-level section numbers that are not there: 1, 2, 5 skips two."""
    numbers = {int(s.number.split(".")[0]) for s in paper.sections if s.number[:1].isdigit() and not s.appendix}
    return max(numbers) - len(numbers) if numbers else 0


def _count(number: float, noun: str) -> str:
    return f"{number:.0f} {noun}{'' if number == 1 else 's'}"
