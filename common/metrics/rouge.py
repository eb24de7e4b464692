"""ROUGE-1, -2, -L and -Lsum of one text against another (Lin 2004), equal to the package rouge-score to the last digit.

Every longest common subsequence is found with bit vectors (Crochemore et al. 2001; Hyyrö 2004): ROUGE-L's length by
rapidfuzz, ROUGE-Lsum's positions here, because only they say which words two lines have in common. Sentences of
ROUGE-Lsum are lines, as in rouge-score without `split_summaries`. Several references are the caller's business.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from common.metrics.tokens import tokens

KINDS = ("rouge1", "rouge2", "rougeL", "rougeLsum")

_BLOCK = 512
"""Columns whose states are kept at once: two texts of 50,000 words on one line need 7 MB, not 300."""


class Match(NamedTuple):
    """Shares, 0 to 1: of the prediction's units that are in the reference, of the reference's in the prediction, and
    their harmonic mean, 0 where there are none."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Counted:
    """A text, ready to be compared. words: its tokens. lines: the same by line, those without a token left out."""

    words: list[str]
    lines: list[list[str]]
    unigrams: Counter[str]
    bigrams: Counter[tuple[str, str]]


# About 60 KB for 500 words; many papers are compared with one reference's text, one after the other.
@lru_cache(maxsize=1024)
def count(text: str, stemmed: bool = True) -> Counted:
    """A text's tokens and n-grams. The last 1,024 texts are remembered."""
    lines = [found for line in text.split("\n") if (found := tokens(line, stemmed))]
    words = [word for line in lines for word in line]
    return Counted(words, lines, Counter(words), Counter(pairwise(words)))


def rouge(prediction: str, reference: str, stemmed: bool = True) -> dict[str, Match]:
    """All of KINDS. A text without tokens matches nothing: every figure is 0."""
    found, wanted = count(prediction, stemmed), count(reference, stemmed)
    return {
        "rouge1": _match(_shared(found.unigrams, wanted.unigrams), len(found.words), len(wanted.words)),
        "rouge2": _match(_shared(found.bigrams, wanted.bigrams), len(found.words) - 1, len(wanted.words) - 1),
        "rougeL": _match(_common_length(found.words, wanted.words), len(found.words), len(wanted.words)),
        "rougeLsum": _match(_union_hits(found, wanted), len(found.words), len(wanted.words)),
    }


def _match(hits: int, predicted: int, wanted: int) -> Match:
    if not hits:
        return Match(0.0, 0.0, 0.0)
    precision, recall = hits / predicted, hits / wanted
    return Match(precision, recall, 2 * precision * recall / (precision + recall))


def _shared(first: Counter, second: Counter) -> int:
    return sum([min(first[gram], second[gram]) for gram in first.keys() & second.keys()])


def _common_length(first: Sequence[str], second: Sequence[str]) -> int:
    from rapidfuzz.distance import LCSseq

    return int(LCSseq.similarity(first, second))


def _union_hits(prediction: Counted, reference: Counted) -> int:
    """Words of the reference's lines that are in the union of their common subsequences with the prediction's lines
    (Lin 2004, section 3.2), a word no oftener than the prediction has it (as ROUGE-1.5.5 does)."""
    hits: Counter[str] = Counter()
    others = [(line, frozenset(line)) for line in dict.fromkeys(map(tuple, prediction.lines))]
    for line in reference.lines:
        # A word that the prediction lacks is on no path: without it the vectors are shorter and the result the same.
        kept = [word for word in line if word in prediction.unigrams]
        masks: dict[str, int] = {}
        for place, word in enumerate(kept):
            masks[word] = masks.get(word, 0) | 1 << place
        full, union = (1 << len(kept)) - 1, 0
        for other, held in others:
            reach = 0
            for word in masks.keys() & held:
                reach |= masks[word]
            # Most lines share no word or one, and need no walk: what it takes lies within reach.
            if reach & ~union:
                one = reach & (reach - 1) == 0
                union |= reach if one else _common_places(_columns(other, masks), full)
        hits.update(word for place, word in enumerate(kept) if union >> place & 1)
    return sum(min(times, prediction.unigrams[word]) for word, times in hits.items())


def _columns(words: Sequence[str], masks: Mapping[str, int]) -> list[int]:
    """For each word its places in the other line. Of words in a row that have none there, the first alone stands for
    all: they leave the state as it is, and the walk makes the same step on each."""
    columns = [masks.get(word, 0) for word in words]
    return [column for before, column in zip((0, *columns), columns, strict=False) if column or before]


def _common_places(columns: Sequence[int], full: int) -> int:
    """The longest common subsequence that rouge-score's `_backtrack_norec` reads out of its table t, as a mask of the
    places of the first text.

    columns: for each word of the second text, the places of the first where it stands; full: all places.
    There are often several longest ones, and the union depends on which is taken. That walk goes from the last cell
    (i, j): a match is taken; else to j - 1 if t[i][j-1] > t[i-1][j], to i - 1 otherwise. Without a match t[i][j] is
    the larger of the two, so it goes to j - 1 just where t[i][j] - t[i-1][j] is 1: where bit i - 1 of the j-th state
    is 0. So each column is left at its highest place that matches or has a 0.
    """
    starts = [full]
    for begin in range(0, len(columns) - _BLOCK, _BLOCK):
        starts.append(_states(columns[begin : begin + _BLOCK], starts[-1])[-1] & full)
    places, below = 0, full
    for number in reversed(range(len(starts))):
        block = columns[number * _BLOCK : (number + 1) * _BLOCK]
        for column, state in zip(reversed(block), reversed(_states(block, starts[number])), strict=True):
            stops = (column | ~state) & below
            if not stops:
                return places
            top = 1 << stops.bit_length() - 1
            if column & top:
                places |= top
                below = top - 1
            else:
                below = 2 * top - 1
    return places


def _states(columns: Sequence[int], state: int) -> list[int]:
    """After each column, a vector with bit i - 1 = 1 - (t[i][j] - t[i-1][j]); what carries beyond the last place is
    left standing."""
    states = []
    for column in columns:
        if column:
            used = state & column
            state = (state + used) | (state - used)
        states.append(state)
    return states
