"""Driving vLLM's engine step by step: results in order, progress as it comes, and the speed of each kind of step."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any

from common.engines.base import OnDone, OnProgress, Progress
from common.errors import EngineFailure
from common.types import Completion, Sampling


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


def drain(
    engine: Any,
    names: list[str],
    samplings: list[Sampling],
    speed: Speedometer,
    on_done: OnDone | None,
    on_progress: OnProgress | None,
) -> list[Completion]:
    """Step the engine until every named request has finished."""
    place = {name: index for index, name in enumerate(names)}
    results: list[Completion | None] = [None] * len(names)
    texts, written, prefilled = [""] * len(names), [0] * len(names), [0] * len(names)
    while any(result is None for result in results):
        if not engine.has_unfinished_requests():
            raise EngineFailure("vLLM dropped a request without an answer.")
        start, before, read = perf_counter(), sum(written), 0
        finished = []
        for output in engine.step():
            index = place.get(output.request_id)
            if index is None:
                continue
            best = output.outputs[0]
            if not prefilled[index]:
                prefilled[index] = len(output.prompt_token_ids)
                read += prefilled[index] - (output.num_cached_tokens or 0)
            texts[index], written[index] = best.text, len(best.token_ids)
            if output.finished:
                results[index] = _completion(output, samplings[index].seed)
                finished.append(index)
        speed.step(perf_counter() - start, read, sum(written) - before)
        for index in finished if on_done else ():
            on_done(index, results[index])
        if on_progress:
            done = sum(result is not None for result in results)
            on_progress(Progress(done, len(names), sum(prefilled), sum(written), tuple(texts)))
    return [result for result in results if result is not None]


def _completion(output: Any, seed: int | None) -> Completion:
    best = output.outputs[0]
    return Completion(
        text=best.text,
        finish=best.finish_reason if best.finish_reason in ("stop", "length") else "abort",
        prompt_tokens=len(output.prompt_token_ids),
        completion_tokens=len(best.token_ids),
        cached_tokens=output.num_cached_tokens or 0,
        seed=seed,
    )
