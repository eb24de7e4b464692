"""The SQLite file of a state folder: opened by one process, written through to the disk, wiped where deleted.

One connection behind one lock: every transaction is short, and no reader can hold back a checkpoint. This knows tables
and transactions, not what a job is.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from common.errors import ReviewError

SCHEMA_VERSION = 1
_TABLES = """
CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, status TEXT NOT NULL,
  created REAL NOT NULL, started REAL, finished REAL, parent TEXT,
  name TEXT NOT NULL, suffix TEXT NOT NULL, type TEXT NOT NULL, sha256 TEXT NOT NULL,
  title TEXT, pages INTEGER, words INTEGER,
  "order" TEXT NOT NULL, questions TEXT, asked TEXT, error TEXT, starts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX jobs_by_status ON jobs (status, owner, seq);
CREATE INDEX jobs_by_owner ON jobs (owner, seq);
CREATE TABLE events (
  job INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE, id INTEGER NOT NULL, name TEXT NOT NULL,
  data TEXT NOT NULL, PRIMARY KEY (job, id)
) WITHOUT ROWID;
CREATE TABLE readings (job INTEGER PRIMARY KEY REFERENCES jobs (seq) ON DELETE CASCADE, paper TEXT NOT NULL);
CREATE TABLE records (job INTEGER PRIMARY KEY REFERENCES jobs (seq) ON DELETE CASCADE, record TEXT NOT NULL);
CREATE TABLE owners (owner TEXT PRIMARY KEY, served INTEGER NOT NULL) WITHOUT ROWID;
"""


class Database:
    """Errors of the constructor: ReviewError when another process has the folder, when its schema is another one, or
    when the disk refuses."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "jobs.sqlite"
        self._guard = threading.RLock()
        self._lock = _locked(folder)
        try:
            self._connection = self._open()
        except BaseException:
            os.close(self._lock)
            raise

    def _open(self) -> sqlite3.Connection:
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))  # the log beside it is made as readable as it
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            for pragma in (
                "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON", "temp_store=MEMORY",
            ):  # fmt: skip
                connection.execute(f"PRAGMA {pragma}")
            self._check_version(connection)
            return connection
        except (sqlite3.Error, OSError) as error:
            raise ReviewError(f"{self.path} cannot be opened: {error}.", "Name another state folder.") from error

    def _check_version(self, connection: sqlite3.Connection) -> None:
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found == 0:
            connection.executescript(f"BEGIN; {_TABLES} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;")
        elif found != SCHEMA_VERSION:
            connection.close()
            raise ReviewError(
                f"{self.path} has schema {found}; this version reads schema {SCHEMA_VERSION}.",
                "Use the version that wrote it, or name another state folder.",
            )

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything in it happens, durably, or nothing does."""
        with self._guard:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def wipe(self) -> None:
        """Empty the write-ahead log, which still holds what was deleted from the tables (those were overwritten)."""
        with self._guard:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        with self._guard:
            self._connection.close()
            os.close(self._lock)


def check_folder(folder: Path) -> None:
    """Can a service have this state folder? Errors: as Database's."""
    Database(folder).close()


def _locked(folder: Path) -> int:
    """A lock that ends with the process, however it ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ReviewError(f"The state folder {folder} cannot be used: {error.strerror}.") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise ReviewError(
            f"Another service is using the state folder {folder}.", "Stop it, or name another folder with --state."
        ) from error
    return handle
