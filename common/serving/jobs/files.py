"""The papers' files in a state folder: named by job id, moved into place whole, gone when deleted.

`incoming/` holds what is still arriving, `papers/` what belongs to a job. A file's name as its owner gave it is never a
path here.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Container
from pathlib import Path


class Upload:
    """A paper on its way in. name: as shown to people; suffix, type: how it is stored and given back; head: its first
    bytes."""

    def __init__(self, path: Path, name: str, suffix: str, media_type: str) -> None:
        self.path, self.name, self.suffix, self.type = path, name, suffix, media_type
        self._hash = hashlib.sha256()
        self._file = open(path, "xb", opener=_private)  # noqa: SIM115  (closed by finish or discard)
        self.bytes, self.head = 0, b""

    def write(self, data: bytes) -> None:
        self.head = self.head or data[:5]
        self._file.write(data)
        self._hash.update(data)
        self.bytes += len(data)

    def finish(self) -> None:
        """Written through to the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def discard(self) -> None:
        """Close and remove it; nothing happens when it was kept."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class Papers:
    """The two folders. Orphans of a killed process are removed by `clean`."""

    def __init__(self, folder: Path) -> None:
        self._kept, self._incoming = folder / "papers", folder / "incoming"
        for one in (self._kept, self._incoming):
            one.mkdir(mode=0o700, exist_ok=True)

    def receive(self, name: str, suffix: str, media_type: str) -> Upload:
        return Upload(self._incoming / secrets.token_hex(16), name, suffix, media_type)

    def path(self, job: str, suffix: str) -> Path:
        return self._kept / f"{job}{suffix}"

    def keep(self, upload: Upload, job: str) -> None:
        upload.finish()
        os.replace(upload.path, self.path(job, upload.suffix))
        self._settle()

    def copy(self, job: str, suffix: str, to: str) -> None:
        """Another job's own copy, so that deleting one leaves the other."""
        part = self._incoming / secrets.token_hex(16)
        try:
            shutil.copyfile(self.path(job, suffix), part)
            os.replace(part, self.path(to, suffix))
        finally:
            part.unlink(missing_ok=True)
        self._settle()

    def bytes(self, job: str, suffix: str) -> int:
        """0 where it is gone."""
        try:
            return self.path(job, suffix).stat().st_size
        except FileNotFoundError:
            return 0

    def remove(self, job: str, suffix: str) -> None:
        self.path(job, suffix).unlink(missing_ok=True)

    def clean(self, known: Container[str]) -> int:
        """Remove what no job owns. Returns how many files. known: file names of the jobs' papers."""
        orphans = [*self._incoming.iterdir(), *(path for path in self._kept.iterdir() if path.name not in known)]
        for path in orphans:
            path.unlink()
        return len(orphans)

    def _settle(self) -> None:
        """A rename survives a power cut only once the folder itself is written."""
        handle = os.open(self._kept, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
