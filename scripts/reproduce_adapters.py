"""The shipped adapters again, from the corpus: `python -m scripts.reproduce_adapters DATA --out DIR`.

DATA is a folder with `peer_reviews` and `questions`, as the adapters' cards describe. Every step is a command a user
could type, and is printed; the settings come from the shipped run.json, so that they cannot drift from what was run.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import click

from common.errors import ReviewError
from common.rows.card import load_card
from common.training import run_record
from common.training.settings import TrainSettings
from scripts.ship_adapter import PLACES
from scripts.train import ADAPTER


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR")
@click.option("--dry-run", is_flag=True, help="Print the commands and run none.")
def main(data: Path, out: Path, dry_run: bool) -> None:
    """Build the corpus and the rows, train both stages, and compare what went in with what the shipped ones had."""
    records = {stage: run_record.load(place) for stage, place in PLACES.items()}
    _run(["data", "build", data / "peer_reviews", "--from", "peer-reviews", "--out", out / "corpus"], dry_run)
    _run(["data", "split", out / "corpus", "--by", "suggested", "--out", out / "split.json"], dry_run)
    for stage, record in records.items():
        rows = out / f"rows-{stage}"
        _run([*_rows(stage, data, out, record.inputs.card.origin.context), "--out", rows], dry_run)
        if not dry_run and load_card(rows).files != record.inputs.row_files:
            raise ReviewError(
                f"{rows} differs from the rows the shipped adapter was trained on.",
                "Compare its card with `inputs.card` of the adapter's run.json.",
            )
        start: list[Any] = []
        for number, inputs in enumerate(run_record.lineage(record.inputs), start=1):
            run = out / (stage if inputs is record.inputs else f"{stage}-{number}")
            settings = [f"{key}={value}" for key, value in changed(inputs.settings, TrainSettings())]
            _run(["train", stage, "--rows", rows, "--out", run, *start, *settings, "--resume"], dry_run)
            start = ["--start", run / ADAPTER]


def changed(settings: Any, defaults: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names and values of what is not the default."""
    for one in fields(settings):
        value, default = getattr(settings, one.name), getattr(defaults, one.name)
        if is_dataclass(value):
            yield from changed(value, default, f"{prefix}{one.name}.")
        elif value != default:
            yield prefix + one.name, value


def _rows(stage: str, data: Path, out: Path, context: int) -> list[Any]:
    sets = [data / "questions" / f"{part}.jsonl" for part in ("train", "val")]
    chosen = [word for path in sets for word in ("--question-sets", path)]
    return [
        *("data", "rows", out / "corpus", "--stage", stage, "--questions", "distilled", *chosen),
        *("--split", out / "split.json", "--context", context),
    ]


def _run(words: list[Any], dry_run: bool) -> None:
    arguments = [str(word) for word in words]
    click.echo("review " + shlex.join(arguments))
    if not dry_run:
        done = subprocess.run([sys.executable, "-m", "scripts.review", *arguments])
        if done.returncode:
            sys.exit(done.returncode)


if __name__ == "__main__":
    main()
