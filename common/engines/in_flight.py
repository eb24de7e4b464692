"""How many requests to keep in flight: start small, grow while it pays, shrink when the engine is in trouble.

Two kinds of engine. One that tells how full it is (`pressure`) is filled as long as it says there is room: nothing of
ours waits inside it and its key/value cache has space. One that tells nothing (a server) is measured in turnovers, the
time in which a number of answers come: the limit doubles while that brings a fifth more tokens a second; from then on
it holds, and now and then tries an eighth more, which stays if it is clearly faster, or an eighth less, which stays
unless it is slower. Whatever the kind, a preemption or a failed request halves the limit, as TCP does with its window,
and from then on it moves by eighths. Failures in a row are answered by waiting, twice as long each time.

Nothing here sends a request, and nothing sleeps: the caller asks `allowed` and is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Literal

LEAP, GAIN, LOSS = 0.2, 0.08, 0.04
"""What a doubled limit must bring in tokens a second, what an eighth more must bring, what an eighth less may cost. The
mixture of long and short answers alone moves a turnover's figure by some hundredths."""
ANSWERS = 16, 64
"""Of a turnover, at least: while doubling, and later."""
HOLD = 4
"""Turnovers between two trials, or after trouble."""
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
        self._mode: Literal["double", "hold", "more", "less"] = "double"
        self._trial: Literal["more", "less"] = "less"
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
        if self._landed < (max(self.limit, ANSWERS[self._mode != "double"]) if measured else self.limit):
            return
        if measured:
            self._judge()
        else:
            self._held = max(0, self._held - 1)
            self._begin_turnover()

    def failed(self, begun: float) -> None:
        """A request failed. begun: when, on the clock: of those that were in flight together only the first counts."""
        if begun < self._shrunk:
            return
        self.failures += 1
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
        """A turnover is over: was the limit worth it?"""
        rate = self._tokens / max(self._clock() - self._began, 1e-9)
        full, settling = self._full, self._settling
        self._begin_turnover()
        if settling or not full:
            self._settling = False
        elif self._mode == "hold":
            self._held -= 1
            self._best += (rate - self._best) / (HOLD - self._held)  # the mean since it holds
            if not self._held:
                self._try()
        elif self._mode == "double" and rate > self._best * (1 + LEAP):
            self._best, self._base = rate, self.limit
            self._grow() if self.limit < self.most else self._hold(self.limit)
        else:
            least = {"double": 1 + LEAP, "more": 1 + GAIN, "less": 1 - LOSS}[self._mode]
            self._hold(self.limit if rate > self._best * least else self._base)

    def _try(self) -> None:
        """More and less in turn, where there is more and less."""
        self._mode = self._trial = "less" if self._trial == "more" and self.limit > 1 else "more"
        if self._mode == "more":
            self._grow()
        else:
            self.limit -= max(1, self.limit // 8)
            self._settling = True

    def _hold(self, limit: int) -> None:
        self._settling = limit != self.limit
        self.limit = self._base = limit
        self._mode, self._held, self._best = "hold", HOLD, 0.0

    def _grow(self) -> None:
        step = self.limit if self._mode == "double" else max(1, self.limit // 8)
        self._settling = self.limit < self.most
        self.limit = min(self.most, self.limit + step)

    def _shrink(self) -> None:
        self._hold(max(1, self.limit // 2))
        self._shrunk = self._clock()
        self._begin_turnover()

    def _begin_turnover(self) -> None:
        self._began, self._landed, self._tokens, self._full = self._clock(), 0, 0, True
