"""A job in the hands of one worker: every step is written down, with its event, in one transaction.

Each step counts only while the job is still running here: a job that was cancelled or deleted meanwhile is `Lost`, and
nothing of it is written again. That is what makes a job finish exactly once.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from common.jsonio import from_json, to_json
from common.serving.jobs.database import Database
from common.serving.jobs.job import Fault, Job, Status
from common.serving.jobs.rows import IS_RUNNING, compact, tell
from common.types import ChainRecord, Notice, Paper, Question, StageRecord


class Lost(Exception):
    """The job was cancelled or deleted while it ran."""


class Work:
    """job: as it was when it was taken. changed(id): called after each step is on the disk."""

    def __init__(self, database: Database, job: Job, changed: Callable[[str], None]) -> None:
        self.job, self._database, self._changed = job, database, changed
        self._told = (job.questions, job.asked)

    @contextlib.contextmanager
    def _step(self, change: str = "", *values: Any) -> Iterator[sqlite3.Connection]:
        """One transaction on the running job. change: what is set in its row. Errors: Lost."""
        with self._database.transaction() as connection:
            settings = ", ".join(filter(None, ("seq = seq", change)))
            found = connection.execute(
                f"UPDATE jobs SET {settings} WHERE seq = ? AND {IS_RUNNING}", (*values, self.job.seq)
            )
            if found.rowcount != 1:
                raise Lost
            yield connection
        self._changed(self.job.id)

    def reading(self) -> Paper | None:
        """The paper as an earlier start, or the job that this one reruns, has read it."""
        with self._database.transaction() as connection:
            row = connection.execute("SELECT paper FROM readings WHERE job = ?", (self.job.seq,)).fetchone()
        return from_json(row["paper"], Paper, f"the paper of job {self.job.id}") if row else None

    def stage(self, status: Status) -> None:
        with self._step("status = ?", status) as connection:
            tell(connection, self.job.seq, "status", {"status": status, "place": None})

    def read(self, paper: Paper) -> None:
        with self._step("title = ?, pages = ?, words = ?", paper.title, paper.pages, paper.words) as connection:
            connection.execute("INSERT OR REPLACE INTO readings VALUES (?, ?)", (self.job.seq, compact(paper)))
            tell(connection, self.job.seq, "paper", about(paper))

    def asked(self, questions: Sequence[Question], asked: StageRecord | None) -> None:
        """From here on the job continues at stage B, whatever happens. Said once, however often it is called."""
        if (tuple(questions), asked) == self._told:
            return
        values = (compact(list(questions)), None if asked is None else compact(asked))
        with self._step("questions = ?, asked = ?", *values) as connection:
            tell(connection, self.job.seq, "questions", {"questions": list(questions)})
        self._told = (tuple(questions), asked)

    def finish(self, record: ChainRecord) -> None:
        with self._step("status = 'done', finished = ?", time.time()) as connection:
            connection.execute("INSERT INTO records VALUES (?, ?)", (self.job.seq, to_json(record)))
            tell(connection, self.job.seq, "done", {"id": self.job.id})

    def fail(self, fault: Fault) -> None:
        with self._step("status = 'failed', finished = ?, error = ?", time.time(), compact(fault)) as connection:
            tell(connection, self.job.seq, "failed", {"message": fault.message, "hint": fault.hint, "code": fault.code})

    def release(self, counted: bool = False) -> None:
        """Back into the queue: the service stops, and that start does not count; or (counted) the engine has gone."""
        with self._step("status = 'queued', starts = starts - ?", 0 if counted else 1) as connection:
            tell(connection, self.job.seq, "status", {"status": "queued", "place": None})


def about(paper: Paper) -> dict[str, Any]:
    """What the event `paper` says."""
    warnings: Sequence[Notice] = paper.warnings
    return {
        "title": paper.title,
        "pages": paper.pages,
        "words": paper.words,
        "warnings": list(warnings),
        "passages": len(paper.passages),
    }
