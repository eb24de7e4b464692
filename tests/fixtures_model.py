"""The real default model for tests that need one. Made once for the machine and then found in its cache."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from common.engines.base import Engine
from common.engines.vllm_options import AdapterSpec, VllmOptions
from common.errors import ReviewError
from common.store import ModelPath, resolve


@pytest.fixture(scope="session")
def base_model() -> ModelPath:
    """The embedded model as the engine is given it."""
    try:
        return resolve("smollm2-135m")
    except ReviewError as error:
        if "pip" not in error.message:
            raise
        pytest.skip(f"needs the default model: neither the cache nor a package registry has it ({error.message})")


@pytest.fixture(scope="session")
def embedded_model(base_model: ModelPath) -> Path:
    """The folder of the embedded model."""
    return base_model.path


@pytest.fixture(scope="session")
def adapter_folders(embedded_model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two LoRA adapters for the embedded model as peft saves them: random, small, and unlike each other."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    folders = {}
    for seed, (name, rank) in enumerate((("questioner", 8), ("reviewer", 4)), start=1):
        torch.manual_seed(seed)
        base = AutoModelForCausalLM.from_pretrained(embedded_model, dtype=torch.bfloat16, local_files_only=True)
        config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", init_lora_weights=False)
        model = get_peft_model(base, config)
        with torch.no_grad():
            for key, weight in model.named_parameters():
                if "lora_" in key:
                    weight.mul_(0.2)
        folders[name] = tmp_path_factory.mktemp(name)
        model.save_pretrained(folders[name])
    return folders


@pytest.fixture(scope="session")
def vllm_engine(base_model: ModelPath, adapter_folders: dict[str, Path]) -> Iterator[Engine]:
    """The real engine with both adapters, started once for the whole session."""
    from common.engines.vllm import VllmEngine

    engine = VllmEngine(base_model.path, *_with_adapters(adapter_folders))
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def async_vllm_engine(base_model: ModelPath, adapter_folders: dict[str, Path]) -> Iterator[Engine]:
    """The same for many threads, in a process of its own."""
    from common.engines.vllm_async import AsyncVllmEngine

    engine = AsyncVllmEngine(base_model.path, *_with_adapters(adapter_folders))
    yield engine
    engine.close()


def _with_adapters(folders: dict[str, Path]) -> tuple[dict[str, AdapterSpec], VllmOptions]:
    specs = {name: AdapterSpec(path, 8, f"sha-of-{name}") for name, path in folders.items()}
    return specs, VllmOptions(cpu_cache_gib=2)
