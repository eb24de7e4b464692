"""What a batch did with its time, in figures: for the moving line, the journal and the summary.

idle: seconds in which the engine had no request although papers still needed it, from its first request on. held:
seconds in which our own code ran while requests were in flight: an engine in this process stands still meanwhile, one
in another process does not notice. Pauses after failures are counted apart: it is the engine that was not there.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any


class Meter:
    """papers: of this session. clock: seconds, monotonic."""

    def __init__(self, papers: int, clock: Callable[[], float] = monotonic) -> None:
        self.papers = papers
        self.done = self.failed = self.retried = 0
        self.read = self.written = 0
        self.flying = self.most_flying = 0
        self.idle = self.held = self.paused = 0.0
        self._clock = clock
        self._start = clock()
        self._first = self._last = 0.0
        self._empty = 0.0

    @property
    def left(self) -> int:
        return self.papers - self.done - self.failed

    @property
    def seconds(self) -> float:
        return self._clock() - self._start

    @property
    def engine_seconds(self) -> float:
        """From the first request to the last answer so far."""
        return self._last - self._first if self._first else 0.0

    @property
    def papers_per_hour(self) -> float:
        """Since the engine's first request: loading a model takes the same for one paper and for thousands."""
        return 3600 * self.done / self.engine_seconds if self.engine_seconds else 0.0

    @property
    def tokens_per_second(self) -> float:
        return self.written / self.engine_seconds if self.engine_seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """At the pace so far; None before the first paper is done."""
        return 3600 * self.left / self.papers_per_hour if self.papers_per_hour else None

    def begun(self, requests: int, paused: float) -> None:
        """Requests go to the engine. paused: seconds of the wait before them that were a pause."""
        now = self._clock()
        if not self.flying and requests:
            if self._first:
                self.idle += max(0.0, now - self._empty - paused)
            else:
                self._first = now
            self.paused += paused
        self.flying += requests
        self.most_flying = max(self.most_flying, self.flying)

    def landed(self, read: int, written: int) -> None:
        self.read, self.written = self.read + read, self.written + written
        self.gone(1)

    def gone(self, requests: int) -> None:
        """Requests that are out of the engine, answered or not."""
        self.flying -= requests
        self._last = self._empty = self._clock()

    def figures(self) -> dict[str, Any]:
        engine = self.engine_seconds
        return {
            "done": self.done,
            "failed": self.failed,
            "retried": self.retried,
            "seconds": round(self.seconds, 3),
            "engine_seconds": round(engine, 3),
            "papers_per_hour": round(self.papers_per_hour, 2),
            "tokens_read": self.read,
            "tokens_written": self.written,
            "tokens_per_second": round(self.tokens_per_second, 2),
            "most_in_flight": self.most_flying,
            "idle_seconds": round(self.idle, 3),
            "idle_share": round(self.idle / engine, 5) if engine else None,
            "held_seconds": round(self.held, 3),
            "held_share": round(self.held / engine, 5) if engine else None,
            "paused_seconds": round(self.paused, 3),
        }
