"""Accepting, finding, handing out and deleting jobs. What a job goes through while it runs is `work.Work`.

Every job that `accept` or `rerun` returned survives a kill; one that was running is queued again by the next start,
with the questions it had. Nothing here runs a job or knows HTTP.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import sqlite3
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from common.serving.chain import Order
from common.serving.jobs.database import Database
from common.serving.jobs.files import Papers, Upload
from common.serving.jobs.job import FINAL, RUNNING, Event, Fault, Job, QueueFull, StorageFull
from common.serving.jobs.rows import IS_RUNNING, QUEUE, compact, event_of, job_of, tell
from common.serving.jobs.work import Lost, Work

MAX_STARTS = 10
"""A job that took the service or its engine down with it this many times is not started again."""
GAVE_UP = Fault(
    f"The service or its engine stopped {MAX_STARTS} times while it worked on this paper.",
    "The paper may be what stops it; tell whoever runs the service.",
    "gave-up",
)
UNMEASURED = 60.0
"""Seconds a job is taken to last until one has been measured."""


class JobStore:
    """The jobs of one state folder. Thread-safe; one process. queue, queue_per_user: jobs that may wait.

    bytes_per_user: of papers that one owner may keep, None for no limit. places: jobs worked on at once, for the retry
    time. changed(id): called when a job has changed or is gone.
    Errors of the constructor: ReviewError when the folder is in use or unusable.
    """

    def __init__(
        self,
        folder: Path,
        queue: int = 64,
        queue_per_user: int = 16,
        places: int = 1,
        changed: Callable[[str], None] = lambda job: None,
        bytes_per_user: int | None = None,
    ) -> None:
        self._bytes_per_user = bytes_per_user
        self._queue, self._queue_per_user, self._places, self._changed = queue, queue_per_user, places, changed
        self._database = Database(folder)
        try:
            self.papers = Papers(folder)
            self._recover()
        except BaseException:
            self._database.close()
            raise

    def _recover(self) -> None:
        with self._database.transaction() as connection:
            for (seq,) in connection.execute(f"SELECT seq FROM jobs WHERE {IS_RUNNING}").fetchall():
                connection.execute("UPDATE jobs SET status = 'queued' WHERE seq = ?", (seq,))
                tell(connection, seq, "status", {"status": "queued", "place": None})
            known = {f"{row['id']}{row['suffix']}" for row in connection.execute("SELECT id, suffix FROM jobs")}
        self.papers.clean(known)

    def check_room(self, owner: str) -> None:
        """Errors: QueueFull, StorageFull when a job of this owner would not be accepted now."""
        with self._database.transaction() as connection:
            self._check_room(connection, owner)

    def _check_room(self, connection: sqlite3.Connection, owner: str, coming: int = 1) -> None:
        """coming: bytes of the new paper."""
        self._check_bytes(connection, owner, coming)
        waiting = connection.execute(
            "SELECT count(*) AS everyone, count(*) FILTER (WHERE owner = ?) AS own FROM jobs WHERE status = 'queued'",
            (owner,),
        ).fetchone()
        if waiting["own"] >= self._queue_per_user:
            own = connection.execute("SELECT seq FROM jobs WHERE status = 'queued' AND owner = ?", (owner,))
            places = self._places_now(connection)
            first = min(places[row["seq"]] for row in own)
            seconds = self._job_seconds(connection) * first / self._places
            raise QueueFull(f"{waiting['own']} of your papers are waiting already.", max(1, round(seconds)))
        if waiting["everyone"] >= self._queue:
            seconds = self._job_seconds(connection) / self._places
            raise QueueFull(f"{waiting['everyone']} papers are waiting already.", max(1, round(seconds)))

    def _check_bytes(self, connection: sqlite3.Connection, owner: str, coming: int) -> None:
        if self._bytes_per_user is None:
            return
        own = connection.execute("SELECT id, suffix FROM jobs WHERE owner = ?", (owner,))
        kept = sum(self.papers.bytes(row["id"], row["suffix"]) for row in own)
        if kept + coming > self._bytes_per_user:
            raise StorageFull(kept, self._bytes_per_user)

    @staticmethod
    def _job_seconds(connection: sqlite3.Connection) -> float:
        rows = connection.execute(
            "SELECT finished - started FROM jobs WHERE status = 'done' ORDER BY seq DESC LIMIT 20"
        ).fetchall()
        return statistics.fmean(row[0] for row in rows) if rows else UNMEASURED

    @staticmethod
    def _places_now(connection: sqlite3.Connection) -> dict[int, int]:
        """seq of each waiting job -> its place in the queue."""
        return {row["seq"]: row["place"] for row in connection.execute(QUEUE)}

    def accept(self, owner: str, upload: Upload, order: Order) -> Job:
        """A new job; once this returns, no kill loses it. Errors: QueueFull; StorageFull; OSError for a full disk."""
        job = secrets.token_hex(16)
        self.papers.keep(upload, job)  # first the file: a row without its paper could not be worked on
        row = {"name": upload.name, "suffix": upload.suffix, "type": upload.type, "sha256": upload.sha256}
        try:
            return self._insert(owner, order, row | {"id": job})
        except BaseException:
            self.papers.remove(job, upload.suffix)
            raise

    def rerun(self, parent: Job, order: Order) -> Job:
        """A new job on the same paper, read anew only if the parent has not been. Errors: QueueFull; StorageFull;
        FileNotFoundError when the parent was deleted meanwhile."""
        job = secrets.token_hex(16)
        self.papers.copy(parent.id, parent.suffix, job)
        row = {name: getattr(parent, name) for name in ("name", "suffix", "type", "sha256", "title", "pages", "words")}
        try:
            return self._insert(parent.owner, order, row | {"id": job, "parent": parent.id}, parent.seq)
        except BaseException:
            self.papers.remove(job, parent.suffix)
            raise

    def _insert(self, owner: str, order: Order, row: dict[str, Any], reading_of: int | None = None) -> Job:
        values = row | {"owner": owner, "status": "queued", "created": time.time(), "order": compact(order)}
        names = ", ".join(f'"{name}"' for name in values)
        coming = self.papers.bytes(row["id"], row["suffix"])
        with self._database.transaction() as connection:
            self._check_room(connection, owner, coming)
            marks = ", ".join("?" * len(values))
            seq = connection.execute(f"INSERT INTO jobs ({names}) VALUES ({marks})", (*values.values(),)).lastrowid
            assert seq is not None
            connection.execute("INSERT INTO readings SELECT ?, paper FROM readings WHERE job = ?", (seq, reading_of))
            place = self._places_now(connection)[seq]
            found = job_of(connection.execute("SELECT * FROM jobs WHERE seq = ?", (seq,)).fetchone(), place)
            tell(connection, seq, "status", {"status": "queued", "place": place})
            for read in connection.execute("SELECT data FROM events WHERE job = ? AND name = 'paper'", (reading_of,)):
                tell(connection, seq, "paper", json.loads(read["data"]))
        self._changed(found.id)
        return found

    def claim(self) -> Work | None:
        """The next job, now "reading"; None when nothing waits. One that was started too often fails instead."""
        while True:
            with self._database.transaction() as connection:
                job = self._take(connection)
            if job is None:
                return None
            self._changed(job.id)
            work = Work(self._database, job, self._changed)
            if job.starts <= MAX_STARTS:
                return work
            with contextlib.suppress(Lost):
                work.fail(GAVE_UP)

    @staticmethod
    def _take(connection: sqlite3.Connection) -> Job | None:
        row = connection.execute(f"{QUEUE} LIMIT 1").fetchone()
        if row is None:
            return None
        seq = row["seq"]
        connection.execute(
            "UPDATE jobs SET status = 'reading', started = ?, starts = starts + 1 WHERE seq = ?", (time.time(), seq)
        )
        connection.execute(
            "INSERT OR REPLACE INTO owners SELECT owner, (SELECT coalesce(max(served), 0) + 1 FROM owners) "
            "FROM jobs WHERE seq = ?",
            (seq,),
        )
        tell(connection, seq, "status", {"status": "reading", "place": None})
        return job_of(connection.execute("SELECT * FROM jobs WHERE seq = ?", (seq,)).fetchone())

    def find(self, owner: str, job: str) -> Job | None:
        """None as well for a job of somebody else."""
        with self._database.transaction() as connection:
            row = connection.execute("SELECT * FROM jobs WHERE id = ? AND owner = ?", (job, owner)).fetchone()
            if row is None:
                return None
            return job_of(row, self._places_now(connection).get(row["seq"]) if row["status"] == "queued" else None)

    def listed(self, owner: str, limit: int, before: str | None = None) -> list[Job]:
        """The newest first; before: only those accepted before that job."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT * FROM jobs WHERE owner = :owner AND (:before IS NULL OR seq < "
                "(SELECT seq FROM jobs WHERE id = :before AND owner = :owner)) ORDER BY seq DESC LIMIT :limit",
                {"owner": owner, "before": before, "limit": limit},
            ).fetchall()
            places = self._places_now(connection)
        return [job_of(row, places.get(row["seq"])) for row in rows]

    def events(self, job: Job, after: int = 0) -> list[Event]:
        with self._database.transaction() as connection:
            rows = connection.execute("SELECT * FROM events WHERE job = ? AND id > ? ORDER BY id", (job.seq, after))
            return [event_of(row) for row in rows]

    def reading(self, job: Job) -> str | None:
        """The paper as read, as JSON of `Paper`."""
        return self._text("paper", "readings", job)

    def record(self, job: Job) -> str | None:
        """JSON of `ChainRecord`."""
        return self._text("record", "records", job)

    def _text(self, column: str, table: str, job: Job) -> str | None:
        with self._database.transaction() as connection:
            row = connection.execute(f"SELECT {column} FROM {table} WHERE job = ?", (job.seq,)).fetchone()
        return row and row[0]

    def cancel(self, job: Job) -> None:
        """A job that has ended stays as it is."""
        with self._database.transaction() as connection:
            found = connection.execute(
                f"UPDATE jobs SET status = 'cancelled', finished = ? WHERE seq = ? AND status NOT IN {FINAL}",
                (time.time(), job.seq),
            )
            if found.rowcount:
                tell(connection, job.seq, "cancelled", {})
        self._changed(job.id)

    def delete(self, jobs: Sequence[Job]) -> None:
        """Rows, events, readings, records and files, so that no byte of them stays in the folder."""
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM jobs WHERE seq = ?", [(job.seq,) for job in jobs])
        for job in jobs:
            self.papers.remove(job.id, job.suffix)
            self._changed(job.id)
        self._database.wipe()

    def ended(self, before: float) -> list[Job]:
        """Jobs that ended before a time in Unix seconds."""
        with self._database.transaction() as connection:
            rows = connection.execute(f"SELECT * FROM jobs WHERE status IN {FINAL} AND finished < ?", (before,))
            return [job_of(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """Jobs by status, every status named."""
        with self._database.transaction() as connection:
            rows = connection.execute("SELECT status, count(*) FROM jobs GROUP BY status").fetchall()
        return dict.fromkeys(("queued", *RUNNING, *FINAL), 0) | {row[0]: row[1] for row in rows}

    def close(self) -> None:
        self._database.close()
