"""From a name to a folder that an engine can load, or to a sentence that says why not; never to a network."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from common.errors import BadConfig, EngineFailure, ReviewError
from common.store import find_preset, resolve
from common.store.resolve import fetch, verify
from tests.common.store.conftest import write_model


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub cache of our own, offline."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def put_into_hub(hub: Path, repository: str, model: Path) -> Path:
    """Store a folder the way huggingface_hub does: blobs by hash, a snapshot of links, a ref. Gives the snapshot."""
    root = hub / f"models--{repository.replace('/', '--')}"
    snapshot = root / "snapshots" / ("a" * 40)
    for folder in (root / "blobs", snapshot, root / "refs"):
        folder.mkdir(parents=True)
    (root / "refs" / "main").write_text("a" * 40)
    for path in model.iterdir():
        blob = root / "blobs" / hashlib.sha256(path.read_bytes()).hexdigest()
        shutil.copy(path, blob)
        os.symlink(blob, snapshot / path.name)
    return snapshot


def test_a_folder_is_a_model(model: Path) -> None:
    """A user's own fine-tuned base needs no preset."""
    found = resolve(str(model))
    assert (found.path, found.id, found.context) == (model, str(model), 512)
    assert found.preset.tensor_parallel == 1
    assert len(found.digest) == 64


def test_a_preset_file_of_ones_own(model: Path, tmp_path: Path) -> None:
    """Context and rank limits of a private model are kept in a file."""
    preset = tmp_path / "mine.yaml"
    preset.write_text(f"name: mine\nbase: {model}\ncontext: 256\nmax_lora_rank: 8\n")
    found = resolve(str(preset))
    assert (found.path, found.context, found.preset.max_lora_rank) == (model, 256, 8)
    preset.write_text(f"name: mine\nbase: {model}\ncontext: 99999\n")
    assert resolve(str(preset)).context == 512


def test_presets_are_found_by_name_and_by_what_they_stand_for() -> None:
    """Whoever types the hub id gets the settings that model needs."""
    assert find_preset("Qwen/Qwen3-8B") == find_preset("qwen3-8b")
    assert find_preset("qwen3-8b").template_arguments == {"enable_thinking": False}
    assert find_preset("somebody/Other-7B").name == "Other-7B"


def test_unknown_names_list_the_presets() -> None:
    """A slip is answered with the nearest preset."""
    with pytest.raises(BadConfig) as caught:
        resolve("smollm-135m")
    assert caught.value.hint.startswith("Did you mean 'smollm2-135m'?")


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("config.json", None, "has no config.json"),
        ("config.json", "{", "cannot be read as JSON"),
        ("config.json", "[]", "does not hold a JSON object"),
        ("tokenizer.json", None, "has no tokenizer"),
        ("tokenizer_config.json", "{}", "has no chat template"),
        ("model.safetensors", None, "has no weights"),
        ("model.safetensors", "short", "is not a safetensors file"),
        ("config.json", '{"model_type": "llama"}', "does not say how long its context is"),
    ],
)
def test_an_incomplete_folder_is_told_what_it_lacks(model: Path, file: str, content: str | None, message: str) -> None:
    """A half-copied model is a sentence, before an engine spends a minute on it."""
    if content is None:
        (model / file).unlink()
    else:
        (model / file).write_text(content)
    with pytest.raises(EngineFailure) as caught:
        resolve(str(model))
    assert message in caught.value.message


def test_pickled_weights_are_refused(model: Path) -> None:
    """Loading a pickle can run anything; the user is told what to do instead."""
    (model / "model.safetensors").rename(model / "pytorch_model.bin")
    with pytest.raises(EngineFailure, match="only as pickles") as caught:
        resolve(str(model))
    assert "safetensors" in caught.value.hint


def test_paths_that_are_no_folders(tmp_path: Path) -> None:
    """A GGUF file, another file and nothing at all are told apart."""
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    (tmp_path / "m.txt").write_text("")
    for name, message in [("m.gguf", "is a GGUF file"), ("m.txt", "is a file"), ("none", "There is no folder")]:
        with pytest.raises(EngineFailure, match=message):
            resolve(str(tmp_path / name))


def test_a_hub_model_that_is_not_here_says_how_to_get_it(hub_cache: Path) -> None:
    """Offline is the normal case: the answer comes at once, with the command that fetches the model."""
    with pytest.raises(EngineFailure, match=r"Qwen/Qwen3-8B is not on this machine") as caught:
        resolve("qwen3-8b")
    assert caught.value.hint == "Fetch it once with `review models fetch Qwen/Qwen3-8B`."
    with pytest.raises(EngineFailure, match="not on this machine"):
        resolve("somebody/else")


def test_a_hub_model_in_the_local_cache_is_used(hub_cache: Path, model: Path) -> None:
    """What was fetched once works without a network, under its preset's settings and its real digest."""
    snapshot = put_into_hub(hub_cache, "Qwen/Qwen3-8B", model)
    found = resolve("qwen3-8b")
    assert (found.path, found.id, found.context) == (snapshot, "Qwen/Qwen3-8B", 512)
    assert found.digest == resolve(str(model)).digest
    assert verify("qwen3-8b") == []


def test_an_altered_hub_file_is_found(hub_cache: Path, model: Path) -> None:
    """A flipped bit on the disk is found by `review models verify`."""
    snapshot = put_into_hub(hub_cache, "Qwen/Qwen3-8B", model)
    blob = (snapshot / "model.safetensors").resolve()
    data = bytearray(blob.read_bytes())
    data[-1] ^= 1
    blob.write_bytes(data)
    assert verify("qwen3-8b") == ["model.safetensors has other content than the hub's"]


def test_a_half_fetched_hub_model_is_named(hub_cache: Path, tmp_path: Path) -> None:
    """A download that was cut off is not taken for a model."""
    snapshot = put_into_hub(hub_cache, "Qwen/Qwen3-8B", write_model(tmp_path / "m"))
    (snapshot / "model.safetensors").unlink()
    with pytest.raises(EngineFailure, match="has no weights"):
        resolve("qwen3-8b")


def test_fetching_while_the_hub_is_switched_off_says_so(hub_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HF_HUB_OFFLINE is named as the reason, without a wait."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ReviewError) as caught:
        fetch("qwen3-8b")
    assert "HF_HUB_OFFLINE" in caught.value.hint
