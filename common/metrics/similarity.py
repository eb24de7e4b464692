"""What SPE, COV and control compare texts with: anything that gives a pair of texts a number from 0 to 100.

Reviewer2 (arXiv 2402.10886) takes BERTScore, whose values are its encoder's; ROUGE needs no encoder, so its figures can
be held beside anyone's. Which of them follows a reader's judgement is not known here.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from statistics import fmean
from typing import Protocol, TypeVar

from common.encoder import DEFAULT
from common.errors import BadConfig
from common.metrics.material import Text, Trial
from common.metrics.rouge import count

Pair = tuple[str, str]
K = TypeVar("K", bound=Hashable)

NO_REFERENCE, EMPTY_REVIEW, EMPTY_REFERENCES = "no-reference", "empty-review", "empty-references"
NO_WORDS = "no-words"
"""A text that is not empty, but holds nothing the similarity compares: no token, or none with weight."""
ROUGE = ("rouge1", "rougeL")
AT_ONCE = 20_000
"""Pairs handed over together: enough to put texts of a length into one batch, few enough to lie in memory."""


class Similarity(Protocol):
    """name: stands in the figure's name, "bertscore". settings: all that decides the value beside the texts.

    compare: of each pair, in their order, 0 to 100; 100 for a text and itself; the same for (a, b) and (b, a); NaN
    where a text holds nothing to compare. Pairs are best given with those of one first text together.
    """

    name: str
    settings: str

    def compare(self, pairs: Sequence[Pair]) -> Sequence[float]: ...


class Rouge:
    """A `Similarity` by ROUGE's F1, stemmed, as the package rouge-score has it. kind: one of ROUGE."""

    def __init__(self, kind: str = "rouge1") -> None:
        self.name = kind
        self.settings = "F1, Porter stems"

    def compare(self, pairs: Sequence[Pair]) -> list[float]:
        """See `Similarity`. ROUGE-1: shared words, each as often as both have it; ROUGE-L: the longest common
        subsequence. F1 = 2 x shared / (words of both)."""
        return [self._f1(*pair) for pair in pairs]

    def _f1(self, first: str, second: str) -> float:
        from rapidfuzz.distance import LCSseq

        one, other = count(first), count(second)
        if not one.words or not other.words:
            return math.nan
        if self.name == "rougeL":
            shared = LCSseq.similarity(one.words, other.words)
        else:
            held = other.unigrams
            shared = sum(min(times, held[word]) for word, times in one.unigrams.items() if word in held)
        return 200 * shared / (len(one.words) + len(other.words))


def compare_all(
    similarity: Similarity, wanted: Iterable[tuple[K, Sequence[Pair]]]
) -> Iterator[tuple[K, dict[Pair, float]]]:
    """For each key the values of its pairs, no more than `AT_ONCE` and one key's pairs in memory; each pair of a batch
    is compared once, and one that is not comparable has no value."""
    batch: list[tuple[K, Sequence[Pair]]] = []
    size = 0
    for key, pairs in wanted:
        batch.append((key, pairs))
        size += len(pairs)
        if size >= AT_ONCE:
            yield from _compared(similarity, batch)
            batch, size = [], 0
    yield from _compared(similarity, batch)


def _compared(
    similarity: Similarity, batch: Sequence[tuple[K, Sequence[Pair]]]
) -> Iterator[tuple[K, dict[Pair, float]]]:
    distinct = list(dict.fromkeys(pair for _, pairs in batch for pair in pairs))
    values = dict(zip(distinct, similarity.compare(distinct), strict=True))
    for key, pairs in batch:
        yield key, {pair: values[pair] for pair in pairs if not math.isnan(values[pair])}


def review_and_references(trial: Trial) -> tuple[str, list[str]] | str:
    """A trial's texts with words in them, empty references left out; or the reason why nothing can be said."""
    if not trial.references:
        return NO_REFERENCE
    if not trial.review.text.strip():
        return EMPTY_REVIEW
    return (trial.review.text, texts) if (texts := written(trial.references)) else EMPTY_REFERENCES


def written(reviews: Iterable[Text]) -> list[str]:
    """The texts of those that are not empty."""
    return [review.text for review in reviews if review.text.strip()]


def among(texts: Sequence[str]) -> list[Pair]:
    """Every two of them once: identical texts are two texts."""
    return list(combinations(texts, 2))


def mean_of(pairs: Sequence[Pair], values: Mapping[Pair, float]) -> float | None:
    """Over the pairs that have a value; None where none has."""
    found = [values[pair] for pair in pairs if pair in values]
    return fmean(found) if found else None


def named(name: str, encoder: str = DEFAULT, layer: int | None = None, whole: bool = False) -> Similarity:
    """The similarity "bertscore", "rouge1" or "rougeL". encoder, layer, whole: of BERTScore, see `TokenEncoder.load`.

    Errors: BadConfig for another name; EngineFailure for an encoder that cannot be used.
    """
    if name in ROUGE:
        return Rouge(name)
    if name != "bertscore":
        raise BadConfig(f"There is no similarity '{name}'.", f"Use one of: bertscore, {', '.join(ROUGE)}.")
    from common.metrics.bertscore import BertScore
    from common.metrics.token_vectors import TokenEncoder

    return BertScore(TokenEncoder.load(encoder, layer, whole=whole))
