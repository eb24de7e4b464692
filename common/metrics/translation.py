"""BLEU and chrF of one text against one reference, 0 to 100, as sacrebleu computes them.

Several references are the caller's business: sacrebleu would pool their n-grams, which is neither the best nor the mean
over reviews. `settings` gives sacrebleu's own signature, to be printed beside the figure.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from common.errors import ReviewError

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric

KINDS = ("bleu", "chrf")


def bleu(prediction: str, reference: str) -> float:
    """Sentence BLEU (Papineni et al. 2002) of the whole review: 13a tokens, exponential smoothing, and no order counted
    that the prediction is too short for. Not the corpus BLEU of a set of reviews."""
    return float(_metric("bleu").sentence_score(prediction, [reference]).score)


def chrf(prediction: str, reference: str) -> float:
    """chrF2 (Popović 2015): character n-grams up to 6, white space left out, recall twice as important."""
    return float(_metric("chrf").sentence_score(prediction, [reference]).score)


def settings(kind: str) -> str:
    """sacrebleu's signature: "nrefs:1|case:mixed|eff:yes|tok:13a|smooth:exp|version:2.6.0"."""
    metric = _metric(kind)
    metric.sentence_score("a", ["a"])  # the signature names the references of the last call
    return str(metric.get_signature())


@lru_cache(maxsize=2)
def _metric(kind: str) -> Metric:
    if find_spec("sacrebleu") is None:
        raise ReviewError("sacrebleu is not installed, so there is no BLEU.", 'Install it with: pip install ".[eval]"')
    from sacrebleu.metrics import BLEU, CHRF

    return BLEU(effective_order=True) if kind == "bleu" else CHRF()
