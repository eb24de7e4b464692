"""vLLM for many threads at once: its asynchronous engine, one for the whole process, base and adapters as in `vllm.py`.

Each `generate` and `flow` feeds its requests to the one engine and waits in its caller's thread; whatever is in flight
from all of them shares the engine's batch. The engine core lives in a process of its own, so at which step a request
joins depends on when it arrives: a seed's draws are the same as in `vllm.py`, sums can differ in the last bit. Not
known here: HTTP (`vllm_openai.py` puts vLLM's own API before the same engine), users, jobs, fairness.
"""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from common.engines.event_loop import EventLoop
from common.engines.flights import Flight, Flow
from common.engines.vllm_base import VllmBase, first_line
from common.engines.vllm_options import AdapterSpec, VllmOptions
from common.engines.vllm_requests import completion, parameters
from common.errors import EngineFailure
from common.types import Completion

WATCH = 0.2
"""Seconds between two looks at requests in flight: partial texts and cancelling are as quick as this."""

Landed = SimpleQueue[tuple[Flight, Completion | EngineFailure]]
"""What the loop hands back to a waiting thread."""


class AsyncVllmEngine(VllmBase):
    """`generate`, `flow` and `count` may be called from any number of threads. events: the loop the engine lives on;
    client: vLLM's AsyncLLM, to be used on that loop alone. Errors: EngineFailure when it cannot be loaded, has died, or
    a request fails."""

    concurrent = True

    def __init__(
        self, model: str | Path, adapters: Mapping[str, AdapterSpec] | None = None, options: VllmOptions | None = None
    ) -> None:
        self._names = map(str, itertools.count())
        self.events = EventLoop("vllm")
        others = multiprocessing.active_children()
        try:
            super().__init__(model, adapters, options)
            # A tokenizer's first use sets it up, and that is nothing for several threads.
            self.count([{"role": "user", "content": "x"}])
        except BaseException:
            # Ctrl-C while vLLM waits for its process, for a minute maybe: without the process it waits no longer.
            while not self.events.close(within=0.2):
                for child in multiprocessing.active_children():
                    if child not in others:
                        child.kill()
            raise

    @property
    def client(self) -> Any:
        if self._engine is None:
            raise EngineFailure("The engine is closed.")
        return self._engine

    @property
    def loras(self) -> Mapping[str, Any]:
        """Adapter name -> the LoRARequest its requests carry."""
        return self._requests

    def _start(self, arguments: dict[str, Any]) -> Any:
        from vllm import AsyncEngineArgs
        from vllm.v1.engine.async_llm import AsyncLLM

        # The other way, a fork of a process that has threads, is a gamble.
        os.environ.setdefault("VLLM_WORKER_MULTIPROC_METHOD", "spawn")

        async def started() -> Any:
            return AsyncLLM.from_engine_args(AsyncEngineArgs(**arguments, enable_log_requests=False))

        return self.events.call(started())

    def _add_lora(self, request: Any) -> None:
        self.events.call(self.client.add_lora(request))

    def alive(self) -> bool:
        """The engine takes requests."""
        return self._engine is not None and not self._engine.errored

    def _run(self, flow: Flow) -> None:
        landed: Landed = SimpleQueue()
        tasks: dict[str, asyncio.Task[None]] = {}
        try:
            self._launch(flow.fetch(), tasks, landed)
            while tasks:
                for flight, outcome in self._arrived(landed):
                    del tasks[flight.request.key]
                    if isinstance(outcome, Completion):
                        flow.land(flight, outcome)
                    elif self.alive():
                        flow.fail(flight, outcome)
                    else:
                        raise _dead() from outcome
                self._launch(flow.fetch(), tasks, landed)
                flow.stepped()
        finally:
            # Nothing is left when all went well; after an error this frees the engine before the caller goes on.
            if tasks and self.alive():
                self.events.call(_cancelled(tasks.values()))

    def _launch(self, flights: Sequence[Flight], tasks: dict[str, asyncio.Task[None]], landed: Landed) -> None:
        admitted = list(self._admitted(flights))
        if admitted:
            if not self.alive():
                raise _dead()
            tasks |= self.events.call(self._begin(admitted, landed))

    async def _begin(
        self, admitted: Iterable[tuple[Flight, list[int]]], landed: Landed
    ) -> dict[str, asyncio.Task[None]]:
        return {flight.request.key: asyncio.create_task(self._follow(flight, ids, landed)) for flight, ids in admitted}

    async def _follow(self, flight: Flight, ids: list[int], landed: Landed) -> None:
        """One request from its prompt to its completion; the flight shows how far it is."""
        request = flight.request
        lora = self._requests[request.adapter] if request.adapter else None
        try:
            drawn = parameters(request.sampling)
            outputs = self.client.generate({"prompt_token_ids": ids}, drawn, next(self._names), lora_request=lora)
            async for output in outputs:
                best = output.outputs[0]
                flight.prefilled, flight.written = len(output.prompt_token_ids), len(best.token_ids)
                flight.text = best.text
            landed.put((flight, _whole(completion(output, request.sampling.seed))))
        except Exception as error:  # noqa: BLE001  (whatever went wrong is raised in the thread that waits for it)
            failure = EngineFailure(f"vLLM failed on a request: {first_line(error.__cause__ or error)}")
            failure.__cause__ = error
            landed.put((flight, failure))

    def _arrived(self, landed: Landed) -> list[tuple[Flight, Completion | EngineFailure]]:
        """What has ended since the last look; nothing, when nothing has for a while. Errors: EngineFailure when nothing
        will any more."""
        arrived = []
        try:
            arrived.append(landed.get(timeout=WATCH))
            while True:
                arrived.append(landed.get_nowait())
        except Empty:
            if not arrived and not self.alive():
                raise _dead() from None
        return arrived

    def forget(self) -> None:
        """Empty the prefix cache, as at the start."""
        self.events.call(self.client.reset_prefix_cache())

    def close(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            self.events.call(_ended(engine))
        self.events.close()


async def _ended(engine: Any) -> None:
    if engine.output_handler is not None:
        engine.output_handler.cancel()  # first: it takes an engine that goes for one that has died
    engine.shutdown()


async def _cancelled(tasks: Iterable[asyncio.Task[None]]) -> None:
    """vLLM aborts a request whose task is cancelled."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _whole(done: Completion) -> Completion:
    """Errors: EngineFailure for what the engine gave up although nobody asked it to."""
    if done.finish == "abort":
        raise EngineFailure("The engine broke off.")
    return done


def _dead() -> EngineFailure:
    return EngineFailure("The engine has died or was closed.", "Its last words are on stderr; start it again.")
