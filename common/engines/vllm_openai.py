"""vLLM's own OpenAI-compatible API before an `AsyncVllmEngine`: the same engine, adapters, batch and prefix cache.

Only the calls that complete, count and list are let through (`PATHS`): none that loads adapters, puts the engine to
sleep, profiles it or shows its settings. Keys, hosts and limits are whoever mounts this app's business.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from common.engines.vllm_async import AsyncVllmEngine

PATHS = ("/v1/models", "/v1/chat/completions", "/v1/completions", "/tokenize")


def openai_app(
    engine: AsyncVllmEngine, names: Sequence[str], template_arguments: Mapping[str, Any] | None = None
) -> ASGIApp:
    """An app for any event loop that answers the paths in `PATHS`. names: of the base; the adapters have their own.
    template_arguments: what the chat template is given besides the messages, unless a request says otherwise."""
    return _Elsewhere(engine.events.call(_built(engine, names, template_arguments or {})), engine.events.loop)


async def _built(engine: AsyncVllmEngine, names: Sequence[str], template_arguments: Mapping[str, Any]) -> ASGIApp:
    from vllm.entrypoints.launchers.api_server.app_state import init_app_state
    from vllm.entrypoints.launchers.app import build_app
    from vllm.entrypoints.launchers.cli_args import make_arg_parser
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    chosen = ["--model", engine.base, "--served-model-name", *names, "--allowed-origins", "[]"]
    chosen += ["--default-chat-template-kwargs", json.dumps(dict(template_arguments))]
    arguments = make_arg_parser(FlexibleArgumentParser()).parse_args(chosen)
    tasks = await engine.client.get_supported_tasks()
    app = build_app(arguments, tasks, engine.client.model_config)
    await init_app_state(engine.client, app.state, arguments, tasks)
    # The requests that the chain uses too: under names of their own the adapters would be loaded twice.
    app.state.openai_serving_models.lora_requests |= engine.loras
    # An engine that has died makes vLLM stop its server; this one is ours to stop.
    app.state.server = SimpleNamespace(should_exit=False)
    return app


class _Elsewhere:
    """An app that lives on another loop than the server's: neither can hold up the other."""

    def __init__(self, app: ASGIApp, loop: asyncio.AbstractEventLoop) -> None:
        self._app, self._loop = app, loop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        here = asyncio.get_running_loop()
        # A copy: what the two apps note in their scopes is not the same.
        await _on(self._loop, self._app)(dict(scope), _on(here, receive), _on(here, send))


def _on(loop: asyncio.AbstractEventLoop, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """The same call from another loop. Cancelling it cancels it there."""

    async def called(*arguments: Any) -> Any:
        return await call(*arguments)

    async def hopped(*arguments: Any) -> Any:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(called(*arguments), loop))

    return hopped
