"""The parent's side of reading a PDF in a process of its own.

A fresh interpreter is started, not forked: the parent may hold a model, threads and gigabytes. It imports nothing
heavy and is ready in about 0.1 s. Errors: UnreadablePaper for everything that goes wrong with the file in there.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import common
from common.errors import ReviewError, UnreadablePaper
from common.jsonio import from_json
from common.paper.pdf.limits import Limits
from common.types import Paper

MEMORY_EXIT = 71  # the worker ran out of its memory and said so
FAILED_EXIT = 70  # the worker prints an error for people
LOOK = 0.25  # seconds between looks at whether the child should be stopped
GRACE = 10.0  # seconds beyond the limit before the child is killed from outside
# How a process ends that is out of processor time or memory: PDFium aborts or traps when it gets no more.
STOPPED = frozenset(
    getattr(signal, name, 0) for name in ("SIGXCPU", "SIGKILL", "SIGABRT", "SIGTRAP", "SIGILL")
) - {0}  # fmt: skip


class Stopped(Exception):
    """`stopped()` became true; the child is gone."""


def read_apart(
    path: Path,
    backend: str,
    limits: Limits,
    worker: str = "common.paper.pdf.worker",
    stopped: Callable[[], bool] = lambda: False,
) -> Paper:
    """Run the worker on one file and take over its Paper or its error. Errors: UnreadablePaper; Stopped."""
    command = [
        sys.executable,
        "-m",
        worker,
        str(path.resolve()),
        backend,
        json.dumps(asdict(limits)),
    ]
    code, stdout, stderr = _finished(command, path, limits, stopped)
    if code == 0:
        return from_json(stdout, Paper, f"the text read from {path.name}")
    if code == FAILED_EXIT:
        raise _reported(stdout)
    if code == MEMORY_EXIT or -code in STOPPED:
        raise _too_much(path, limits)
    raise _broke(path, code, stderr.decode("utf-8", "replace").strip())


def _finished(command: list[str], path: Path, limits: Limits, stopped: Callable[[], bool]) -> tuple[int, bytes, bytes]:
    """Exit code and what was printed. The child does not outlive this call, however it ends."""
    pipe = subprocess.PIPE
    deadline = time.monotonic() + limits.seconds + GRACE
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=_environment()) as child:
        try:
            while True:
                try:
                    stdout, stderr = child.communicate(timeout=LOOK)
                    return child.returncode, stdout, stderr
                except subprocess.TimeoutExpired as error:
                    if stopped():
                        raise Stopped from error
                    if time.monotonic() > deadline:
                        raise _too_much(path, limits) from error
        finally:
            child.kill()


def _environment() -> dict[str, str]:
    """The parent's environment, with the package's own folder first on the path, whatever the working folder is."""
    home = str(Path(next(iter(common.__path__))).parent)
    rest = os.environ.get("PYTHONPATH")
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([home, rest] if rest else [home]))
    return environment | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _too_much(path: Path, limits: Limits) -> UnreadablePaper:
    return UnreadablePaper(
        f"{path.name} takes more than {limits.memory_mb} MB of memory or {limits.seconds:.0f} seconds to read.",
        "Print it to a new PDF and give that; no honest paper needs so much.",
    )


def _reported(stdout: bytes) -> ReviewError:
    said = json.loads(stdout)
    kind = UnreadablePaper if said["kind"] == "UnreadablePaper" else ReviewError
    return kind(said["message"], said["hint"], said["exit_code"])


def _broke(path: Path, code: int, stderr: str) -> UnreadablePaper:
    """The reader itself fell over: PDFium crashed on the file, or there is a defect in this project."""
    last = stderr.splitlines()[-1] if stderr else f"signal {-code}" if code < 0 else f"exit code {code}"
    error = UnreadablePaper(
        f"{path.name} is damaged in a way that stopped the reader ({last}).",
        "Print it to a new PDF and give that; if that fails too, please report it.",
    )
    if stderr:
        error.add_note(stderr)
    return error
