"""Hashes and headers: a damaged file is found, and a model's digest is its own wherever it lies."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from common.errors import EngineFailure
from common.store import digest, weights
from tests.common.store.conftest import write_model


def test_header_gives_shapes_without_reading_tensors(model: Path) -> None:
    """Adapters are compared with the base in milliseconds."""
    found = weights.header(model / "model.safetensors")
    assert found["model.layers.1.mlp.up_proj.weight"] == weights.Tensor("F32", (16, 8))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: b"", "is not a safetensors file"),
        (lambda data: data[:5], "is not a safetensors file"),
        (lambda data: b"\xff" * len(data), "is not a safetensors file"),
        (lambda data: data[:-1], "should have"),
        (lambda data: data + b"x", "should have"),
        (lambda data: data[:8] + b"[" + data[9:], "header that cannot be read"),
        (lambda data: data[:8] + b"\xff\xfe" + data[10:], "header that cannot be read"),
        (lambda data: data.replace(b'"shape"', b'"shapf"'), "header that cannot be read"),
    ],
)
def test_damaged_safetensors_are_a_sentence(model: Path, damage, message: str) -> None:
    """A broken download is named with its file instead of failing deep inside the engine."""
    path = model / "model.safetensors"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(EngineFailure) as caught:
        weights.header(path)
    assert message in caught.value.message
    assert str(path) in caught.value.message
    assert "again" in caught.value.hint


def test_digest_is_of_the_content_and_not_of_the_place(model: Path, tmp_path: Path) -> None:
    """An adapter trained on one machine is recognised on another, and refused on other weights."""
    first = digest(model)
    copy = shutil.copytree(model, tmp_path / "elsewhere")
    assert digest(copy) == first
    (copy / "config.json").write_text("{}")
    assert digest(copy) == first
    assert digest(write_model(tmp_path / "other", seed=1)) != first


def test_digest_notices_that_a_file_was_replaced(model: Path) -> None:
    """Remembered hashes must not outlive the file they are of."""
    first = digest(model)
    write_model(model, seed=2)
    assert digest(model) != first


def test_hashes_are_remembered(model: Path, own_cache: Path) -> None:
    """140 GB are hashed once and not at every start."""
    first = digest(model)
    notes = list((own_cache / "hashes").iterdir())
    assert len(notes) == 1
    notes[0].write_text("0" * 64)
    assert digest(model) != first
    notes[0].write_text("rubbish")
    assert digest(model) == first


def test_manifest_finds_every_kind_of_damage(model: Path) -> None:
    """A model is checked cheaply at each use, and to the last byte when asked."""
    manifest = weights.write_manifest(model, {})
    assert weights.read_manifest(model) == manifest
    assert weights.damage(model, manifest, full=True) == []
    path = model / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert weights.damage(model, manifest) == []
    assert weights.damage(model, manifest, full=True) == ["model.safetensors has other content than when it was made"]
    path.write_bytes(data[:-1])
    assert weights.damage(model, manifest) == [f"model.safetensors has {len(data) - 1} bytes instead of {len(data)}"]
    path.unlink()
    assert weights.damage(model, manifest) == ["model.safetensors is missing"]


def test_shards_are_those_of_the_index(model: Path) -> None:
    """A second copy of the weights beside the shards is not loaded, and a missing shard is named."""
    (model / "consolidated.safetensors").write_bytes(b"x")
    assert [path.name for path in weights.weight_files(model)] == ["model.safetensors"]
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (model / "model.safetensors.index.json").write_text(json.dumps(index))
    (model / "model-1.safetensors").write_bytes(b"x")
    with pytest.raises(EngineFailure, match=r"lacks 1 of its 2 weight files, among them model-2.safetensors"):
        weights.weight_files(model)
