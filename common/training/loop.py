"""The loop: transformers' Trainer over encoded rows, with checkpoints that survive a kill and a journal of losses.

What it adds: a step counts its supervised tokens over all devices, a loss that is no number stops the run, a checkpoint
counts only once it is whole, and every loss is a line of losses.jsonl.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from common.errors import EngineFailure, ReviewError
from common.training import packing
from common.training.batches import Collator, Encoded, supervised_loss
from common.training.settings import TrainSettings
from common.training.watch import CHECKPOINTS, LOSSES, WHOLE, OnStep, Step, last_whole, watch

__all__ = ["CHECKPOINTS", "LOSSES", "WHOLE", "Step", "Trained", "last_whole", "train"]


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of it. best_step: the step whose weights were kept: of the lowest val_loss, or the last one."""

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
    into: Path | None = None,
) -> Trained:
    """Run it. folder: for checkpoints and losses. resume: go on from the last whole checkpoint, where there is one.
    into: where the kept weights end, gathered from all devices.

    Errors: ReviewError for no rows; EngineFailure when memory runs out or the loss is no number.
    """
    from transformers import EarlyStoppingCallback, PrinterCallback, Trainer

    if not rows:
        raise ReviewError("There is no row to train on.", "Look at the split and at the rows' rejected.jsonl.")
    if settings.packing:
        packing.check(model)
        learnt = [packing.joined(pack) for pack in packing.pack(rows, settings.packing)]
    else:
        learnt = [row.columns for row in rows]
    callbacks: list[Any] = [watch(folder, on_step)]
    if val and settings.patience:
        callbacks.append(EarlyStoppingCallback(early_stopping_patience=settings.patience))
    trainer = Trainer(
        model=model,
        args=_arguments(settings, folder, len(learnt), bool(val)),
        data_collator=Collator(padding),
        train_dataset=_dataset(learnt),
        eval_dataset=_dataset([row.columns for row in val]) if val else None,
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
    if into:
        trainer.save_model(str(into))
        (into / "training_args.bin").unlink(missing_ok=True)  # a pickle; run.json says it all
    state = trainer.state
    best = (
        int(str(state.best_model_checkpoint).rpartition("-")[2]) if state.best_model_checkpoint else state.global_step
    )
    return Trained(
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


def _dataset(columns: Sequence[dict[str, list[int]]]) -> Any:
    from datasets import Dataset

    return Dataset.from_list([{**one, "length": len(one["input_ids"])} for one in columns])


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
