"""How many requests to keep in flight: start small, grow while it pays, shrink when the engine is in trouble.

Two kinds of engine. One that tells how full it is (`pressure`) is filled as long as it says there is room: nothing of
ours waits inside it and its key/value cache has space. One that tells nothing (a server) is measured: over each
turnover, as many answers as may be in flight, tokens a second are taken; the number doubles while that grows by more
than `GAIN`, stays where it was best for `HOLD` turnovers, then is probed an eighth higher. Whatever the kind, a
preemption or a failed request halves the number, as TCP does with its window, and from then on it grows by eighths.
Failures in a row are answered by waiting, twice as long each time.

Nothing here sends a request, and nothing sleeps: the caller asks `allowed` and is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

GAIN = 0.08
"""Growth of tokens a second that counts: less is what the mixture of long and short answers makes by itself."""
HOLD = 8
"""Turnovers before a number that did not pay is tried again: the work may have changed."""
ROOM = 0.85
"""Share of the key/value cache in use above which nothing is added: requests grow while they write."""
LONGEST_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class Pressure:
    """How full an engine is. cache: share of its key/value cache in use. waiting: requests it holds but does not run.
    preempted: how often those it holds now were thrown out of the cache, their work lost."""

    cache: float
    waiting: int
    preempted: int


class InFlight:
    """limit: requests allowed at once, from 1 to `most`. failures: failed requests since the last answer.
    clock: seconds, monotonic."""

    def __init__(self, most: int, first: int = 8, clock: Callable[[], float] = monotonic) -> None:
        self.most, self.limit = most, min(first, most)
        self.failures = 0
        self._clock = clock
        self._double = True
        self._best, self._base, self._held = 0.0, self.limit, 0
        self._settling = False
        self._shrunk = self._resumes = clock()
        self._preempted = 0
        self._begin_turnover()

    @property
    def pause(self) -> float:
        """Seconds until requests are allowed again; 0 when they are."""
        return max(0.0, self._resumes - self._clock())

    def allowed(self, flying: int, pressure: Pressure | None = None, more: bool = True) -> int:
        """How many more requests may be begun now. flying: in flight. more: there is work to begin; where there is
        none, a turnover measures the work and not the engine, and is not counted."""
        if self.pause:
            return 0
        if pressure:
            self._fill(flying, pressure, more)
        self._full = self._full and (more or flying >= self.limit)
        return max(0, self.limit - flying)

    def landed(self, tokens: int, measured: bool = True) -> None:
        """An answer came. tokens: it took, read and written. measured: False for an engine that tells its pressure."""
        self.failures = 0
        self._landed += 1
        self._tokens += tokens
        if self._landed < self.limit:
            return
        if measured:
            self._judge()
        else:
            self._held = max(0, self._held - 1)
            self._begin_turnover()

    def failed(self, begun: float) -> None:
        """A request failed. begun: when, on the clock: of those that were in flight together only the first counts."""
        self.failures += 1
        if begun < self._shrunk:
            return
        self._shrink()
        self._resumes = self._clock() + min(LONGEST_PAUSE, 2.0 ** min(self.failures - 1, 10))

    def _fill(self, flying: int, pressure: Pressure, more: bool) -> None:
        crowded = pressure.waiting or pressure.cache >= ROOM
        if pressure.preempted > self._preempted and flying <= self.limit:
            self._shrink()
        elif more and flying >= self.limit and not self._held and not crowded:
            self._grow()
        self._preempted = pressure.preempted

    def _judge(self) -> None:
        """A turnover is over: was the number worth it?"""
        rate = self._tokens / max(self._clock() - self._began, 1e-9)
        full, settling = self._full, self._settling
        self._begin_turnover()
        if settling or not full:
            self._settling = False
            return
        if self._held:
            self._best = rate
            self._held -= 1
            if not self._held:
                self._grow()
        elif rate > self._best * (1 + GAIN):
            self._best, self._base = rate, self.limit
            self._grow()
            if self.limit == self._base:
                self._held = HOLD
        else:
            self.limit, self._held, self._settling, self._double = self._base, HOLD, True, False

    def _grow(self) -> None:
        step = self.limit if self._double else max(1, self.limit // 8)
        self._settling = self.limit < self.most
        self.limit = min(self.most, self.limit + step)

    def _shrink(self) -> None:
        self.limit = self._base = max(1, self.limit // 2)
        self._double, self._best, self._held, self._settling = False, 0.0, HOLD, True
        self._shrunk = self._clock()
        self._begin_turnover()

    def _begin_turnover(self) -> None:
        self._began, self._landed, self._tokens, self._full = self._clock(), 0, 0, True
