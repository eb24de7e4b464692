"""Typed JSON in and out for the dataclasses of `common.types`, on msgspec; and atomic files.

A file is written whole or not at all: into a temporary file beside its place, flushed to disk, then renamed. A full
disk or a kill leaves the old file, never half of a new one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from common.errors import ReviewError

T = TypeVar("T")


def to_json(value: Any, indent: int = 2) -> str:
    """JSON text of a dataclass, UTF-8 characters kept. Errors: ReviewError for half a surrogate pair, which no UTF-8
    file can hold."""
    try:
        raw = msgspec.json.encode(value)
    except UnicodeEncodeError as error:
        raise ReviewError(f"The text holds half of a character: {error}.", "Its source is damaged there.") from error
    return (msgspec.json.format(raw, indent=indent) if indent else raw).decode()


def from_json(text: str | bytes, kind: type[T], where: str = "input") -> T:
    """Parse and check JSON against a dataclass. Errors: ReviewError naming `where` and the path of the bad field."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise ReviewError(f"{where} is not a valid {kind.__name__}: {error}") from error


def schema_of(kind: type) -> dict[str, Any]:
    """JSON Schema (2020-12) of a dataclass."""
    return msgspec.json.schema(kind)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content, as hex digits. Errors: ReviewError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ReviewError(f"Cannot read {path}: {error.strerror or error}.") from error


def write_text(path: Path, text: str) -> None:
    """Replace `path` by `text` atomically. Errors: ReviewError when the folder or the disk refuses."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise ReviewError(f"Cannot write {path}: {error.strerror or error}.") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError as error:
        raise ReviewError(f"Cannot write {path}: {error.strerror or error}.", "Nothing was written there.") from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
