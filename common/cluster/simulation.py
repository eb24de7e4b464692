"""Many replicas at work on papers that arrive when they will: a simulation of discrete events.

Papers wait in one queue, first come first served; whichever replica has most places free takes the next. The papers in
flight on a replica share it evenly, and it does more in all the more it has (`Fleet.speeds`). A lost replica is back
after a while; what it had in flight goes back to the front of the queue and begins again. Network, disks and the
reading of PDFs are not in here: they are not what anyone waits for (docs/SIZING.md).
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log2


@dataclass(frozen=True, slots=True)
class Fleet:
    """speeds: of a replica with 1, 2, ... papers in flight, 1 being full speed; as many as it has places. hours: mean
    time between losses of one replica, 0 for never; back: seconds until a lost one works again. straggling: share of
    attempts that take `slowness` times as long."""

    replicas: int
    speeds: tuple[float, ...] = (1.0,)
    hours: float = 0.0
    back: float = 0.0
    straggling: float = 0.0
    slowness: float = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """finished: seconds, of each paper, in the order of its arrivals. restarts: attempts that a loss ended. busy:
    share of the replicas' time, until the last paper was done, in which they had one. longest: papers in the queue."""

    arrivals: Sequence[float]
    finished: Sequence[float]
    restarts: int
    busy: float
    longest: int

    @property
    def waits(self) -> list[float]:
        """Seconds from arrival to review."""
        return [end - begin for begin, end in zip(self.arrivals, self.finished, strict=True)]

    @property
    def end(self) -> float:
        return max(self.finished)


@dataclass(slots=True)
class _Replica:
    """flights: (when its service will be complete, paper), as a heap. served: what each flight has had since the
    beginning of time, in seconds at full speed; now: when that was."""

    flights: list[tuple[float, int]] = field(default_factory=list)
    served: float = 0.0
    now: float = 0.0
    up: bool = True
    plan: int = 0
    used: float = 0.0


class _Run:
    def __init__(self, fleet: Fleet, arrivals: Sequence[float], seconds: Sequence[float], seed: int) -> None:
        self.fleet, self.arrivals, self.seconds = fleet, arrivals, seconds
        self.chance = random.Random(seed)
        self.replicas = [_Replica() for _ in range(fleet.replicas)]
        self.queue: deque[int] = deque()
        self.finished = [0.0] * len(arrivals)
        self.left, self.restarts, self.longest = len(arrivals), 0, 0
        self.events: list[tuple[float, int, str, int, int]] = []
        self.counter = 0

    def plan(self, time: float, kind: str, which: int, plan: int = 0) -> None:
        """The counter keeps events of one moment in the order they were planned."""
        self.counter += 1
        heapq.heappush(self.events, (time, self.counter, kind, which, plan))

    def run(self) -> Outcome:
        for paper, time in enumerate(self.arrivals):
            self.plan(time, "arrival", paper)
        if self.fleet.hours:
            for number in range(self.fleet.replicas):
                self.plan(self.until_loss(), "loss", number)
        while self.left:
            time, _, kind, which, plan = heapq.heappop(self.events)
            getattr(self, kind)(time, which, plan)
        used = sum(replica.used for replica in self.replicas)
        end = max(self.finished)
        return Outcome(self.arrivals, self.finished, self.restarts, used / (len(self.replicas) * end), self.longest)

    def until_loss(self) -> float:
        return self.chance.expovariate(1 / (self.fleet.hours * 3600))

    def arrival(self, time: float, paper: int, plan: int) -> None:
        self.queue.append(paper)
        self.hand_out(time)

    def departure(self, time: float, number: int, plan: int) -> None:
        replica = self.replicas[number]
        if plan != replica.plan:
            return  # planned before something else changed the replica's speed
        self.advance(replica, time)
        replica.served, paper = heapq.heappop(replica.flights)
        self.finished[paper] = time
        self.left -= 1
        self.replan(number)
        self.hand_out(time)

    def loss(self, time: float, number: int, plan: int) -> None:
        replica = self.replicas[number]
        self.advance(replica, time)
        papers = sorted(paper for _, paper in replica.flights)
        self.queue.extendleft(reversed(papers))
        self.restarts += len(papers)
        replica.flights, replica.up, replica.plan = [], False, replica.plan + 1
        self.plan(time + self.fleet.back, "return_", number)
        self.hand_out(time)

    def return_(self, time: float, number: int, plan: int) -> None:
        self.replicas[number].up = True
        self.plan(time + self.until_loss(), "loss", number)
        self.hand_out(time)

    def advance(self, replica: _Replica, time: float) -> None:
        """Let the replica work until `time`."""
        count = len(replica.flights)
        if count:
            replica.served += (time - replica.now) * self.fleet.speeds[count - 1] / count
            replica.used += time - replica.now
        replica.now = time

    def replan(self, number: int) -> None:
        replica = self.replicas[number]
        replica.plan += 1
        if count := len(replica.flights):
            left = max(0.0, replica.flights[0][0] - replica.served)
            self.plan(replica.now + left * count / self.fleet.speeds[count - 1], "departure", number, replica.plan)

    def hand_out(self, time: float) -> None:
        places = len(self.fleet.speeds)
        while self.queue:
            free = [(len(one.flights), number) for number, one in enumerate(self.replicas) if one.up]
            count, number = min(free, default=(places, 0))
            if count == places:
                break
            replica, paper = self.replicas[number], self.queue.popleft()
            self.advance(replica, time)
            slow = self.fleet.slowness if self.chance.random() < self.fleet.straggling else 1.0
            heapq.heappush(replica.flights, (replica.served + self.seconds[paper] * slow, paper))
            self.replan(number)
        self.longest = max(self.longest, len(self.queue))


def simulate(fleet: Fleet, arrivals: Sequence[float], seconds: Sequence[float], seed: int = 0) -> Outcome:
    """arrivals: of each paper, in seconds; seconds: its service on a full replica. The same seed, the same outcome."""
    return _Run(fleet, arrivals, seconds, seed).run()


def before_deadline(count: int, half_within: float, window: float, seed: int = 0) -> list[float]:
    """Arrival times in seconds, ascending, the deadline at `window`: the rate doubles every `half_within` seconds, so
    that about half of the papers come in the last of them."""
    chance = random.Random(seed)
    least = 0.5 ** (window / half_within)
    return sorted(window + half_within * log2(least + (1 - least) * chance.random()) for _ in range(count))
