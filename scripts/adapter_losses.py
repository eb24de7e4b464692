"""What an adapter is worth in nats: the loss on supervised tokens of the same rows, with and without it.

Run by whoever reports on an adapter (`python -m scripts.adapter_losses ROWS --adapter DIR`); the texts a model writes
are `review evaluate`'s business.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from common.chat import Chat
from common.jsonio import to_json, write_text
from common.metrics.intervals import Interval, bootstrap
from common.rows.card import load_card
from common.rows.folder import read_rows
from common.rows.record import Row
from common.store import inspect_adapter, resolve
from common.training.batches import Collator, encode, supervised_loss
from scripts.train import first_of


@dataclass(frozen=True, slots=True)
class RowLoss:
    """nats: summed over the row's supervised tokens."""

    row: str
    paper: str
    tokens: int
    nats: float


@dataclass(frozen=True, slots=True)
class Loss:
    """nats: a supervised token, over all rows together; interval: 95%, papers resampled. perplexity: exp(nats)."""

    name: str
    nats: float
    interval: Interval | None
    perplexity: float
    rows: tuple[RowLoss, ...]


@click.command()
@click.argument("rows", type=click.Path(path_type=Path))
@click.option("--adapter", "adapters", multiple=True, type=click.Path(path_type=Path), metavar="DIR")
@click.option("--part", default="val", show_default=True)
@click.option("--rows", "most", type=click.IntRange(0), default=0, help="The first so many of a seeded order, 0: all.")
@click.option("--seed", default=0, show_default=True, help="Of that order; a run's own gives the rows it evaluated on.")
@click.option("--base", default="smollm2-135m", show_default=True, metavar="PRESET|PATH")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="JSON with every row's loss.")
def main(rows: Path, adapters: tuple[Path, ...], part: str, most: int, seed: int, base: str, out: Path | None) -> None:
    """Loss and perplexity of ROWS' answers under the base alone and under each adapter, in bfloat16."""
    found = tuple(measure(rows, part, base, adapters, most, seed))
    for one in found:
        interval = f" [{one.interval.low:.4f}, {one.interval.high:.4f}]" if one.interval else ""
        click.echo(f"{one.name}: {one.nats:.4f} nats{interval}, perplexity {one.perplexity:.2f}, {len(one.rows)} rows")
    if out:
        write_text(out, to_json(found) + "\n")


def measure(rows: Path, part: str, base: str, adapters: Sequence[Path], most: int = 0, seed: int = 0) -> Iterator[Loss]:
    """The base first, then each adapter. most, seed: as in training.

    Errors: ReviewError for rows or adapters that do not fit."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    card = load_card(rows)
    model = resolve(base)
    checked = [inspect_adapter(folder, model) for folder in adapters]
    chat = Chat.load(str(model.path), model.preset.template_arguments)
    chosen = first_of(list(read_rows(rows, part)), most, seed)
    encoded = encode(chosen, chat, card.origin.context)
    network = AutoModelForCausalLM.from_pretrained(
        model.path, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype="bfloat16"
    ).eval()
    for number, one in enumerate(checked):
        # The first call wraps the base, the later ones add to the wrapped one; names must not repeat.
        if number == 0:
            network = PeftModel.from_pretrained(network, str(one.path), "0", local_files_only=True).eval()
        else:
            network.load_adapter(str(one.path), str(number), local_files_only=True)
    names = ("base", *(str(folder) for folder in adapters))
    for number, name in enumerate(names):
        if number:
            network.set_adapter(str(number - 1))
        bare = network.disable_adapter() if checked and not number else nullcontext()
        with bare:
            losses = [_loss(network, row, one) for row, one in zip(chosen, encoded, strict=True)]
        yield _summary(name, losses)


def _loss(network: Any, row: Row, one: Any) -> RowLoss:
    import torch

    batch = Collator(0)([{"input_ids": one.ids, "labels": one.labels}])
    labels = batch.pop("labels")
    with torch.inference_mode():
        nats = supervised_loss(network(**batch, use_cache=False), labels, num_items_in_batch=1)
    return RowLoss(row.id, row.paper, one.supervised, float(nats))


def _summary(name: str, losses: Sequence[RowLoss]) -> Loss:
    papers: dict[str, list[RowLoss]] = {}
    for one in losses:
        papers.setdefault(one.paper, []).append(one)

    def mean(groups: Sequence[list[RowLoss]]) -> float:
        flat = [one for group in groups for one in group]
        return sum(one.nats for one in flat) / sum(one.tokens for one in flat)

    nats = mean(list(papers.values()))
    return Loss(name, nats, bootstrap(list(papers.values()), mean, seed=0), math.exp(nats), tuple(losses))


if __name__ == "__main__":
    main()
