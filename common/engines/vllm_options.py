"""How vLLM is started: options, environment and engine arguments, shared by the engine in process and the server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.errors import EngineFailure


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


def environment(options: VllmOptions) -> dict[str, str]:
    """What vLLM reads from its environment; it must be set before vLLM is imported.

    One reserved core is vLLM's default on CPU: on a laptop that is half of the machine (docs/BENCHMARKS.md). Usage
    statistics would be a network call nobody asked for. Idle threads that spin would starve whatever else runs.
    """
    import psutil

    free_gib = psutil.virtual_memory().available / 2**30
    cache = options.cpu_cache_gib or max(1, min(4, int(free_gib / 4)))
    return {
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


def engine_arguments(options: VllmOptions, on_cpu: bool) -> dict[str, Any]:
    """What both the engine in process and the server are started with, by vLLM's own names."""
    return {
        "dtype": options.dtype,
        "max_model_len": options.context,
        "tensor_parallel_size": options.tensor_parallel,
        "gpu_memory_utilization": options.memory_share,
        "max_num_batched_tokens": options.batch_tokens,
        "max_num_seqs": options.batch_requests,
        "enable_prefix_caching": options.prefix_cache,
        # Compiling costs a minute on CPU and gains nothing there; on a GPU it pays.
        "enforce_eager": on_cpu,
        "load_format": "safetensors",
    }


def rank_slot(ranks: Iterable[int]) -> int:
    """The smallest rank vLLM has a slot for that holds every adapter. Errors: EngineFailure above 512."""
    largest = max(ranks)
    for slot in (1, 8, 16, 32, 64, 128, 256, 320, 512):
        if largest <= slot:
            return slot
    raise EngineFailure(f"An adapter has rank {largest}; vLLM serves at most 512.", "Merge it into the base instead.")
