"""`review batch` from its command line: resumed, killed, repeated, changed, and what it tells of each."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common.engines.gauge import Gauge, count_words
from common.errors import ReviewError
from common.jsonio import from_json
from common.types import ChainRecord
from scripts.batch import command
from scripts.batching import session
from scripts.batching.starting import Prospect
from tests.conftest import ROOT
from tests.scripts.batching.simulated import BASE, InlineWorkers, SimulatedEngine, paper, timeless

SETTINGS = ["--set", "questioner.max_tokens=60", "--set", "reviewer.max_tokens=90", "--set", "guided=false"]
OPTIONS = [*SETTINGS, "--form", "stanford4", "--samples", "2", "--force"]


class Batch:
    """A folder of papers and the command over it, with a simulated engine and calls in this process."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.papers, self.out = folder / "in", folder / "out"
        self.engines: list[SimulatedEngine] = []
        patch.setattr(session, "prospect", self._prospect)
        patch.setattr(session, "Workers", _Inline)

    def _prospect(self, *_: object) -> Prospect:
        return Prospect(Gauge("", "simulated", 4000, {}, count_words), BASE, self._start)

    def _start(self) -> SimulatedEngine:
        self.engines.append(SimulatedEngine(random.Random(1)))
        return self.engines[-1]

    def __call__(self, *more: str, source: Path | None = None) -> int:
        arguments = [str(source or self.papers), "--out", str(self.out), *OPTIONS, "--quiet", *more]
        return command.main(arguments, standalone_mode=False)

    def events(self, kind: str) -> list[dict[str, Any]]:
        lines = (self.out / "journal.jsonl").read_text().splitlines()[1:]
        return [one for one in map(json.loads, lines) if one["event"] == kind]

    @property
    def summary(self) -> dict[str, Any]:
        return json.loads((self.out / "summary.json").read_text())

    def record(self, name: str) -> ChainRecord:
        return from_json((self.out / f"{name}.review.json").read_bytes(), ChainRecord)


class _Inline(InlineWorkers):
    def __init__(self, processes: int) -> None:
        super().__init__(random.Random(2))

    def __enter__(self) -> _Inline:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Batch:
    return Batch(tmp_path, monkeypatch)


def stamps(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*.review.*")}


def test_a_second_run_does_only_what_the_first_has_not(batch: Batch) -> None:
    """Adding ten papers to a folder of a thousand must cost ten papers, and no engine when there is nothing to do."""
    for number in range(3):
        paper(batch.papers, f"p{number}.md", number)
    assert batch() == 0
    before = stamps(batch.out)
    assert sorted(before) == ["p0.review.json", "p1.review.json", "p2.review.json"]
    assert batch() == 0 and len(batch.engines) == 1 and stamps(batch.out) == before
    paper(batch.papers, "sub/p3.md", 3)
    assert batch() == 0
    assert {name: time for name, time in stamps(batch.out).items() if name in before} == before
    assert [one["todo"] for one in batch.events("run")] == [3, 0, 1]
    assert (batch.summary["papers"], batch.summary["done"], batch.summary["ended"]) == (4, 4, "complete")


def test_a_resumed_run_draws_the_seeds_of_the_first(batch: Batch) -> None:
    """Without --seed one is drawn; half of a night's papers under another one could not be repeated."""
    paper(batch.papers, "a.md", 1)
    batch()
    paper(batch.papers, "b.md", 2)
    batch()
    assert batch.record("a").stages[0].sampling.seed == batch.record("b").stages[0].sampling.seed
    assert len({tuple(one["seeds"]) for one in batch.events("run")}) == 1


def test_other_settings_are_refused_and_change_nothing(batch: Batch) -> None:
    """Two kinds of review in one folder would be compared as if they were one."""
    paper(batch.papers, "a.md", 1)
    batch()
    before = stamps(batch.out)
    with pytest.raises(ReviewError, match="other settings") as caught:
        batch("--set", "max_questions=3")
    assert "--out" in caught.value.hint
    with pytest.raises(ReviewError, match="other settings"):
        batch("--set", "max_questions=3", "--shard", "1/2")
    assert stamps(batch.out) == before and not list(batch.out.glob("*-of-*"))


def test_a_damaged_paper_is_listed_and_tried_again_only_when_that_can_help(batch: Batch) -> None:
    """A night's retries should go to what may pass; but a file that was replaced is a new one."""
    paper(batch.papers, "good.md", 1)
    (batch.papers / "bad.pdf").write_text("no PDF at all")
    assert batch() == 1
    (failure,) = batch.summary["failures"]
    assert failure["paper"] == "bad.pdf" and failure["kind"] == "paper" and "not a PDF" in failure["message"]
    assert batch() == 1 and len(batch.events("failed")) == 1
    assert batch("--retry-failed") == 1 and len(batch.events("failed")) == 2
    (batch.papers / "bad.pdf").write_bytes((ROOT / "samples" / "paper.pdf").read_bytes())
    assert batch() == 0
    assert batch.record("bad").paper.pages == 4
    assert batch.summary["failures"] == []


def test_copies_are_run_once_and_each_has_its_file(batch: Batch) -> None:
    """Both names must lead to the review; the second must not cost a second one, whenever it turns up."""
    paper(batch.papers, "a.md", 1)
    paper(batch.papers, "b.md", 1)
    assert batch() == 0
    assert batch.engines[0].sent and len(batch.engines[0].sent) == 2 + 1
    assert [(one["paper"], one.get("same_as")) for one in batch.events("done")] == [("a.md", None), ("b.md", "a.md")]
    paper(batch.papers, "0.md", 1)
    assert batch() == 0 and len(batch.engines) == 1
    assert [batch.record(name).paper.source.name for name in ("0", "a", "b")] == ["0.md", "a.md", "b.md"]
    assert batch.record("0").reviews == batch.record("a").reviews == batch.record("b").reviews
    assert batch.summary["same_bytes"] == [["0.md", "a.md", "b.md"]]
    assert (batch.summary["papers"], batch.summary["done"]) == (3, 3)


def test_a_record_whose_line_was_lost_is_taken_over(batch: Batch) -> None:
    """A kill between the two must not cost the paper again; a record of another text must not pass for it."""
    paper(batch.papers, "a.md", 1)
    paper(batch.papers, "b.md", 2)
    batch()
    before = stamps(batch.out)
    lines = (batch.out / "journal.jsonl").read_text().splitlines(keepends=True)
    kept = [line for line in lines if '"paper":"a.md"' not in line]
    (batch.out / "journal.jsonl").write_text("".join(kept) + '{"event":"done","paper":"a.m')
    assert batch() == 0 and len(batch.engines) == 1 and stamps(batch.out) == before
    assert [one.get("taken_over") for one in batch.events("done") if one["paper"] == "a.md"] == [True]
    paper(batch.papers, "b.md", 3)
    assert batch() == 0
    assert len(batch.engines) == 2 and "part 3" in batch.record("b").paper.title


def test_a_view_that_was_not_asked_for_at_first_is_made_from_the_records(batch: Batch) -> None:
    """A thousand reviews as HTML are a matter of seconds, not of another night."""
    paper(batch.papers, "a.md", 1)
    batch()
    assert batch("--format", "html") == 0 and len(batch.engines) == 1
    assert "Caching trees" in (batch.out / "a.review.html").read_text()


def test_a_finished_paper_keeps_its_name_when_another_like_it_turns_up(batch: Batch) -> None:
    """a.txt must not make a.md a paper that was never reviewed."""
    paper(batch.papers, "a.md", 1)
    batch()
    before = stamps(batch.out)
    paper(batch.papers, "a.txt", 2)
    paper(batch.papers, "b.md", 1)
    assert batch("--format", "md") == 0
    assert sorted(stamps(batch.out)) == [
        *("a.review.json", "a.review.md", "a.txt.review.json", "a.txt.review.md", "b.review.json", "b.review.md")
    ]
    assert "part 1" in batch.record("a").paper.title and "part 2" in batch.record("a.txt").paper.title
    assert len(batch.engines[1].sent) == 3 and before.keys() <= stamps(batch.out).keys()


def test_a_manifest_gives_papers_forms_and_questions_of_their_own(batch: Batch, tmp_path: Path) -> None:
    """One run over several venues; a questions file that is wrong stops its own paper alone, and is looked at again."""
    paper(batch.papers, "a.md", 1)
    paper(batch.papers, "b.md", 2)
    (batch.papers / "q.md").write_text("- Is the tree balanced?\n")
    rows = [
        {"path": "a.md", "id": "venue/one", "form": "neurips2024"},
        {"path": "b.md", "questions": "q.md"},
        {"path": "b.md", "id": "c", "questions": "absent.yaml"},
    ]
    (batch.papers / "m.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert batch(source=batch.papers / "m.jsonl") == 1
    assert batch.record("venue/one").form.name == "neurips2024"
    assert [one.text for one in batch.record("b").questions] == ["Is the tree balanced?"]
    assert len(batch.record("b").stages) == 1
    (failure,) = batch.summary["failures"]
    assert (failure["paper"], failure["kind"]) == ("c", "settings") and "absent.yaml" in failure["message"]
    (batch.papers / "absent.yaml").write_text('questions: ["Is it new?"]')
    assert batch(source=batch.papers / "m.jsonl") == 0, batch.summary["failures"]


def test_shards_write_side_by_side(batch: Batch) -> None:
    """Several machines on one folder: each its own journal and summary, together all papers."""
    for number in range(12):
        paper(batch.papers, f"p{number}.md", 10**number)
    for number in (1, 2, 3):
        assert batch("--shard", f"{number}/3", "--seed", "1") == 0
    assert len(list(batch.out.glob("*.review.json"))) == 12
    counts = [json.loads((batch.out / f"summary-{n}-of-3.json").read_text())["papers"] for n in (1, 2, 3)]
    assert sum(counts) == 12 and not (batch.out / "journal.jsonl").exists()
    for bad in ("0/3", "4/3", "x", "1/", "1/0"):
        with pytest.raises(Exception, match=r"form I/N|no part"):
            batch("--shard", bad)


SLOW = """
import random, sys, time
from common.engines.gauge import Gauge, count_words
from scripts.batch import command
from scripts.batching import session
from scripts.batching.starting import Prospect
from tests.scripts.batching.simulated import BASE, SimulatedEngine

class Slow(SimulatedEngine):
    def _complete(self, request):
        time.sleep(0.03)
        return super()._complete(request)

if __name__ == "__main__":
    ahead = Prospect(Gauge("", "simulated", 4000, {}, count_words), BASE, lambda: Slow(random.Random(1)))
    session.prospect = lambda *_: ahead
    sys.exit(command.main(sys.argv[1:], standalone_mode=False))
"""


def processes(group: int) -> list[str]:
    """Those of a process group that are not mere zombies."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has just ended
            name, _, rest = stat.read_text().rpartition(")")
            state, _, own = rest.split()[:3]
            found += [name] if int(own) == group and state != "Z" else []
    return found


def until(condition: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition() and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_a_kill_left_half_written_is_swept_away(batch: Batch) -> None:
    """Temporary files of a run that was killed each night would fill a disk; another shard's are being written."""
    paper(batch.papers, "a.md", 1)
    batch.out.mkdir()
    for name in (".a.review.json.x1.part", ".a.review.html.x2.part", ".b.review.json.x3.part", ".a.txt"):
        (batch.out / name).write_text("half")
    assert batch() == 0
    assert sorted(path.name for path in batch.out.glob(".*")) == [".a.txt", ".b.review.json.x3.part"]


@pytest.mark.slow
def test_ctrl_c_leaves_a_summary_and_no_process(tmp_path: Path) -> None:
    """Who stops a run wants to know where it stands, and the memory back."""
    for number in range(16):
        paper(tmp_path / "in", f"p{number}.md", number)
    (tmp_path / "slow.py").write_text(SLOW)
    command_line = [sys.executable, str(tmp_path / "slow.py"), str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    process = subprocess.Popen(
        [*command_line, *OPTIONS, "--quiet"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        text=True,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,
    )
    try:
        until(lambda: len(list((tmp_path / "out").glob("*.review.json"))) >= 2, process)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers as well
        process.communicate(timeout=60)
    finally:
        process.kill()
    found = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert found["ended"] == "interrupted" and 2 <= found["done"] < 16 and found["failed"] == 0
    end = time.monotonic() + 30
    while processes(process.pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert processes(process.pid) == []


@pytest.mark.slow
def test_kill_9_at_any_moment_loses_no_finished_paper(tmp_path: Path, batch: Batch) -> None:
    """The promise of the command: real processes, killed three times, then left alone."""
    for number in range(16):
        paper(batch.papers, f"p{number}.md", number)
    script = tmp_path / "slow.py"
    script.write_text(SLOW)
    command_line = [sys.executable, str(script), str(batch.papers), "--out", str(tmp_path / "killed")]
    command_line += [*OPTIONS, "--quiet", "--seed", "7", "--format", "md"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    out, finished = tmp_path / "killed", dict[str, bytes]()
    for kill in (1, 4, 9, None):
        process = subprocess.Popen(command_line, env=environment, text=True, stderr=subprocess.PIPE)
        try:
            if kill:
                until(lambda: len(list(out.glob("*.review.json"))) >= kill, process)  # noqa: B023  (called here)
        finally:
            if kill:
                process.kill()
            _, said = process.communicate(timeout=120)
        written = {path.name: path.read_bytes() for path in out.glob("*.review.json")}
        assert written.items() >= finished.items(), "a finished paper was lost or done again"
        for name, content in written.items():
            from_json(content, ChainRecord, name)
        finished = written
    assert process.returncode == 0, said
    assert batch("--seed", "7") == 0
    for number in range(16):
        record = from_json(finished[f"p{number}.review.json"], ChainRecord)
        assert timeless(record) == timeless(batch.record(f"p{number}"))
    lines = [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]
    done = [one["paper"] for one in lines if one.get("event") == "done"]
    assert sorted(done) == sorted(f"p{number}.md" for number in range(16))
    assert not list(out.glob(".*")) and len(list(out.glob("*.review.md"))) == 16
