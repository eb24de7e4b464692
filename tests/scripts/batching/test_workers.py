"""Worker processes: real ones, that are killed and that kill themselves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from common.errors import UnreadablePaper
from scripts.batching.workers import NICE, Lost, Workers
from tests.conftest import ROOT


def work(what: str) -> str:
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "defect":
        raise KeyError("nowhere")
    if what == "bad":
        raise UnreadablePaper("a.pdf is empty.", "Give another.")
    return f"{what} {os.nice(0)}"


def taken(workers: Workers, seconds: float = 60) -> dict[object, object]:
    found: dict[object, object] = {}
    end = time.monotonic() + seconds
    while workers.pending and time.monotonic() < end:
        if got := workers.take(0.2):
            found[got[0]] = got[1]
    assert not workers.pending
    return found


@pytest.mark.slow
def test_what_ends_its_worker_is_found_and_the_others_lose_nothing() -> None:
    """One PDF that takes all memory must not be a mystery, nor cost the papers read beside it."""
    with Workers(2) as workers:
        for number, what in enumerate(["a", "die", "b", "defect", "c"]):
            workers.submit(number, work, what)
        found = taken(workers)
        workers.submit("later", work, "d")
        found |= taken(workers)
    assert [found[key] for key in (0, 2, 4, "later")] == [f"{what} {NICE}" for what in "abcd"]
    assert found[1] == Lost()
    defect = found[3]
    assert isinstance(defect, Lost) and "KeyError: 'nowhere'" in defect.error and "test_workers.py" in defect.error


@pytest.mark.slow
def test_a_sentence_comes_through_as_it_was_raised() -> None:
    """A full disk seen by a worker must end the run with its own words."""
    with Workers(1) as workers:
        workers.submit("x", work, "bad")
        with pytest.raises(UnreadablePaper) as caught:
            taken(workers)
    assert (caught.value.message, caught.value.hint) == ("a.pdf is empty.", "Give another.")


KILLED = """
import os, sys, time
from scripts.batching.workers import Workers
if __name__ == "__main__":
    workers = Workers(2)
    workers.submit(1, os.getpid)
    workers.submit(2, time.sleep, 1000)
    while (got := workers.take(0.2)) is None:
        pass
    print(*workers._pool._processes, flush=True)
    time.sleep(1000)
"""


def until(condition: Callable[[], bool], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def alive(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.slow
def test_workers_end_with_a_killed_parent(tmp_path: object) -> None:
    """kill -9 must not leave processes behind that hold memory for days."""
    script = f"{tmp_path}/killed.py"
    with open(script, "w") as file:
        file.write(KILLED)
    parent = subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert parent.stdout is not None
    try:
        processes = [int(one) for one in parent.stdout.readline().split()]
        assert len(processes) == 2 and all(map(alive, processes))
    finally:
        parent.kill()
        parent.wait()
    assert until(lambda: not any(map(alive, processes)))
