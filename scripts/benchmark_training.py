"""Training tokens/s: this project's loop against a stock transformers Trainer, on the same rows in one run.

    python -m scripts.benchmark_training [--rows DIR] [--count 3] [--lengths 2500,2500:250] [--model smollm2-135m]

stock: Trainer as its documentation has it: peft's low-rank updates with peft's defaults, DataCollatorForSeq2Seq, logits
and loss at every position of the row (labels are ignored on the prompt there too). ours: `common.training.loop`. Both
learn the same low-rank updates of the same bf16 weights under bf16 autocast, a row a step; loading, saving and the
first, short step of each are not counted. They take turns, row by row, since a machine's speed drifts by more than
many a difference; the ratio is the median of the rows' own.
"""

from __future__ import annotations

import random
import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from common.chat import IGNORED, Chat
from common.rows.folder import read_rows
from common.store import resolve
from common.training.batches import Encoded, encode
from common.training.settings import TrainSettings

Runner = Callable[[Encoded], float]
"""Trains one step on one row and says how many seconds it took."""
WARM = 64
"""Tokens of the row that is trained on before any is timed."""


def synthetic(lengths: Sequence[tuple[int, int]], vocabulary: int, seed: int = 0) -> list[Encoded]:
    """Rows of random tokens. lengths: (tokens of the row, supervised ones at its end)."""
    chance = random.Random(seed)
    rows = []
    for number, (total, answer) in enumerate(lengths):
        ids = [chance.randrange(10, vocabulary) for _ in range(total)]
        rows.append(Encoded(str(number), ids, [IGNORED] * (total - answer) + ids[total - answer :]))
    return rows


def near(rows: Sequence[Encoded], length: int, count: int) -> list[Encoded]:
    """The rows whose number of tokens is nearest to `length`."""
    return sorted(rows, key=lambda row: abs(len(row.ids) - length))[:count]


def ours(model: Any, padding: int, settings: TrainSettings, folder: Path) -> Runner:
    from common.training import loop

    def run(row: Encoded) -> float:
        taken: list[float] = []
        part = Path(tempfile.mkdtemp(dir=folder))
        loop.train(model, [row], [], padding, settings, part, on_step=lambda step: taken.append(step.seconds))
        return taken[0]

    return run


def stock(model: Any, tokenizer: Any, settings: TrainSettings, folder: Path) -> Runner:
    from datasets import Dataset
    from transformers import DataCollatorForSeq2Seq, PrinterCallback, Trainer, TrainerCallback, TrainingArguments

    class Clock(TrainerCallback):
        start = end = 0.0

        def on_train_begin(self, *arguments: Any, **named: Any) -> None:
            self.start = perf_counter()

        def on_log(self, *arguments: Any, **named: Any) -> None:
            self.end = self.end or perf_counter()

    def run(row: Encoded) -> float:
        import torch

        clock = Clock()
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=str(folder), per_device_train_batch_size=1, max_steps=1, bf16=True, save_strategy="no",
                learning_rate=settings.learning_rate, logging_steps=1, report_to=[], disable_tqdm=True,
                use_cpu=not torch.cuda.is_available(), dataloader_pin_memory=torch.cuda.is_available(),
            ),
            data_collator=DataCollatorForSeq2Seq(tokenizer),
            train_dataset=Dataset.from_dict({"input_ids": [row.ids], "labels": [row.labels]}),
            callbacks=[clock],
        )  # fmt: skip
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        return clock.end - clock.start

    return run


def measure(runners: dict[str, Runner], rows: Sequence[Encoded]) -> list[dict[str, float]]:
    """Seconds of each runner, a row at a time, in turns that change their order."""
    for run in runners.values():
        run(synthetic([(WARM, WARM // 4)], 1000)[0])
    found = []
    for number, row in enumerate(rows):
        order = list(runners) if number % 2 == 0 else list(runners)[::-1]
        found.append({name: runners[name](row) for name in order})
        click.echo(
            f"{len(row.ids)} tokens, {row.supervised} supervised: "
            + ", ".join(f"{name} {found[-1][name]:.1f} s" for name in runners)
        )
    return found


def summary(found: Sequence[dict[str, float]], rows: Sequence[Encoded]) -> str:
    tokens = sum(len(row.ids) for row in rows)
    speeds = {name: tokens / sum(one[name] for one in found) for name in ("ours", "stock")}
    ratio = statistics.median(one["stock"] / one["ours"] for one in found)
    return f"ours {speeds['ours']:,.0f} tokens/s, stock {speeds['stock']:,.0f} tokens/s; ratio {ratio:.2f}"


def _lengths(text: str) -> list[tuple[int, int]]:
    """ "2500:250,1200" -> [(2500, 250), (1200, 120)]: a tenth is supervised where nothing is said."""
    pairs = [part.partition(":") for part in text.split(",")]
    return [(int(total), int(answer) if answer else max(1, int(total) // 10)) for total, _, answer in pairs]


@click.command(help="Compare training tokens/s with a stock transformers Trainer.")
@click.option("--rows", type=click.Path(path_type=Path), metavar="DIR", help="Rows to train on. [random ones]")
@click.option("--count", default=3, show_default=True, help="How many of them, those nearest to the first length.")
@click.option("--lengths", default="2500,2500,2500", show_default=True, metavar="T[:S],...", help="Of random rows.")
@click.option("--model", default="smollm2-135m", show_default=True)
def main(rows: Path | None, count: int, lengths: str, model: str) -> None:
    import transformers

    from common.training import model as training_model

    transformers.utils.logging.disable_progress_bar()
    settings = TrainSettings(model=model, accumulate=1, steps=1, warmup=0, patience=0)
    base = resolve(model)
    chat = Chat.load(str(base.path), base.preset.template_arguments)
    wanted = _lengths(lengths)
    if rows:
        chosen = near(encode(read_rows(rows, "train"), chat, base.context), wanted[0][0], count)
    else:
        chosen = synthetic(wanted, len(chat.tokenizer))
    padding = chat.tokenizer.pad_token_id or 0
    with tempfile.TemporaryDirectory() as name:
        runners = {
            "ours": ours(training_model.load(base.path, settings), padding, settings, Path(name)),
            "stock": stock(training_model.load(base.path, settings), chat.tokenizer, settings, Path(name)),
        }
        found = measure(runners, chosen)
    click.echo(summary(found, chosen))


if __name__ == "__main__":
    main()
