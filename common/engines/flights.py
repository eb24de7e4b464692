"""What every backend shares: requests in the air, fetched from the caller as places fall free.

A backend only has to start a `Flight` and to land it; `Flow` does the asking, `Batch` is a flow of prompts that are all
known beforehand, with results in order and progress. Nothing here runs a model or waits for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from common.engines.base import (
    Answered,
    Engine,
    Failed,
    Messages,
    More,
    OnDone,
    OnProgress,
    Progress,
    Request,
    sampling_for_each,
)
from common.errors import EngineFailure
from common.types import Completion, Sampling


@dataclass(slots=True)
class Flight:
    """A request that was begun, and what has come of it so far. prefilled: prompt tokens, 0 until its first token."""

    request: Request
    prefilled: int = 0
    written: int = 0
    text: str = ""


class Flow:
    """Requests in flight, by key. See `Engine.flow`."""

    def __init__(self, more: More, answered: Answered, places: int, failed: Failed | None = None) -> None:
        if places < 1:
            raise ValueError(f"a flow needs at least one place, not {places}")
        self.flights: dict[str, Flight] = {}
        self._more = more
        self._answered = answered
        self._failed = failed
        self._places = places

    def fetch(self) -> list[Flight]:
        """What the caller has for the free places. Errors: ValueError when it gives more than it was asked for, or a
        key that is in flight."""
        free = self._places - len(self.flights)
        requests = list(self._more(free)) if free else []
        if len(requests) > free:
            raise ValueError(f"{len(requests)} requests for {free} free places")
        flights = []
        for request in requests:
            if request.key in self.flights:
                raise ValueError(f"two requests in flight are called {request.key!r}")
            flights.append(Flight(request))
            self.flights[request.key] = flights[-1]
        return flights

    def land(self, flight: Flight, completion: Completion) -> None:
        del self.flights[flight.request.key]
        self._answered(flight.request, completion)

    def fail(self, flight: Flight, error: BaseException) -> None:
        """A request that failed alone. Errors: the error itself, where it is no EngineFailure or nobody takes it."""
        if self._failed is None or not isinstance(error, EngineFailure):
            raise error
        del self.flights[flight.request.key]
        self._failed(flight.request, error)

    def stepped(self) -> None:
        """Some time has passed: called by backends after every step, for those who watch."""


class Batch(Flow):
    """Prompts known beforehand: all in flight at once, results in their order. Arguments as of `Engine.generate`."""

    def __init__(
        self,
        prompts: Sequence[Messages],
        sampling: Sampling | Sequence[Sampling],
        adapter: str | None,
        on_done: OnDone | None,
        on_progress: OnProgress | None,
    ) -> None:
        samplings = sampling_for_each(prompts, sampling)
        super().__init__(self._hand_out, self._put_in_place, max(1, len(prompts)))
        self._waiting = [
            Request(str(number), prompt, how, adapter)
            for number, (prompt, how) in enumerate(zip(prompts, samplings, strict=True), start=1)
        ]
        self._all: list[Flight] = []
        self._results: dict[int, Completion] = {}
        self._on_done = on_done
        self._on_progress = on_progress

    @property
    def results(self) -> list[Completion]:
        return [self._results[index] for index in range(len(self._all))]

    def fetch(self) -> list[Flight]:
        flights = super().fetch()
        self._all += flights
        return flights

    def stepped(self) -> None:
        if self._on_progress and self._all:
            prefilled, written = (sum(getattr(one, name) for one in self._all) for name in ("prefilled", "written"))
            texts = tuple(flight.text for flight in self._all)
            self._on_progress(Progress(len(self._results), len(self._all), prefilled, written, texts))

    def _hand_out(self, free: int) -> list[Request]:
        waiting, self._waiting = self._waiting, []
        return waiting

    def _put_in_place(self, request: Request, completion: Completion) -> None:
        index = int(request.key) - 1
        self._results[index] = completion
        if self._on_done:
            self._on_done(index, completion)


class Flights:
    """`generate` and `flow` of an engine that can run a `Flow`: what the backends have in common."""

    concurrent = False

    def alive(self) -> bool:
        return True

    def generate(
        self,
        prompts: Sequence[Messages],
        sampling: Sampling | Sequence[Sampling],
        adapter: str | None = None,
        on_done: OnDone | None = None,
        on_progress: OnProgress | None = None,
    ) -> list[Completion]:
        batch = Batch(prompts, sampling, adapter, on_done, on_progress)
        self._run(batch)
        return batch.results

    def flow(self, more: More, answered: Answered, places: int = 64, failed: Failed | None = None) -> None:
        self._run(Flow(more, answered, places, failed))

    def _run(self, flow: Flow) -> None:
        """Until nothing is in flight and `fetch` gives nothing; an error cancels what is in flight."""
        raise NotImplementedError


def check(engine: Engine, flights: Sequence[Flight], tokens: Sequence[int]) -> None:
    """Every request names an adapter there is and leaves room for its completion: checked for all of them before the
    first one runs. tokens: of each prompt. Errors: EngineFailure."""
    for flight, count in zip(flights, tokens, strict=True):
        request = flight.request
        if request.adapter is not None and request.adapter not in engine.adapters:
            known = ", ".join(engine.adapters) or "none"
            raise EngineFailure(f"{engine.name} has no adapter {request.adapter!r}.", f"Adapters it has: {known}.")
        if count + request.sampling.max_tokens > engine.context:
            raise EngineFailure(
                f"Prompt {request.key} has {count} tokens and asks for up to {request.sampling.max_tokens} more, "
                f"but the model's context is {engine.context}.",
                "Lower max_tokens or the paper budget, or choose a model with a longer context.",
            )
