"""The loop: transformers' Trainer over encoded rows, with checkpoints that survive a kill and a journal of losses.

What it adds: a step counts its supervised tokens over all devices, a loss that is no number stops the run, a checkpoint
counts only once it is whole, and every loss is a line of losses.jsonl.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from common.errors import EngineFailure, ReviewError
from common.jsonio import write_text
from common.training.batches import Collator, Encoded, supervised_loss
from common.training.settings import TrainSettings

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


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of it. best_step: the step whose weights `model` holds: of the lowest val_loss, or the last one."""

    model: Any
    steps: int
    best_step: int
    val_loss: float | None
    train_loss: float
    seconds: float


def train(
    model: Any,
    rows: Sequence[Encoded],
    val: Sequence[Encoded],
    padding: int,
    settings: TrainSettings,
    folder: Path,
    resume: bool = False,
    on_step: OnStep | None = None,
) -> Trained:
    """Run it. folder: for checkpoints and losses. resume: go on from the last whole checkpoint, where there is one.

    Errors: ReviewError for no rows; EngineFailure when memory runs out or the loss is no number.
    """
    from transformers import EarlyStoppingCallback, PrinterCallback, Trainer

    if not rows:
        raise ReviewError("There is no row to train on.", "Look at the split and at the rows' rejected.jsonl.")
    watch = _watch(folder, on_step)
    callbacks: list[Any] = [watch]
    if val and settings.patience:
        callbacks.append(EarlyStoppingCallback(early_stopping_patience=settings.patience))
    trainer = Trainer(
        model=model,
        args=_arguments(settings, folder, len(rows), bool(val)),
        data_collator=Collator(padding),
        train_dataset=_columns(rows),
        eval_dataset=_columns(val) if val else None,
        compute_loss_func=supervised_loss,
        callbacks=callbacks,
    )
    trainer.remove_callback(PrinterCallback)  # on_step is told instead
    start = perf_counter()
    begin = str(found) if resume and (found := last_whole(folder)) else None
    try:
        with _without_casts(model, settings):
            outcome = trainer.train(resume_from_checkpoint=begin)
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "memory" not in str(error).lower():
            raise
        raise EngineFailure(
            "Memory ran out while training.",
            "Lower batch, set checkpointing=true, or write rows with a shorter --context.",
        ) from error
    state = trainer.state
    best = (
        int(str(state.best_model_checkpoint).rpartition("-")[2]) if state.best_model_checkpoint else state.global_step
    )
    return Trained(
        trainer.accelerator.unwrap_model(trainer.model),
        state.global_step,
        best,
        state.best_metric,
        outcome.training_loss,
        perf_counter() - start,
    )


def _without_casts(model: Any, settings: TrainSettings) -> Any:
    """peft turns every input of a low-rank update to float32, and autocast turns it back to bfloat16 for the product:
    the same numbers through two copies of the activations, a sixth of a step on CPU."""
    if settings.dtype != "bfloat16" or settings.method == "full":
        return nullcontext()
    from peft.helpers import disable_input_dtype_casting

    return disable_input_dtype_casting(model)


def _columns(rows: Sequence[Encoded]) -> Any:
    from datasets import Dataset

    return Dataset.from_dict(
        {
            "input_ids": [row.ids for row in rows],
            "labels": [row.labels for row in rows],
            "length": [len(row.ids) for row in rows],
        }
    )


def _arguments(settings: TrainSettings, folder: Path, rows: int, val: bool) -> Any:
    import torch
    from transformers import TrainingArguments

    on_gpu = torch.cuda.is_available()
    an_epoch = math.ceil(rows / (settings.batch * settings.accumulate))
    every = settings.evaluate_every or an_epoch
    saving = settings.save_every or every
    if val and saving % every:
        raise ReviewError(f"save_every ({saving}) must be a multiple of evaluate_every ({every}).")
    return TrainingArguments(
        output_dir=str(folder / CHECKPOINTS),
        per_device_train_batch_size=settings.batch,
        per_device_eval_batch_size=settings.batch,
        gradient_accumulation_steps=settings.accumulate,
        num_train_epochs=settings.epochs,
        max_steps=settings.steps or -1,
        learning_rate=settings.learning_rate,
        lr_scheduler_type=settings.schedule,
        warmup_steps=settings.warmup,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.clip,
        bf16=settings.dtype == "bfloat16",
        gradient_checkpointing=settings.checkpointing,
        gradient_checkpointing_kwargs={"use_reentrant": False},
        eval_strategy="steps" if val else "no",
        eval_steps=every,
        save_strategy="steps",
        save_steps=saving,
        save_total_limit=2,
        load_best_model_at_end=val,
        metric_for_best_model="eval_loss" if val else None,
        greater_is_better=False,
        prediction_loss_only=True,
        train_sampling_strategy="group_by_length",
        length_column_name="length",
        remove_unused_columns=False,
        label_names=["labels"],
        seed=settings.seed,
        data_seed=settings.seed,
        use_cpu=not on_gpu,
        dataloader_pin_memory=on_gpu,
        logging_steps=1,
        logging_nan_inf_filter=False,
        include_num_input_tokens_seen="all",
        report_to=[],
        disable_tqdm=True,
    )


def last_whole(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end."""
    found = [path.parent for path in (folder / CHECKPOINTS).glob(f"checkpoint-*/{WHOLE}")]
    return max(found, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def _watch(folder: Path, on_step: OnStep | None) -> Any:
    """The callback that journals losses, marks whole checkpoints and stops at a loss that is no number."""
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
