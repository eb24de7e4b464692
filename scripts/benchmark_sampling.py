"""Truncation and repetition penalty on CPU, vLLM's own and the plug-in's: `python -m scripts.benchmark_sampling`.

Milliseconds a decode step for rows of 49,152 logits, prompts of 3,500 tokens and outputs of 120; medians of 9.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

VOCABULARY, PROMPT, OUTPUT = 49_152, 3500, 120


def milliseconds(action: Callable[[], Any]) -> float:
    action()
    times = []
    for _ in range(9):
        start = time.perf_counter()
        action()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def main() -> None:
    """Print a line for each operation and batch size."""
    import torch
    from vllm.v1.sample.ops.penalties import apply_penalties
    from vllm.v1.sample.ops.topk_topp_sampler import apply_top_k_top_p_pytorch

    from common.engines.vllm_plugin.penalties import penalised
    from common.engines.vllm_plugin.truncation import top_k_top_p

    for rows in (1, 8, 32):
        logits, zeros = torch.randn(rows, VOCABULARY), torch.zeros(rows)
        k, p, repetition = torch.full((rows,), 50), torch.full((rows,), 0.7), torch.full((rows,), 1.13)
        prompt, output = (torch.randint(0, VOCABULARY, (rows, length)) for length in (PROMPT, OUTPUT))
        pairs = {
            "top-k with top-p": (
                lambda: apply_top_k_top_p_pytorch(logits.clone(), k, p),  # noqa: B023
                lambda: top_k_top_p(logits.clone(), k, p),  # noqa: B023
            ),
            "repetition": (
                lambda: apply_penalties(logits.clone(), prompt, output, zeros, zeros, repetition),  # noqa: B023
                lambda: penalised(logits.clone(), prompt, output, repetition),  # noqa: B023
            ),
        }
        for name, (stock, ours) in pairs.items():
            before, after = milliseconds(stock), milliseconds(ours)
            print(
                f"{name:18} {rows:2} rows: stock {before:7.2f} ms, plug-in {after:6.2f} ms, {before / after:5.1f} times"
            )


if __name__ == "__main__":
    main()
