"""Who waits for news of a job, and the raw text that is being written: what is never stored.

Workers speak from their threads, event streams listen in the server's loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Partial:
    """The text of a stage so far. version grows with every one of them."""

    version: int
    stage: str
    text: str


@dataclass(slots=True, eq=False)
class Bell:
    """Rung when a job has news; `wait` answers within the timeout either way."""

    loop: asyncio.AbstractEventLoop
    event: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, timeout: float) -> bool:
        """Whether it was rung."""
        try:
            await asyncio.wait_for(self.event.wait(), timeout)
        except TimeoutError:
            return False
        self.event.clear()
        return True

    def ring(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop of a server that is gone
            self.loop.call_soon_threadsafe(self.event.set)


class Hub:
    """Thread-safe. closing: the service stops, and every stream should end."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._bells: dict[str, set[Bell]] = defaultdict(set)
        self._streams: Counter[str] = Counter()
        self._partials: dict[str, Partial] = {}
        self._version = 0
        self.closing = False

    def changed(self, job: str) -> None:
        with self._guard:
            bells = list(self._bells.get(job, ()))
        for bell in bells:
            bell.ring()

    def write(self, job: str, stage: str, text: str) -> None:
        with self._guard:
            self._version += 1
            self._partials[job] = Partial(self._version, stage, text)
        self.changed(job)

    def partial(self, job: str) -> Partial | None:
        with self._guard:
            return self._partials.get(job)

    def forget(self, job: str) -> None:
        with self._guard:
            self._partials.pop(job, None)

    def streams(self, owner: str) -> int:
        """How many of this owner's streams are open."""
        with self._guard:
            return self._streams[owner]

    @contextlib.contextmanager
    def listening(self, job: str, owner: str) -> Iterator[Bell]:
        bell = Bell(asyncio.get_running_loop())
        with self._guard:
            self._bells[job].add(bell)
            self._streams[owner] += 1
        try:
            yield bell
        finally:
            with self._guard:
                self._streams[owner] -= 1
                self._bells[job].discard(bell)
                if not self._bells[job]:
                    del self._bells[job]

    def close(self) -> None:
        self.closing = True
        with self._guard:
            bells = [bell for bells in self._bells.values() for bell in bells]
        for bell in bells:
            bell.ring()
