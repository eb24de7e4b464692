"""Who stands beside a run: journals its losses, marks whole checkpoints, stops at a loss that is no number."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from common.errors import EngineFailure
from common.jsonio import write_text

CHECKPOINTS = "checkpoints"
LOSSES = "losses.jsonl"
WHOLE = "whole.json"
"""Written into a checkpoint last: one without it was cut short by a kill and is not used."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where a run stands. loss: of the last step, nats a supervised token; val_loss: of the last evaluation, None
    before the first. tokens: read so far in this process, in seconds."""

    step: int
    steps: int
    epoch: float
    loss: float | None
    val_loss: float | None
    tokens: int
    seconds: float


OnStep = Callable[[Step], None]


def last_whole(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end."""
    found = [path.parent for path in (folder / CHECKPOINTS).glob(f"checkpoint-*/{WHOLE}")]
    return max(found, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def watch(folder: Path, on_step: OnStep | None) -> Any:
    """The callback of one run. on_step: told of every loss."""
    from transformers import TrainerCallback

    class Watch(TrainerCallback):
        start = perf_counter()
        first_tokens = 0
        loss: float | None = None
        val_loss: float | None = None

        def on_train_begin(self, args: Any, state: Any, control: Any, **named: Any) -> None:
            self.start, self.first_tokens = perf_counter(), int(state.num_input_tokens_seen)

        def on_log(
            self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **named: Any
        ) -> None:
            kept = {
                key: value
                for key, value in (logs or {}).items()
                if key in ("loss", "eval_loss", "learning_rate", "grad_norm")
            }
            if not kept or not state.is_world_process_zero:
                return
            with open(folder / LOSSES, "a", encoding="utf-8") as file:
                file.write(json.dumps({"step": state.global_step, "epoch": round(state.epoch or 0, 4), **kept}) + "\n")
            self.loss, self.val_loss = kept.get("loss", self.loss), kept.get("eval_loss", self.val_loss)
            if any(not math.isfinite(kept[key]) for key in ("loss", "eval_loss") if key in kept):
                raise EngineFailure(
                    f"The loss is no number at step {state.global_step}.",
                    "Lower learning_rate, or train in float32. The last whole checkpoint is kept.",
                )
            if on_step:
                on_step(
                    Step(
                        state.global_step,
                        state.max_steps,
                        state.epoch or 0.0,
                        self.loss,
                        self.val_loss,
                        int(state.num_input_tokens_seen) - self.first_tokens,
                        perf_counter() - self.start,
                    )
                )

        def on_save(self, args: Any, state: Any, control: Any, **named: Any) -> None:
            if state.is_world_process_zero:
                place = folder / CHECKPOINTS / f"checkpoint-{state.global_step}"
                write_text(place / WHOLE, json.dumps({"step": state.global_step}))

    return Watch()
