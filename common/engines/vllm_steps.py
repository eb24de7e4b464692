"""Driving vLLM's engine step by step: requests started as places fall free, and the speed of each kind of step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from common.engines.flights import Flight, Flow
from common.engines.vllm_requests import completion
from common.errors import EngineFailure
from common.types import Completion

Admit = Callable[[Sequence[Flight]], Iterator[tuple[str, Flight]]]
"""Checks all of them, then adds one after the other and yields the name by which vLLM's outputs call it."""


@dataclass
class Speedometer:
    """Tokens and seconds since the engine started, by kind of step. A step in which a request's first token appears
    was spent on prompts, even if others wrote on beside it; every other step was spent on writing."""

    prefill_tokens: int = 0
    prefill_seconds: float = 0.0
    decode_tokens: int = 0
    decode_seconds: float = 0.0

    def step(self, seconds: float, read: int, written: int) -> None:
        """read: prompt tokens, not served from the cache, of the requests whose first token this step brought."""
        if read or not written:
            self.prefill_tokens += read
            self.prefill_seconds += seconds
        else:
            self.decode_tokens += written
            self.decode_seconds += seconds


def run(engine: Any, flow: Flow, admit: Admit, speed: Speedometer) -> None:
    """Step the engine until the flow has nothing left. New requests join between two steps, so that the batch stays
    full. Errors: EngineFailure; whatever ends it early, nothing of this flow stays in the engine."""
    names: dict[str, Flight] = {}
    try:
        names.update(admit(flow.fetch()))
        while names:
            landed = _step(engine, names, speed)
            for flight, completion in landed:
                flow.land(flight, completion)
            names.update(admit(flow.fetch()))
            flow.stepped()
    finally:
        # Nothing is left when all went well; after Ctrl-C or an error this frees the cache for the next call.
        engine.abort_request(list(names))


def _step(engine: Any, names: dict[str, Flight], speed: Speedometer) -> list[tuple[Flight, Completion]]:
    """One step; the flights it ended leave `names`."""
    if not engine.has_unfinished_requests():
        raise EngineFailure("vLLM dropped a request without an answer.")
    start, read, written = perf_counter(), 0, 0
    landed = []
    for output in engine.step():
        flight = names.get(output.request_id)
        if flight is None:
            continue
        best = output.outputs[0]
        if not flight.prefilled:
            flight.prefilled = len(output.prompt_token_ids)
            read += flight.prefilled - (output.num_cached_tokens or 0)
        written += len(best.token_ids) - flight.written
        flight.text, flight.written = best.text, len(best.token_ids)
        if output.finished:
            del names[output.request_id]
            landed.append((flight, completion(output, flight.request.sampling.seed)))
    speed.step(perf_counter() - start, read, written)
    return landed
