"""`review serve`: the chain as a service, a page to use it, and vLLM's own API, all before one engine.

This opens the engine and hands it to `common.serving`, which knows jobs, users and HTTP; `serving_chain` is what the
two have in common.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import platformdirs

from common.config import ChainConfig
from common.engines.base import JOINT, Engine
from common.errors import BadConfig, EngineFailure, ReviewError
from common.rows.design import DEFAULT
from common.store.cache import APPLICATION
from scripts import opening
from scripts.opening import Model
from scripts.options import settings, standing
from scripts.pipeline import Base

if TYPE_CHECKING:
    from common.serving.keys import Keys
    from scripts.serving_chain import ServingChain

STAGES = ("questioner", "reviewer")
NEEDED = ("fastapi", "uvicorn", "multipart", "prometheus_client")
PULSE = 1.0
"""Seconds between two looks whether the engine lives."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; any but this needs keys.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option(
    "--state", type=click.Path(path_type=Path), metavar="DIR", help="Papers and jobs. [the user's own folder]"
)
@click.option("--keys", type=click.Path(path_type=Path), metavar="FILE", help="Who may use it: NAME KEY, one a line.")
@click.option("--queue", type=click.IntRange(1), metavar="N", help="Papers that may wait. [64]")
@click.option("--queue-per-user", type=click.IntRange(1), metavar="N", help="Of one user. [16]")
@click.option(
    "--keep", type=click.FloatRange(0), metavar="DAYS", help="Days after which a job is deleted; 0: never. [30]"
)
@click.option("--max-mb", type=click.FloatRange(0, min_open=True), metavar="MB", help="Largest paper. [50]")
@click.option(
    "--max-stored-mb", type=click.FloatRange(0), metavar="MB", help="Papers one user may keep; 0: no limit. [2000]"
)
@click.option("--ray", "cluster", metavar="ADDRESS", help="Deploy the models on a Ray cluster: HOST:PORT, auto, local.")
@click.option("--replicas", type=click.IntRange(1), default=1, metavar="N", help="Engines on the cluster. [1]")
@standing
@click.option("--quiet", is_flag=True, help="On stderr only what went wrong.")
def command(host: str, port: int, quiet: bool, **values: Any) -> None:
    """Serve the chain to many users: a page, an API, and both stages' models.

    It listens on this machine only unless told otherwise. Jobs survive a restart.

    \b
    review serve                                  then open http://127.0.0.1:8000
    review serve --host 0.0.0.0 --keys keys.txt   for others, who need a key
    review serve --server http://gpu-node:8000    in front of an engine elsewhere
    review serve --ray head:6379 --replicas 8     the models alone, on a cluster
    review chain paper.pdf --server http://127.0.0.1:8000
    """
    if values["cluster"]:
        _on_cluster(host, port, values)
        return
    _check_installed()
    from common.serving.jobs import check_folder
    from common.serving.keys import load_keys
    from common.serving.server import check_address
    from scripts.serving_chain import ServingChain

    def say(text: str) -> None:
        if not quiet:
            click.echo(text, err=True)

    # Before the engine starts, which takes a minute.
    config, _ = settings(values)
    keys = load_keys(values["keys"], os.environ)
    check_address(host, keys)
    _check_port(host, port)
    state = values["state"] or platformdirs.user_state_path(APPLICATION)
    check_folder(state)
    signal.signal(signal.SIGTERM, _interrupted)
    if quiet:
        for name in ("review.service", "uvicorn"):
            logging.getLogger(name).setLevel(logging.WARNING)
    engine, base, also = start(config, say)
    chain = ServingChain(engine, base, config)
    try:
        _answer(chain, keys, also, host, port, state, values)
    finally:
        chain.close()


def _answer(
    chain: ServingChain,
    keys: Keys,
    also: dict[str, Any],
    host: str,
    port: int,
    state: Path,
    values: dict[str, Any],
) -> None:
    """Until told to stop. Errors: EngineFailure when the engine in this service dies."""
    from common.serving.app import create_app
    from common.serving.server import serve
    from common.serving.service import Service

    service = Service(chain, state, _limits(values), keys)
    app = create_app(service, also=also)
    with _ending_with(chain.engine) if also else nullcontext(lambda: False) as died:
        serve(service, app, host, port, lambda url: click.echo(f"Ready: {url}"))
    if died():
        raise EngineFailure(
            "The engine has died. Jobs that were running continue with the next start.",
            "What it said stands above; `review doctor` checks the machine.",
        )


def _on_cluster(host: str, port: int, values: dict[str, Any]) -> None:
    """The models alone; jobs and page are a service in front of them: docs/CLUSTER.md."""
    from scripts.serve_cluster import HOST, serve, wanted

    if host != HOST:
        raise BadConfig(
            "On a cluster the models are served on loopback alone.", "Leave --host to the service before it.", 2
        )
    signal.signal(signal.SIGTERM, _interrupted)
    config, _ = settings(values)
    deployment = wanted(config, values["replicas"], notify=lambda text: click.echo(text, err=True))
    serve(deployment, values["cluster"], port, lambda text: click.echo(text, err=True))


def start(config: ChainConfig, say: Callable[[str], None]) -> tuple[Engine, Base, dict[str, Any]]:
    """The engine, what stands behind it, and vLLM's own API before it, by path: none before an engine elsewhere."""
    if config.server:
        return *opening.start(config, say), {}
    from common.engines.vllm_openai import PATHS, openai_app

    model = opening.find_model(config, say)
    for line in unusual(model):
        say(line)
    say(f"Starting {model.path.id} ...")
    engine: Any = opening.start_vllm(model, config.context, shared=True)
    plain = [] if JOINT in model.adapters else [stage for stage in STAGES if stage not in model.adapters]
    app = openai_app(engine, [model.path.id, *plain], model.path.preset.template_arguments)
    return engine, model.base, dict.fromkeys(PATHS, app)


def unusual(model: Model) -> list[str]:
    """What clients of the models have to be told: a server does not say how its adapters want to be asked."""
    lines = []
    for stage, adapter in model.adapters.items():
        switches = {key: value for key, value in asdict(adapter.design).items() if value != getattr(DEFAULT, key)}
        for name in {"questioner": "a", "reviewer": "b"}.get(stage, "ab"):
            lines += [
                f"Clients need: --set design_{name}.{key}={str(value).lower()}" for key, value in switches.items()
            ]
    return lines


def _limits(values: dict[str, Any]) -> Any:
    from common.serving.limits import ServiceLimits

    names = {"queue": "queue", "queue_per_user": "queue_per_user", "max_mb": "upload_mb", "keep": "keep_days"}
    names["max_stored_mb"] = "stored_mb_per_user"
    chosen = {name: values[option] for option, name in names.items() if values[option] is not None}
    for name in ("keep_days", "stored_mb_per_user"):
        if chosen.get(name) == 0:
            chosen[name] = None
    return ServiceLimits(**chosen)


def _check_installed() -> None:
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise ReviewError(
            f"`review serve` needs packages that are not installed: {', '.join(missing)}.",
            'Install them with: pip install ".[serve]"',
        )


def _check_port(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise EngineFailure(
            f"Port {port} of {host} cannot be used: {error.strerror}.", "Choose another with --port or --host."
        ) from error


def _interrupted(*_: Any) -> None:
    """SIGTERM is Ctrl-C: by itself it would end Python before anything could be put away."""
    raise KeyboardInterrupt


@contextmanager
def _ending_with(engine: Engine) -> Iterator[Callable[[], bool]]:
    """End the service when its engine dies: whoever keeps it running starts both anew. Gives: whether it died."""
    over, died = threading.Event(), threading.Event()

    def watch() -> None:
        while not over.wait(PULSE):
            if not engine.alive():
                died.set()
                os.kill(os.getpid(), signal.SIGTERM)
                return

    threading.Thread(target=watch, name="engine-watch", daemon=True).start()
    try:
        yield died.is_set
    finally:
        over.set()
