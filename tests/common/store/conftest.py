"""Small models and adapters made on the spot: the files are real, only their sizes are not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from common.store import ModelPath, resolve

WIDTH, INNER = 8, 16


def write_model(folder: Path, width: int = WIDTH, seed: int = 0) -> Path:
    """A folder with everything a two-layer Llama of the given width has."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = np.random.default_rng(seed)
    tensors = {"model.embed_tokens.weight": numbers.random((32, width), dtype=np.float32)}
    for layer in range(2):
        stem = f"model.layers.{layer}."
        for name in ("q", "k", "v", "o"):
            tensors[f"{stem}self_attn.{name}_proj.weight"] = numbers.random((width, width), dtype=np.float32)
        tensors[f"{stem}mlp.up_proj.weight"] = numbers.random((INNER, width), dtype=np.float32)
        tensors[f"{stem}mlp.down_proj.weight"] = numbers.random((width, INNER), dtype=np.float32)
    save_file(tensors, folder / "model.safetensors")
    settings = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "max_position_embeddings": 512}
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "tokenizer.json").write_text("{}")
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ messages }}"}))
    return folder


def write_adapter(folder: Path, rank: int = 4, width: int = WIDTH, **settings: object) -> Path:
    """A PEFT LoRA adapter for the attention of `write_model`'s model."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for layer in range(2):
        for name in ("q_proj", "v_proj"):
            stem = f"base_model.model.model.layers.{layer}.self_attn.{name}"
            tensors[f"{stem}.lora_A.weight"] = np.ones((rank, width), np.float32)
            tensors[f"{stem}.lora_B.weight"] = np.zeros((width, rank), np.float32)
    save_file(tensors, folder / "adapter_model.safetensors")
    content = {"peft_type": "LORA", "r": rank, "target_modules": ["q_proj", "v_proj"], "bias": "none"} | settings
    (folder / "adapter_config.json").write_text(json.dumps(content))
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test here writes into the user's cache."""
    monkeypatch.setenv("REVIEW_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model")


@pytest.fixture
def base(model: Path) -> ModelPath:
    return resolve(str(model))


@pytest.fixture
def rewrite() -> Callable[..., None]:
    """Change keys of a JSON file; None removes one."""

    def change(path: Path, **values: object) -> None:
        content = json.loads(path.read_text()) | values
        path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))

    return change
