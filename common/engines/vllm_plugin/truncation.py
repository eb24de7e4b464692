"""Top-k and top-p together on CPU, without sorting the vocabulary.

vLLM sorts every row's logits in full: 96 ms for 32 rows of 49,152, against 12 ms this way (docs/BENCHMARKS.md). Where
a request has a top-k, only its k largest logits can survive, so top-p (Holtzman et al. 2020) is decided among those
alone. The result is vLLM's: the same tokens keep the same logits, but for which of several equal logits falls at the
edge of top-p.
"""

from __future__ import annotations

from typing import Any

WIDEST = 1024
"""Largest top-k this is used for; beyond it, and without a top-k, vLLM's own operation runs."""


def install() -> None:
    """Replace the operation for CPU engines of this process; harmless to call again."""
    from vllm.v1.sample.ops import topk_topp_sampler as module

    stock = module.apply_top_k_top_p_pytorch
    if getattr(stock, "_review", False):
        return

    def replacement(logits: Any, k: Any, p: Any, allow_cpu_sync: bool = False) -> Any:
        if k is None or p is None or int(k.max()) > min(WIDEST, logits.shape[1] - 1):
            return stock(logits, k, p, allow_cpu_sync)
        return top_k_top_p(logits, k, p)

    replacement._review = True
    module.apply_top_k_top_p_pytorch = replacement


def top_k_top_p(logits: Any, k: Any, p: Any) -> Any:
    """Mask `logits` (B, V) in place with -inf outside each row's top k (B,) and top p (B,)."""
    values, places = logits.topk(int(k.max()), dim=1)
    smallest = values.gather(1, (k.long() - 1).unsqueeze(1))
    # As many logits as are equal to the k-th stay, as in vLLM; bf16 models have such ties often.
    widest = int((logits >= smallest).sum(dim=1).max())
    if widest > values.shape[1]:
        values, places = logits.topk(widest, dim=1)
    values = values.masked_fill(values < smallest, float("-inf"))
    # Descending order: a token falls when those above it already hold more than p; the first one never does.
    shares = values.softmax(dim=1)
    below = shares.flip(1).cumsum(dim=1).flip(1)
    cut = below <= 1 - p.unsqueeze(1)
    cut[:, 0] = False
    values = values.masked_fill(cut, float("-inf"))
    return logits.fill_(float("-inf")).scatter_(1, places, values)
