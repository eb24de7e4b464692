"""What one training run may vary: presets are configs/training/*.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from common.config import check_range
from common.errors import BadConfig
from common.seeds import LIMIT

Method = Literal["lora", "lora+", "qlora", "full"]
"""lora: low-rank updates of the linear layers (arXiv 2106.09685). lora+: embeddings and norms are trained too, which
long contexts want (LongLoRA, arXiv 2309.12307, section 3.3). qlora: lora on a base held in 4 bits (arXiv 2305.14314);
needs a GPU and bitsandbytes. full: every weight."""


@dataclass(frozen=True, slots=True)
class LoraSettings:
    """rank, alpha: the update is alpha / rank times B A. targets: names of linear layers, empty for all of them."""

    rank: int = 8
    alpha: int = 16
    dropout: float = 0.0
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """One run.

    model: preset, hub id or folder. method: see Method. attention: "dense", or "shifted" for LongLoRA's shifted sparse
    attention, in training alone. group_share: its group, as a share of the row's length.
    context: rows longer than this are refused, 0 for all the model has. rope: how to reach further than the base was
    trained for ("linear" or "yarn"), with rope_factor.
    batch: rows on a device at once; accumulate: batches a step; the rows of a step are batch x accumulate x devices.
    packing: tokens of a pack of rows that do not see each other, 0 for none; a batch then counts packs. Validation is
    never packed.
    epochs, or steps where it is not 0. warmup: steps. schedule: transformers' name of a learning-rate schedule.
    evaluate_every, save_every: steps, 0 for once an epoch. patience: evaluations without a better loss after which it
    stops, 0 for never. rows, val_rows: the first so many of a seeded order, 0 for all; skip: training
    rows passed over before them, because an earlier run has learnt them.
    checkpointing: recompute activations in the backward pass: a third more time for most of the memory.
    """

    FOLDER: ClassVar[str] = "training"

    model: str = "smollm2-135m"
    method: Method = "lora"
    lora: LoraSettings = field(default_factory=LoraSettings)
    attention: Literal["dense", "shifted"] = "dense"
    group_share: float = 0.25
    context: int = 0
    rope: Literal["", "linear", "yarn"] = ""
    rope_factor: float = 1.0
    batch: int = 1
    accumulate: int = 8
    packing: int = 0
    epochs: float = 2.0
    steps: int = 0
    learning_rate: float = 2e-4
    schedule: str = "cosine"
    warmup: int = 10
    weight_decay: float = 0.0
    clip: float = 1.0
    dtype: Literal["bfloat16", "float32"] = "bfloat16"
    checkpointing: bool = False
    evaluate_every: int = 0
    save_every: int = 0
    patience: int = 3
    rows: int = 0
    skip: int = 0
    val_rows: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        check_range("lora.rank", self.lora.rank, 1, 512)
        check_range("lora.dropout", self.lora.dropout, 0, 0.9)
        check_range("group_share", self.group_share, 0.01, 1)
        check_range("rope_factor", self.rope_factor, 1, 128)
        check_range("batch", self.batch, 1, 4096)
        check_range("accumulate", self.accumulate, 1, 4096)
        check_range("packing", self.packing, 0, 10_000_000)
        check_range("epochs", self.epochs, 0.001, 1000)
        check_range("steps", self.steps, 0, 10_000_000)
        check_range("learning_rate", self.learning_rate, 1e-9, 1)
        check_range("warmup", self.warmup, 0, 1_000_000)
        check_range("skip", self.skip, 0, 10_000_000)
        check_range("patience", self.patience, 0, 1000)
        check_range("seed", self.seed, 0, LIMIT - 1)
        if self.packing and self.attention == "shifted":
            raise BadConfig(
                "packing and attention: shifted exclude each other: a group would reach across rows.",
                "Set packing=0 or attention=dense.",
            )
        if self.rope and self.rope_factor == 1:
            raise BadConfig(f"rope: {self.rope} needs a rope_factor above 1.", "2 doubles the base's context.")

    def taken(self, there: int) -> int:
        """How many of `there` training rows a run learns."""
        left = max(0, there - self.skip)
        return min(self.rows or left, left)
