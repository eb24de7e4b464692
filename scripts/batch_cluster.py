"""`review batch --ray ADDRESS`: the papers of a batch as a Ray Data job.

    tasks -> Reader (actors on CPUs) -> Replica (actors, an engine each) -> what came of each paper -> the journal

What is done for one paper is `batching.units`, the same as in a local batch, seeds included. A replica writes its
papers' records itself, into the output folder, which every node must see; only figures come back. Ray repeats what a
lost worker had in hand, and a replica that finds a paper's record already there does not review it again, so each paper
is written once, whatever was killed: a reader, a replica, or the driver, whose next run takes over what has a record.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from threading import Lock
from time import perf_counter
from typing import Any

from common.cluster.connection import connected
from common.config import ChainConfig
from common.engines.base import Engine, Request
from common.errors import EngineFailure, ReviewError
from common.types import Completion
from scripts import opening, results
from scripts.batching import units
from scripts.batching.journal import BatchJournal
from scripts.batching.units import Failure, Outcome, Ready, Task, Terms, Took

HAND = 4
"""Papers that travel together: what a lost worker has to do again, at most, for each call it had begun."""
TRIES = 3
CALLS = 10
"""Calls a replica works on at once: with HAND papers each, enough to fill an engine of 64 places (docs/SIZING.md)."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """address: "local", "auto" or HOST:PORT. replicas: engines. readers: actors that read papers, a CPU each. gpus: of
    one replica: its engine's tensor parallelism. cpus: a local cluster's, None for the cores there are."""

    address: str
    replicas: int = 1
    readers: int = 2
    gpus: int = 0
    cpus: int | None = None


@dataclass(frozen=True, slots=True)
class Starter:
    """Makes a replica's engine, on the replica's machine. places: requests it runs at once."""

    config: ChainConfig
    places: int = 64

    def __call__(self) -> Engine:
        if self.config.server:
            return opening.start(self.config)[0]
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
        """One paper to its record. Errors are the paper's own failure."""
        if isinstance(ready, Failure):
            return ready
        try:
            place = units.place_of(ready.task, self.terms)
            record = results.finished(place, ready.job.paper.source.sha256, ready.settings)
            if record:
                # A worker was lost after this was written; files that belong to the record may have been lost with it.
                return units.write_record(record, ready.task, self.terms)
            return self._reviewed(ready)
        except ReviewError as error:
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


def drive(
    tasks: Sequence[Task],
    terms: Terms,
    start: Callable[[], Engine],
    cluster: Cluster,
    journal: BatchJournal,
    tell: Callable[[Task, Outcome | Failure], None] = lambda task, found: None,
) -> list[Task]:
    """Review what the journal has not, and again, up to TRIES times, what failed for a reason that may pass. tell: of
    each paper, once its line is in the journal. Returns the tasks without a review; the journal says why.

    Errors: as of `run`; what was finished by then is in the journal or has its record, and the next run goes on.
    """
    left = [task for task in tasks if not _finished(task, terms, journal)]
    for _ in range(TRIES):
        again = []
        for task, found in run(left, terms, start, cluster):
            if isinstance(found, Failure):
                journal.failed(task, found)
                again += [task] if found.passing else []
            else:
                journal.done(task, found)
            tell(task, found)
        left = again
    return [task for task in tasks if journal.standing(task).done is None]


def _finished(task: Task, terms: Terms, journal: BatchJournal) -> bool:
    """A task whose form or questions file is wrong is not; reading it will say so."""
    try:
        return journal.finished(task, units.settings_of(task, terms))
    except ReviewError:
        return False


def run(
    tasks: Sequence[Task], terms: Terms, start: Callable[[], Engine], cluster: Cluster
) -> Iterator[tuple[Task, Outcome | Failure]]:
    """What came of each task, as it comes, in any order. Closing the iterator ends the job.

    Errors: EngineFailure when no cluster answers or no replica can start; a paper's own trouble is its Failure.
    """
    if not tasks:
        return
    own = {task.id: task for task in tasks}
    with connected(cluster.address, cpus=cluster.cpus):
        absolute = [_absolute(task) for task in tasks]
        for name, found in _streamed(absolute, replace(terms, out=terms.out.resolve()), start, cluster):
            yield own[name], found


def _streamed(
    tasks: Sequence[Task], terms: Terms, start: Callable[[], Engine], cluster: Cluster
) -> Iterator[tuple[str, Outcome | Failure]]:
    """With the tasks' ids."""
    import ray.data
    from ray.data import ActorPoolStrategy
    from ray.exceptions import RayError

    ray.data.DataContext.get_current().enable_progress_bars = False
    ray.data.DataContext.get_current().print_on_execution_start = False
    blocks = -(-len(tasks) // HAND)
    papers = ray.data.from_items(
        [{"id": task.id, "task": pickle.dumps(task)} for task in tasks], override_num_blocks=blocks
    )
    read = papers.map_batches(
        Reader,
        fn_constructor_args=(terms,),
        batch_size=None,
        num_cpus=1,
        compute=ActorPoolStrategy(size=cluster.readers),
    )
    done = read.map_batches(
        Replica,
        fn_constructor_args=(terms, start),
        batch_size=None,
        num_cpus=1,
        num_gpus=cluster.gpus,
        compute=ActorPoolStrategy(
            size=cluster.replicas,
            max_tasks_in_flight_per_actor=CALLS + 2,
            max_concurrent_calls_per_actor=CALLS,
            enable_true_multi_threading=True,
        ),
    )
    try:
        for row in done.iter_rows():
            yield row["id"], pickle.loads(row["found"])
    except RayError as error:
        raise EngineFailure(
            f"The cluster gave up: {_reason(error)}",
            "What was finished is kept; the same command goes on from there. `ray status` shows the cluster.",
        ) from error


def _reason(error: BaseException) -> str:
    """The last line of what a worker raised: Ray puts its own stack in front."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _absolute(task: Task) -> Task:
    """Workers have other working folders."""
    questions = task.questions.resolve() if task.questions else None
    return replace(task, path=task.path.resolve(), questions=questions, also=tuple(map(_absolute, task.also)))
