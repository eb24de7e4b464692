"""From a folder or a manifest to the papers of a run: found, named, the same bytes put together, one shard's part.

The order and the names depend on the list alone, so every run and every machine makes the same plan. Papers are not
read here; only those of equal size are hashed.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from common.errors import BadConfig, ReviewError
from common.jsonio import file_sha256
from scripts.batching import manifest
from scripts.batching.journal import WHOLE, Shard
from scripts.batching.manifest import Row
from scripts.batching.units import Task

SUFFIXES = frozenset({".pdf", ".md", ".markdown", ".mdown", ".txt", ".text", ".mmd", ".json", ".xml", ".tei"})
"""What is taken from a folder. A manifest may name files of any kind."""


@dataclass(frozen=True, slots=True)
class Plan:
    """tasks: each with those that have the same bytes in `also`. listed: papers named, twins included, of all shards.
    passed_over: suffix -> files of a folder that are no papers by their names."""

    tasks: tuple[Task, ...]
    listed: int
    passed_over: dict[str, int]

    @property
    def papers(self) -> int:
        """Of this shard, twins included."""
        return sum(1 + len(task.also) for task in self.tasks)


def plan(source: Path, out: Path, shard: Shard = WHOLE, limit: int | None = None) -> Plan:
    """limit: tasks at most, the first ones. Errors: ReviewError about the source."""
    passed_over: dict[str, int] = {}
    if source.is_dir():
        rows, passed_over = _folder(source, out)
        root = source
    elif source.suffix.lower() == ".pdf":
        raise BadConfig(f"{source} is one paper.", "Give a folder or a manifest, or use `review chain`.", 2)
    else:
        rows, root = manifest.load(source), source.parent
    tasks = [task for task in _named(rows, root) if _in_shard(task.path, shard)]
    together = _together(tasks)
    return Plan(tuple(together[:limit]), len(rows), passed_over)


def _folder(source: Path, out: Path) -> tuple[list[Row], dict[str, int]]:
    if out.resolve() == source.resolve():
        raise BadConfig(f"The results cannot go among the papers of {source}.", "Give another folder with --out.", 2)
    rows, others = [], Counter[str]()
    for path in _files(source, out.resolve()):
        suffix = path.suffix.lower()
        if suffix in SUFFIXES:
            rows.append(Row(path))
        else:
            others[suffix or "no suffix"] += 1
    if not rows:
        raise ReviewError(f"There is no paper in {source}.", f"Papers end in {', '.join(sorted(SUFFIXES))}.")
    return rows, dict(others)


def _files(source: Path, out: Path) -> Iterator[Path]:
    """All files below, in one order everywhere; hidden ones and the output folder left out, links to folders not
    followed."""

    def refuse(error: OSError) -> None:
        raise ReviewError(f"Cannot list {error.filename}: {error.strerror}.") from error

    for folder, folders, names in os.walk(source, onerror=refuse):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if name[0] != "." and (here / name).resolve() != out)
        yield from (here / name for name in sorted(names) if name[0] != ".")


def _named(rows: Sequence[Row], root: Path) -> list[Task]:
    """A task a row. Results are called by the id, else by the path below the root without its suffix; where two would
    be called the same, the suffix stays; where even that is the same, a hash of the whole path is added."""
    ids = [row.id or _below(row.path, root) for row in rows]
    firsts = [row.id or str(Path(one).with_suffix("")) for row, one in zip(rows, ids, strict=True)]
    shared, whole = Counter(firsts), Counter(ids)
    tasks = []
    for row, one, first in zip(rows, ids, firsts, strict=True):
        name = first if shared[first] == 1 or row.id else one
        if whole[one] > 1 and not row.id:
            one = name = f"{one}-{hashlib.sha256(str(row.path.resolve()).encode()).hexdigest()[:8]}"
        tasks.append(Task(one, row.path, name, row.form, row.questions))
    _refuse_equal(tasks)
    return tasks


def _below(path: Path, root: Path) -> str:
    """The path below the root, or the file's name alone for one that stands elsewhere."""
    inner = os.path.normpath(os.path.relpath(path, root))
    return path.name if inner.startswith("..") else inner


def _refuse_equal(tasks: Sequence[Task]) -> None:
    """A manifest may name a file twice for two forms; then only ids can tell the results apart."""
    for what in ("id", "name"):
        twice = [one for one, count in Counter(getattr(task, what) for task in tasks).items() if count > 1]
        if twice:
            raise BadConfig(f"Two papers of the list would both be called '{twice[0]}'.", "Give them ids of their own.")


def _in_shard(path: Path, shard: Shard) -> bool:
    """By the file's size, which is as good as drawn by lot, and the same for files with the same bytes: these meet in
    one shard without anybody reading them all."""
    if shard.of == 1:
        return True
    size = _size(path)
    lot = hashlib.sha256(str(path.name if size is None else size).encode()).digest()
    return int.from_bytes(lot[:8], "big") % shard.of == shard.number - 1


def _together(tasks: Sequence[Task]) -> list[Task]:
    """Tasks of the same bytes, form and questions become one: the first, with the others in `also`."""
    sizes = Counter(_size(task.path) for task in tasks)
    groups: dict[tuple[object, ...], list[Task]] = defaultdict(list)
    for task in tasks:
        size = _size(task.path)
        alone = size is None or sizes[size] == 1
        groups[task.id if alone else _digest(task), task.form, task.questions].append(task)
    return [replace(first, also=tuple(rest)) for first, *rest in groups.values()]


def _digest(task: Task) -> str:
    """Of the bytes; a file that cannot be read is like no other, and fails when it is its turn."""
    try:
        return "bytes " + file_sha256(task.path)
    except ReviewError:
        return task.id


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return None
