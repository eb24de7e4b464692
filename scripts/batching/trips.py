"""A paper between its reading and its record, and the requests of many such papers in the order in which they go."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from common.engines.base import Request
from common.types import Completion
from scripts.batching.units import Ready, Task


@dataclass(slots=True)
class Trip:
    """expected: keys of its stage's requests, in order; those without an answer are queued or in flight. turn: of
    asking. since: when its stage's first request was begun, 0 before that."""

    ready: Ready
    expected: list[str] = field(default_factory=list)
    answers: dict[str, Completion] = field(default_factory=dict)
    turn: int = 0
    since: float = 0.0

    @property
    def task(self) -> Task:
        return self.ready.task

    @property
    def asking(self) -> bool:
        return self.ready.job.questions is None

    @property
    def answered(self) -> bool:
        return len(self.answers) == len(self.expected)

    @property
    def completions(self) -> list[Completion]:
        """In the order of the requests, once it is answered."""
        return [self.answers[key] for key in self.expected]


Waiting = tuple[int, Request]
"""A trip's number and a request of its."""


class Requests:
    """Reviews before questions: what brings a paper nearest to its end goes first."""

    def __init__(self) -> None:
        self._reviews: deque[Waiting] = deque()
        self._questions: deque[Waiting] = deque()

    def __bool__(self) -> bool:
        return bool(self._reviews or self._questions)

    def add(self, number: int, trip: Trip, requests: Sequence[Request]) -> None:
        self._of(trip).extend((number, request) for request in requests)

    def put_back(self, number: int, trip: Trip, request: Request) -> None:
        """To the front: it was begun already."""
        self._of(trip).appendleft((number, request))

    def pop(self) -> Waiting:
        return (self._reviews or self._questions).popleft()

    def drop(self, number: int) -> None:
        """A trip has ended before its time."""
        self._reviews = deque(one for one in self._reviews if one[0] != number)
        self._questions = deque(one for one in self._questions if one[0] != number)

    def _of(self, trip: Trip) -> deque[Waiting]:
        return self._questions if trip.asking else self._reviews
