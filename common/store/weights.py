"""Weights on disk: safetensors headers, SHA-256, manifests and the digest that names a model.

The digest of a model is the SHA-256 of one line "HASH  NAME" for each of its weight files, sorted by name. It does
not depend on where the folder is. Hashes of large files are remembered in the cache by size and modification time.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common import jsonio
from common.errors import EngineFailure
from common.jsonio import file_sha256 as sha256
from common.store.cache import cache_dir

MANIFEST = "manifest.json"
_HEADER_LIMIT = 100_000_000  # bytes; the safetensors library's own limit
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class File:
    """size in bytes; sha256 of the content."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a finished folder holds. made_by: versions that made it, for the record."""

    files: dict[str, File]
    made_by: dict[str, str]


@dataclass(frozen=True, slots=True)
class Tensor:
    dtype: str
    shape: tuple[int, ...]


def write_manifest(folder: Path, made_by: dict[str, str]) -> Manifest:
    """Hash every file of a folder into its manifest, which is written last."""
    paths = sorted(path for path in folder.iterdir() if path.is_file() and path.name != MANIFEST)
    manifest = Manifest({path.name: File(path.stat().st_size, sha256(path)) for path in paths}, made_by)
    jsonio.write_text(folder / MANIFEST, jsonio.to_json(manifest))
    return manifest


def read_manifest(folder: Path) -> Manifest | None:
    path = folder / MANIFEST
    return jsonio.from_json(path.read_bytes(), Manifest, str(path)) if path.is_file() else None


def damage(folder: Path, manifest: Manifest, full: bool = False) -> list[str]:
    """What is wrong with a folder, a sentence each. Sizes only, or with `full` every byte."""
    found = []
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif path.stat().st_size != expected.size:
            found.append(f"{name} has {path.stat().st_size} bytes instead of {expected.size}")
        elif full and sha256(path) != expected.sha256:
            found.append(f"{name} has other content than when it was made")
    return found


def altered(folder: Path) -> list[str]:
    """Weight files of a hub snapshot whose content is not what the hub says, a sentence each; reads every byte.

    The hub's cache keeps large files under their SHA-256; files stored otherwise cannot be checked this way.
    """
    blobs = [(path.name, path.resolve()) for path in weight_files(folder)]
    return [
        f"{name} has other content than the hub's"
        for name, blob in blobs
        if _HASH.fullmatch(blob.name) and sha256(blob) != blob.name
    ]


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files a loader reads: those of the index if there is one, else all but `consolidated` copies.

    Errors: EngineFailure when the index names a file that is not there.
    """
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        names = sorted(set(read_json(index).get("weight_map", {}).values()))
        missing = [name for name in names if not (folder / name).is_file()]
        if missing:
            raise EngineFailure(
                f"{folder} lacks {len(missing)} of its {len(names)} weight files, among them {missing[0]}.",
                "The download is not complete: fetch it again.",
            )
        return [folder / name for name in names]
    return sorted(path for path in folder.glob("*.safetensors") if not path.name.startswith("consolidated"))


def header(path: Path) -> dict[str, Tensor]:
    """Names, types and shapes of a safetensors file's tensors, from its header alone.

    Errors: EngineFailure when the file is cut short, grown or not safetensors at all.
    """
    hint = "The file is damaged: fetch or make it again."
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 2 <= length <= min(_HEADER_LIMIT, size - 8):
            raise EngineFailure(f"{path} is not a safetensors file, or its beginning is damaged.", hint)
        try:
            entries = json.loads(file.read(length))
            entries.pop("__metadata__", None)
            tensors = {name: Tensor(entry["dtype"], tuple(entry["shape"])) for name, entry in entries.items()}
            end = max((entry["data_offsets"][1] for entry in entries.values()), default=0)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise EngineFailure(f"{path} has a safetensors header that cannot be read.", hint) from error
    if 8 + length + end != size:
        raise EngineFailure(f"{path} should have {8 + length + end} bytes and has {size}.", hint)
    return tensors


def digest(folder: Path) -> str:
    """The digest that names the weights in `folder`. Reads every byte once; later calls use remembered hashes."""
    manifest = read_manifest(folder)
    lines = []
    for path in weight_files(folder):
        known = manifest.files.get(path.name) if manifest else None
        lines.append(f"{known.sha256 if known else _remembered_hash(path)}  {path.name}\n")
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object. Errors: EngineFailure naming the file."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EngineFailure(f"{path} cannot be read as JSON: {error}.") from error
    if not isinstance(value, dict):
        raise EngineFailure(f"{path} does not hold a JSON object.")
    return value


def _remembered_hash(path: Path) -> str:
    """SHA-256 of a file: the name of its blob in the hub's cache, or computed once for its size and time."""
    real = path.resolve()
    if _HASH.fullmatch(real.name):  # the hub stores large files under their SHA-256
        return real.name
    status = real.stat()
    key = hashlib.sha256(f"{real}\n{status.st_size}\n{status.st_mtime_ns}".encode()).hexdigest()
    note = cache_dir() / "hashes" / key
    if note.is_file() and _HASH.fullmatch(known := note.read_text(encoding="ascii").strip()):
        return known
    value = sha256(real)
    jsonio.write_text(note, value)
    return value
