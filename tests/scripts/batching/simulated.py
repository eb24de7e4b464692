"""Papers, an engine and workers for tests of the batch: every order that a real run may take, drawn from one seed."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Hashable
from dataclasses import replace
from pathlib import Path
from typing import Any

from common.config import ChainConfig
from common.engines.base import Messages, Request
from common.engines.flights import Flights, Flow
from common.engines.gauge import Gauge, count_words
from common.errors import EngineFailure
from common.forms import load_form
from common.types import ChainRecord, Completion, Sampling
from scripts.batching.units import Terms
from scripts.options import Reading
from scripts.pipeline import Base

CONFIG = ChainConfig(
    form="stanford4",
    samples=2,
    questioner=Sampling(max_tokens=60, seed=5),
    reviewer=Sampling(max_tokens=90, seed=5),
    guided=False,
)
BASE = Base("simulated", "", {})
FORM = load_form("stanford4")


def gauge(name: str = "") -> Gauge:
    return Gauge(name, "simulated", 4000, {}, count_words)


def terms(out: Path, **changes: Any) -> Terms:
    config = replace(CONFIG, **changes)
    return Terms(config, config, BASE, gauge(), Reading(force=True), out)


def paper(folder: Path, name: str, number: int) -> Path:
    """A paper unlike every other number's."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = f"Router number {number} counts its readers and caches tree {number * 7}. "
    path.write_text(f"# Caching trees, part {number}\n\n## Abstract\n\n{text}\n\n## Method\n\n{text * 5}\n")
    return path


def answer(messages: Messages, sampling: Sampling) -> str:
    """A reply that depends on the prompt and the seed alone, as a model's does."""
    prompt = "\n".join(message["content"] for message in messages)
    mark = hashlib.sha256(f"{prompt}/{sampling.seed}".encode()).hexdigest()[:6]
    if sampling.max_tokens == CONFIG.questioner.max_tokens:
        return f"1. (soundness) Is claim {mark} of the router proved?\n2. Why does tree {mark[::-1]} need its cache?"
    name = FORM.sections[0].name
    return f"## {name}\n- The router {mark} counts its readers without a proof. [Q1]\n- Nobody says why {mark}."


class SimulatedEngine(Flights):
    """Lands what is in flight in an order of its own. failing: whether a request fails, asked each time it is sent."""

    name = "simulated"
    base = "simulated"
    context = 4000

    def __init__(
        self,
        order: random.Random,
        failing: Callable[[Request], bool] = lambda request: False,
        reply: Callable[[Messages, Sampling], str] = answer,
    ) -> None:
        self.adapters: dict[str, str] = {}
        self.most = 0
        self.sent: list[str] = []
        self._order, self._failing, self._reply = order, failing, reply

    def count(self, messages: Messages) -> int:
        return count_words(messages)

    def _run(self, flow: Flow) -> None:
        flying = flow.fetch()
        while flying:
            self.most = max(self.most, len(flying))
            flight = flying.pop(self._order.randrange(len(flying)))
            self.sent.append(flight.request.key)
            if self._failing(flight.request):
                flow.fail(flight, EngineFailure("The server timed out."))
            else:
                flow.land(flight, self._complete(flight.request))
            flying += flow.fetch()

    def _complete(self, request: Request) -> Completion:
        text = self._reply(request.messages, request.sampling)
        tokens = min(len(text.split()), request.sampling.max_tokens)
        return Completion(text, "stop", self.count(request.messages), tokens, seed=request.sampling.seed)

    def close(self) -> None:
        pass


class InlineWorkers:
    """Stands in for `Workers`: calls run here, when a result is asked for, in an order of its own."""

    processes = 2

    def __init__(self, order: random.Random) -> None:
        self._calls: list[tuple[Hashable, Callable[..., Any], tuple[Any, ...]]] = []
        self._order = order
        self.most = 0

    @property
    def pending(self) -> int:
        return len(self._calls)

    def submit(self, key: Hashable, function: Callable[..., Any], *arguments: Any) -> None:
        self._calls.append((key, function, arguments))
        self.most = max(self.most, len(self._calls))

    def take(self, timeout: float = 0.0) -> tuple[Hashable, Any] | None:
        if not self._calls or (not timeout and self._order.random() < 0.5):
            return None
        key, function, arguments = self._calls.pop(self._order.randrange(len(self._calls)))
        return key, function(*arguments)


class Clock:
    """Half a second passes each time somebody looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.5
        return self.now


def timeless(record: ChainRecord) -> ChainRecord:
    """The record without what depends on the clock and on what else was under way."""
    stages = tuple(replace(stage, seconds=0.0, batch=1) for stage in record.stages)
    return replace(record, created="", seconds=0.0, stages=stages, settings="")
