"""An engine in two steps: what has to be known of it to read papers, at once; the engine itself, which takes half a
minute to load, when the first of them are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from common.config import ChainConfig
from common.engines.base import Engine
from common.engines.gauge import Counter, Gauge, ServerCounter, TokenizerCounter, count_words
from scripts import opening
from scripts.opening import SCRIPTED
from scripts.pipeline import Base


@dataclass(frozen=True, slots=True)
class Prospect:
    """An engine to be. gauge.name is "" until it has started. start: loads it; the caller closes it."""

    gauge: Gauge
    base: Base
    start: Callable[[], Engine]


def prospect(config: ChainConfig, notify: Callable[[str], None], places: int) -> Prospect:
    """Everything that can be wrong with base, adapters or address is found here. Errors: EngineFailure, BadConfig."""
    if config.server:
        engine, base = opening.start(config, notify, places)
        counter: Counter = ServerCounter(config.server, config.context)
        if config.server.startswith(SCRIPTED):
            counter = count_words
        gauge = Gauge(engine.name, engine.base, engine.context, dict(engine.adapters), counter)
        return Prospect(gauge, base, lambda: engine)
    model = opening.find_model(config, notify)
    counter = TokenizerCounter(str(model.path.path), tuple(sorted(model.path.preset.template_arguments.items())))
    context = min(config.context or model.path.context, model.path.context)
    adapters = {name: adapter.sha256 for name, adapter in model.adapters.items()}
    gauge = Gauge("", str(model.path.path), context, adapters, counter)

    def start() -> Engine:
        notify(f"Starting {model.path.id} ...")
        return opening.start_vllm(model, config.context, places)

    return Prospect(gauge, model.base, start)
