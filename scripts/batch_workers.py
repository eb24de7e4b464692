"""What works in a cluster's processes: readers of papers, and replicas of the engine that review them.

`batch_cluster` sends them and collects; each is made once in a process of its own, from arguments that can be pickled.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from threading import Lock
from time import perf_counter
from typing import Any

from common.config import ChainConfig
from common.engines.base import Engine, Request
from common.errors import EngineFailure, ReviewError
from common.types import Completion
from scripts import opening, results
from scripts.batching import units
from scripts.batching.units import Failure, Outcome, Ready, Terms, Took

HAND = 4
"""Papers that travel together: what a lost worker has to do again, at most, for each call it had begun."""
CALLS = 10
"""Calls a replica works on at once: with HAND papers each, enough to fill an engine of 64 places (docs/SIZING.md)."""


@dataclass(frozen=True, slots=True)
class Starter:
    """Makes a replica's engine, on the replica's machine. places: requests it runs at once."""

    config: ChainConfig
    places: int = 64

    @property
    def gpus(self) -> int:
        """That one engine is spread over."""
        return 0 if self.config.server else opening.find_model(self.config).path.preset.tensor_parallel

    def __call__(self) -> Engine:
        if self.config.server:
            return opening.start(self.config, places=self.places)[0]
        return opening.start_vllm(opening.find_model(self.config), self.config.context, self.places, shared=True)


class Reader:
    """Reads papers and cuts them to the context. Each PDF is parsed in a process of its own, with limits."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        tasks = map(pickle.loads, batch["task"])
        return _rows(batch, [units.read(task, self.terms) for task in tasks])


class Replica:
    """An engine and the papers in flight on it. Calls come in several threads at once, and each paper of a call runs
    in one of its own, so that the engine is never left waiting for the last paper of a hand."""

    def __init__(self, terms: Terms, start: Callable[[], Engine]) -> None:
        if not terms.out.is_dir():
            raise ReviewError(
                f"This node does not see the output folder {terms.out}.", "Give a folder that all nodes share."
            )
        self.engine = start()
        self.turn = nullcontext() if self.engine.concurrent else Lock()
        self.terms = replace(terms, gauge=replace(terms.gauge, name=self.engine.name))
        self.pool = ThreadPoolExecutor(HAND * CALLS, thread_name_prefix="paper")

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        return _rows(batch, list(self.pool.map(self.review, map(pickle.loads, batch["found"]))))

    def review(self, ready: Ready | Failure) -> Outcome | Failure:
        """One paper to its record. Errors: ReviewError when it cannot be written, which ends the run."""
        if isinstance(ready, Failure):
            return ready
        place = units.place_of(ready.task, self.terms)
        record = results.finished(place, ready.job.paper.source.sha256, ready.settings)
        if record:
            # A worker was lost after this was written; files that belong to the record may have been lost with it.
            return units.write_record(record, ready.task, self.terms)
        try:
            return self._reviewed(ready)
        except EngineFailure as error:
            if not self.engine.alive():
                os._exit(1)  # Ray makes another replica and gives it what this one had; alive, it would fail them all
            return units.failure(error)

    def _reviewed(self, ready: Ready) -> Outcome | Failure:
        start, answers, turn = perf_counter(), list[Completion](), 0
        while ready.job.questions is None:
            answers += self._complete(units.ask_requests(ready, self.terms, turn))
            asked = units.take_questions(ready, self.terms, answers, Took(perf_counter() - start, HAND * CALLS))
            if isinstance(asked, Failure):
                return asked
            ready, turn = asked or ready, turn + 1
        start = perf_counter()
        answers = self._complete(units.review_requests(ready, self.terms))
        return units.write(ready, self.terms, answers, Took(perf_counter() - start, HAND * CALLS))

    def _complete(self, requests: Sequence[Request]) -> list[Completion]:
        """In the order of the requests."""
        waiting, answers = list(requests), dict[str, Completion]()

        def more(free: int) -> list[Request]:
            given, waiting[:] = waiting[:free], waiting[free:]
            return given

        with self.turn:
            self.engine.flow(more, lambda request, answer: answers.update({request.key: answer}), len(requests))
        return [answers[request.key] for request in requests]


def _rows(batch: dict[str, Any], found: Sequence[Any]) -> dict[str, Any]:
    """Columns of a block. Papers and outcomes travel as bytes: Arrow knows no unions."""
    return {"id": batch["id"], "found": [pickle.dumps(one) for one in found]}
