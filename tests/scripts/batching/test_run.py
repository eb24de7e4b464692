"""A batch's papers on their way: whatever the order, the same records; whatever fails, no paper lost or done twice."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.engines.base import Request
from common.engines.in_flight import InFlight
from common.errors import EngineFailure
from common.jsonio import from_json
from common.types import ChainRecord, Sampling
from scripts.batching import run as running
from scripts.batching.journal import WHOLE, BatchJournal
from scripts.batching.plan import plan
from scripts.batching.run import PATIENCE, Run
from scripts.papers import read_one
from scripts.pipeline import paper_budget, prepare
from scripts.windows import Listener
from scripts.windows import run as run_windows
from tests.scripts.batching.simulated import (
    BASE,
    CONFIG,
    FORM,
    Clock,
    InlineWorkers,
    SimulatedEngine,
    answer,
    paper,
    terms,
    timeless,
)


@pytest.fixture(scope="module", autouse=True)
def no_sleep() -> Iterator[None]:
    """Time passes by looking at the tests' clock."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "sleep", lambda seconds: None)
        yield


class Session:
    """One run over `papers` numbered papers in a folder of its own."""

    def __init__(self, folder: Path, papers: int, seed: int, most: int, **engine: Callable[..., object]) -> None:
        self.out = folder / "out"
        self.paths = [paper(folder / "in", f"p{number}.md", number) for number in range(papers)]
        order = random.Random(seed)
        self.engine = SimulatedEngine(order, **engine)
        self.workers = InlineWorkers(order)
        self.tasks = plan(folder / "in", self.out).tasks
        self.clock = Clock()
        self.journal = BatchJournal(self.out, "s", WHOLE)
        in_flight = InFlight(most, min(4, most), self.clock)
        self.run = Run(self.tasks, terms(self.out), self.journal, self.workers, in_flight, 2, self.clock)

    def go(self) -> None:
        with self.journal:
            self.run.go(self.engine)

    @property
    def records(self) -> dict[str, ChainRecord]:
        found = self.out.glob("*.review.json")
        return {path.name.split(".")[0]: from_json(path.read_bytes(), ChainRecord) for path in found}


def chained(paths: list[Path]) -> dict[str, ChainRecord]:
    """The same papers by `review chain`, window by window."""
    engine = SimulatedEngine(random.Random(0))
    budget = paper_budget(engine, FORM, CONFIG)
    jobs = [prepare(read_one(path, terms(Path()).reading), engine, FORM, CONFIG, budget) for path in paths]
    records: dict[str, ChainRecord] = {}
    listener = Listener(on_record=lambda place, record: records.setdefault(paths[place].stem, record))
    run_windows(engine, jobs, FORM, CONFIG, BASE, listener=listener)
    return records


@settings(max_examples=25)
@given(papers=st.integers(1, 9), seed=st.integers(0, 10**6), most=st.integers(1, 40))
def test_a_batch_gives_the_records_of_the_chain(papers: int, seed: int, most: int) -> None:
    """--seed must repeat a review whether its paper was one of one or one of thousands, and however full the engine."""
    with tempfile.TemporaryDirectory() as name:
        session = Session(Path(name), papers, seed, most)
        session.go()
        expected = {stem: timeless(record) for stem, record in chained(session.paths).items()}
        assert {stem: timeless(record) for stem, record in session.records.items()} == expected
        assert session.engine.most <= most
        assert session.run.meter.done == papers and session.run.meter.flying == 0


@settings(max_examples=25)
@given(papers=st.integers(1, 7), seed=st.integers(0, 10**6), share=st.floats(0, 0.4))
def test_passing_failures_lose_no_paper_and_change_no_record(papers: int, seed: int, share: float) -> None:
    """A flaky server costs time; a paper it failed three times is listed, and every other one is as without it."""
    luck = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        session = Session(Path(name), papers, seed, 16, failing=lambda request: luck.random() < share)
        try:
            session.go()
        except EngineFailure as error:
            assert f"{PATIENCE} times in a row" in error.message
        else:
            assert session.run.meter.done + session.run.meter.failed == papers
        events = Counter((entry["event"], entry.get("paper")) for entry in session.journal._journal.entries)
        expected = {stem: timeless(record) for stem, record in chained(session.paths).items()}
        for stem, record in session.records.items():
            assert timeless(record) == expected[stem]
            assert events["done", f"{stem}.md"] == 1
        failed = [entry["paper"] for entry in session.journal._journal.entries if entry["event"] == "failed"]
        assert all(count <= 3 * 3 for count in Counter(failed).values())  # three requests a paper
        assert len(session.records) == session.run.meter.done


def test_a_paper_that_always_fails_is_tried_three_times_and_stops_no_other(tmp_path: Path) -> None:
    """One prompt that a server chokes on must not end a night's work."""
    session = Session(tmp_path, 5, 1, 8, failing=lambda request: "part 3" in request.messages[-1]["content"])
    session.go()
    assert sorted(session.records) == ["p0", "p1", "p2", "p4"]
    standing = session.journal.standing(session.tasks[3])
    assert standing.failed and (standing.failed["kind"], standing.failed["passing"]) == ("engine", True)
    assert standing.failed["message"] == "The server timed out."
    assert max(Counter(session.engine.sent).values()) == 3
    assert session.run.meter.failed == 1 and session.run.meter.retried in (2, 3, 4)


def test_an_engine_that_stays_away_ends_the_run_with_what_to_do(tmp_path: Path) -> None:
    """Thousands of papers must not all be marked as failed because the server is down."""
    session = Session(tmp_path, 30, 1, 8, failing=lambda request: True)
    with pytest.raises(EngineFailure, match="8 times in a row: The server timed out") as caught:
        session.go()
    assert "same command" in caught.value.hint
    assert session.run.meter.failed <= PATIENCE
    assert session.clock.now > 1 + 2 + 4 + 8 + 16 + 32 + 60  # the pauses between the tries


def test_a_flow_that_breaks_off_is_begun_again_where_it_was(tmp_path: Path) -> None:
    """Where nobody can tell which request broke the connection, none of the papers is to blame."""

    class Breaking(SimulatedEngine):
        broken = 0

        def flow(self, *arguments: object, **named: object) -> None:
            self.broken += 1
            if self.broken in (2, 3):
                raise EngineFailure("No server answers.")
            super().flow(*arguments, **named)

    answers = iter([True] * 5)

    def failing(request: Request) -> bool:
        if next(answers, None) is None and session.engine.broken == 1:
            raise EngineFailure("The connection was lost.")
        return False

    session = Session(tmp_path, 6, 3, 8, failing=failing)
    session.engine.__class__ = Breaking
    session.engine.broken = 0
    session.go()
    assert session.engine.broken == 4
    assert len(session.records) == 6
    assert not any(entry["event"] == "failed" for entry in session.journal._journal.entries)
    assert len(session.engine.sent) == len(set(session.engine.sent)) + 1  # the one that was sent when it broke


def test_a_request_that_breaks_every_flow_is_found_out(tmp_path: Path) -> None:
    """An engine that dies of one prompt does not say of which; the other papers must get through all the same."""

    def failing(request: Request) -> bool:
        if "part 3" in request.messages[-1]["content"]:
            raise EngineFailure("The connection was lost.")
        return False

    session = Session(tmp_path, 9, 1, 16, failing=failing)
    session.go()
    assert sorted(session.records) == [f"p{number}" for number in range(9) if number != 3]
    failed = [entry["paper"] for entry in session.journal._journal.entries if entry["event"] == "failed"]
    assert set(failed) == {"p3.md"}


def test_a_paper_without_questions_is_asked_again_and_then_fails_for_good(tmp_path: Path) -> None:
    """Another try would draw the same seeds: it is not retried, and says what the model wrote."""

    def reply(messages: object, sampling: Sampling) -> str:
        questions = sampling.max_tokens == CONFIG.questioner.max_tokens
        return "I like it." if questions and "part 1" in str(messages) else answer(messages, sampling)

    session = Session(tmp_path, 3, 1, 8, reply=reply)
    session.go()
    assert sorted(session.records) == ["p0", "p2"]
    failed = session.journal.standing(session.tasks[1]).failed
    assert failed and failed["kind"] == "model" and "I like it." in failed["message"] and not failed["passing"]
    assert sum("questioner" in key for key in session.engine.sent) == 2 + 4 + 2  # a second turn for that paper alone


def test_reading_ahead_is_bounded(tmp_path: Path) -> None:
    """Thirty thousand papers must not be in memory at once because the engine is slower than the reader."""
    session = Session(tmp_path, 60, 1, 4)
    session.go()
    assert len(session.records) == 60
    assert session.workers.most <= 2 + 4 // 2 + 2 * 4 + 1  # reads ahead, and twice what may be in flight


def test_reviews_go_before_new_papers(tmp_path: Path) -> None:
    """A killed run should lose few half-done papers, not hundreds."""
    session = Session(tmp_path, 20, 2, 4)
    begun: list[int] = []
    queue = session.run._queue

    def watched(number: int) -> None:
        queue(number)
        begun.append(len(session.run._trips))

    session.run._queue = watched  # type: ignore[method-assign]
    session.go()
    assert max(begun) <= 12
