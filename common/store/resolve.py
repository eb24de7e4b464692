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
    if preset.base == EMBEDDED:
        folder = embedded.ensure(notify)
    elif _looks_like_path(preset.base):
        folder = _local_folder(preset.base)
        preset = replace(preset, base=str(folder))
    else:
        folder = hub.local(preset.base, preset.revision)
    checked = check_folder(folder, preset.base)
    limits = [limit for limit in (preset.context, checked.context) if limit]
    if not limits:
        raise EngineFailure(
            f"{preset.base} does not say how long its context is.", "Give it in a preset: context: 8192."
        )
    return ModelPath(folder, preset.base, min(limits), preset)


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
