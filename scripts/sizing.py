"""`review sizing`: what a number of papers takes on given GPUs, every step of the arithmetic shown. No model runs.

Lengths of papers were measured (`python -m scripts.sizing_tokens`), speeds follow from the vendors' peak figures and
stated shares of them: see docs/SIZING.md for what that is worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from common.cluster.hardware import GPUS, find_gpu
from common.cluster.rates import NoRoom, Replica, Shares, choices
from common.cluster.simulation import Fleet
from common.cluster.work import MEASURED, Demand, Lengths
from common.config import ChainConfig, load
from common.errors import ReviewError
from common.jsonio import from_json
from common.store.presets import ModelPreset, load_preset, preset_names
from scripts import sizing_view as view

SHARE = click.FloatRange(0, 1, min_open=True)
COUNTS = (1, 2, 4, 8, 16, 64)
"""GPUs of the table of all models."""


@click.command()
@click.option("--model", default="llama3.1-8b", show_default=True, metavar="NAME|FILE", help="A model preset.")
@click.option("--gpu", default="h100", show_default=True, metavar="NAME", help=f"One of: {', '.join(GPUS)}.")
@click.option("--gpus", default=8, show_default=True, type=click.IntRange(1), help="GPUs in all.")
@click.option("--papers", default=30_000, show_default=True, type=click.IntRange(1), help="Papers to review.")
@click.option("--config", "source", metavar="NAME|FILE", help="Settings of the chain: a preset or a YAML file.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="One setting, as samples=1.")
@click.option("--tokens", type=click.Path(path_type=Path), metavar="FILE", help="Lengths of your own papers.")
@click.option("--tensor-parallel", type=click.IntRange(1), metavar="N", help="GPUs a copy is spread over. [the best]")
@click.option(
    "--compute-share", default=Shares().compute, show_default=True, type=SHARE, help="Of the peak operations, reading."
)
@click.option(
    "--bandwidth-share",
    default=Shares().bandwidth,
    show_default=True,
    type=SHARE,
    help="Of the peak bandwidth, writing.",
)
@click.option("--answers", default=1.0, type=SHARE, help="How full answers are of max_tokens. [1: an upper bound]")
@click.option("--replicas", multiple=True, type=click.IntRange(1), help="Simulate so many. [1 8 64]")
@click.option("--half-within", default=6.0, show_default=True, help="Half of the papers come in the last ... hours.")
@click.option("--lost-every", default=200.0, show_default=True, help="Hours between losses of a replica; 0: never.")
@click.option("--back-after", default=300.0, show_default=True, help="Seconds until a lost replica works again.")
@click.option(
    "--straggling", default=0.01, show_default=True, type=click.FloatRange(0, 1), help="Share of slow papers."
)
@click.option("--slowness", default=3.0, show_default=True, type=click.FloatRange(1), help="How slow those are.")
@click.option("--all-models", is_flag=True, help="Only the table of all models, on 1 to 64 of the GPUs.")
def command(**values: Any) -> None:
    """Papers an hour and memory, by model and GPUs, and how 1, 8 and 64 replicas bear a deadline.

    \b
    review sizing --model llama2-70b --gpus 8 --gpu h100 --papers 30000
    review sizing --gpu l4 --all-models
    """
    shares = Shares(values["compute_share"], values["bandwidth_share"])
    if values["all_models"]:
        click.echo(view.models(table(values, shares), find_gpu(values["gpu"]), COUNTS))
        return
    preset = load_preset(values["model"])
    wanted = demand(preset, values)
    best, others = chosen(preset, wanted, values, shares)
    fleets = [fleet(best, wanted, values, count) for count in values["replicas"] or (1, 8, 64)]
    parts = [
        view.work(preset, wanted),
        view.assumptions(best, wanted),
        view.memory(best, wanted),
        view.seconds(best, wanted, values["gpus"], values["papers"]),
        view.ways(others, wanted, values["gpus"]),
        view.simulated(best, wanted, fleets, values["papers"], values["half_within"]),
    ]
    click.echo("\n\n".join(parts))


def demand(preset: ModelPreset, values: dict[str, Any]) -> Demand:
    """Errors: BadConfig; ReviewError for a lengths file that is none."""
    config = replace(load(ChainConfig, values["source"], values["overrides"]), model=preset.name)
    path: Path | None = values["tokens"]
    if path and not path.is_file():
        raise ReviewError(f"{path} does not exist.", "Make it: python -m scripts.sizing_tokens PAPER... --out FILE")
    lengths = from_json(path.read_bytes(), Lengths, str(path)) if path else MEASURED
    return Demand(config, min(config.context or preset.context, preset.context), lengths, values["answers"])


def chosen(
    preset: ModelPreset, wanted: Demand, values: dict[str, Any], shares: Shares
) -> tuple[Replica, Sequence[Replica]]:
    """The way to spread a copy, and all there are. Errors: ReviewError when none, or not the wanted one, fits."""
    gpu, gpus = find_gpu(values["gpu"]), values["gpus"]
    ways = choices(preset, gpu, gpus, shares, wanted.mean(), wanted.context)
    parallel = values["tensor_parallel"]
    best = next((way for way in ways if way.parallel == (parallel or ways[0].parallel)), None)
    if best is None:
        known = ", ".join(str(way.parallel) for way in sorted(ways, key=lambda way: way.parallel))
        raise ReviewError(f"{preset.name} does not run over {parallel} x {gpu.title} here.", f"These fit: {known}.", 2)
    return best, ways


def fleet(replica: Replica, wanted: Demand, values: dict[str, Any], count: int) -> Fleet:
    return Fleet(
        count,
        replica.speeds(wanted.mean()),
        values["lost_every"],
        values["back_after"],
        values["straggling"],
        values["slowness"],
    )


def table(values: dict[str, Any], shares: Shares) -> list[view.Row]:
    """Every preset's best way on each number of GPUs, None where it does not fit."""
    rows = []
    for preset in map(load_preset, preset_names()):
        wanted = demand(preset, values)
        ways: dict[int, Replica | None] = {}
        for count in COUNTS:
            try:
                ways[count] = chosen(preset, wanted, {**values, "gpus": count}, shares)[0]
            except NoRoom:
                ways[count] = None
        rows.append(view.Row(preset, wanted, ways))
    return rows


if __name__ == "__main__":
    command()
