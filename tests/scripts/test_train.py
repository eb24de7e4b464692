"""`review train` from rows to an adapter that the engine accepts, on a tiny base."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from safetensors.torch import load_file

from common.rows.card import Origin
from common.rows.design import DEFAULT
from common.rows.folder import Folder, read_rows
from common.rows.record import Message, Row
from common.store import inspect_adapter, resolve
from common.training import run_record
from common.training.settings import TrainSettings
from scripts.review import cli
from scripts.ship_adapter import PLACES
from scripts.train import first_of

OPTIONS = ("epochs=2", "accumulate=2", "batch=2", "learning_rate=0.01", "warmup=0", "dtype=float32", "lora.rank=4")


@pytest.fixture(scope="module")
def base(embedded_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base of random weights with the embedded model's tokenizer."""
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("base")
    settings = json.loads((embedded_model / "config.json").read_text())
    config = LlamaConfig(
        vocab_size=settings["vocab_size"], hidden_size=16, intermediate_size=24, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=256, tie_word_embeddings=True,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(embedded_model / name, folder)
    return folder


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    origin = Origin(
        "a", "distilled", "questions", "venue", "a1", DEFAULT, "c", "s", {}, "", "base", "t", 256, {}, 5, False, {}
    )
    with Folder(tmp_path / "rows") as folder:
        for part, count in (("train", 8), ("val", 2)):
            for number in range(count):
                one = Row(
                    f"{part}{number}", "a", part, f"v/p{number}", ("0",), "v", "current", "neurips2024",
                    (Message("system", "You review."), Message("user", f"Paper {number} on sorting.")),
                    "1. (other) Is it sorted?", "a1", "distilled", ("other",), 5, 20, 8, 28, (), (), DEFAULT.digest, 1,
                )  # fmt: skip
                folder.add(one)
        folder.finish(origin, 10)
    return tmp_path / "rows"


def train(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["train", *map(str, arguments)])


@pytest.mark.slow
def test_rows_become_an_adapter_that_says_what_it_is(base: Path, rows: Path, tmp_path: Path) -> None:
    """Whoever loads it must be told the base, the rows and the losses; on another base it must be refused."""
    out = tmp_path / "run"
    result = train("a", "--rows", rows, "--out", out, f"model={base}", *OPTIONS)
    assert result.exit_code == 0, result.output + str(result.exception)
    record = json.loads((out / "adapter" / "run.json").read_text())
    model = resolve(str(base))
    assert record["base_sha256"] == model.digest and record["prompt_version"] == "a1"
    assert record["rows"] == {"train": 8, "val": 2} and record["val_loss"] is not None
    assert record["inputs"]["card"]["origin"]["corpus"] == "c"
    adapter = inspect_adapter(out / "adapter", model)
    assert (adapter.rank, adapter.base_sha256) == (4, model.digest)


@pytest.mark.slow
def test_a_run_is_not_overwritten_nor_continued_with_other_rows(base: Path, rows: Path, tmp_path: Path) -> None:
    """Hours of training must not be lost to a command typed twice, and a checkpoint belongs to its data."""
    out = tmp_path / "run"
    assert train("a", "--rows", rows, "--out", out, f"model={base}", *OPTIONS).exit_code == 0
    again = train("a", "--rows", rows, "--out", out, f"model={base}", *OPTIONS)
    assert "holds a run already" in str(again.exception)
    other = train("a", "--rows", rows, "--out", out, f"model={base}", *OPTIONS, "seed=9", "--resume")
    assert "differs in settings" in str(other.exception)


@pytest.mark.slow
def test_a_run_goes_on_from_an_adapter(base: Path, rows: Path, tmp_path: Path) -> None:
    """Whoever gets more rows, or has rows of their own, need not begin anew; and what both runs saw stays on record."""
    first, second = tmp_path / "first", tmp_path / "second"
    options = ["a", "--rows", rows, f"model={base}", *OPTIONS]
    assert train(*options, "--out", first, "rows=4").exit_code == 0
    result = train(*options, "--out", second, "--start", first / "adapter", "skip=4", "learning_rate=1e-9")
    assert result.exit_code == 0, result.output + str(result.exception)
    record = run_record.load(second / "adapter")
    assert record.rows["train"] == 4 and run_record.rows_learnt(record.inputs) == 8
    assert [one.settings.skip for one in run_record.lineage(record.inputs)] == [0, 4]
    before, after = (load_file(run / "adapter" / "adapter_model.safetensors") for run in (first, second))
    assert before.keys() == after.keys()
    assert all((before[key] - after[key]).abs().max() < 1e-6 for key in before)  # it began where the first one ended
    assert any(weights.abs().max() > 1e-3 for key, weights in before.items() if "lora_B" in key)
    wider = train(*options, "--out", tmp_path / "wider", "--start", first / "adapter", "lora.rank=8")
    assert "trained with r 4" in str(wider.exception)
    whole = train(*options, "--out", tmp_path / "whole", "--start", first / "adapter", "method=full")
    assert "cannot go on from an adapter" in str(whole.exception)


def test_a_run_goes_on_from_an_adapter_of_its_own_stage_and_base(base: Path, rows: Path, tmp_path: Path) -> None:
    """A reviewer would learn to ask; and an update of another base's weights is noise."""
    arguments = ["a", "--rows", rows, "--out", tmp_path / "run"]
    other = train(*arguments, f"model={base}", "--start", PLACES["b"])
    assert "adapter of stage b, not a" in str(other.exception)
    elsewhere = train(*arguments, f"model={base}", "--start", PLACES["a"])
    assert "was trained on embedded:smollm2-135m" in str(elsewhere.exception)
    nothing = train(*arguments, f"model={base}", "--start", tmp_path / "none")
    assert "Cannot read" in str(nothing.exception)
    assert not (tmp_path / "run").exists()


def test_rows_are_skipped_in_the_order_they_are_taken(rows: Path) -> None:
    """Or the second of two runs would learn some rows again and others never."""
    everyone = list(read_rows(rows, "train"))
    order = first_of(everyone, 0, 1)
    assert first_of(everyone, 3, 1) + first_of(everyone, 0, 1, 3) == order
    assert first_of(everyone, 2, 1, 3) == order[3:5] and first_of(everyone, 2, 1, 9) == []
    settings = TrainSettings(rows=5, skip=6)
    assert [settings.taken(there) for there in (4, 6, 8, 20)] == [0, 0, 2, 5]


def test_the_wrong_stage_is_named(rows: Path, tmp_path: Path) -> None:
    """Rows of questions would teach a reviewer to ask."""
    result = train("b", "--rows", rows, "--out", tmp_path / "run", "--dry-run")
    assert "holds rows of stage a" in str(result.exception)


def test_a_dry_run_needs_no_weights(rows: Path, tmp_path: Path) -> None:
    """A group plans its 70B run on a laptop."""
    result = train("a", "--rows", rows, "--out", "OUT", "--config", "llama2-70b", "--dry-run")
    assert result.exit_code == 0, result.exception
    assert "8 rows for training" in result.output and "accelerate launch" in result.output
    weights = float(result.output.split("GiB: ")[1].split(" weights")[0])
    assert weights == pytest.approx(68_976_648_192 * 2 / 2**30, rel=0.01)
    assert not (tmp_path / "OUT").exists()


@pytest.mark.parametrize(("setting", "problem"), [("lora.rank=0", "lora.rank"), ("colour=red", "colour")])
def test_a_bad_setting_is_named(rows: Path, tmp_path: Path, setting: str, problem: str) -> None:
    """Before anything is loaded."""
    result = train("a", "--rows", rows, "--out", tmp_path / "run", setting)
    assert problem in str(result.exception) and not (tmp_path / "run").exists()
