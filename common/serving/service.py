"""The service behind the API: a store, workers and a chain, started and stopped together. Knows no HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

from common.serving import logs
from common.serving.chain import Chain, Order
from common.serving.hub import Hub
from common.serving.jobs import Job, JobStore, Upload
from common.serving.keys import Keys
from common.serving.limits import ServiceLimits
from common.serving.metrics import Metrics
from common.serving.workers import Workers

DAY = 86400.0
SWEEP = 600.0
"""Seconds between looks for jobs to be deleted for their age."""
STOPPING = 20.0
"""Seconds that running jobs get to let go of the engine."""


class Service:
    """folder: of its state, one service at a time. keys: empty for one user on this machine alone.

    The chain belongs to whoever made it. Errors of the constructor: ReviewError when the folder cannot be used.
    """

    def __init__(
        self, chain: Chain, folder: Path, limits: ServiceLimits | None = None, keys: Keys | None = None
    ) -> None:
        self.chain, self.limits, self.keys = chain, limits or ServiceLimits(), keys or Keys()
        self.hub = Hub()
        stored = self.limits.stored_mb_per_user
        self.store = JobStore(
            folder,
            self.limits.queue,
            self.limits.queue_per_user,
            chain.places,
            self.hub.changed,
            None if stored is None else int(stored * 1e6),
        )
        self.metrics = Metrics(self.store.counts, chain.ready)
        self._workers = Workers(chain, self.store, self.hub, self.limits, self.metrics)
        self._stopping = threading.Event()
        self._sweeper = threading.Thread(target=self._sweep, name="sweeper", daemon=True)

    def start(self) -> None:
        self._workers.start()
        self._sweeper.start()

    def close(self) -> None:
        """What runs is given back and continues with the next start; streams end."""
        if self._stopping.is_set():
            return
        self.hub.close()
        self._stopping.set()
        if self._workers.close(STOPPING):
            self.store.close()  # else a worker may still write; the lock goes with the process

    def accept(self, owner: str, upload: Upload, order: Order) -> Job:
        """Errors: QueueFull; StorageFull; OSError when the disk is full."""
        job = self.store.accept(owner, upload, order)
        self._workers.ring()
        return job

    def rerun(self, parent: Job, order: Order) -> Job:
        """Errors: QueueFull; StorageFull; FileNotFoundError when the parent was deleted meanwhile."""
        job = self.store.rerun(parent, order)
        self._workers.ring()
        return job

    def cancel(self, job: Job) -> None:
        self.store.cancel(job)
        self._workers.cancel(job.id)

    def delete(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self._workers.cancel(job.id)
        self.store.delete(jobs)
        for job in jobs:
            self._workers.cancel(job.id)  # one that was taken up in between
            self.hub.forget(job.id)

    def expire(self, now: float) -> int:
        """Delete what ended more than `keep_days` before `now`. Returns how many jobs."""
        if self.limits.keep_days is None:
            return 0
        old = self.store.ended(now - self.limits.keep_days * DAY)
        if old:
            self.delete(old)
            logs.event("expired", jobs=len(old))
        return len(old)

    def _sweep(self) -> None:
        while True:
            try:
                self.expire(time.time())
            except Exception as error:  # noqa: BLE001  (a full disk now must not end retention for good)
                logs.failure("sweeper", error)
            if self._stopping.wait(SWEEP):
                return
