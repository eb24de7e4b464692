"""What a person sees on stderr while a batch runs: one line that moves, and one that stays for every failure.

Where nothing can be redrawn, the line is printed each time a further tenth of the papers is done.
"""

from __future__ import annotations

from time import monotonic
from types import TracebackType

from rich.live import Live
from rich.text import Text

from scripts.batching.meter import Meter
from scripts.batching.units import Failure, Task
from scripts.live import Display

STEPS = 10
REDRAW = 0.25
"""Seconds between two drawings."""


class Line:
    """Use as a context, around the run that `meter` measures."""

    def __init__(self, display: Display, meter: Meter) -> None:
        self._display, self._meter = display, meter
        self._live: Live | None = None
        self._drawn, self._said = 0.0, 0
        self._moves = display.console.is_terminal and not display.quiet

    def __enter__(self) -> Line:
        if self._moves:
            self._live = Live(Text(""), console=self._display.console, transient=True, auto_refresh=False)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()
        self._display.say(figures(self._meter))

    def tick(self) -> None:
        """Redraws now and then; may be called as often as one likes."""
        if self._live and monotonic() - self._drawn >= REDRAW:
            self._drawn = monotonic()
            self._live.update(Text(figures(self._meter), style="bold"), refresh=True)

    def done(self) -> None:
        tenth = (self._meter.done + self._meter.failed) * STEPS // max(1, self._meter.papers)
        if not self._live and self._said < tenth < STEPS:
            self._said = tenth
            self._display.say(figures(self._meter))

    def failed(self, task: Task, failure: Failure, again: bool) -> None:
        self._display.say(f"{task.id}: {failure.message}{' It will be tried again.' if again else ''}", "yellow")


def figures(meter: Meter) -> str:
    parts = [f"{meter.done:,} of {meter.papers:,} papers"]
    if meter.failed:
        parts.append(f"{meter.failed:,} failed")
    if meter.papers_per_hour:
        parts.append(f"{meter.papers_per_hour:,.0f} papers/hour")
    if meter.written:
        parts.append(f"{meter.tokens_per_second:,.0f} tokens/s")
    if meter.left:
        parts.append(f"{meter.flying} in flight")
    if meter.left and meter.seconds_left is not None:
        parts.append(f"about {duration(meter.seconds_left)} left")
    elif not meter.left:
        parts.append(duration(meter.seconds))
    return ", ".join(parts)


def duration(seconds: float) -> str:
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
