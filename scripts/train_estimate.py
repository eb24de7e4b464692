"""`review train --dry-run`: rows, tokens, memory by arithmetic, and the command for the hardware. Nothing is loaded.

Memory after Korthikanti et al. 2022 (arXiv 2205.05198, section 4): a layer keeps 34 x hidden bytes a token for the
backward pass (attention by blocks keeps no score matrix), or 2 x hidden when activations are recomputed. The hidden
size is taken from the parameters, 12 x layers x hidden^2 (Kaplan et al. 2020, arXiv 2001.08361, table 1).
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from common.rows.card import RowsCard
from common.store import ModelPreset
from common.training.settings import TrainSettings

GIB = 2**30
_WIDTH = {"bfloat16": 2, "float32": 4}


@dataclass(frozen=True, slots=True)
class Memory:
    """GiB on one device, before it is spread over several."""

    weights: float
    learning: float
    activations: float

    @property
    def total(self) -> float:
        return self.weights + self.learning + self.activations


def memory(preset: ModelPreset, settings: TrainSettings, longest: int) -> Memory:
    """longest: tokens of the longest row. Trainable weights cost 16 bytes: themselves, their gradient and Adam's two
    moments, in float32."""
    width = 0.56 if settings.method == "qlora" else _WIDTH[settings.dtype]  # 4 bits and the scales of their blocks
    hidden = math.sqrt(preset.parameters / (12 * max(1, preset.layers)))
    kept = (2 if settings.checkpointing else 34) * hidden * preset.layers * longest * settings.batch
    return Memory(preset.parameters * width / GIB, trainable(preset, settings) * 16 / GIB, kept / GIB)


def trainable(preset: ModelPreset, settings: TrainSettings) -> float:
    """Weights that learn: all, or rank x (inputs + outputs) of seven linear layers a block, about 18 x hidden."""
    if settings.method == "full":
        return preset.parameters
    hidden = math.sqrt(preset.parameters / (12 * max(1, preset.layers)))
    return settings.lora.rank * 18 * hidden * preset.layers


def estimate(card: RowsCard, preset: ModelPreset, settings: TrainSettings, stage: str, words: Sequence[str]) -> str:
    """A plain text report. words: of the command line, after `review`."""
    count = settings.taken(card.rows.get("train", 0))
    total, answer = card.tokens["total"], card.tokens["answer"]
    longest = max(total.most, settings.packing)
    unit = "packs" if settings.packing else "rows"
    sequences = math.ceil(count * total.mean / settings.packing) if settings.packing else count
    steps = settings.steps or math.ceil(sequences / (settings.batch * settings.accumulate)) * settings.epochs
    lines = [
        f"stage {stage} on {preset.name}: {count:,} rows for training, {card.rows.get('val', 0):,} for validation",
        f"row: {total.mean:,.0f} tokens on average, {total.most:,} at most; {answer.mean / total.mean:.0%} supervised",
        f"papers cut to fit: {card.cut:,} of {sum(card.rows.values()):,} rows; answers are never cut",
        f"steps: {steps:,.0f} of {settings.batch * settings.accumulate} {unit} on each device",
    ]
    if preset.parameters:
        need = memory(preset, settings, longest)
        advice = "" if settings.checkpointing else "; checkpointing=true lowers these"
        lines.append(
            f"memory: about {need.total:,.1f} GiB: {need.weights:,.1f} weights, {need.learning:,.1f} for learning, "
            f"{need.activations:,.1f} activations{advice}"
        )
        flops = (6 if settings.method == "full" else 4) * preset.parameters * total.mean * count * settings.epochs
        lines.append(
            f"arithmetic: {flops:.2e} operations; at 40% of a GPU of 1e15 a second {flops / 4e14 / 3600:.2f} hours"
        )
    lines.append(f"command: {launch(preset, settings, longest, words)}")
    return "\n".join(lines)


def launch(preset: ModelPreset, settings: TrainSettings, longest: int, words: Sequence[str]) -> str:
    """The command for the preset's own hardware. words: of the command line, after `review`."""
    arguments = shlex.join(words)
    name = hardware(preset, settings, longest)
    if not name:
        return f"review {arguments}"
    path = Path(str(resources.files("configs").joinpath("accelerate", f"{name}.yaml")))
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f"accelerate launch --config_file {shown} -m scripts.review {arguments}"


def hardware(preset: ModelPreset, settings: TrainSettings, longest: int) -> str:
    """The smallest of configs/accelerate with room for it on GPUs like the preset's, "" for none: first one GPU, then
    what is learnt spread over eight (ZeRO-2), then the weights as well (FSDP), then over two machines."""
    room = 0.9 * preset.gpu_gib
    if not room:
        return ""
    need = memory(preset, settings, longest)
    spread = (("one-gpu", need.total), ("eight-gpus-zero2", need.weights + need.learning / 8 + need.activations),
              ("eight-gpus-fsdp", (need.weights + need.learning) / 8 + need.activations))  # fmt: skip
    return next((name for name, gib in spread if gib <= room), "two-nodes")
