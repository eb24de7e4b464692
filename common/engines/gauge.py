"""What is known of an engine where the engine is not: in the processes that read papers and write records.

A gauge counts and has the engine's names; it completes nothing. It can be pickled, and loads its tokenizer where and
when it first counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from common.engines.base import Messages

Counter = Callable[[Messages], int]
"""Messages -> tokens of the rendered prompt, as `Engine.count`. It must be picklable."""


@dataclass(frozen=True)
class Gauge:
    """name, base, context, adapters, count: as of `Engine`. name is "" before the engine has started."""

    name: str
    base: str
    context: int
    adapters: Mapping[str, str]
    count: Counter


@dataclass(frozen=True)
class TokenizerCounter:
    """Counts as vLLM in process does. path: of the model's folder; arguments: what the template is given besides."""

    path: str
    arguments: tuple[tuple[str, Any], ...] = field(default=())

    def __call__(self, messages: Messages) -> int:
        return len(_chat(self.path, self.arguments).ids(messages))


@cache
def _chat(path: str, arguments: tuple[tuple[str, Any], ...]) -> Any:
    from common.chat import Chat

    return Chat.load(path, dict(arguments))


@dataclass(frozen=True)
class ServerCounter:
    """Counts as `ServerEngine` does at this address: asks a vLLM server, estimates for any other. Errors:
    EngineFailure."""

    url: str
    context: int
    model: str | None = None

    def __call__(self, messages: Messages) -> int:
        return _server(self.url, self.context, self.model).count(messages)


@cache
def _server(url: str, context: int, model: str | None) -> Any:
    from common.engines.server import ServerEngine, ServerOptions

    return ServerEngine(url, ServerOptions(model=model, context=context))


def count_words(messages: Messages) -> int:
    """Counts as `ScriptedEngine` does."""
    return sum(len(message["content"].split()) + 1 for message in messages)
