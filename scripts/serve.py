"""`review serve`: one vLLM OpenAI-compatible server with the base and both adapters, on this machine only.

The server is vLLM's own; this finds and checks the model, sets what a CPU needs and hands over. The models are called
`questioner` and `reviewer`; a stage without an adapter is the base under that name.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from dataclasses import asdict
from typing import Any

import click

from common.engines.base import JOINT
from common.errors import EngineFailure
from common.rows.design import DEFAULT
from scripts import opening
from scripts.opening import Model
from scripts.options import settings

STAGES = ("questioner", "reviewer")


@click.command()
@click.option("--base", metavar="ID|PATH", help="Model: a preset, a hub id or a folder. [smollm2-135m]")
@click.option("--adapter-a", metavar="DIR", help="Adapter of the questioner; 'none' for the base alone.")
@click.option("--adapter-b", metavar="DIR", help="Adapter of the reviewer; 'none' for the base alone.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--config", "source", metavar="NAME|FILE", help="Settings: a preset of configs/chains or a YAML file.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="One setting, as context=4096.")
@click.option("--print-command", is_flag=True, help="Print the vLLM command line and its environment, start nothing.")
def command(port: int, print_command: bool, **values: Any) -> None:
    """Start one OpenAI-compatible server with both stages' models.

    It listens on 127.0.0.1 only.

    \b
    review serve --port 8000
    review chain paper.pdf --server http://127.0.0.1:8000
    """
    from common.engines.vllm_options import VllmOptions, environment

    config, _ = settings(values)
    model = opening.find_model(config, lambda text: click.echo(text, err=True))
    options = VllmOptions(
        context=min(config.context or model.path.context, model.path.context),
        dtype=model.path.preset.dtype,
        tensor_parallel=model.path.preset.tensor_parallel,
    )
    arguments = server_arguments(model, options, port)
    for line in unusual(model):
        click.echo(line, err=True)
    settings_for_vllm = {**environment(options), "VLLM_ENABLE_V1_MULTIPROCESSING": "1", "VLLM_LOGGING_LEVEL": "INFO"}
    if print_command:
        click.echo("\n".join(f"{name}={value} \\" for name, value in sorted(settings_for_vllm.items())))
        click.echo(" ".join(["python", *arguments]))
        return
    _check_port(port)
    for name, value in settings_for_vllm.items():
        os.environ.setdefault(name, value)
    click.echo(f"Serving {model.path.id} on http://127.0.0.1:{port}; models: {', '.join(STAGES)}.", err=True)
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *arguments])


def unusual(model: Model) -> list[str]:
    """What a client has to be told: a server does not say how its adapters want to be asked."""
    lines = []
    for stage, adapter in model.adapters.items():
        switches = {key: value for key, value in asdict(adapter.design).items() if value != getattr(DEFAULT, key)}
        for name in {"questioner": "a", "reviewer": "b"}.get(stage, "ab"):
            lines += [
                f"Clients need: --set design_{name}.{key}={str(value).lower()}" for key, value in switches.items()
            ]
    return lines


def server_arguments(model: Model, options: Any, port: int) -> list[str]:
    """Arguments of `python` that start vLLM's server."""
    from common.engines.vllm_options import engine_arguments, rank_slot
    from common.engines.vllm_plugin import status

    plain = [] if JOINT in model.adapters else [stage for stage in STAGES if stage not in model.adapters]
    arguments = ["-m", "vllm.entrypoints.openai.api_server", "--host", "127.0.0.1", "--port", str(port)]
    arguments += ["--model", str(model.path.path), "--served-model-name", model.path.id, *plain]
    arguments += [text for pair in engine_arguments(options, status().state != "gpu").items() for text in _flag(*pair)]
    if model.adapters:
        modules = [f"{stage}={adapter.path}" for stage, adapter in model.adapters.items()]
        rank = rank_slot([adapter.rank for adapter in model.adapters.values()])
        arguments += ["--enable-lora", "--max-loras", str(len(modules)), "--max-lora-rank", str(rank)]
        arguments += ["--lora-modules", *modules]
    if model.path.preset.template_arguments:
        arguments += ["--default-chat-template-kwargs", json.dumps(dict(model.path.preset.template_arguments))]
    return arguments


def _flag(name: str, value: Any) -> list[str]:
    option = "--" + name.replace("_", "-")
    if isinstance(value, bool):
        return [option if value else option.replace("--", "--no-", 1)]
    return [] if value is None else [option, str(value)]


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise EngineFailure(
                f"Port {port} of this machine cannot be used: {error.strerror}.", "Choose another with --port."
            ) from error
