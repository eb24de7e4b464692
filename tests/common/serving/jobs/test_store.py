"""Jobs on the disk: none is lost, none ends twice, nobody is starved, and what is deleted is gone."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from common.errors import ReviewError
from common.serving.chain import Order
from common.serving.jobs import Fault, Job, JobStore, QueueFull, StorageFull
from common.serving.jobs.job import FINAL, RUNNING
from common.serving.jobs.store import MAX_STARTS
from common.serving.jobs.work import Lost, Work
from common.types import Paper, Passage, Question, Section, Source
from tests.common.serving.fake import ASKED, record, stage


def paper(word: str = "plain") -> Paper:
    section = Section("Introduction", 1, 0, (Passage(f"It is about {word}.", 0, "Introduction"),))
    return Paper(f"On {word}", f"Abstract of {word}", (section,), Source("p.md", "0" * 64, "markdown"))


def accept(store: JobStore, owner: str = "ann", content: bytes = b"text", order: Order | None = None) -> Job:
    upload = store.papers.receive("p.md", ".md", "text/plain")
    try:
        upload.write(content)
        return store.accept(owner, upload, order or Order())
    finally:
        upload.discard()


def taken(store: JobStore) -> Work:
    work = store.claim()
    assert work is not None
    return work


@pytest.fixture
def store(tmp_path: Path):
    opened = JobStore(tmp_path)
    yield opened
    opened.close()


def test_places_go_round_by_user(store: JobStore) -> None:
    """One user with a hundred papers would keep everybody else waiting until the last of them is done."""
    for owner in ("ann", "ann", "ann", "ben", "cem"):
        accept(store, owner)
    assert [(job.owner, job.place) for owner in ("ann", "ben", "cem") for job in reversed(store.listed(owner, 9))] == [
        ("ann", 1), ("ann", 4), ("ann", 5), ("ben", 2), ("cem", 3),
    ]  # fmt: skip
    assert [taken(store).job.owner for _ in range(5)] == ["ann", "ben", "cem", "ann", "ann"]


def test_one_place_alternates_between_users(store: JobStore) -> None:
    """With a single place nobody ever has a job running when it is given: whoever was served last must still wait."""
    for owner in ("ann", "ann", "ann", "ben", "ben"):
        accept(store, owner)
    order = []
    while work := store.claim():
        order.append(work.job.owner)
        work.fail(Fault("x"))
    assert order == ["ann", "ben", "ann", "ben", "ann"]


def test_the_queue_is_bounded_and_says_when_to_come_back(tmp_path: Path) -> None:
    """Without a bound the disk fills; with a made-up time clients come back too early, or never."""
    store = JobStore(tmp_path, queue=3, queue_per_user=2, places=2)
    accept(store)
    work = taken(store)
    with sqlite3.connect(tmp_path / "jobs.sqlite") as beside:
        beside.execute("UPDATE jobs SET started = started - 40")
    beside.close()
    work.finish(record(paper(), ASKED, ()))
    accept(store), accept(store)
    with pytest.raises(QueueFull) as own:
        accept(store)
    assert own.value.retry == 20  # 40 s a job, the first of one's own is next, two places
    accept(store, "ben")
    with pytest.raises(QueueFull) as everyone:
        store.check_room("cem")
    assert everyone.value.retry == 20
    store.close()


def test_a_refused_paper_leaves_no_file(tmp_path: Path) -> None:
    """Refused uploads would fill the disk all the same."""
    store = JobStore(tmp_path, queue_per_user=1)
    accept(store)
    with pytest.raises(QueueFull):
        accept(store)
    assert len(list((tmp_path / "papers").iterdir())) == 1
    assert not list((tmp_path / "incoming").iterdir())
    store.close()


def test_one_user_cannot_fill_the_disk(tmp_path: Path) -> None:
    """Neither with papers nor with reruns of one; and whoever deletes a review has room again."""
    store = JobStore(tmp_path, bytes_per_user=1000)
    first = accept(store, content=b"x" * 600)
    with pytest.raises(StorageFull, match="one user may keep"):
        accept(store, content=b"x" * 401)
    with pytest.raises(StorageFull):
        store.rerun(first, Order())
    assert len(list((tmp_path / "papers").iterdir())) == 1 and not list((tmp_path / "incoming").iterdir())
    accept(store, "ben", b"x" * 1000)
    store.check_room("ann")
    accept(store, content=b"x" * 400)
    with pytest.raises(StorageFull):
        store.check_room("ann")  # before a byte of the next is sent
    store.delete([first])
    accept(store, content=b"x" * 600)
    store.close()


def test_what_ran_when_the_process_died_is_queued_again_with_its_questions(tmp_path: Path) -> None:
    """A restart would lose the paper, or ask it (minutes of an engine) a second time."""
    store = JobStore(tmp_path)
    accept(store, order=Order(seed=7))
    work = taken(store)
    work.read(paper("tides"))
    work.stage("asking")
    work.asked(ASKED, stage("questioner", "1. What?"))
    work.stage("reviewing")
    store.close()  # as a kill leaves it: the row says "reviewing"

    store = JobStore(tmp_path)
    again = taken(store)
    assert (again.job.id, again.job.questions, again.job.order.seed) == (work.job.id, ASKED, 7)
    assert again.job.asked == stage("questioner", "1. What?")
    assert again.reading() == paper("tides")
    again.asked(ASKED, stage("questioner", "1. What?"))
    names = [event.name for event in store.events(again.job)]
    assert names == ["status", "status", "paper", "status", "questions", "status", "status", "status"]
    assert [event.id for event in store.events(again.job)] == list(range(1, 9))
    store.close()


def test_a_paper_that_takes_the_process_down_is_given_up(tmp_path: Path) -> None:
    """One poisoned paper would keep the service restarting for ever."""
    for _ in range(MAX_STARTS):
        store = JobStore(tmp_path)
        if not store.counts()["queued"]:
            accept(store)
        taken(store)
        store.close()
    store = JobStore(tmp_path)
    assert store.claim() is None
    (job,) = store.listed("ann", 9)
    assert job.error is not None
    assert (job.status, job.error.code) == ("failed", "gave-up")
    store.close()


def test_an_orderly_stop_does_not_count_as_a_start(tmp_path: Path) -> None:
    """A long paper would be given up after ten restarts of a healthy service."""
    store = JobStore(tmp_path)
    accept(store)
    for _ in range(MAX_STARTS + 2):
        taken(store).release()
    assert taken(store).job.starts == 1
    store.close()


@pytest.mark.parametrize("end", ["cancel", "delete"])
def test_nothing_is_written_about_a_job_that_was_taken_away(store: JobStore, end: str) -> None:
    """A cancelled job would end a second time; of a deleted one the review would come back."""
    job = accept(store)
    work = taken(store)
    if end == "cancel":
        store.cancel(job)
    else:
        store.delete([job])
    for step in (
        lambda: work.stage("asking"), lambda: work.read(paper()), lambda: work.asked(ASKED, None), work.release,
        lambda: work.fail(Fault("x")), lambda: work.finish(record(paper(), ASKED, ())),
    ):  # fmt: skip
        with pytest.raises(Lost):
            step()
    found = store.find("ann", job.id)
    assert (found and found.status) == ("cancelled" if end == "cancel" else None)
    assert store.record(job) is None


def test_deleting_leaves_no_byte(tmp_path: Path) -> None:
    """An unpublished paper would stay on the disk after its author was told that it is gone."""
    store = JobStore(tmp_path)
    word = "xylophonequark"
    content = f"# {word}\n".encode() + f"{word} everywhere. ".encode() * 5000
    job = accept(store, content=content, order=Order(ask=(f"Is {word} right?",)))
    keep = accept(store, content=b"another")
    work = taken(store)
    work.read(paper(word))
    work.asked((Question("Q1", f"Why {word}?"),), stage("questioner", f"1. Why {word}? " * 2000))
    work.finish(record(paper(word), (Question("Q1", f"Why {word}?"),), ()))
    assert holding(tmp_path, word)
    store.delete([job])
    assert holding(tmp_path, word) == []
    assert store.find("ann", keep.id) is not None
    store.close()
    assert holding(tmp_path, word) == []


def holding(folder: Path, word: str) -> list[str]:
    """Every file whose bytes hold the word."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]


def test_deleting_one_of_two_jobs_on_a_paper_leaves_the_other(store: JobStore) -> None:
    """A rerun would fail because the job it came from was tidied away."""
    job = accept(store)
    work = taken(store)
    work.read(paper())
    again = store.rerun(job, Order(questions=ASKED))
    store.delete([job])
    assert store.papers.path(again.id, again.suffix).read_bytes() == b"text"
    rerun = taken(store)
    assert (rerun.job.parent, rerun.reading()) == (job.id, paper())
    assert [event.name for event in store.events(rerun.job)] == ["status", "paper", "status"]


def test_orphans_of_a_kill_are_removed(tmp_path: Path) -> None:
    """Half an upload, or the file of a row that never was, would stay for ever, unseen by every deletion."""
    store = JobStore(tmp_path)
    job = accept(store)
    store.close()
    (tmp_path / "incoming" / "half").write_bytes(b"half a paper")
    (tmp_path / "papers" / ("f" * 32 + ".pdf")).write_bytes(b"nobody's")
    store = JobStore(tmp_path)
    assert [path.name for path in sorted(tmp_path.rglob("*")) if path.is_file() and path.parent != tmp_path] == [
        f"{job.id}.md"
    ]
    store.close()


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    """Two services on one folder would each do every job."""
    store = JobStore(tmp_path)
    code = f"from pathlib import Path; from common.serving.jobs import JobStore; JobStore(Path({str(tmp_path)!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "Another service is using the state folder" in done.stderr
    store.close()
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_another_schema_is_refused(tmp_path: Path) -> None:
    """An older version would write into tables it does not know."""
    JobStore(tmp_path).close()
    with sqlite3.connect(tmp_path / "jobs.sqlite") as database:
        database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(ReviewError, match="has schema 99"):
        JobStore(tmp_path)
    with sqlite3.connect(tmp_path / "jobs.sqlite") as database:
        database.execute("PRAGMA user_version=1")
    database.close()
    JobStore(tmp_path).close()  # and the refusal has let go of the lock


def test_the_state_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Other accounts of the machine could read the papers."""
    store = JobStore(tmp_path / "state")
    accept(store)
    for path in [tmp_path / "state", *(tmp_path / "state").rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path
    store.close()


class Machine(RuleBasedStateMachine):
    """Whatever users, workers and kills do in whatever order: one end for every job, and no job lost."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = JobStore(Path(self.folder.name))
        self.accepted: dict[str, Job] = {}
        self.ended: dict[str, str] = {}
        self.works: list[Work] = []

    @rule(owner=st.sampled_from(("ann", "ben")))
    def accept(self, owner: str) -> None:
        try:
            job = accept(self.store, owner)
        except QueueFull:
            assert len([one for one in self.accepted.values() if one.owner == owner]) >= 16
        else:
            self.accepted[job.id] = job

    @rule()
    def claim(self) -> None:
        if work := self.store.claim():
            assert work.job.id in self.accepted
            assert work.job.id not in self.ended
            self.works.append(work)

    @precondition(lambda self: self.works)
    @rule(data=st.data(), end=st.sampled_from(("done", "failed", "queued")))
    def end(self, data: st.DataObject, end: str) -> None:
        work = self.works.pop(data.draw(st.integers(0, len(self.works) - 1)))
        lost = work.job.id in self.ended or work.job.id not in self.accepted
        step = {"done": lambda: work.finish(record(paper(), ASKED, ())), "failed": lambda: work.fail(Fault("x"))}
        try:
            step.get(end, work.release)()
        except Lost:
            assert lost
        else:
            assert not lost
            if end != "queued":
                self.ended[work.job.id] = end

    @precondition(lambda self: self.accepted)
    @rule(data=st.data(), delete=st.booleans())
    def take_away(self, data: st.DataObject, delete: bool) -> None:
        job = self.accepted[data.draw(st.sampled_from(list(self.accepted)))]  # in order: ids are random
        if delete:
            self.store.delete([job])
            del self.accepted[job.id]
            self.ended.pop(job.id, None)
        else:
            self.store.cancel(job)
            self.ended.setdefault(job.id, "cancelled")

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.works.clear()
        self.store = JobStore(Path(self.folder.name))
        for job in self.accepted:
            found = next(one for owner in ("ann", "ben") if (one := self.store.find(owner, job)))
            assert found.status not in RUNNING
            if found.error and found.error.code == "gave-up":
                self.ended[job] = "failed"

    @invariant()
    def every_accepted_job_is_there_and_ends_once(self) -> None:
        listed = {job.id: job for owner in ("ann", "ben") for job in self.store.listed(owner, 1000)}
        assert listed.keys() == self.accepted.keys()
        for job in listed.values():
            assert (job.status if job.status in FINAL else None) == self.ended.get(job.id)
            events = self.store.events(job)
            assert [event.id for event in events] == list(range(1, len(events) + 1))
            ended = [self.ended[job.id]] if job.id in self.ended else []
            assert [event.name for event in events if event.name in FINAL] == ended
            assert (self.store.record(job) is not None) == (job.status == "done")

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=15, stateful_step_count=25)
