"""Where models and their hashes are kept on this machine, and how they get there whole.

The folder is $REVIEW_CACHE, or the user's cache folder of the platform. Anything built in it is built under a
temporary name and renamed when complete, under a lock that dies with its process; so a kill or a full disk leaves
at most a temporary folder, which the next builder removes.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import platformdirs

from common.errors import ReviewError

APPLICATION = "question-then-review"
VARIABLE = "REVIEW_CACHE"
_TEMPORARY = ".building-"
_WHERE_ELSE = f"Set {VARIABLE} to a folder on a disk with room that you may write to."

Notify = Callable[[str], None]
"""Told what is being waited for, in a sentence."""


def cache_dir() -> Path:
    """The cache folder; it need not exist yet."""
    chosen = os.environ.get(VARIABLE)
    return Path(chosen).expanduser().absolute() if chosen else platformdirs.user_cache_path(APPLICATION)


def make_dir(path: Path) -> Path:
    """Create a folder of the cache. Errors: ReviewError when it cannot be written."""
    with explained(path):
        path.mkdir(parents=True, exist_ok=True)
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return path


def require_space(path: Path, needed: int) -> None:
    """Errors: ReviewError when the disk of `path` has fewer than `needed` bytes free."""
    free = shutil.disk_usage(path).free
    if free < needed:
        raise ReviewError(
            f"{path} needs {needed / 2**20:.0f} MiB of free disk and has {free / 2**20:.0f} MiB.", _WHERE_ELSE
        )


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn the file system's refusals into a sentence that names the cache and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ReviewError(f"The disk is full: {path} could not be written.", _WHERE_ELSE) from error
        raise ReviewError(f"Cannot write to {path}: {error.strerror or error}.", _WHERE_ELSE) from error


@contextlib.contextmanager
def locked(path: Path, notify: Notify | None = None) -> Iterator[None]:
    """Hold the lock file `path`; waits while another process holds it. The lock ends with the process."""
    try:
        import fcntl
    except ImportError as error:  # Windows, where no engine of ours runs either
        raise ReviewError("Models run in process on Linux and macOS only.", "Use --server here.") from error
    make_dir(path.parent)
    with explained(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if notify:
                notify("Waiting for another process that is preparing the same model.")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def building(target: Path) -> Iterator[Path]:
    """A temporary folder that becomes `target` when the block ends well, and disappears when it does not.

    Call it under `locked`: it also removes what killed builders of the same target left behind.
    """
    prefix = f"{_TEMPORARY}{target.name}-"
    remove_stale(target.parent, prefix)
    with explained(target):
        folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=prefix))
    try:
        yield folder
        with explained(target):
            folder.chmod(0o755)
            if target.exists():
                target.rename(target.with_name(f"{prefix}replaced"))
            folder.rename(target)
    finally:
        remove_stale(target.parent, prefix)


def remove_stale(parent: Path, prefix: str) -> None:
    """Remove what a killed process left under a temporary name."""
    for left in parent.glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
