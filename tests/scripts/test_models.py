"""`review models`, called the way a user calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from common.store import ModelPath, preset_names
from scripts.review import run


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh machine: nothing in our cache and nothing in the hub's."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("REVIEW_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_fresh_machine_lists_every_preset(empty_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The list says what each model needs and that none is here yet; it makes and fetches nothing."""
    assert run(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(preset_names())
    assert lines[1].startswith("smollm2-135m")
    assert lines[1].endswith("made at next use")
    assert all(line.endswith("not fetched") for line in lines[2:])
    assert not empty_cache.exists()


def test_json_is_for_programs(empty_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every field of a preset and the state of its model can be read by a script."""
    assert run(["models", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {item["preset"]["name"] for item in listed} == set(preset_names())
    assert {"state", "path", "memory_gib", "preset"} == set(listed[0])
    assert run(["models", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == listed


def test_the_default_model_is_found_and_verified(base_model: ModelPath, capsys: pytest.CaptureFixture[str]) -> None:
    """Path and state of a model that is here."""
    assert run(["models", "path", "smollm2-135m"]) == 0
    assert capsys.readouterr().out.strip() == str(base_model.path)
    assert run(["models", "verify", "smollm2-135m", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said == {"name": "smollm2-135m", "ok": True, "problems": [], "digest": base_model.digest}
    assert run(["models"]) == 0
    assert capsys.readouterr().out.splitlines()[1].endswith("ready")


def test_what_is_not_here_is_an_error(empty_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A script that asks for a path gets an exit code and not an empty line."""
    for arguments, message in [
        (["models", "path", "qwen3-8b"], "is not on this machine"),
        (["models", "path", "smollm2-135m"], "not prepared yet"),
        (["models", "path", "nonsense"], "There is no model called 'nonsense'"),
        (["models", "verify", "smollm2-135m"], "not prepared yet"),
    ]:
        assert run(arguments) == 1
        said = capsys.readouterr()
        assert (said.out, message in said.err) == ("", True)


def test_damage_is_told_with_its_cure(
    base_model: ModelPath, empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A flipped bit ends with exit code 1 and the command that repairs it."""
    from common.store import embedded

    folder = embedded.folder()
    folder.mkdir(parents=True)
    for path in base_model.path.iterdir():
        content = path.read_bytes()
        flipped = content[:-1] + bytes([content[-1] ^ 1])
        (folder / path.name).write_bytes(flipped if path.name == "generation_config.json" else content)
    assert run(["models", "verify", "smollm2-135m"]) == 1
    said = capsys.readouterr().out
    assert "generation_config.json has other content than when it was made" in said
    assert "review models fetch smollm2-135m" in said
