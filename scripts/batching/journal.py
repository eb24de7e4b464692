"""What a batch has done, line by line: journal.jsonl in the output folder (journal-I-of-N.jsonl for a shard).

    {"event": "run", ...}      a session begins: its time and its seeds
    {"event": "done", ...}     a paper's record is written; same_as: it has the bytes of that other paper
    {"event": "failed", ...}   a try of a paper failed: kind, message, hint, whether that may pass
    {"event": "end", ...}      a session ended by itself: its figures

A record's file is written before its line, so a line that says "done" is never wrong; a file without a line is taken
over when its digests agree. The journal belongs to one set of settings and refuses others. Nothing here runs papers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from common.errors import ReviewError
from common.journal import Journal
from common.jsonio import file_sha256
from scripts import results
from scripts.batching.units import Failure, Outcome, Task

STAMP = ("size", "mtime_ns")


@dataclass(frozen=True, slots=True)
class Shard:
    """The part of the papers that one machine takes. number: from 1."""

    number: int = 1
    of: int = 1

    @property
    def mark(self) -> str:
        return "" if self.of == 1 else f"-{self.number}-of-{self.of}"


WHOLE = Shard()


@dataclass(slots=True)
class Standing:
    """What the journal knows of one paper: its "done" line, or its last "failed" one since."""

    done: dict[str, Any] | None = None
    failed: dict[str, Any] | None = None


class BatchJournal:
    """Use as a context. settings: the digest of the run's own settings. Errors: ReviewError when the folder holds a run
    with other settings, or another process writes there."""

    def __init__(self, out: Path, settings: str, shard: Shard) -> None:
        _refuse_mixture(out, settings)
        self.out = out
        path = out / f"journal{shard.mark}.jsonl"
        self._journal = Journal(path, {"run": "batch", "settings": settings, "shard": [shard.number, shard.of]})
        self.path = path
        self.standings: dict[str, Standing] = {}
        for entry in self._journal.entries:
            self._take(entry)

    def __enter__(self) -> BatchJournal:
        return self

    def __exit__(self, *_: object) -> None:
        self._journal.close()

    @property
    def seeds(self) -> tuple[int, int] | None:
        """Of the first session: the later ones draw as it did. None in a new journal."""
        first = next((entry for entry in self._journal.entries if entry["event"] == "run"), None)
        return (first["seeds"][0], first["seeds"][1]) if first else None

    def begin(self, seeds: tuple[int, int], **about: Any) -> None:
        self._journal.append({"event": "run", "at": _now(), "seeds": list(seeds), **about})

    def done(self, task: Task, outcome: Outcome) -> None:
        """The task's line, then those of the papers with the same bytes."""
        figures = asdict(outcome)
        del figures["records"]
        about = {"event": "done", "paper": task.id, "record": outcome.records[0], **stamp(task.path), **figures}
        self._append(about)
        for one, record in zip(task.also, outcome.records[1:], strict=True):
            self.copied(one, task, replace(outcome, records=(record,)))

    def copied(self, task: Task, of: Task, outcome: Outcome) -> None:
        """The record of another paper with the same bytes was written for this one."""
        same = {"record": outcome.records[0], "sha256": outcome.sha256, "settings": outcome.settings}
        self._append({"event": "done", "paper": task.id, "same_as": of.id, **stamp(task.path), **same})

    def failed(self, task: Task, found: Failure) -> None:
        about = {"kind": found.kind, "message": found.message, "hint": found.hint, "passing": found.passing}
        for one in (task, *task.also):
            same = {} if one is task else {"same_as": task.id}
            self._append({"event": "failed", "paper": one.id, **same, **stamp(one.path), **about})

    def failed_for_good(self, task: Task) -> bool:
        """The last try failed in a way that no other try would mend, and the file is still the same. What is wrong with
        a form or a questions file is seen quickly, and so looked at again."""
        failed = self.standing(task).failed
        if failed is None or failed["passing"] or failed["kind"] == "settings":
            return False
        return stamp(task.path) == {key: failed[key] for key in STAMP if key in failed}

    def end(self, **figures: Any) -> None:
        self._journal.append({"event": "end", "at": _now(), **figures})

    def standing(self, task: Task) -> Standing:
        return self.standings.get(task.id, Standing())

    def finished(self, task: Task, settings: str) -> bool:
        """The paper has a record made with these settings from the file as it is now.

        The file is hashed only where its size or time is not what it was; a record without a line (a kill came between)
        is read and gets its line."""
        done = self.standing(task).done
        if done and done["settings"] == settings and (self.out / done["record"]).is_file():
            now = stamp(task.path)
            if now == {key: done.get(key) for key in now}:
                return True
            return bool(now) and file_sha256(task.path) == done["sha256"]
        return self._taken_over(task, settings)

    def as_named(self, task: Task) -> Task:
        """A finished task with the name its results have: it may have been the only one so called when it was run."""
        done = self.standing(task).done
        return replace(task, name=done["record"].removesuffix(".review.json")) if done else task

    def _taken_over(self, task: Task, settings: str) -> bool:
        record = f"{task.name}.review.json"
        if not (self.out / record).is_file() or not task.path.is_file():
            return False
        sha256 = file_sha256(task.path)
        if results.finished(results.Place(record=self.out / record), sha256, settings) is None:
            return False
        about = {"sha256": sha256, "settings": settings, "taken_over": True}
        self._append({"event": "done", "paper": task.id, "record": record, **stamp(task.path), **about})
        return True

    def _append(self, entry: Mapping[str, Any]) -> None:
        self._journal.append(entry)
        self._take(self._journal.entries[-1])

    def _take(self, entry: dict[str, Any]) -> None:
        if entry["event"] not in ("done", "failed"):
            return
        standing = self.standings.setdefault(entry["paper"], Standing())
        if entry["event"] == "done":
            standing.done, standing.failed = entry, None
        else:
            standing.failed = entry


def stamp(path: Path) -> dict[str, int]:
    """Size and time of a file, {} where there is none: what tells, without reading it, that it is still the same."""
    try:
        found = path.stat()
    except OSError:
        return {}
    return dict(zip(STAMP, (found.st_size, found.st_mtime_ns), strict=True))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _refuse_mixture(out: Path, settings: str) -> None:
    """The folder's other journals, of other shards, must be of the same run. Errors: ReviewError naming the other."""
    for path in sorted(out.glob("journal*.jsonl")):
        with path.open("rb") as file:
            head = file.readline()
        try:
            found = json.loads(head)
        except ValueError:
            continue  # another shard is writing its first line
        if found.get("settings") != settings:
            raise ReviewError(
                f"{out} holds a run with other settings: {path.name} says so.", "Give this one another --out."
            )
