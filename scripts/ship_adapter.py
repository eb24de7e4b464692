"""A finished run becomes the adapter that comes with the repository: bfloat16, no path of any machine, and a card.

`python -m scripts.ship_adapter a runs/a --figures figures.md`. What the figures say is the caller's business; that they
stand beside the commands that measured them is the card's.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Literal

import click

from common.errors import ReviewError
from common.jsonio import write_text
from common.store import resolve
from common.store.adapters import CONFIG, WEIGHTS, inspect_adapter
from common.training import run_record
from common.training.run_record import RunInputs, RunRecord
from scripts.train import ADAPTER

ROOT = Path(__file__).resolve().parent.parent
PLACES = {"a": ROOT / "stage_a_questioner" / ADAPTER, "b": ROOT / "stage_b_reviewer" / ADAPTER}
BASE_ID = "HuggingFaceTB/SmolLM2-135M-Instruct"
_TASKS = {
    "a": ("Questioner", "asks a research paper the questions a reviewer should answer"),
    "b": ("Reviewer", "writes a review of a research paper by answering given questions"),
}
_CARD = """---
base_model: {base}
library_name: peft
license: apache-2.0
tags: [lora, peer-review]
---
# {title} for SmolLM2-135M-Instruct

A LoRA adapter of rank {rank} that {task}. `review chain` uses it by default on the embedded model.

## Data
{train} rows of the train split ({venues}), {val} for validation, of a corpus of papers and their referees' reviews from
OpenReview. The papers' text is `{versions}`: where it is not the version the reviewers saw, points they made may be
mended in it. The questions were distilled from the reviews by a large language model; sets scored below 5 by its judge
were left out. Reviews and papers belong to their authors; what licence covers a model trained on them is not settled,
and this card claims none for the texts. No text of the data is in the repository. Their hashes are in `run.json`, and
`python -m scripts.reproduce_adapters DATA` makes this adapter again from the corpus.

## Use
To read a draft before it is submitted, together with its author's own judgement. **Not** to decide on papers, not to
stand in for a referee, not to write a review that is handed in as one's own. Confidential manuscripts stay on the
machine the model runs on.

## Limits
135 million parameters: it has the form and the voice of a review and little understanding. It repeats common remarks,
states numbers the paper does not have, and misses errors. Read every point against the passage it is shown with.
English machine-learning papers only; trained on at most {context} tokens of prompt and answer.
Ratings were learnt where the data has them and are no prediction of a decision.

## Training
{before}{steps} steps, kept at step {kept}, {seconds:.0f} s on {device}; loss
{train_loss:.3f}{val_loss} nats a supervised token. Settings, data hashes, versions and commit: `run.json`.

## Figures
{figures}
"""


@click.command()
@click.argument("stage", type=click.Choice(["a", "b"]))
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--figures", type=click.Path(path_type=Path), required=True, help="Markdown with what was measured.")
def main(stage: Literal["a", "b"], run: Path, figures: Path) -> None:
    """Ship the adapter of RUN as the default of STAGE on the embedded model."""
    source = run / ADAPTER
    record = run_record.load(source)
    if record.stage != stage:
        raise ReviewError(f"{source} was trained as stage {record.stage}.", f"It cannot be shipped as {stage}.")
    base = resolve("smollm2-135m")
    adapter = inspect_adapter(source, base)
    place = PLACES[stage]
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".adapter.") as name:
        part = Path(name) / "part"
        part.mkdir()
        _weights(source / WEIGHTS, part / WEIGHTS)
        settings = json.loads((source / CONFIG).read_text(encoding="utf-8"))
        settings["base_model_name_or_path"] = BASE_ID
        settings["target_modules"] = sorted(settings["target_modules"])
        write_text(part / CONFIG, json.dumps(settings, indent=2, sort_keys=True) + "\n")
        run_record.finish(part, record)
        write_text(part / "README.md", card(record, adapter.rank, figures.read_text(encoding="utf-8").strip()))
        if place.exists():
            shutil.rmtree(place)
        os.replace(part, place)
    click.echo(f"Wrote {place.relative_to(ROOT)}.")


def card(record: RunRecord, rank: int, figures: str) -> str:
    """The model card. figures: Markdown."""
    title, task = _TASKS[record.stage]
    rows = record.inputs.card
    return _CARD.format(
        base=BASE_ID,
        title=title,
        rank=rank,
        task=task,
        train=run_record.rows_learnt(record.inputs),
        val=record.rows["val"],
        venues=", ".join(rows.by_venue),
        versions=", ".join(rows.by_version),
        context=rows.origin.context,
        before=_before(record.inputs),
        steps=record.steps,
        kept=record.kept_step,
        seconds=record.seconds,
        device=record.device,
        train_loss=record.train_loss,
        val_loss=f", validation {record.val_loss:.3f}" if record.val_loss is not None else "",
        figures=figures,
    )


def _before(inputs: RunInputs) -> str:
    """What the runs before the last one were, in a sentence, or nothing."""
    runs = run_record.lineage(inputs)[:-1]
    rows = " and ".join(str(one.settings.taken(one.card.rows["train"])) for one in runs)
    return f"The last of {len(runs) + 1} runs, after {rows} rows: " if runs else ""


def _weights(source: Path, target: Path) -> None:
    """Half the size: vLLM runs the adapter in bfloat16 in any case."""
    import torch
    from safetensors.torch import load_file, save_file

    tensors = {key: value.to(torch.bfloat16).contiguous() for key, value in load_file(source).items()}
    save_file(tensors, target, metadata={"format": "pt"})


if __name__ == "__main__":
    main()
