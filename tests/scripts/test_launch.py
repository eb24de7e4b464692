"""`accelerate launch`: its configurations are ones that it reads, and two processes learn what one does."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from common.store import load_preset
from common.training.settings import TrainSettings
from scripts.train_estimate import hardware, launch
from tests.scripts.test_train import base, rows  # noqa: F401

pytest.importorskip("accelerate")
ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "configs" / "accelerate"
NAMES = ("eight-gpus-fsdp", "eight-gpus-zero2", "eight-gpus-zero3", "one-gpu", "two-nodes")


def test_every_file_is_known_here() -> None:
    """A file nobody checks is a file that fails on eight rented GPUs."""
    assert tuple(sorted(path.stem for path in FOLDER.glob("*.yaml"))) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_accelerate_reads_it_and_knows_every_key(name: str) -> None:
    """accelerate takes a misspelt key of the inner tables without a word."""
    from accelerate.commands.config.config_args import load_config_from_file
    from accelerate.commands.launch import launch_command_parser

    config = load_config_from_file(str(FOLDER / f"{name}.yaml"))
    assert config.num_processes == {"one-gpu": 1, "two-nodes": 16}.get(name, 8)
    known = {action.dest for action in launch_command_parser()._actions}
    assert {*config.fsdp_config, *config.deepspeed_config} <= known
    assert bool(config.fsdp_config) == (name in ("eight-gpus-fsdp", "two-nodes"))
    assert config.deepspeed_config.get("zero_stage") == {"eight-gpus-zero2": 2, "eight-gpus-zero3": 3}.get(name)


@pytest.mark.parametrize("name", NAMES)
def test_it_opens_with_the_command_that_runs_it(name: str) -> None:
    """The first line is what people copy; accelerate and the command line must both take it."""
    from accelerate.commands.launch import launch_command_parser

    words = shlex.split((FOLDER / f"{name}.yaml").read_text().splitlines()[0].removeprefix("#"))
    assert words[:2] == ["accelerate", "launch"]
    arguments = launch_command_parser().parse_args(words[2:])
    assert arguments.config_file == f"configs/accelerate/{name}.yaml" and (ROOT / arguments.config_file).is_file()
    assert arguments.module and arguments.training_script == "scripts.review"
    assert arguments.training_script_args[:3] == ["train", "b", "--config"]
    assert (ROOT / "configs" / "training" / f"{arguments.training_script_args[3]}.yaml").is_file()


def test_the_command_fits_the_hardware() -> None:
    """By arithmetic: 16 GB of weights fit one GPU of 24 GiB only without much to learn; 138 GB need eight of 80."""
    small, large = load_preset("llama3.1-8b"), load_preset("llama2-70b")
    assert hardware(load_preset("smollm2-135m"), TrainSettings(), 4096) == ""
    assert hardware(small, TrainSettings(checkpointing=True), 1000) == "one-gpu"
    assert hardware(large, TrainSettings(checkpointing=True), 4096) == "eight-gpus-fsdp"
    assert hardware(large, TrainSettings(method="full", checkpointing=True), 4096) == "two-nodes"
    command = launch(large, TrainSettings(checkpointing=True), 4096, ["train", "b", "--out", "my runs", "epochs=1"])
    assert "eight-gpus-fsdp.yaml -m scripts.review train b --out 'my runs' epochs=1" in command


@pytest.mark.slow
def test_two_processes_learn_what_one_does(base: Path, rows: Path, tmp_path: Path) -> None:  # noqa: F811
    """Half the accumulation on twice the devices is the same step; a loss that differs is a gradient that does."""
    plain = ["-m", "scripts.review", "train", "a", "--rows", str(rows), f"model={base}", "batch=1", "epochs=2",
             "learning_rate=0.01", "warmup=0", "dtype=float32", "lora.rank=4", "patience=0"]  # fmt: skip
    # What accelerate starts on GPUs; on a CPU it wants mpirun.
    two = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    found = []
    for words in ([*plain, "accumulate=4"], [*two, *plain, "accumulate=2"]):
        out = tmp_path / f"run{len(found)}"
        done = subprocess.run([sys.executable, *words, "--out", str(out)], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        assert done.stderr.count("Wrote ") == 1
        lines = [json.loads(line) for line in (out / "losses.jsonl").read_text().splitlines()]
        found.append([line["loss"] for line in lines if "loss" in line])
        assert (out / "adapter" / "adapter_model.safetensors").is_file() and (out / "adapter" / "run.json").is_file()
    assert len(found[0]) == 4
    assert found[1] == pytest.approx(found[0], rel=1e-4)
