"""Threads that take a job, read its paper, run the chain and write down what came of it.

A failure is its job's own and no other's. When the engine is away nothing is taken: the jobs wait. When the service
stops, what runs goes back into the queue.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from common.errors import BadConfig, EngineFailure, ReviewError, UnreadablePaper
from common.paper.pdf.process import Stopped, read_apart
from common.serving import logs
from common.serving.chain import Cancelled, Chain, Order, Told
from common.serving.hub import Hub
from common.serving.jobs import Fault, JobStore
from common.serving.jobs.work import Lost, Work
from common.serving.limits import ServiceLimits
from common.serving.metrics import Metrics
from common.types import ChainRecord, Paper

PATIENCE = 1.0
"""Seconds between looks for a job or the engine when nobody rings."""


class Workers:
    """As many threads as the chain has places. `ring` after a job was accepted; `cancel` stops a running one."""

    def __init__(self, chain: Chain, store: JobStore, hub: Hub, limits: ServiceLimits, metrics: Metrics) -> None:
        self._chain, self._store, self._hub, self._limits, self._metrics = chain, store, hub, limits, metrics
        self._reading = threading.Semaphore(limits.readers)
        self._bell = threading.Condition()
        self._stopping = threading.Event()
        self._cancelled: dict[str, threading.Event] = {}
        self._threads = [
            threading.Thread(target=self._serve, name=f"worker-{place}", daemon=True) for place in range(chain.places)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def ring(self) -> None:
        with self._bell:
            self._bell.notify_all()

    def cancel(self, job: str) -> None:
        if event := self._cancelled.get(job):
            event.set()

    def close(self, seconds: float) -> bool:
        """Stop and wait. Returns whether all of them ended; one that did not is left to the process's end."""
        self._stopping.set()
        self.ring()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                work = self._store.claim() if self._chain.ready() else None
                if work is not None:
                    self._do(work)
                    continue
            except Exception as error:  # noqa: BLE001  (a full disk or a locked database must not end the worker)
                logs.failure("worker", error)
            with self._bell:
                self._bell.wait(PATIENCE)

    def _do(self, work: Work) -> None:
        job = work.job
        event = self._cancelled[job.id] = threading.Event()
        started, outcome = time.monotonic(), "cancelled"
        try:
            outcome = self._finish(work, lambda: event.is_set() or self._stopping.is_set())
        except Lost:
            pass  # cancelled or deleted, and written down as that already
        finally:
            del self._cancelled[job.id]
            self._hub.forget(job.id)
            seconds = round(time.monotonic() - started, 3)
            logs.event("job", job=job.id, owner=job.owner, outcome=outcome, seconds=seconds)

    def _finish(self, work: Work, stopped: Callable[[], bool]) -> str:
        """The job ends here in one way, which is returned for the log."""
        try:
            work.finish(self._run(work, stopped))
            return "done"
        except (Cancelled, Stopped):
            work.release()
            return "given back"
        except ReviewError as error:
            if isinstance(error, EngineFailure) and not self._chain.ready():
                work.release(counted=True)  # it waits for the engine to come back, or for the next start
                return "given back"
            work.fail(self._fault(work, error))
            return code_of(error)
        except Lost:
            raise
        except Exception as error:  # noqa: BLE001  (a defect met by one paper must not stop the others)
            logs.failure("job failed", error, job=work.job.id)
            work.fail(Fault("This paper met a defect of the service.", "Tell whoever runs the service.", "defect"))
            return "defect"

    def _run(self, work: Work, stopped: Callable[[], bool]) -> ChainRecord:
        job = work.job
        paper = work.reading()
        if paper is None:
            paper = self._read(work, stopped)
            work.read(paper)

        def text(stage: str, so_far: str) -> None:
            if not stopped():
                self._hub.write(job.id, stage, so_far)

        told = Told(on_stage=work.stage, on_questions=work.asked, on_text=text)
        record = self._chain.run(paper, _continued(work), told, stopped)
        self._metrics.ran(record)
        return record

    def _read(self, work: Work, stopped: Callable[[], bool]) -> Paper:
        path = self._store.papers.path(work.job.id, work.job.suffix)
        while not self._reading.acquire(timeout=0.2):
            if stopped():
                raise Stopped
        began = time.monotonic()
        try:
            paper = read_apart(path, "pdfium", self._limits.reading, "common.paper.worker", stopped)
        finally:
            self._reading.release()
            self._metrics.read(time.monotonic() - began)
        return replace(paper, source=replace(paper.source, name=work.job.name))

    def _fault(self, work: Work, error: ReviewError) -> Fault:
        """The paper under the name its owner gave it."""
        path = self._store.papers.path(work.job.id, work.job.suffix)
        message = error.message.replace(str(path), path.name).replace(path.name, work.job.name)
        return Fault(message, error.hint, code_of(error))


def _continued(work: Work) -> Order:
    """The order, or what is left of it when the paper has been asked already."""
    job = work.job
    return replace(job.order, questions=job.questions, ask=(), asked=job.asked) if job.questions else job.order


def code_of(error: ReviewError) -> str:
    """A stable word for programs."""
    kinds = {UnreadablePaper: "unreadable-paper", EngineFailure: "engine", BadConfig: "order"}
    return next((code for kind, code in kinds.items() if isinstance(error, kind)), "failed")
