"""Requests and answers in vLLM's own terms, for the engine in this process and the one in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common.engines.vllm_options import AdapterSpec
from common.types import Completion, Sampling


def parameters(sampling: Sampling) -> Any:
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


def lora_requests(specs: Mapping[str, AdapterSpec]) -> dict[str, Any]:
    """Adapter name -> vLLM's LoRARequest. Requests that carry it share one slot of the engine and one prefix cache."""
    from vllm.lora.request import LoRARequest

    return {
        name: LoRARequest(lora_name=name, lora_int_id=number, lora_path=str(spec.path))
        for number, (name, spec) in enumerate(specs.items(), start=1)
    }


def completion(output: Any, seed: int | None) -> Completion:
    """Of vLLM's last output for a request."""
    best = output.outputs[0]
    return Completion(
        text=best.text,
        finish=best.finish_reason if best.finish_reason in ("stop", "length") else "abort",
        prompt_tokens=len(output.prompt_token_ids),
        completion_tokens=len(best.token_ids),
        cached_tokens=output.num_cached_tokens or 0,
        seed=seed,
    )
