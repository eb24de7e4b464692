"""Model presets: which weights, and what they need to run.

A preset is a file under configs/models. Its shape numbers are those of the model's config.json; the memory it needs
follows from them by arithmetic (`memory_gib`), so that the hardware a preset names can be checked, and is, by a test.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from common import config
from common.config import check_range
from common.errors import BadConfig

_WIDTH = {"bfloat16": 2, "float16": 2, "float32": 4}  # bytes a value


@dataclass(frozen=True, slots=True)
class ModelPreset:
    """A base model and how to run it.

    base: "embedded:smollm2-135m", a hub id ("Qwen/Qwen3-8B"), or the path of a folder.
    revision: commit of the hub repository; "" takes the newest one that is on this machine.
    context: tokens of prompt and completion together; 0 takes what the model's own config.json says.
    parameters: all of them, in units; active_parameters: those a token uses (mixtures of experts), 0 for all.
    layers, kv_heads, head_dim: of the attention, for the size of its cache.
    tensor_parallel: GPUs one copy is spread over; gpu_gib: memory each of them has; hardware: the same in words.
    sliding_window: tokens a layer sees at most, 0 for all.
    template_arguments: what the chat template is given besides the messages.
    max_lora_rank: largest rank an adapter may have; adapter_targets: the modules ours are trained on.
    """

    FOLDER: ClassVar[str] = "models"

    name: str
    base: str
    title: str = ""
    licence: str = "unknown"
    gated: bool = False
    revision: str = ""
    context: int = 0
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = "auto"
    parameters: int = 0
    active_parameters: int = 0
    layers: int = 0
    kv_heads: int = 0
    head_dim: int = 0
    tensor_parallel: int = 1
    gpu_gib: float = 0.0
    hardware: str = ""
    sliding_window: int = 0
    template_arguments: dict[str, str | bool] = field(default_factory=dict)
    chat_template_note: str = ""
    max_lora_rank: int = 64
    adapter_targets: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj")
    notes: str = ""

    def __post_init__(self) -> None:
        if not self.base:
            raise BadConfig("'base' must name a model.")
        check_range("context", self.context, 0, 10_000_000)
        check_range("tensor_parallel", self.tensor_parallel, 1, 64)
        check_range("max_lora_rank", self.max_lora_rank, 1, 512)  # vLLM's largest


def preset_names() -> tuple[str, ...]:
    """The presets that ship."""
    return config.names(ModelPreset.FOLDER)


def load_preset(name_or_path: str) -> ModelPreset:
    """Errors: BadConfig; an unknown name lists them all, the closest first."""
    return config.load(ModelPreset, name_or_path, ())


def kv_bytes(preset: ModelPreset) -> int:
    """Bytes of key and value cache one token takes: 2 x layers x heads x size of a head x bytes of a value."""
    return 2 * preset.layers * preset.kv_heads * preset.head_dim * _WIDTH.get(preset.dtype, 2)


def memory_gib(preset: ModelPreset, context: int | None = None) -> float:
    """GiB that weights and the cache of one full context take, over all GPUs together; 0 when not declared."""
    tokens = preset.context if context is None else context
    return (preset.parameters * _WIDTH.get(preset.dtype, 2) + kv_bytes(preset) * tokens) / 2**30
