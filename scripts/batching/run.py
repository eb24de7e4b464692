"""The papers of a batch on their way: workers read ahead, the engine is kept full, stages of different papers overlap.

    waiting -> [worker: read] -> read -> asked in `samples` requests -> [worker: take_questions]
            -> reviewed in `reviews` requests -> [worker: write] -> journal

Requests of reviews go before questions, and those of begun papers before new ones, so that papers end early and few
are half-way when a run is killed. What a paper becomes depends on the paper and the seed alone, not on this order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from time import monotonic, sleep

from common.engines.base import Engine, Request
from common.engines.in_flight import InFlight, Pressure
from common.errors import EngineFailure
from common.types import Completion
from scripts.batching import units
from scripts.batching.journal import BatchJournal
from scripts.batching.meter import Meter
from scripts.batching.trips import Requests, Trip, Waiting
from scripts.batching.units import Failure, Outcome, Ready, Task, Terms, Took
from scripts.batching.workers import Lost, Workers

PATIENCE = 8
"""Failures in a row, with growing pauses between them (some three minutes in all), after which the run gives up."""
TICK = 0.2
"""Seconds between two looks, while nothing can be begun and nothing is in flight."""
PARTING = 10.0
"""Seconds that a run which was stopped waits for records that are being written."""


@dataclass(frozen=True, slots=True)
class Events:
    """Whom to tell. on_failed: again says whether it is tried again. on_tick: often, to redraw."""

    on_done: Callable[[Task, Outcome], None] = lambda task, outcome: None
    on_failed: Callable[[Task, Failure, bool], None] = lambda task, failure, again: None
    on_tick: Callable[[], None] = lambda: None


class Run:
    """One session over `tasks`. retry: further tries of a request, or of reading a paper, whose failure may pass.
    in_flight.most: places."""

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
        self._tries: dict[tuple[str, str], int] = {}
        config = terms.config
        self._first_requests = config.reviews if any(task.questions for task in tasks) else config.samples
        self._read: deque[Ready] = deque()
        self._reading: dict[str, Task] = {}
        self._trips: dict[int, Trip] = {}
        self._writing = 0
        self._numbers = 0
        self._requests = Requests()
        self._flights: dict[str, tuple[int, Request, float]] = {}
        self._engine: Engine | None = None
        self._pressure: Pressure | None = None

    def read_ahead(self) -> None:
        """Begin to read as many papers as a full engine takes at once, so that growing never waits for reading; also
        while an engine is still being started."""
        ahead = self._workers.processes + ceil(self._in_flight.most / self._first_requests)
        while self._waiting and len(self._reading) + len(self._read) < ahead:
            task = self._waiting.popleft()
            self._reading[task.id] = task
            self._workers.submit(("read", task.id), units.read, task, self._terms)

    def go(self, engine: Engine) -> None:
        """Until every paper has a record or has failed. Errors: EngineFailure when the engine stays away; ReviewError
        when a record or the journal cannot be written. What is in the journal stays done."""
        self._engine = engine
        self._terms = replace(self._terms, gauge=replace(self._terms.gauge, name=engine.name))
        try:
            while self.meter.left:
                try:
                    engine.flow(self._more, self._answered, self._in_flight.most, self._failed)
                except EngineFailure as error:
                    self._broke_off(error)
        except (EngineFailure, KeyboardInterrupt):
            self._finish_writing()
            raise

    def _more(self, free: int) -> list[Request]:
        start, flying, paused = self._clock(), bool(self._flights), 0.0
        self._take_results(0.0)
        while True:
            self._pressure = getattr(self._engine, "pressure", None)
            more = bool(self._requests or self._read)
            allowed = self._in_flight.allowed(len(self._flights), self._pressure, more)
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
            self._trouble(number, asked, EngineFailure("The engine gave a request up."), begun)
        else:
            fresh = completion.prompt_tokens - completion.cached_tokens
            self._in_flight.landed(fresh + completion.completion_tokens, measured=self._pressure is None)
            self._answer(number, asked.key, completion)
        self._end(start, bool(self._flights))

    def _failed(self, request: Request, error: EngineFailure) -> None:
        number, asked, begun = self._flights.pop(request.key)
        self.meter.gone(1)
        self._trouble(number, asked, error, begun)

    def _end(self, start: float, flying: bool) -> None:
        """A callback is over. flying: requests were in flight all the while."""
        if flying:
            self.meter.held += self._clock() - start
        self.events.on_tick()

    def _trouble(self, number: int, request: Request, error: EngineFailure, begun: float) -> None:
        """One request failed: it is tried again, later, and the engine is given room. Errors: EngineFailure when the
        engine failed too often."""
        self._in_flight.failed(begun)
        trip = self._trips.get(number)
        if trip and self._again(trip.task, request.key, units.failure(error)):
            self._requests.add(number, trip, [request])
        elif trip:
            del self._trips[number]
            self._requests.drop(number)
        self._lose_patience(error)

    def _broke_off(self, error: EngineFailure) -> None:
        """The whole flow failed. Nobody knows whose fault it was, unless one request was alone: what was in flight is
        asked again, half as much at a time, so that one that always does this is alone soon."""
        lost = sorted(self._flights.values(), key=lambda one: one[2])
        self.meter.gone(len(lost))
        self._flights.clear()
        if len(lost) == 1:
            number, request, _ = lost[0]
            return self._trouble(number, request, error, self._clock())
        for number, request, _ in reversed(lost):
            if trip := self._trips.get(number):
                self._requests.put_back(number, trip, request)
        self._in_flight.failed(self._clock())
        self._lose_patience(error)

    def _lose_patience(self, error: EngineFailure) -> None:
        if self._in_flight.failures >= PATIENCE:
            raise EngineFailure(
                f"The engine failed {self._in_flight.failures} times in a row: {error.message}",
                "What is finished is kept: the same command goes on from here.",
            ) from error

    def _next(self, most: int) -> list[Waiting]:
        """Up to `most` requests: those of begun papers, then new papers'."""
        taken: list[Waiting] = []
        while len(taken) < most:
            if self._requests:
                taken.append(self._requests.pop())
            elif self._read and self._workers.pending <= 2 * self._in_flight.most:
                self._numbers += 1
                self._trips[self._numbers] = Trip(self._read.popleft())
                self._queue(self._numbers)
            else:
                break
        return taken

    def _queue(self, number: int) -> None:
        """The requests of a trip's next step."""
        trip = self._trips[number]
        if trip.asking:
            requests = units.ask_requests(trip.ready, self._terms, trip.turn)
        else:
            requests = units.review_requests(trip.ready, self._terms)
        trip.expected += [one.key for one in requests]
        self._requests.add(number, trip, requests)

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
        if not trip.answered:
            return
        step, function = ("questions", units.take_questions) if trip.asking else ("write", units.write)
        self._writing += step == "write"
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

    def _finish_writing(self) -> None:
        """The run ends early: reviews that are there already are written, if that is quick; nothing else is begun."""
        end = self._clock() + PARTING
        while self._writing and self._clock() < end:
            got = self._workers.take(TICK)
            if got and got[0][0] == "write":
                self._took_write(got[0][1], got[1])

    def _took_read(self, name: str, result: Ready | Failure | Lost) -> None:
        task = self._reading.pop(name)
        if isinstance(result, Ready):
            self._read.append(result)
        else:
            if self._again(task, "read", _blamed(result)):
                self._waiting.append(task)

    def _took_questions(self, number: int, result: Ready | Failure | Lost | None) -> None:
        trip = self._trips[number]
        if isinstance(result, Failure | Lost):
            del self._trips[number]
            if self._again(trip.task, "questions", _blamed(result)):
                self._waiting.append(trip.task)
            return
        if result is None:
            trip.turn += 1
        else:
            self._trips[number] = Trip(result)
        self._queue(number)

    def _took_write(self, number: int, result: Outcome | Lost) -> None:
        task = self._trips.pop(number).task
        self._writing -= 1
        if isinstance(result, Lost):
            if self._again(task, "write", _blamed(result)):
                self._waiting.append(task)
            return
        self._journal.done(task, result)
        self.meter.done += 1
        self.events.on_done(task, result)

    def _again(self, task: Task, what: str, found: Failure) -> bool:
        """Whether what failed may be tried again; else the paper has failed. what: the request or step."""
        self._journal.failed(task, found)
        tries = self._tries[task.id, what] = self._tries.get((task.id, what), 0) + 1
        again = found.passing and tries <= self._retry
        self.meter.retried += again
        self.meter.failed += not again
        self.events.on_failed(task, found, again)
        return again


def _blamed(result: Failure | Lost) -> Failure:
    if isinstance(result, Failure):
        return result
    if not result.error:
        return Failure("worker", "Its worker process ended without a word.", "Memory may have run out.")
    return Failure("defect", f"A defect of this program: {result.error}", "Please report it.")
