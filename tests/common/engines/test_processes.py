"""An engine's process, and the one that started it: interrupted, killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
import pytest

from tests.conftest import ROOT
from tests.scripts.service import until

PARENT = """
import multiprocessing, sys, time
from tests.common.engines.test_processes import engine
if __name__ == "__main__":
    child = multiprocessing.get_context("spawn").Process(target=engine, name=sys.argv[1])
    child.start()
    time.sleep(60)
"""


def engine() -> None:
    """What vLLM's engine process does here: it loads the plug-in and works."""
    from common.engines.vllm_plugin import processes

    # As in a terminal: what a shell starts in the background is told to ignore it, and so are its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    processes.install()
    print(os.getpid(), flush=True)
    time.sleep(60)


@contextmanager
def started(name: str) -> Iterator[tuple[subprocess.Popen[str], psutil.Process]]:
    """A parent, and its child of that name."""
    command = [sys.executable, "-c", PARENT, name]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as parent:
        try:
            assert parent.stdout
            child = psutil.Process(int(parent.stdout.readline()))
            yield parent, child
            with suppress(psutil.NoSuchProcess):
                child.kill()
        finally:
            parent.kill()


def test_an_engine_ends_with_a_parent_that_is_killed() -> None:
    """It would keep the memory of a GPU, and no service could be started again."""
    with started("EngineCore_DP0") as (parent, child):
        parent.kill()
        parent.wait()
        assert psutil.wait_procs([child], timeout=30)[0]


@pytest.mark.parametrize(("name", "ends"), [("EngineCore", False), ("SpawnPoolWorker-1", True)])
def test_an_interrupt_is_left_to_the_parent(name: str, ends: bool) -> None:
    """Ctrl-C reaches both; the engine must live until the parent has put its work away. Other processes that happen to
    import vLLM are nobody's engine."""
    with started(name) as (_, child):
        child.send_signal(signal.SIGINT)
        child.send_signal(signal.SIGSTOP)
        child.send_signal(signal.SIGCONT)  # by then the interrupt was delivered
        if ends:
            until(lambda: child.status() == psutil.STATUS_ZOMBIE)
        else:
            assert child.status() != psutil.STATUS_ZOMBIE
