"""vLLM in this process: one base model in memory, both stages' adapters beside it. The default on CPU and GPU alike.

The engine core runs in this process and not in a child of its own, so that the order in which requests are scheduled,
and with it every sampled token, depends on the requests alone. Importing this module is cheap: vLLM, torch and the
weights are loaded when `VllmEngine` is made. Not known here: stages, papers, prompts; servers are `server.py`, an
engine for many threads `vllm_async.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from common.engines.base import Messages
from common.engines.flights import Flight, Flow
from common.engines.in_flight import Pressure
from common.engines.quiet import quiet_stderr
from common.engines.scoring import Chances, LogLikelihood, OnChances, OnLikelihood, check_bare, in_order
from common.engines.vllm_base import VllmBase
from common.engines.vllm_options import AdapterSpec, VllmOptions
from common.engines.vllm_pressure import pressure_of
from common.engines.vllm_requests import parameters
from common.engines.vllm_scoring import chances, likelihoods
from common.engines.vllm_steps import Speedometer, run


class VllmEngine(VllmBase):
    """One base and any number of adapters, for one thread at a time. Errors: EngineFailure when it cannot be loaded or
    a run fails."""

    def __init__(
        self, model: str | Path, adapters: Mapping[str, AdapterSpec] | None = None, options: VllmOptions | None = None
    ) -> None:
        self._next_id = 0
        self.speed = Speedometer()
        super().__init__(model, adapters, options)

    def _start(self, arguments: dict[str, Any]) -> Any:
        with quiet_stderr():
            from vllm import EngineArgs, LLMEngine

            from common.engines.vllm_plugin import grammars

            grammars.install()
            return LLMEngine.from_engine_args(EngineArgs(**arguments, disable_log_stats=True))

    def _add_lora(self, request: Any) -> None:
        self._engine.add_lora(request)

    def _run(self, flow: Flow) -> None:
        run(self._engine, flow, self._admit, self.speed)

    def choose(
        self, prompts: Sequence[Messages], choices: Sequence[str], on_done: OnChances | None = None
    ) -> list[Chances]:
        found = chances(self._engine, self._chat, self._add, self.context, prompts, choices)
        return in_order(found, on_done)

    def loglikelihood(
        self, prompts: Sequence[Messages], answers: Sequence[str], on_done: OnLikelihood | None = None
    ) -> list[LogLikelihood]:
        check_bare(self)
        found = likelihoods(self._engine, self._chat, self._add, self.context, prompts, answers)
        return in_order(found, on_done)

    def _admit(self, flights: Sequence[Flight]) -> Iterator[tuple[str, Flight]]:
        for flight, ids in self._admitted(flights):
            yield self._add(ids, parameters(flight.request.sampling), flight.request.adapter), flight

    def _add(self, ids: list[int], parameters: Any, adapter: str | None = None) -> str:
        name = str(self._next_id)
        self._next_id += 1
        lora = self._requests[adapter] if adapter else None
        # Outputs carry this name; what add_request returns is the engine's own inner id.
        self._engine.add_request(name, {"prompt_token_ids": ids}, parameters, lora_request=lora)
        return name

    @property
    def pressure(self) -> Pressure | None:
        """How full it is; None where the user has put vLLM's core into another process."""
        return pressure_of(self._engine)

    def forget(self) -> None:
        """Empty the prefix cache, as at the start: for measurements, and for runs that must repeat to the last bit."""
        self._engine.reset_prefix_cache()

    def close(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.engine_core.shutdown()
