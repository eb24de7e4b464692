"""A job's row, and the statements that more than one place needs."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from common.jsonio import from_json, to_json
from common.serving.chain import Order
from common.serving.jobs.job import RUNNING, Event, Fault, Job
from common.types import Question, StageRecord

IS_RUNNING = f"status IN {RUNNING}"

# An owner's k-th waiting job comes after k - 1 of its own: a place is taken by whoever has the fewest running, then by
# whoever was served longest ago, then by the oldest job. Of one level, those whose owner is served before come last.
QUEUE = f"""
SELECT seq, row_number() OVER (ORDER BY running + turn, turn > 1, served, seq) AS place FROM (
  SELECT q.seq AS seq, coalesce(r.running, 0) AS running, coalesce(o.served, 0) AS served,
    row_number() OVER (PARTITION BY q.owner ORDER BY q.seq) AS turn
  FROM jobs q LEFT JOIN owners o ON o.owner = q.owner
  LEFT JOIN (SELECT owner, count(*) AS running FROM jobs WHERE {IS_RUNNING} GROUP BY owner) r ON r.owner = q.owner
  WHERE q.status = 'queued'
) ORDER BY place
"""


def job_of(row: sqlite3.Row, place: int | None = None) -> Job:
    """A row as a job."""
    fields = {key: row[key] for key in row.keys()}  # noqa: SIM118  (a Row iterates over its values)
    for name, kind in (("order", Order), ("questions", tuple[Question, ...]), ("asked", StageRecord), ("error", Fault)):
        if fields[name] is not None:
            fields[name] = from_json(fields[name], kind, f"job {row['id']}, {name}")
    return Job(**fields | {"questions": fields["questions"] or (), "place": place})


def compact(value: Any) -> str:
    return to_json(value, indent=0)


def tell(connection: sqlite3.Connection, seq: int, name: str, data: dict[str, Any]) -> None:
    """Append a durable event."""
    connection.execute(
        "INSERT INTO events SELECT ?, coalesce(max(id), 0) + 1, ?, ? FROM events WHERE job = ?",
        (seq, name, compact(data), seq),
    )


def event_of(row: sqlite3.Row) -> Event:
    return Event(row["id"], row["name"], json.loads(row["data"]))
