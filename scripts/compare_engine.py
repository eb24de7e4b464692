"""One engine for all arms: every adapter beside one base, and for each arm a view that shows it its own two.

The engine is started when something is to be written; what a comparison already has needs none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from common.config import ChainConfig
from common.engines.base import JOINT, Answered, Engine, Messages, More, OnDone, OnProgress, Request
from common.errors import BadConfig
from common.store import Adapter
from common.types import Completion, Sampling
from scripts import opening
from scripts.compare_arms import Arm
from scripts.opening import NO_ADAPTER
from scripts.pipeline import Base

STAGES = ("questioner", "reviewer")
SHOWN = 12
"""Hex digits of an adapter's SHA-256 in its name."""
Names = dict[str, str]
"""Stage -> what the engine calls the adapter that an arm uses for it; no entry is the base alone."""


class Dressed:
    """An engine with one arm's adapters under the stages' names. It starts and closes nothing."""

    def __init__(self, engine: Engine, names: Names) -> None:
        self._engine, self._names = engine, names
        self.name, self.base, self.context = engine.name, engine.base, engine.context
        self.adapters: Mapping[str, str] = {stage: engine.adapters[name] for stage, name in names.items()}

    def count(self, messages: Messages) -> int:
        return self._engine.count(messages)

    def generate(
        self,
        prompts: Sequence[Messages],
        sampling: Sampling | Sequence[Sampling],
        adapter: str | None = None,
        on_done: OnDone | None = None,
        on_progress: OnProgress | None = None,
    ) -> list[Completion]:
        return self._engine.generate(prompts, sampling, self._named(adapter), on_done, on_progress)

    def flow(self, more: More, answered: Answered, places: int = 64) -> None:
        def renamed(free: int) -> list[Request]:
            return [replace(request, adapter=self._named(request.adapter)) for request in more(free)]

        self._engine.flow(renamed, answered, places)

    def close(self) -> None:
        """Nothing: the engine belongs to whoever opened it."""

    def _named(self, stage: str | None) -> str | None:
        return None if stage is None else self._names[stage]


@dataclass
class Bench:
    """What the arms run on. context: tokens. names: arm -> its adapters. configs: arm -> the settings, with each stage
    asked as its adapter was trained to be. digests: adapter's name -> SHA-256. start: gives the engine; called once,
    when it is first needed."""

    base: Base
    context: int
    names: dict[str, Names]
    configs: dict[str, ChainConfig]
    digests: dict[str, str]
    start: Callable[[], Engine]
    _engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        if self._engine is None:
            self._engine = self.start()
        return self._engine

    def definition(self, arm: Arm) -> dict[str, str | int]:
        """All that decides what the arm writes besides what all arms share."""
        used = {stage: self.digests[name] for stage, name in self.names[arm.name].items()}
        config = self.configs[arm.name]
        return {
            "kind": arm.kind,
            "samples": arm.samples,
            **{stage: used.get(stage, "") for stage in (*STAGES, JOINT)},
            "designs": f"{config.design_a.digest} {config.design_b.digest}",
        }

    def questioner(self, arm: Arm) -> str:
        """SHA-256 of the adapter that asks for the arm, "" for the base alone."""
        return self._used(arm, "questioner")

    def reviewer(self, arm: Arm) -> str:
        return self._used(arm, "reviewer")

    def _used(self, arm: Arm, stage: str) -> str:
        names = self.names[arm.name]
        name = names.get(stage) or names.get(JOINT)
        return self.digests[name] if name else ""

    def close(self) -> None:
        if self._engine is not None:
            opening.remember_speed(self._engine, self.base)
            self._engine.close()


def bench_of(config: ChainConfig, arms: Sequence[Arm], notify: Callable[[str], None]) -> Bench:
    """Errors: BadConfig, EngineFailure; for arms that turn out to be the same one, too."""
    if config.adapter_joint:
        raise BadConfig("adapter_joint is not for all arms at once.", "Give it to one: --arm NAME=chain,joint=DIR")
    bench = _on_server(config, arms, notify) if config.server else _in_process(config, arms, notify)
    seen: dict[str, str] = {}
    for arm in arms:
        same = seen.setdefault(str(bench.definition(arm)), arm.name)
        if same != arm.name:
            raise BadConfig(
                f"The arms {same} and {arm.name} are the same: nothing could differ but chance.",
                "Where no adapter ships for the base, the default is the base alone: name one with a=DIR or b=DIR.",
            )
    return bench


def _in_process(config: ChainConfig, arms: Sequence[Arm], notify: Callable[[str], None]) -> Bench:
    adapters: dict[str, Adapter] = {}
    names: dict[str, Names] = {}
    configs: dict[str, ChainConfig] = {}
    for arm in arms:
        chosen = {"adapter_joint": arm.joint} if arm.joint else {"adapter_a": arm.a, "adapter_b": arm.b}
        bare = replace(config, adapter_a=None, adapter_b=None, adapter_joint=None)
        model = opening.find_model(replace(bare, **chosen), notify)
        names[arm.name] = {stage: f"{stage}-{one.sha256[:SHOWN]}" for stage, one in model.adapters.items()}
        adapters |= {names[arm.name][stage]: one for stage, one in model.adapters.items()}
        configs[arm.name] = model.base.served(config)
    together = replace(model, adapters=adapters)
    context = min(config.context or model.path.context, model.path.context)

    def start() -> Engine:
        notify(f"Starting {model.path.id} with {len(adapters)} adapters ...")
        return opening.start_vllm(together, context)

    digests = {name: one.sha256 for name, one in adapters.items()}
    return Bench(Base(model.path.id, model.path.digest, opening.versions()), context, names, configs, digests, start)


def _on_server(config: ChainConfig, arms: Sequence[Arm], notify: Callable[[str], None]) -> Bench:
    engine, base = opening.start(config, notify)
    names: dict[str, Names] = {}
    for arm in arms:
        wanted = {stage: given for stage, given in zip(STAGES, (arm.a, arm.b), strict=True) if given != NO_ADAPTER}
        folder = arm.joint or next((given for given in wanted.values() if given), None)
        if folder or JOINT in engine.adapters:
            engine.close()
            raise BadConfig(
                f"The arm {arm.name} wants the adapter {folder}, which a server cannot be given."
                if folder
                else f"{config.server} serves a joint adapter, which an arm cannot be told to use or to leave.",
                "Start the server with an adapter for each stage, or compare in process.",
            )
        names[arm.name] = {stage: stage for stage in wanted if stage in engine.adapters}
    configs = dict.fromkeys(names, base.served(config))
    return Bench(base, engine.context, names, configs, dict(engine.adapters), lambda: engine, engine)
