"""The papers of a batch on their way: workers read ahead, the engine is kept full, stages of different papers overlap.

    waiting -> [worker: read] -> read -> asked in `samples` requests -> [worker: take_questions]
            -> reviewed in `reviews` requests -> [worker: write] -> journal

Requests of reviews go before questions, and those of begun papers before new ones, so that papers end early and few
are half-way when a run is killed. What a paper becomes depends on the paper and the seed alone, not on this order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from time import monotonic, sleep

from common.engines.base import Engine, Request
from common.engines.in_flight import InFlight
from common.errors import EngineFailure
from common.types import Completion
from scripts.batching import units
from scripts.batching.journal import BatchJournal
from scripts.batching.meter import Meter
from scripts.batching.units import Failure, Outcome, Ready, Task, Terms, Took
from scripts.batching.workers import Lost, Workers

PATIENCE = 8
"""Failures in a row, with growing pauses between them (some three minutes in all), after which the run gives up."""
TICK = 0.2
"""Seconds between two looks, while nothing can be begun and nothing is in flight."""


@dataclass(slots=True)
class Trip:
    """A paper between its reading and its record. expected: keys of its requests, in order; those without a completion
    are queued or in flight. turn: of asking. since: when its stage's first request was begun, 0 before that."""

    task: Task
    ready: Ready
    expected: list[str] = field(default_factory=list)
    answers: dict[str, Completion] = field(default_factory=dict)
    turn: int = 0
    since: float = 0.0

    @property
    def asking(self) -> bool:
        return self.ready.job.questions is None

    @property
    def completions(self) -> list[Completion]:
        return [self.answers[key] for key in self.expected]


@dataclass(frozen=True, slots=True)
class Events:
    """Whom to tell. on_tick: often, to redraw."""

    on_done: Callable[[Task, Outcome], None] = lambda task, outcome: None
    on_failed: Callable[[Task, Failure, bool], None] = lambda task, failure, again: None
    on_tick: Callable[[], None] = lambda: None


class Run:
    """One session over `tasks`. retry: further tries of a paper whose failure may pass. in_flight.most: places."""

    def __init__(
        self,
        tasks: Sequence[Task],
        terms: Terms,
        journal: BatchJournal,
        workers: Workers,
        in_flight: InFlight,
        retry: int = 2,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.meter = Meter(len(tasks), clock)
        self._terms, self._journal, self._workers, self._in_flight = terms, journal, workers, in_flight
        self._retry, self._clock = retry, clock
        self.events = Events()
        self._waiting = deque(tasks)
        self._tries: dict[str, int] = {}
        config = terms.config
        self._first_requests = config.reviews if any(task.questions for task in tasks) else config.samples
        self._read: deque[Ready] = deque()
        self._reading: dict[str, Task] = {}
        self._trips: dict[int, Trip] = {}
        self._numbers = 0
        self._reviews: deque[tuple[int, Request]] = deque()
        self._questions: deque[tuple[int, Request]] = deque()
        self._flights: dict[str, tuple[int, Request, float]] = {}
        self._engine: Engine | None = None

    def read_ahead(self) -> None:
        """Begin to read as many papers as may be wanted before the next ones are read; also while an engine is still
        being started."""
        ahead = self._workers.processes + max(2, ceil(self._in_flight.limit / self._first_requests))
        while self._waiting and len(self._reading) + len(self._read) < ahead:
            task = self._waiting.popleft()
            self._reading[task.id] = task
            self._workers.submit(("read", task.id), units.read, task, self._terms)

    def go(self, engine: Engine) -> None:
        """Until every paper has a record or has failed. Errors: EngineFailure when the engine stays away; ReviewError
        when a record or the journal cannot be written. What is in the journal stays done."""
        self._engine = engine
        self._terms = replace(self._terms, gauge=replace(self._terms.gauge, name=engine.name))
        while self.meter.left:
            try:
                engine.flow(self._more, self._answered, self._in_flight.most, self._failed)
            except EngineFailure as error:
                self._broke_off(error)

    def _more(self, free: int) -> list[Request]:
        start, flying, paused = self._clock(), bool(self._flights), 0.0
        self._take_results(0.0)
        while True:
            pressure, more = getattr(self._engine, "pressure", None), self._more_to_do()
            allowed = self._in_flight.allowed(len(self._flights), pressure, more)
            requests = [self._begin(*one) for one in self._next(min(free, allowed))]
            if requests or self._flights or not self.meter.left:
                break
            wait = min(TICK, self._in_flight.pause or TICK)
            paused += wait if self._in_flight.pause else 0.0
            self.events.on_tick()
            self._take_results(wait)
        self.meter.begun(len(requests), paused)
        self._end(start, flying)
        return requests

    def _answered(self, request: Request, completion: Completion) -> None:
        start = self._clock()
        number, asked, begun = self._flights.pop(request.key)
        self.meter.landed(completion.prompt_tokens, completion.completion_tokens)
        if completion.finish == "abort":
            self._trouble(number, EngineFailure("The engine gave a request up."), begun)
        else:
            fresh = completion.prompt_tokens - completion.cached_tokens
            self._in_flight.landed(fresh + completion.completion_tokens, not hasattr(self._engine, "pressure"))
            self._answer(number, asked.key, completion)
        self._end(start, bool(self._flights))

    def _failed(self, request: Request, error: EngineFailure) -> None:
        number, _, begun = self._flights.pop(request.key)
        self.meter.gone(1)
        self._trouble(number, error, begun)

    def _end(self, start: float, flying: bool) -> None:
        """A callback is over. flying: requests were in flight all the while."""
        if flying:
            self.meter.held += self._clock() - start
        self.events.on_tick()

    def _trouble(self, number: int, error: EngineFailure, begun: float) -> None:
        """One request failed: its paper may be tried again, and the engine is given room. Errors: EngineFailure when it
        was so too often."""
        self._in_flight.failed(begun)
        trip = self._trips.pop(number, None)
        if trip:
            for waiting in (self._reviews, self._questions):
                kept = [one for one in waiting if one[0] != number]
                waiting.clear()
                waiting.extend(kept)
            self._give_up(trip.task, units.failure(error))
        self._lose_patience(error)

    def _broke_off(self, error: EngineFailure) -> None:
        """The whole flow failed, and nobody knows whose fault it was: what was in flight is asked again."""
        lost = sorted(self._flights.values(), key=lambda one: one[2])
        self.meter.gone(len(lost))
        self._flights.clear()
        for number, request, _ in reversed(lost):
            if trip := self._trips.get(number):
                (self._questions if trip.asking else self._reviews).appendleft((number, request))
        self._in_flight.failed(self._clock())
        self._lose_patience(error)

    def _lose_patience(self, error: EngineFailure) -> None:
        if self._in_flight.failures >= PATIENCE:
            raise EngineFailure(
                f"The engine failed {self._in_flight.failures} times in a row: {error.message}",
                "What is finished is kept: the same command goes on from here.",
            ) from error

    def _more_to_do(self) -> bool:
        return bool(self._reviews or self._questions or self._read)

    def _next(self, most: int) -> list[tuple[int, Request]]:
        """Up to `most` requests, those first that bring a paper nearest to its end."""
        taken: list[tuple[int, Request]] = []
        while len(taken) < most:
            if self._reviews:
                taken.append(self._reviews.popleft())
            elif self._questions:
                taken.append(self._questions.popleft())
            elif self._read and self._workers.pending <= 2 * self._in_flight.most:
                self._depart(self._read.popleft())
            else:
                break
        return taken

    def _depart(self, ready: Ready) -> None:
        self._numbers += 1
        self._trips[self._numbers] = Trip(ready.task, ready)
        self._queue(self._numbers)

    def _queue(self, number: int) -> None:
        """The requests of a trip's next step."""
        trip = self._trips[number]
        if trip.asking:
            requests, waiting = units.ask_requests(trip.ready, self._terms, trip.turn), self._questions
        else:
            requests, waiting = units.review_requests(trip.ready, self._terms), self._reviews
        trip.expected += [one.key for one in requests]
        waiting.extend((number, request) for request in requests)

    def _begin(self, number: int, request: Request) -> Request:
        now, trip = self._clock(), self._trips[number]
        trip.since = trip.since or now
        self._flights[f"{number} {request.key}"] = (number, request, now)
        return replace(request, key=f"{number} {request.key}")

    def _answer(self, number: int, key: str, completion: Completion) -> None:
        trip = self._trips.get(number)
        if trip is None:
            return  # another of the paper's requests has failed
        trip.answers[key] = completion
        if len(trip.answers) < len(trip.expected):
            return
        step, function = ("questions", units.take_questions) if trip.asking else ("write", units.write)
        took = Took(self._clock() - trip.since, len(self._trips))
        self._workers.submit((step, number), function, trip.ready, self._terms, trip.completions, took)

    def _take_results(self, seconds: float) -> None:
        """Whatever the workers have ready. seconds: to wait for the first, or to wait at all."""
        self.read_ahead()
        if seconds and not self._workers.pending:
            sleep(seconds)
        while got := self._workers.take(seconds):
            seconds = 0.0
            (step, name), result = got
            {"read": self._took_read, "questions": self._took_questions, "write": self._took_write}[step](name, result)
            self.read_ahead()

    def _took_read(self, name: str, result: Ready | Failure | Lost) -> None:
        task = self._reading.pop(name)
        if isinstance(result, Ready):
            self._read.append(result)
        else:
            self._give_up(task, _blamed(result))

    def _took_questions(self, number: int, result: Ready | Failure | Lost | None) -> None:
        trip = self._trips[number]
        if result is None:
            trip.turn += 1
        elif isinstance(result, Ready):
            self._trips[number] = Trip(trip.task, result)
        else:
            del self._trips[number]
            self._give_up(trip.task, _blamed(result))
            return
        self._queue(number)

    def _took_write(self, number: int, result: Outcome | Lost) -> None:
        task = self._trips.pop(number).task
        if isinstance(result, Lost):
            self._give_up(task, _blamed(result))
            return
        self._journal.done(task, result)
        self.meter.done += 1
        self.events.on_done(task, result)

    def _give_up(self, task: Task, found: Failure) -> None:
        """For now, or for good."""
        self._journal.failed(task, found)
        tries = self._tries[task.id] = self._tries.get(task.id, 0) + 1
        again = found.passing and tries <= self._retry
        if again:
            self._waiting.append(task)
            self.meter.retried += 1
        else:
            self.meter.failed += 1
        self.events.on_failed(task, found, again)


def _blamed(result: Failure | Lost) -> Failure:
    if isinstance(result, Failure):
        return result
    if not result.error:
        return Failure("worker", "Its worker process ended without a word.", "Memory may have run out.")
    return Failure("defect", f"A defect of this program: {result.error}", "Please report it.")
