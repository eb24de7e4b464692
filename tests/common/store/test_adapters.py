"""Adapters: one that does not fit is refused in a sentence, before the engine is started."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from common.errors import EngineFailure
from common.rows.design import RowDesign
from common.store import ModelPath, adapters, default_adapters, inspect_adapter, resolve
from tests.common.store.conftest import write_adapter, write_model


def test_an_adapter_that_fits(base: ModelPath, tmp_path: Path) -> None:
    """What a record needs to name the adapter is read from it."""
    found = inspect_adapter(write_adapter(tmp_path / "a"), base)
    assert (found.rank, found.targets, found.base_sha256) == (4, ("q_proj", "v_proj"), "")
    assert len(found.sha256) == 64


def test_rank_beyond_the_presets_is_refused(base: ModelPath, tmp_path: Path) -> None:
    """vLLM is started with a largest rank; a larger adapter would fail in the middle of loading."""
    assert base.preset.max_lora_rank == 64
    with pytest.raises(EngineFailure, match=r"has rank 128; .* is run with at most 64"):
        inspect_adapter(write_adapter(tmp_path / "a", rank=128), base)


def test_an_adapter_of_another_width_is_for_another_base(base: ModelPath, tmp_path: Path) -> None:
    """An 8B adapter on a 1B base is told by its shapes."""
    with pytest.raises(EngineFailure, match=r"is for another base: .*q_proj is 12 x 12 in it and 8 x 8"):
        inspect_adapter(write_adapter(tmp_path / "a", width=12), base)


def change(folder: Path, edit) -> Path:
    path = folder / adapters.WEIGHTS
    tensors = load_file(path)
    edit(tensors)
    save_file(tensors, path)
    return folder


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda t: t.update({"base_model.model.lm_head.weight": np.ones((32, 8), np.float32)}), "more than low-rank"),
        (lambda t: t.update({"base_model.model.model.norm.weight": np.ones(8, np.float32)}), "more than low-rank"),
        (lambda t: t.pop("base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight"), "lacks half"),
        (lambda t: t.clear(), "holds no LoRA weights"),
        (
            lambda t: t.update({key: value.astype(np.int8) for key, value in t.items()}),
            "holds I8 numbers",
        ),
        (
            lambda t: t.update(
                {key.replace("layers.1", "layers.7"): t.pop(key) for key in list(t) if "layers.1" in key}
            ),
            "is for another base: .* has no model.layers.7",
        ),
        (
            lambda t: t.update(
                {"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight": np.ones((2, 8), np.float32)}
            ),
            "factors of ranks 2 and 4",
        ),
    ],
)
def test_tensors_that_vllm_cannot_load_are_refused(base: ModelPath, tmp_path: Path, edit, message: str) -> None:
    """Trained embeddings, norms and halves are named with the tensor, not met as an assertion in the engine."""
    with pytest.raises(EngineFailure, match=message):
        inspect_adapter(change(write_adapter(tmp_path / "a"), edit), base)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"peft_type": "IA3"}, "of type IA3"),
        ({"modules_to_save": ["embed_tokens"]}, "whole trained modules"),
        ({"trainable_token_indices": [1]}, "trained token embeddings"),
        ({"use_dora": True}, "DoRA"),
        ({"bias": "all"}, "trains biases"),
        ({"r": 8}, "has weights of rank 4"),
    ],
)
def test_settings_that_vllm_cannot_load_are_refused(
    base: ModelPath, tmp_path: Path, settings: dict, message: str
) -> None:
    """LongLoRA's trained embeddings and the like must be merged first; the message says so."""
    with pytest.raises(EngineFailure, match=message):
        inspect_adapter(write_adapter(tmp_path / "a", **settings), base)


def test_folders_that_are_no_adapters(base: ModelPath, model: Path, tmp_path: Path) -> None:
    """A wrong path, a model's folder, a pickle and a cut file are told apart."""
    pickled, cut = write_adapter(tmp_path / "p"), write_adapter(tmp_path / "c")
    (pickled / adapters.WEIGHTS).rename(pickled / "adapter_model.bin")
    (cut / adapters.WEIGHTS).write_bytes((cut / adapters.WEIGHTS).read_bytes()[:-3])
    for folder, message in [
        (tmp_path / "none", "There is no adapter folder"),
        (model, "has no adapter_config.json"),
        (pickled, "only a pickle"),
        (cut, "should have"),
    ]:
        with pytest.raises(EngineFailure, match=message):
            inspect_adapter(folder, base)


def test_the_base_that_run_json_names_decides(base: ModelPath, tmp_path: Path) -> None:
    """Same shapes, other weights: an adapter for one fine-tune is not put on another."""
    folder = write_adapter(tmp_path / "a")
    (folder / "run.json").write_text(json.dumps({"base_sha256": base.digest}))
    assert inspect_adapter(folder, base).base_sha256 == base.digest
    other = resolve(str(write_model(tmp_path / "other", seed=5)))
    with pytest.raises(EngineFailure, match="was trained on other weights"):
        inspect_adapter(folder, other)


def test_shipped_adapters_are_used_on_their_own_base_alone(
    base: ModelPath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With another --base nothing is silently put on it; without shipped adapters the base works alone."""
    first, second = write_adapter(tmp_path / "a"), tmp_path / "absent"
    monkeypatch.setattr(adapters, "_SHIPPED", (first, second))
    assert default_adapters(base) == (None, None)
    (first / "run.json").write_text(json.dumps({"base_sha256": base.digest}))
    assert default_adapters(base) == (first, None)
    (first / "run.json").write_text(json.dumps({"base_sha256": "0" * 64}))
    assert default_adapters(base) == (None, None)


@pytest.mark.slow
def test_what_peft_writes_is_accepted(base_model: ModelPath, tmp_path: Path) -> None:
    """The adapters our own training saves pass the check on the real base."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    whole = AutoModelForCausalLM.from_pretrained(base_model.path, local_files_only=True)
    targets = list(base_model.preset.adapter_targets)
    get_peft_model(whole, LoraConfig(r=8, target_modules=targets)).save_pretrained(tmp_path / "a")
    found = inspect_adapter(tmp_path / "a", base_model)
    assert (found.rank, found.targets) == (8, tuple(sorted(targets)))


def test_what_it_was_trained_to_be_asked_is_read_from_its_run(base: ModelPath, tmp_path: Path) -> None:
    """An adapter asked in another way than it learnt answers in the wrong form, and nobody would know why."""
    folder = write_adapter(tmp_path / "a")
    design = {"instruction": "last", "absent": "placeholder"}
    run = {"stage": "a", "prompt_version": "a1", "inputs": {"card": {"origin": {"design": design}}}}
    (folder / adapters.RUN).write_text(json.dumps(run))
    found = inspect_adapter(folder, base)
    assert (found.stage, found.prompt_version) == ("a", "a1")
    assert found.design == RowDesign(instruction="last", absent="placeholder")
    design["instruction"] = "middle"
    (folder / adapters.RUN).write_text(json.dumps(run))
    with pytest.raises(EngineFailure, match="a design that this version does not know"):
        inspect_adapter(folder, base)
