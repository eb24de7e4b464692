"""`review train`: fine-tune a stage on its rows. One GPU, many (`accelerate launch -m scripts.train ...`), or a CPU."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import click

from common.chat import Chat
from common.config import load
from common.errors import ReviewError
from common.jsonio import file_sha256, to_json
from common.rows.card import RowsCard, load_card
from common.rows.folder import read_rows
from common.store import ModelPath, find_preset, resolve
from common.store.adapters import WEIGHTS
from common.training import run_record
from common.training.batches import Encoded, encode
from common.training.run_record import RunInputs, RunRecord
from common.training.settings import TrainSettings
from scripts.live import Display
from scripts.opening import versions
from scripts.train_progress import Curve, TrainProgress


class Named(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=Named)

ADAPTER = "adapter"
PACKAGES = ("peft", "accelerate", "datasets")


@click.command()
@click.argument("stage", type=click.Choice(["a", "b", "joint"]))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--rows", type=click.Path(path_type=Path), required=True, metavar="DIR", help="From `review data rows`.")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Checkpoints and adapter.")
@click.option("--config", "source", metavar="NAME|FILE", help="A preset of configs/training or a YAML file.")
@click.option("--start", type=click.Path(path_type=Path), metavar="DIR", help="An adapter to go on from.")
@click.option("--resume", is_flag=True, help="Continue a killed run from its last whole checkpoint.")
@click.option("--dry-run", is_flag=True, help="Say what would be trained and what it would take.")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
def command(
    stage: str,
    overrides: tuple[str, ...],
    rows: Path,
    out: Path,
    source: str | None,
    start: Path | None,
    resume: bool,
    dry_run: bool,
    quiet: bool,
) -> None:
    """Fine-tune a stage on its rows; the adapter and its run.json end in OUT/adapter.

    \b
    review train a --rows rows-a --out runs/a
    review train b --rows rows-b --out runs/b --config llama2-70b learning_rate=1e-4
    review train b --rows rows-b --out runs/b --resume
    review train b --rows more-rows --out runs/more --start runs/b/adapter
    """
    settings = load(TrainSettings, source, overrides)
    if dry_run:
        from scripts.train_estimate import estimate

        words = ["train", stage, "--rows", str(rows), "--out", str(out), *(["--config", source] if source else [])]
        words += ["--start", str(start)] if start else []
        click.echo(estimate(_card(rows, stage), find_preset(settings.model), settings, stage, [*words, *overrides]))
        return
    # Of several processes the first one speaks.
    with Display(quiet=quiet or os.environ.get("RANK", "0") != "0") as display:
        _train(_job(stage, rows, settings, display, start), out, resume, display)


@dataclass(frozen=True, slots=True)
class Job:
    """Everything read and checked, before anything is loaded for training."""

    inputs: RunInputs
    card: RowsCard
    base: ModelPath
    chat: Chat
    train: list[Encoded]
    val: list[Encoded]
    settings: TrainSettings
    start: Path | None


def _card(rows: Path, stage: str) -> RowsCard:
    card = load_card(rows)
    if card.origin.stage != stage:
        raise ReviewError(
            f"{rows} holds rows of stage {card.origin.stage}, not {stage}.", f"review train {card.origin.stage} ..."
        )
    return card


def _job(stage: str, rows: Path, settings: TrainSettings, display: Display, start: Path | None = None) -> Job:
    """Errors: ReviewError, BadConfig, EngineFailure for rows, settings or a base that do not go together."""
    card = _card(rows, stage)
    base = resolve(settings.model, display.say)
    chat = Chat.load(str(base.path), base.preset.template_arguments)
    context = int((settings.context or base.context) * (settings.rope_factor if settings.rope else 1))
    display.say(f"Reading {rows} ...")
    train = first_of(encode(read_rows(rows, "train"), chat, context), settings.rows, settings.seed, settings.skip)
    val = encode(read_rows(rows, "val"), chat, context) if "val" in card.rows else []
    val = first_of(val, settings.val_rows, settings.seed)
    inputs = RunInputs(
        stage=stage,
        base=base.id,
        base_sha256=base.digest,
        rows=hashlib.sha256(to_json(card).encode()).hexdigest(),
        row_files=card.files,
        card=card,
        prompt_version=card.origin.prompt_version,
        settings=settings,
        commit=_commit(),
        start=_start(start, stage, base) if start else None,
    )
    return Job(inputs, card, base, chat, train, val, settings, start)


def _start(folder: Path, stage: str, base: ModelPath) -> run_record.Start:
    """What is known of the adapter to go on from. Errors: ReviewError when it is of another stage or base."""
    record = run_record.load(folder)
    if record.stage != stage:
        raise ReviewError(f"{folder} is an adapter of stage {record.stage}, not {stage}.")
    if record.base_sha256 != base.digest:
        raise ReviewError(f"{folder} was trained on {record.base}, not on {base.id}.", "Set model=... to its base.")
    return run_record.Start(file_sha256(folder / WEIGHTS), record.inputs)


def first_of(rows: Sequence[T], most: int, seed: int, skip: int = 0) -> list[T]:
    """The first `most` (0: all) after `skip` in an order that depends on seed and row id alone, so that more rows are
    these and others."""
    order = sorted(rows, key=lambda row: hashlib.sha256(f"{seed}/{row.id}".encode()).digest())
    return order[skip : skip + most] if most else order[skip:]


def _train(job: Job, out: Path, resume: bool, display: Display) -> None:
    import torch
    import transformers
    from accelerate import PartialState

    from common.training import loop, model

    transformers.utils.logging.disable_progress_bar()
    process = PartialState(cpu=not torch.cuda.is_available())
    if process.is_main_process:
        out.mkdir(parents=True, exist_ok=True)
        run_record.begin(out, job.inputs, resume)
    process.wait_for_everyone()
    settings = job.settings
    transformers.set_seed(settings.seed)
    network = model.load(job.base.path, settings, job.start)
    tokenizer = job.chat.tokenizer
    padding = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    trainable = sum(weights.numel() for weights in network.parameters() if weights.requires_grad)
    display.say(f"{len(job.train)} rows, {len(job.val)} for validation; {trainable:,} trainable weights")
    curve = Curve(out, display)
    folder = out / ADAPTER
    with TrainProgress(display) as progress:

        def on_step(step: loop.Step) -> None:
            progress.step(step)
            curve.step(step)

        trained = loop.train(network, job.train, job.val, padding, settings, out, resume, on_step, folder)
    if not process.is_main_process:
        return
    curve.draw()
    if settings.method == "full":
        tokenizer.save_pretrained(folder)
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    record = RunRecord(
        format=run_record.FORMAT,
        base=job.base.id,
        base_sha256=job.base.digest,
        stage=job.inputs.stage,
        prompt_version=job.inputs.prompt_version,
        inputs=job.inputs,
        rows={"train": len(job.train), "val": len(job.val)},
        steps=trained.steps,
        kept_step=trained.best_step,
        train_loss=trained.train_loss,
        val_loss=trained.val_loss,
        tokens=sum(len(row.ids) for row in job.train),
        supervised_tokens=sum(row.supervised for row in job.train),
        seconds=round(trained.seconds, 1),
        device=device,
        versions=versions(PACKAGES),
    )
    run_record.finish(folder, record)
    val = (
        f", validation loss {trained.val_loss:.4f} at step {trained.best_step}" if trained.val_loss is not None else ""
    )
    display.say(f"Wrote {folder} after {trained.steps} steps{val}.", "green")


def _commit() -> str:
    """The checkout's commit, with a mark for changes that are not in it."""
    root = Path(__file__).resolve().parent.parent
    try:
        head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=True)
        changed = subprocess.run(["git", "status", "--porcelain", "-uno"], cwd=root, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head.stdout.strip() + ("+changes" if changed.stdout.strip() else "")


if __name__ == "__main__":
    command()
