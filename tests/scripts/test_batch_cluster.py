"""A batch on a real Ray cluster of several processes, with an engine that answers by what it is asked."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from common.engines.base import Engine, Request
from common.errors import EngineFailure
from common.jsonio import from_json
from common.types import ChainRecord, Completion
from scripts import batch, batch_cluster
from scripts.batch_cluster import Cluster, drive, run
from scripts.batch_workers import Replica
from scripts.batching import units
from scripts.batching.journal import WHOLE, BatchJournal
from scripts.batching.meter import Meter
from scripts.batching.plan import Plan
from scripts.batching.session import unfinished
from scripts.batching.units import Failure, Ready, Terms, Took
from tests.conftest import ROOT
from tests.scripts.clustering import Start, papers, terms

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="needs Ray")
BOUND = 120.0
"""Seconds for anything that must happen."""


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + BOUND
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def head() -> Iterator[str]:
    """The address of a cluster of one node, with more logical CPUs than the machine has cores."""
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as folder,
        socket.socket() as probe,
    ):
        patch.setenv("RAY_AUTH_MODE", "disabled")  # its token would be written into the home of whoever runs this
        patch.setenv("PYTHONPATH", str(ROOT))
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        ray = [sys.executable, "-c", "from ray.scripts.scripts import main; main()", "start", "--head", "--block"]
        sizes = ["--num-cpus=4", "--object-store-memory=104857600", "--include-dashboard=false"]
        here = ["--node-ip-address=127.0.0.1", f"--port={port}", f"--temp-dir={folder}", "--disable-usage-stats"]
        node = subprocess.Popen([*ray, *sizes, *here], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            assert any("Ray runtime started" in line for line in node.stdout or ())
            yield f"127.0.0.1:{port}"
        finally:
            for process in [*psutil.Process(node.pid).children(recursive=True), node]:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            node.communicate(timeout=BOUND)


def records(out: Path) -> dict[str, ChainRecord]:
    """What a run wrote, without what no two runs have in common: the time of day and how long it took."""
    return {
        path.name: timeless(from_json(path.read_bytes(), ChainRecord)) for path in sorted(out.glob("*.review.json"))
    }


def timeless(record: ChainRecord) -> ChainRecord:
    stages = tuple(replace(stage, seconds=0.0, batch=1) for stage in record.stages)
    return replace(record, created="", seconds=0.0, stages=stages)


def locally(task: units.Task, about: Terms, start: Start) -> ChainRecord:
    """One paper by the same steps, alone in this process."""
    engine, took = start(), Took(0.0, 1)

    def complete(requests: list[Request]) -> list[Completion]:
        return [engine.generate([one.messages], [one.sampling])[0] for one in requests]

    ready = units.read(task, about)
    assert isinstance(ready, Ready)
    ready = units.take_questions(ready, about, complete(units.ask_requests(ready, about)), took)
    assert isinstance(ready, Ready)
    return timeless(units.record_of(ready, about, complete(units.review_requests(ready, about)), took))


def go(tasks: list[units.Task], about: Terms, start: Start, cluster: Cluster) -> tuple[BatchJournal, Meter]:
    """A session of a batch: what is not settled yet."""
    with BatchJournal(about.out, "settings", WHOLE) as journal:
        todo = unfinished(Plan(tuple(tasks), len(tasks), {}), about, journal, retry_failed=False)
        meter = Meter(len(todo))
        drive(todo, about, start, cluster, journal, meter)
    return journal, meter


def done_lines(out: Path) -> Counter[str]:
    entries = [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()[1:]]
    return Counter(entry["paper"] for entry in entries if entry["event"] == "done")


@pytest.mark.slow
def test_a_cluster_writes_the_records_of_a_local_run(head: str, tmp_path: Path) -> None:
    """Whoever moves a batch to a cluster must get the reviews that one machine would have written."""
    tasks, about = papers(tmp_path / "papers", 9), terms(tmp_path / "out")
    (tmp_path / "papers" / "empty.md").write_text("")
    broken = units.Task("empty.md", tmp_path / "papers" / "empty.md", "empty")
    start = Start(tmp_path / "trace")
    journal, meter = go([*tasks, broken], about, start, Cluster(head, replicas=2, readers=1))
    failed = journal.standing(broken).failed
    assert failed and failed["kind"] == "paper"
    assert (meter.done, meter.failed, meter.retried, meter.left) == (9, 1, 0, 0)
    found = records(about.out)
    assert found == {f"{task.name}.review.json": locally(task, about, Start(tmp_path / "other")) for task in tasks}
    assert done_lines(about.out) == Counter(task.id for task in tasks)
    assert len({line.split()[0] for line in (tmp_path / "trace").read_text().splitlines()}) == 2  # both replicas


@pytest.mark.slow
def test_more_replicas_than_the_cluster_has_room_for_are_refused(head: str, tmp_path: Path) -> None:
    """Ray would wait for ever, and whoever waits with it would think that a model is loading."""
    tasks, about = papers(tmp_path / "papers", 1), terms(tmp_path / "out")
    with pytest.raises(EngineFailure, match=r"4 replicas and 1 readers need 5 CPUs; the cluster has 4\."):
        list(run(tasks, about, Start(tmp_path / "trace"), Cluster(head, replicas=4, readers=1)))


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_loses_nothing(head: str, tmp_path: Path) -> None:
    """Machines are lost in a long run; its papers must not be, and none may be reviewed twice once it is written."""
    tasks, about = papers(tmp_path / "papers", 12), terms(tmp_path / "out")
    trace = tmp_path / "trace"
    written: list[str] = []
    killed: list[str] = []

    def kill() -> None:
        wait_for(lambda: len(list(about.out.glob("*.review.json"))) >= 2)
        killed.append(next(line for line in trace.read_text().splitlines() if " review " in line).split()[0])
        os.kill(int(killed[0]), signal.SIGKILL)
        written.extend(from_json(path.read_bytes(), ChainRecord).paper.title for path in about.out.glob("*.json"))

    killer = threading.Thread(target=kill)
    killer.start()
    _, meter = go(tasks, about, Start(trace, 0.3), Cluster(head, replicas=2, readers=1))
    killer.join()
    assert (meter.done, meter.failed) == (12, 0) and len(records(about.out)) == 12
    assert done_lines(about.out) == Counter(task.id for task in tasks)
    reviewed = Counter(line.split(" ", 2)[2] for line in trace.read_text().splitlines() if " review " in line)
    assert written and all(reviewed[title] == 1 for title in written)
    # Whether the one left or the new one did the rest depends on how long Ray needs to start a process.
    assert {line.split()[0] for line in trace.read_text().splitlines()} - set(killed)


@pytest.mark.slow
def test_a_driver_killed_and_started_again_goes_on(head: str, tmp_path: Path) -> None:
    """A batch of a night must not begin anew because a terminal was closed."""
    tasks, about = papers(tmp_path / "papers", 12), terms(tmp_path / "out")
    trace = tmp_path / "trace"
    code = (
        "from pathlib import Path\n"
        "from scripts.batch_cluster import Cluster\n"
        "from tests.scripts.clustering import Start, listed, terms\n"
        "from tests.scripts.test_batch_cluster import go\n"
        f"folder, out, trace = map(Path, {list(map(str, (tmp_path / 'papers', about.out, trace)))!r})\n"
        f"go(listed(folder), terms(out), Start(trace, 0.3), Cluster({head!r}, readers=1))\n"
    )
    driver = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    try:
        wait_for(lambda: len(list(about.out.glob("*.review.json"))) >= 3 or driver.poll() is not None)
    finally:
        driver.kill()
        driver.wait()
    before = {path: path.stat().st_mtime_ns for path in about.out.glob("*.review.json")}
    assert len(before) >= 3
    _, meter = go(tasks, about, Start(trace), Cluster(head, readers=1))
    assert meter.papers <= 12 - len(before) and meter.left == 0 and len(records(about.out)) == 12
    assert done_lines(about.out) == Counter(task.id for task in tasks)
    assert all(path.stat().st_mtime_ns == time_then for path, time_then in before.items())


def test_the_command_keeps_journal_and_summary_of_a_session_on_a_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch begun on one machine goes on on a cluster, and back: folder, journal and summary are the same."""

    def here(
        tasks: Sequence[units.Task], about: Terms, start: Callable[[], Engine], cluster: Cluster
    ) -> Iterator[tuple[units.Task, units.Outcome | Failure]]:
        assert cluster == Cluster("local", replicas=2, readers=3)
        replica = Replica(about, start)
        yield from ((task, replica.review(units.read(task, about))) for task in tasks)

    monkeypatch.setattr(batch_cluster, "run", here)
    papers(tmp_path / "papers", 3)
    (tmp_path / "papers" / "empty.md").write_text("")
    (tmp_path / "script.json").write_text(json.dumps(["1. (soundness) Is it right?", "## Summary\nIt is."]))
    words = [str(tmp_path / "papers"), "--out", str(tmp_path / "out"), "--server", f"script:{tmp_path / 'script.json'}"]
    words += ["--samples", "1", "--seed", "3", "--force", "--quiet", "--form", "stanford4"]
    cluster = ["--ray", "local", "--replicas", "2", "--readers", "3"]
    assert batch.command.main([*words, *cluster], standalone_mode=False) == 1
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["papers"], summary["done"], summary["failed"]) == (4, 3, 1)
    assert summary["session"]["engine"] == "2 on Ray" and summary["session"]["idle_share"] is None
    assert batch.command.main(words, standalone_mode=False) == 1  # here, nothing is left to do
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["done"] == 3
    assert set(done_lines(tmp_path / "out").values()) == {1}


def test_a_cluster_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    """A wrong address must not end in a stack of Ray's, nor after a minute and a half."""
    tasks, about = papers(tmp_path / "papers", 1), terms(tmp_path / "out")
    with pytest.raises(EngineFailure, match=r"No Ray cluster answers at 127\.0\.0\.1:1:"):
        list(run(tasks, about, Start(tmp_path / "trace"), Cluster("127.0.0.1:1")))


def test_a_paper_whose_record_is_there_is_not_reviewed_again(tmp_path: Path) -> None:
    """Ray repeats what a lost worker had in hand, finished papers included."""
    [task], about = papers(tmp_path / "papers", 1), terms(tmp_path / "out")
    trace = tmp_path / "trace"
    ready = units.read(task, about)
    first = Replica(about, Start(trace)).review(ready)
    asked = trace.read_text()
    assert not isinstance(first, Failure) and Replica(about, Start(trace)).review(ready) == first
    assert trace.read_text() == asked


def test_an_output_folder_that_a_node_does_not_see_stops_the_run(tmp_path: Path) -> None:
    """Records written to a worker's own disk would be lost without a word."""
    about = replace(terms(tmp_path / "out"), out=tmp_path / "elsewhere")
    with pytest.raises(Exception, match="does not see the output folder"):
        Replica(about, Start(tmp_path / "trace"))
