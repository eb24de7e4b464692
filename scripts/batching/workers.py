"""Worker processes for what a batch does beside the engine: reading papers, fitting them, writing records.

Calls are plain functions with picklable arguments; results come back in the order in which they are ready. Workers are
started afresh (not forked: the parent may hold a model), stand back when processors are short, and end when the parent
does, however it ends. A call that takes its worker down (memory, a crash in a library) is found out: every call that
was under way is repeated alone, and the one that does it again comes back as `Lost`.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

from common.errors import ReviewError

NICE = 5
"""How far workers stand back: on a CPU the model in the parent computes on the same cores."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The result of a call that has none. error: what it raised, which is a defect of this program; "" for one that
    ended its worker twice, once when nothing else ran."""

    error: str = ""


@dataclass(frozen=True, slots=True)
class _Call:
    key: Hashable
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


class Workers:
    """Use as a context; used by one thread. pending: calls whose result was not taken yet."""

    def __init__(self, processes: int) -> None:
        self.processes = processes
        self.pending = 0
        self._landed: queue.SimpleQueue[tuple[_Call, Future[Any]]] = queue.SimpleQueue()
        self._flying: dict[Hashable, _Call] = {}
        self._suspects: deque[_Call] = deque()
        self._held: deque[_Call] = deque()
        self._alone = False
        self._pool = self._start()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        # What is running is not waited for: a PDF may take two minutes, and its result would be thrown away.
        processes = list((self._pool._processes or {}).values()) if self.pending else []
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        self._pool.shutdown(wait=True)

    def submit(self, key: Hashable, function: Callable[..., Any], *arguments: Any) -> None:
        """key: unique among the pending."""
        call = _Call(key, function, arguments)
        self.pending += 1
        if self._alone or self._suspects:
            self._held.append(call)
        else:
            self._launch(call)

    def take(self, timeout: float = 0.0) -> tuple[Hashable, Any] | None:
        """The next result, waited for up to `timeout` seconds; None when there is none. A result is what the function
        returned, or `Lost`. Errors: a ReviewError that the function raised."""
        while self.pending:
            try:
                call, future = self._landed.get(timeout=timeout) if timeout else self._landed.get_nowait()
            except queue.Empty:
                return None
            del self._flying[call.key]
            error = future.exception()
            if isinstance(error, BrokenProcessPool):
                if not self._broke(call):
                    continue
                result: Any = Lost()
            elif error and not isinstance(error, ReviewError):
                # One paper that meets a defect must not end a run over thousands; it fails, and says with what.
                result = Lost(_where(error))
            else:
                result = future.result()
            self._go_on()
            self.pending -= 1
            return call.key, result
        return None

    def _start(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.processes, context, initializer=_prepare)

    def _launch(self, call: _Call) -> None:
        self._flying[call.key] = call
        try:
            future = self._pool.submit(call.function, *call.arguments)
        except BrokenProcessPool as error:  # broken between two looks at it
            future = Future()
            future.set_exception(error)
        future.add_done_callback(lambda done: self._landed.put((call, done)))

    def _broke(self, call: _Call) -> bool:
        """The pool broke under this call. Returns whether it was alone, and so is to blame."""
        guilty = self._alone
        if not guilty:
            self._suspects.append(call)
        if not self._flying:
            self._pool.shutdown(wait=True)
            self._pool = self._start()
            if not guilty:
                self._go_on()
        return guilty

    def _go_on(self) -> None:
        """The next suspect alone; when there is none left, what was held back."""
        if self._flying:
            return
        self._alone = bool(self._suspects)
        if self._alone:
            self._launch(self._suspects.popleft())
            return
        while self._held:
            self._launch(self._held.popleft())


def _where(error: BaseException) -> str:
    """The error and its place, from the worker's own traceback."""
    lines = str(error.__cause__ or "").splitlines()
    places = [line.strip() for line in lines if line.strip().startswith("File ")]
    return f"{type(error).__name__}: {error} ({places[-1] if places else 'place unknown'})"


def _prepare() -> None:
    """In a fresh worker."""
    os.nice(NICE)
    # Several workers, each with as many threads as there are cores, would only wait for each other. Read by libraries
    # that are not imported yet.
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    # Ctrl-C goes to the whole group; the parent ends the workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A killed parent closes nothing; its workers would wait for the next call for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
