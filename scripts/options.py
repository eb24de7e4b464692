"""Options that chain, ask and write share, and the settings they add up to.

Order: the dataclass's defaults, then --config, then --set, then the named options.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from common.config import ChainConfig, load
from common.seeds import LIMIT, fresh

F = TypeVar("F", bound=Callable[..., Any])

_MODEL = (
    click.option("--form", metavar="NAME", help="Review form: a name (see docs/FORMS.md) or a file. [neurips2024]"),
    click.option("--base", metavar="ID|PATH", help="Model: a preset, a hub id or a folder. [smollm2-135m]"),
    click.option("--adapter-a", metavar="DIR", help="Adapter of the questioner; 'none' for the base alone."),
    click.option("--adapter-b", metavar="DIR", help="Adapter of the reviewer; 'none' for the base alone."),
    click.option("--server", metavar="URL", help="Use an OpenAI-compatible server instead of a model in process."),
)
_SEED = click.option("--seed", type=click.IntRange(0, LIMIT - 1), help="Repeat a run exactly. [a fresh one, recorded]")
_SETTINGS = (
    click.option(
        "--config", "source", metavar="NAME|FILE", help="Settings: a preset of configs/chains or a YAML file."
    ),
    click.option(
        "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="One setting, as reviewer.max_tokens=512."
    ),
)
_READING = (
    click.option("--backend", type=click.Choice(["pdfium", "pymupdf", "grobid"]), help="How PDFs are read. [pdfium]"),
    click.option("--grobid", metavar="URL", help="A running GROBID server, for --backend grobid."),
    click.option("--force", is_flag=True, help="Go on although the paper's text looks too poor to review."),
)
_QUIET = click.option("--quiet", is_flag=True, help="No progress on stderr.")


@dataclass(frozen=True, slots=True)
class Reading:
    """How papers are read. force: also those whose text looks too poor to review."""

    backend: str | None = None
    grobid: str | None = None
    force: bool = False


def shared(command: F) -> F:
    """Adds the shared options."""
    return _with(command, *_MODEL, _SEED, *_SETTINGS, *_READING, _QUIET)


def standing(command: F) -> F:
    """Adds those of them that hold for papers yet to come: what answers, and how it is asked."""
    return _with(command, *_MODEL, *_SETTINGS)


def _with(command: F, *options: Callable[[F], F]) -> F:
    for option in reversed(options):
        command = option(command)
    return command


def settings(values: dict[str, Any]) -> tuple[ChainConfig, Reading]:
    """The run's settings from a command's keyword arguments. Seeds nobody chose are still None: see `seeded`.

    Errors: BadConfig for an unknown preset, key or value.
    """
    config = load(ChainConfig, values["source"], values["overrides"])
    named = {
        "form": values.get("form"),
        "model": values.get("base"),
        "adapter_a": values.get("adapter_a"),
        "adapter_b": values.get("adapter_b"),
        "server": values.get("server"),
        "samples": values.get("samples"),
        "reviews": values.get("reviews"),
        "max_points": values.get("max_points"),
    }
    config = replace(config, **{key: value for key, value in named.items() if value is not None})
    reading = Reading(values.get("backend"), values.get("grobid"), bool(values.get("force")))
    seed = values.get("seed")
    return (config if seed is None else with_seed(config, seed)), reading


def seeded(config: ChainConfig) -> ChainConfig:
    """The settings with one fresh seed wherever nobody chose one."""
    drawn = fresh()
    chosen = (config.questioner.seed, config.reviewer.seed)
    return _with_seeds(config, *(drawn if seed is None else seed for seed in chosen))


def with_seed(config: ChainConfig, seed: int) -> ChainConfig:
    """Both stages draw from this seed."""
    return _with_seeds(config, seed, seed)


def _with_seeds(config: ChainConfig, questioner: int, reviewer: int) -> ChainConfig:
    return replace(
        config,
        questioner=replace(config.questioner, seed=questioner),
        reviewer=replace(config.reviewer, seed=reviewer),
    )


papers_argument = click.argument("papers", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PAPER...")
paper_argument = click.argument("paper", type=click.Path(path_type=Path))
