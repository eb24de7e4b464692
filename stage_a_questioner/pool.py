"""Several question sets over one paper become one list, without saying the same thing twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain, zip_longest

from rapidfuzz.distance import Indel

from common.types import Question

SIMILAR = 0.7
"""ROUGE-L above which two questions count as one: Self-Instruct's threshold (arXiv 2212.10560, section 3.2)."""

_WORD = re.compile(r"\w+")


def rouge_l(first: str, second: str) -> float:
    """ROUGE-L F1 of two texts over lower-case words, 0 to 1: 2 LCS / (m + n) (Lin 2004, equation 4 with beta 1).

    That is the normalised Indel similarity of the two word lists, which rapidfuzz computes bit-parallel.
    """
    return Indel.normalized_similarity(_WORD.findall(first.lower()), _WORD.findall(second.lower()))


def distinct(questions: Iterable[Question], threshold: float = SIMILAR) -> list[Question]:
    """The questions that are not too like an earlier one, in order."""
    kept: list[Question] = []
    for question in questions:
        if all(rouge_l(question.text, other.text) <= threshold for other in kept):
            kept.append(question)
    return kept


def pool(
    sets: Sequence[Sequence[Question]],
    first: Sequence[Question] = (),
    most: int | None = None,
    threshold: float = SIMILAR,
) -> tuple[Question, ...]:
    """One numbered list: `first` (what a person asked, never dropped for likeness to a model's), then the sets in turn.

    The sets are taken a question at a time from each, because a set's early questions are its best. most: how many in
    all, None for no limit; a person's questions count towards it but are never cut.
    """
    turns = (question for turn in zip_longest(*sets) for question in turn if question is not None)
    kept = distinct(chain(first, turns), threshold)
    if most is not None:
        kept = kept[: max(most, len(first))]
    return tuple(replace(question, id=f"Q{number}") for number, question in enumerate(kept, start=1))
