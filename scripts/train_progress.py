"""What a person sees of a training run: loss, tokens/s and time left, in a bar on a terminal and as lines elsewhere,
and the curve of its losses."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from rich.progress import BarColumn, Progress, TaskID, TextColumn

from common.errors import BadConfig
from common.training.loop import Step
from scripts.live import Display


class TrainProgress:
    """Use as a context; `step` is the loop's on_step."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._first = 0
        if display.console.is_terminal and not display.quiet:
            columns = (TextColumn("training"), BarColumn(), TextColumn("{task.description}"))
            self._bar = Progress(*columns, console=display.console, transient=True)

    def __enter__(self) -> TrainProgress:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def step(self, step: Step) -> None:
        self._first = self._first or step.step
        text = self._words(step)
        if self._bar is None:
            self._display.say(text)
            return
        if self._task is None:
            self._task = self._bar.add_task("", total=step.steps)
        self._bar.update(self._task, completed=step.step, description=text)

    def _words(self, step: Step) -> str:
        done = step.step - self._first + 1
        left = (step.steps - step.step) * step.seconds / done
        parts = [f"step {step.step} of {step.steps}"]
        parts += [f"loss {step.loss:.4f}"] if step.loss is not None else []
        parts += [f"validation {step.val_loss:.4f}"] if step.val_loss is not None else []
        parts += [f"{step.tokens / max(step.seconds, 1e-6):,.0f} tokens/s", f"{left / 60:.0f} min left"]
        return ", ".join(parts)


class Curve:
    """losses.svg, drawn anew after every evaluation; without matplotlib there is none, and that is said once."""

    def __init__(self, folder: Path, display: Display) -> None:
        self._folder, self._display = folder, display
        self._drawn: float | None = None
        self._missing = False

    def step(self, step: Step) -> None:
        if step.val_loss != self._drawn:
            self._drawn = step.val_loss
            self.draw()

    def draw(self) -> None:
        from common.training import curve

        if self._missing:
            return
        try:
            curve.draw(self._folder)
        except BadConfig as error:
            self._missing = True
            self._display.say(f"No {curve.CURVE}: {error}", "yellow")
