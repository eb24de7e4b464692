"""`review batch --ray ADDRESS`: the papers of a batch as a Ray Data job.

    tasks -> Reader (actors on CPUs) -> Replica (actors, an engine each) -> what came of each paper -> the journal

What is done for one paper is `batching.units`, the same as in a local batch, seeds included. A replica writes its
papers' records itself, into the output folder, which every node must see; only figures come back. Ray repeats what a
lost worker had in hand, and a replica that finds a paper's record already there does not review it again, so each paper
is written once, whatever was killed: a reader, a replica, or the driver, whose next run takes over what has a record.
"""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from common.cluster.connection import connected
from common.engines.base import Engine
from common.errors import EngineFailure
from scripts.batch_workers import CALLS, HAND, Reader, Replica, Starter
from scripts.batching.journal import BatchJournal
from scripts.batching.meter import Meter
from scripts.batching.progress import Line
from scripts.batching.run import Events
from scripts.batching.session import Order
from scripts.batching.units import Failure, Outcome, Task, Terms
from scripts.live import Display


@dataclass(frozen=True, slots=True)
class Cluster:
    """address: "local", "auto" or HOST:PORT. replicas: engines. readers: actors that read papers. Each of both takes a
    CPU, by Ray's count; a local cluster has as many as are needed, whatever the cores."""

    address: str
    replicas: int = 1
    readers: int = 2


def session(
    order: Order,
    todo: Sequence[Task],
    terms: Terms,
    journal: BatchJournal,
    display: Display,
    figures: dict[str, Any],
) -> None:
    """A session of `review batch` on order.cluster. figures: filled in whatever happens. Errors: as of `drive`."""
    meter = Meter(len(todo))
    try:
        with Line(display, meter) as line:
            events = Events(lambda task, outcome: line.done(), line.failed, line.tick)
            start = Starter(order.config, order.places)
            drive(todo, terms, start, order.cluster, journal, meter, order.retry, events)
    finally:
        unknown = dict.fromkeys(("idle_share", "held_share"))  # how busy an engine elsewhere is, only it can tell
        figures |= {"engine": f"{order.cluster.replicas} on Ray", **meter.figures(), **unknown}


def drive(
    todo: Sequence[Task],
    terms: Terms,
    start: Callable[[], Engine],
    cluster: Cluster,
    journal: BatchJournal,
    meter: Meter,
    retry: int = 2,
    events: Events = Events(),  # noqa: B008  (frozen)
) -> None:
    """Review the tasks, and those again, up to `retry` times, whose failure may pass.

    Errors: as of `run`; what was finished by then is in the journal or has its record, and the next session goes on.
    """
    left = list(todo)
    for turn in range(retry + 1):
        again = []
        meter.begun(len(left), 0.0)
        for task, found in run(left, terms, start, cluster):
            if isinstance(found, Outcome):
                journal.done(task, found)
                meter.landed(found.read, found.written)
                meter.done += 1
                events.on_done(task, found)
            else:
                journal.failed(task, found)
                meter.gone(1)
                again += [task] if found.passing and turn < retry else []
                events.on_failed(task, found, task in again)
            meter.failed = meter.papers - meter.done - len(again) - meter.flying
            events.on_tick()
        meter.retried += len(again)
        left = again


def run(
    tasks: Sequence[Task], terms: Terms, start: Callable[[], Engine], cluster: Cluster
) -> Iterator[tuple[Task, Outcome | Failure]]:
    """What came of each task, as it comes, in any order. Closing the iterator ends the job.

    Errors: EngineFailure when no cluster answers or no replica can start; a paper's own trouble is its Failure.
    """
    if not tasks:
        return
    own = {task.id: task for task in tasks}
    with connected(cluster.address, cpus=cluster.replicas + cluster.readers):
        _check_room(start, cluster)
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

    logging.getLogger("ray.data").setLevel(logging.ERROR)  # the batch has a progress line of its own
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
        num_gpus=_gpus(start),
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


def _check_room(start: Callable[[], Engine], cluster: Cluster) -> None:
    """Ray would wait for ever for what a cluster does not have. Errors: EngineFailure."""
    import ray

    has = ray.cluster_resources()
    for kind, needed in (("CPU", cluster.replicas + cluster.readers), ("GPU", cluster.replicas * _gpus(start))):
        if needed > has.get(kind, 0):
            raise EngineFailure(
                f"{cluster.replicas} replicas and {cluster.readers} readers need {needed} {kind}s; the cluster has "
                f"{has.get(kind, 0):g}.",
                "Give fewer --replicas or --readers, or add nodes.",
            )


def _gpus(start: Callable[[], Engine]) -> int:
    """GPUs of a replica: what its model is spread over; none where the engine is elsewhere or the cluster has none."""
    import ray

    return getattr(start, "gpus", 0) if ray.cluster_resources().get("GPU") else 0


def _reason(error: BaseException) -> str:
    """The last line of what a worker raised: Ray puts its own stack in front."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _absolute(task: Task) -> Task:
    """Workers have other working folders."""
    questions = task.questions.resolve() if task.questions else None
    return replace(task, path=task.path.resolve(), questions=questions, also=tuple(map(_absolute, task.also)))
