"""Per-request seeds on CPU, with prompts that are prefilled in chunks.

A step that reads part of a prompt samples a token all the same and throws it away. vLLM then rewinds the request's
generator by `set_offset(get_offset() - 4)` (`GPUModelRunner._bookkeeping_sync`), which only CUDA generators have: a
CPU one raises "CPU Generator does not use offset" and the engine ends. Here the generator's state is kept before
such a step and put back after it, so that token n of a request always takes draw n of its generator, however its
prompt was cut and whether or not it was preempted.

This holds for the draws. The probabilities they meet can still differ in the last bits with the batch a request
shares, since a matrix product may add in another order for another number of rows.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np


def install() -> None:
    """Replace the two methods for CPU engines of this process; harmless to call again."""
    from vllm.v1.worker.cpu_model_runner import CPUModelRunner

    if getattr(CPUModelRunner._sample, "_review", False):
        return
    CPUModelRunner._sample = _rewinding(CPUModelRunner._sample)
    CPUModelRunner._bookkeeping_sync = _without_offsets(CPUModelRunner._bookkeeping_sync)


def _discarded(runner: Any) -> dict[int, Any]:
    """Row -> generator, of the seeded requests whose token of this step will be thrown away."""
    generators = runner.input_batch.generators
    if not generators:
        return {}
    rows = np.nonzero(runner.discard_request_mask.np[: runner.input_batch.num_reqs])[0].tolist()
    return {row: generators[row] for row in rows if row in generators}


def _rewinding(sample: Any) -> Any:
    @functools.wraps(sample)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        before = [(generator, generator.get_state()) for generator in _discarded(self).values()]
        output = sample(self, *args, **kwargs)
        for generator, state in before:
            generator.set_state(state)
        return output

    wrapper._review = True
    return wrapper


def _without_offsets(bookkeeping: Any) -> Any:
    @functools.wraps(bookkeeping)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        rewound = _discarded(self)
        for row in rewound:
            del self.input_batch.generators[row]
        try:
            return bookkeeping(self, *args, **kwargs)
        finally:
            self.input_batch.generators.update(rewound)

    return wrapper
