"""BERTScore: how much of one text's meaning has its like in another, token by token (Zhang et al. 2020,
arXiv 1904.09675, equations 1 to 3), as the package bert-score computes it with the same encoder and layer.

A figure means nothing without its encoder and layer: with the default one, reviews of different papers have an F1 of 46
at the last layer and of 71 at the one below.
Whether two reviews agree is not known here: "the proofs are sound" is much like "the proofs are not sound".
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from common.errors import ReviewError
from common.metrics.figures import Scores
from common.metrics.gathering import Value, gather
from common.metrics.material import Item, System
from common.metrics.similarity import NO_WORDS, Pair, review_and_references
from common.metrics.token_vectors import TokenEncoder, TokenVectors

if TYPE_CHECKING:
    import torch

FIGURES = ("precision", "recall", "f1")
CUT = "bertscore.cut"
CELLS = 2**24
"""Cosines held at once, 64 MB: two reviews of 50,000 words are compared a band at a time."""
BESIDE = 32
"""References compared with a text at once."""


@dataclass(frozen=True, slots=True)
class Match:
    """0 to 100. precision: how well the tokens of the first text find their like in the second; recall: the other way
    round; f1: their harmonic mean. NaN where a text has no token with weight."""

    precision: float
    recall: float
    f1: float


class BertScore:
    """A `Similarity` by BERTScore's F1."""

    name = "bertscore"

    def __init__(self, encoder: TokenEncoder, idf: Sequence[str] = (), baseline: Path | None = None) -> None:
        """idf: texts whose rare tokens weigh more (section 3, "Importance Weighting"), usually all references; none
        gives every token the same weight. baseline: a file in bert-score's format (LAYER,P,R,F) to rescale with.
        Errors: ReviewError for a baseline that cannot be used.
        """
        self.encoder = encoder
        self._weights = _weights(encoder, idf)
        self._baseline = _read_baseline(baseline, encoder.layer) if baseline else None
        reads = "windows of" if encoder.whole else "the first"
        self.settings = ", ".join(
            (
                f"{encoder.name} {encoder.digest[:8]}",
                f"layer {encoder.layer} of {encoder.depth}",
                f"{reads} {encoder.window} tokens",
                f"idf of {len(idf)} texts {_digest(idf)}" if idf else "no idf",
                f"rescaled by {baseline.name} {_digest([baseline.read_text()])}" if baseline else "not rescaled",
            )
        )

    def compare(self, pairs: Sequence[Pair]) -> list[float]:
        """F1 of each pair, 0 to 100."""
        return [match.f1 for match in self.match(pairs)]

    def match(self, pairs: Sequence[Pair]) -> list[Match]:
        """Of each pair, in their order. Each text is encoded once."""
        self.encoder.encode([text for pair in pairs for text in pair])
        places: dict[str, list[int]] = {}
        for place, (text, _) in enumerate(pairs):
            places.setdefault(text, []).append(place)
        found: list[Match | None] = [None] * len(pairs)
        for text, wanted in places.items():
            mine = self.encoder.vectors(text)
            for start in range(0, len(wanted), BESIDE):
                group = wanted[start : start + BESIDE]
                for place, match in zip(group, self._beside(mine, [pairs[place][1] for place in group]), strict=True):
                    found[place] = match
        return [match for match in found if match is not None]

    def _beside(self, mine: TokenVectors, texts: Sequence[str]) -> list[Match]:
        theirs = [self.encoder.vectors(text) for text in texts]
        precision, recall = matched(mine.rows, [one.rows for one in theirs])
        own = self._weights[mine.ids]
        return [
            self._figures(_weighted(best, own), _weighted(back, self._weights[one.ids]))
            for best, back, one in zip(precision, recall, theirs, strict=True)
        ]

    def _figures(self, precision: float, recall: float) -> Match:
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        values = (precision, recall, f1)
        if self._baseline:
            values = tuple((value - low) / (1 - low) for value, low in zip(values, self._baseline, strict=True))
        return Match(*(100 * value for value in values))


def scores(system: System, scorer: BertScore) -> list[Scores]:
    """`bertscore-f1.max`, `.mean` and so on: the best of a paper's references and the mean over them, each of the
    three figures for itself; and `bertscore.cut`, the share of a paper's texts whose end was not read.

    Unscored: empty-review, no-reference, empty-references, no-words (no token of a text has weight).
    """
    figures = [Scores(name, {}, settings=scorer.settings) for name in _names()]
    figures.append(Scores(CUT, {}, unit="share", better="", settings=scorer.settings))
    scorer.encoder.encode([text for item in system for text in _texts(item)])
    return gather(system, figures, lambda item: _measure(item, scorer))


def matched(mine: torch.Tensor, theirs: Sequence[torch.Tensor]) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """For each of `theirs`: the best cosine of every row of `mine` with its rows, and of every one of its rows with
    those of `mine` (the maxima of equations 1 and 2). Rows have length 1."""
    import torch

    lengths = [len(rows) for rows in theirs]
    columns = torch.cat(list(theirs)).T
    back = torch.full((columns.shape[1],), -math.inf, device=mine.device)
    bands = []
    for band in mine.split(max(1, CELLS // columns.shape[1])):
        cosines = band @ columns
        bands.append(torch.stack([part.amax(dim=1) for part in cosines.split(lengths, dim=1)]))
        back = torch.maximum(back, cosines.amax(dim=0))
    return list(torch.cat(bands, dim=1)), list(back.split(lengths))


def _weighted(best: torch.Tensor, weights: torch.Tensor) -> float:
    total = float(weights.sum())
    return float(best @ weights.to(best.device)) / total if total else math.nan


def _measure(item: Item, scorer: BertScore) -> list[Mapping[str, Value]]:
    told = [review_and_references(trial) for trial in item.trials]
    # Trials of one review against several choices of references share their pairs.
    pairs = list(dict.fromkeys((one[0], text) for one in told if not isinstance(one, str) for text in one[1]))
    known = dict(zip(pairs, scorer.match(pairs), strict=True))
    return [_values(one, known, scorer.encoder) for one in told]


def _values(told: tuple[str, list[str]] | str, known: Mapping[Pair, Match], encoder: TokenEncoder) -> dict[str, Value]:
    if isinstance(told, str):
        return dict.fromkeys([*_names(), CUT], told)
    review, references = told
    matches = [match for text in references if not math.isnan((match := known[review, text]).f1)]
    found: dict[str, Value] = dict.fromkeys(_names(), NO_WORDS)
    for figure in FIGURES if matches else ():
        values = [getattr(match, figure) for match in matches]
        found[f"bertscore-{figure}.max"] = max(values)
        found[f"bertscore-{figure}.mean"] = fmean(values)
    found[CUT] = fmean(encoder.cut(text) for text in (review, *references))
    return found


def _names() -> list[str]:
    return [f"bertscore-{figure}.{way}" for figure in FIGURES for way in ("max", "mean")]


def _texts(item: Item) -> list[str]:
    told = [review_and_references(trial) for trial in item.trials]
    return [text for one in told if not isinstance(one, str) for text in (one[0], *one[1])]


def _weights(encoder: TokenEncoder, idf: Sequence[str]) -> torch.Tensor:
    """A weight a token id: 1, or log((M + 1) / (m + 1)) for a token that m of the M texts hold; 0 for special ones."""
    import torch

    if idf:
        held = Counter(token for text in idf for token in set(encoder.vectors(text).ids.tolist()))
        weights = torch.full((encoder.vocabulary,), math.log(len(idf) + 1))
        for token, count in held.items():
            weights[token] = math.log((len(idf) + 1) / (count + 1))
    else:
        weights = torch.ones(encoder.vocabulary)
    weights[encoder.special] = 0.0
    return weights


def _read_baseline(path: Path, layer: int) -> tuple[float, float, float]:
    try:
        lines = [line.split(",") for line in path.read_text(encoding="utf-8").split()]
        ((precision, recall, f1),) = [tuple(map(float, line[1:])) for line in lines[1:] if int(line[0]) == layer]
    except (OSError, ValueError) as error:
        raise ReviewError(
            f"{path} gives no baseline for layer {layer}.",
            "It needs a line LAYER,P,R,F for that layer, as 5,0.3,0.3,0.3.",
        ) from error
    return precision, recall, f1


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(sorted(texts)).encode()).hexdigest()[:8]
