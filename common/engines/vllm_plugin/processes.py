"""What vLLM's engine process does when the process that started it is interrupted or killed.

Ctrl-C in a terminal reaches both. The engine would end at once and take the work in flight with it; it is left to the
parent, which ends the engine when it has put its work away. A parent that was killed ends nothing, and without this
the engine would keep its memory and wait for requests for ever, so that no other could start.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import threading
from multiprocessing.process import BaseProcess

ENGINE = "EngineCore"
"""How vLLM's names for these processes begin."""


@functools.cache
def install() -> None:
    """In any other process than vLLM's engine, nothing."""
    parent = multiprocessing.parent_process()
    if parent is None or not multiprocessing.current_process().name.startswith(ENGINE):
        return
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), name="end-with-parent", daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    # Its workers, where it has any, end with it: vLLM gives them a pipe for that.
    os._exit(1)
