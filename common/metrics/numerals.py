"""The numbers a text states, in a form in which two printings of one number are equal.

1,000 = 1000 = 1k; 0.50 = .5; 5% = 5 % = 5; 10^{-4} = 1e-4 = 0.0001; 7B = 7 billion. A sign is not compared, because a
hyphen before a number may be a dash; nor is a unit, because a table's numbers have theirs in its head: so 5% is 5 and
not 0.05. Numbers in words ("three runs") are not read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal

from common.metrics.gathering import Value

SMALL = 10
"""Whole numbers up to this are left out: they count things, and stand in every paper."""
YEARS = range(1900, 2100)
"""Four digits without a comma in this range are left out: nearly all are years of citations."""

NO_NUMBERS = "no-numbers"

_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+"
_POWER = r"10\s?\^\s?\{?\s?(?P<%s>[-−]?\d{1,3})\}?"
_NUMBER = re.compile(
    rf"(?<![\w.^]){_POWER % 'alone'}"
    rf"|(?<![\w.])(?<![A-Za-z][-‐‑])(?P<digits>{_DIGITS})"
    rf"(?:[eE](?P<e>[-−+]?\d{{1,3}})(?!\w)|\s?(?:×|\\times|\\cdot|\*)\s?{_POWER % 'times'}"
    r"|(?P<scale>[kKMB](?!\w)|\s(?:thousand|million|billion)\b)|\s?%|(?:x|ms|s|pp|dB|GB|MB|h)(?!\w))?"
    r"(?![\w^]|\.\d)"
)
_SCALES = {"k": 3, "thousand": 3, "m": 6, "million": 6, "b": 9, "billion": 9}
_FIRST = r"\(?[A-Z]?\.?\d+(?:\.\d+)*[a-z]?\)?"
_NEXT = r"\(?(?:[A-Z]?\.?\d{1,3}|\d\.\d)[a-z]?\)?"  # not 85.3, as in "in Table 3, 85.3 is lower"
_POINTER = re.compile(
    r"(?:\b(?:sections?|secs?\.?|subsections?|figures?|figs?\.?|tables?|tabs?\.?|equations?|eqs?\.?|eqns?\.?|"
    r"theorems?|thms?\.?|lemmas?|lemmata|propositions?|props?\.?|corollar(?:y|ies)|definitions?|defs?\.?|assumptions?|"
    r"claims?|remarks?|examples?|algorithms?|alg\.?|appendi(?:x|ces)|app\.?|chapters?|ch\.?|steps?|lines?|pages?|pp?\.|"
    r"footnotes?|refs?\.?|references?|conditions?|questions?|points?|items?|comments?|weakness(?:es)?|reviewers?|"
    r"hypothes[ie]s|part|row|column|arxiv|vol\.?|no\.)(?:\s|:|~)*|§+\s*|(?<!\w)#\s*|\bLL?(?:\.\s?)?(?=\d))"
    rf"{_FIRST}(?:\s*(?:,|&|and|or|to|through|-|–|—)+\s*{_NEXT})*(?![\w%^]|[.,]\d)",
    re.IGNORECASE,
)
_VOLUME = (
    r"proceedings|proc\.|journal|transactions|advances in neural|conference on|arxiv preprint|springer|pmlr|pp\.|"
    r"vol\.|lecture notes|association for computational"
)
_APPARATUS = (
    re.compile(r"https?://\S+|\bdoi:\s*\S+|\barxiv:\s*\S+", re.IGNORECASE),
    # An entry of the review's own list of references: numbered, or a line with a year and the word for a volume.
    re.compile(r"^[^\S\n]*\[\d+\]\s.*$", re.MULTILINE),
    re.compile(rf"^(?=.*\b(?:19|20)\d\d\b)(?=.*\b(?:{_VOLUME})\b).{{1,400}}$", re.MULTILINE | re.IGNORECASE),
    re.compile(r"(?<!\d)\d{1,5}\)?\s?:\s?\d{1,5}\s?[-–]\s?\d{1,5}\b"),  # volume and pages, 35: 12365-12379
    re.compile(r"\[\s*\d+(?:\s*[,;–-]\s*\d+)*\s*\]"),
    re.compile(r"^[^\w\n]*(?:[a-z]\)\s*)?\d{1,4}(?:\s?[-–,]\s?\d{1,4})*\s*:", re.MULTILINE),  # "512-514: unclear"
    re.compile(r"^[^\S\n]*(?:[-*][^\S\n]*)?\(?\d{1,2}(?:\.\d{1,2})*[.):]+(?=\s|$)", re.MULTILINE),
    re.compile(r"(?<!\w)\(\d{1,2}\)"),
)


def numbers(text: str) -> set[Decimal]:
    """All numbers of a text."""
    return {value for value, _ in _found(_plain(text))}


def claimed(review: str) -> set[Decimal]:
    """The numbers of a review that say something which the paper may hold.

    Left out: small whole numbers and years (SMALL, YEARS), numbers of sections, figures, tables, equations, lines and
    the like, of citations and of lists, addresses, and what is part of a name (GPT-4, ResNet50, 3D)."""
    text = _plain(review)
    for pattern in (*_APPARATUS, _POINTER):
        text = pattern.sub(" ; ", text)
    return {value for value, raw in _found(text) if not _common(value, raw)}


def stated(found: set[Decimal], paper: set[Decimal]) -> Value:
    """The share of a review's `claimed` numbers that occur anywhere in the paper, whose `numbers` are given."""
    return len(found & paper) / len(found) if found else NO_NUMBERS


def fractions(found: set[Decimal]) -> set[Decimal]:
    """Those that are not whole. A whole number is often found by chance: see docs/METRICS.md."""
    return {one for one in found if one != one.to_integral_value()}


def _plain(text: str) -> str:
    """Compatible characters folded, LaTeX's escapes and spaces undone, thin spaces inside numbers closed."""
    text = re.sub(r"(?<=\d)(?:[\u2009\u202f]|\\,|\{,\})(?=\d{3}(?!\d))", "", text)
    text = re.sub(r"\\([%&#$_])", r"\1", unicodedata.normalize("NFKC", text)).replace("$", " ")
    return re.sub(r"(?<=\d)x(?=\d)", "×", text)


def _found(text: str) -> Iterator[tuple[Decimal, str]]:
    for match in _NUMBER.finditer(text):
        if match["alone"] is not None:
            yield Decimal(1).scaleb(_whole(match["alone"])), match[0]
            continue
        power = _whole(match["e"] or match["times"] or "0")
        power += _SCALES.get((match["scale"] or "").strip().lower(), 0)
        yield Decimal(match["digits"].replace(",", "")).scaleb(power), match[0]


def _whole(power: str) -> int:
    return int(power.replace("−", "-"))


def _common(value: Decimal, raw: str) -> bool:
    return (value <= SMALL and value == value.to_integral_value() and raw.isdigit()) or (
        raw.isdigit() and len(raw) == 4 and int(raw) in YEARS
    )
