"""A chain without a model, for tests of the service: it asks two questions, writes two points, and obeys its paper.

`python -m tests.common.serving.fake STATE [SECONDS]` is a whole service on a free port; it prints its address.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from common.errors import BadConfig, EngineFailure
from common.forms import load_form
from common.serving.chain import Cancelled, Order, Told
from common.types import (
    ChainRecord,
    Completion,
    Paper,
    PaperRecord,
    Point,
    Question,
    Review,
    ReviewForm,
    ReviewSection,
    Sampling,
    StageRecord,
)

ASKED = (Question("Q1", "What is compared?", "method"), Question("Q2", "Is it <b>new</b>?", "novelty"))


@dataclass
class FakeChain:
    """gate: closed, a run waits before it writes its review, as one that a slow engine holds. seen: every run."""

    places: int = 2
    model: str = "fake"
    gate: threading.Event = field(default_factory=threading.Event)
    alive: bool = True
    seconds: float = 0.0
    seen: list[tuple[str, Order]] = field(default_factory=list)
    writing: int = 0

    def __post_init__(self) -> None:
        self.gate.set()

    def forms(self) -> Sequence[ReviewForm]:
        return [load_form("stanford4")]

    def check(self, order: Order) -> None:
        if order.form not in (None, "stanford4"):
            raise BadConfig(f"There is no form {order.form!r}.", "Use stanford4.")

    def run(self, paper: Paper, order: Order, told: Told, cancelled: Callable[[], bool]) -> ChainRecord:
        self.seen.append((paper.title, order))
        stages: list[StageRecord] = [order.asked] if order.asked else []
        questions = order.questions
        if not questions:
            told.on_stage("asking")
            told.on_text("asking", "1. What is compared?")
            own = tuple(Question(f"Q{n}", text, "", "user") for n, text in enumerate(order.ask, start=3))
            questions, asked = ASKED + own, stage("questioner", "1. What is compared?\n2. Is it <b>new</b>?")
            stages.append(asked)
            told.on_questions(questions, asked)
        else:
            told.on_questions(questions, order.asked)
        told.on_stage("reviewing")
        self.writing += 1
        told.on_text("reviewing", "Strengths\n- It")
        self._wait(cancelled)
        if "explode" in paper.title:
            raise ZeroDivisionError("a defect that quotes the paper: SECRETWORD")
        if "engine" in paper.title and [title for title, _ in self.seen].count(paper.title) == 1:
            self.alive = "dies" not in paper.title
            raise EngineFailure("The engine ran out of memory.", "Start the service anew.")
        return record(paper, questions, (*stages, stage("reviewer", "Strengths\n- It works.")))

    def _wait(self, cancelled: Callable[[], bool]) -> None:
        until = time.monotonic() + self.seconds
        while not self.gate.wait(0.01) or time.monotonic() < until:
            if cancelled():
                raise Cancelled
            time.sleep(0.005)

    def ready(self) -> bool:
        return self.alive

    def close(self) -> None:
        self.alive = False


def stage(name: str, text: str) -> StageRecord:
    completion = Completion(text, "stop", 100, 10, 0, 1)
    return StageRecord(name, "1", "none", "", Sampling(seed=1), (completion,), 0.5)  # type: ignore[arg-type]


def record(paper: Paper, questions: Sequence[Question], stages: tuple[StageRecord, ...]) -> ChainRecord:
    form = load_form("stanford4")
    section = form.sections[0].name
    points = (Point(section, "It works <script>alert(1)</script>.", (questions[0].id,)),)
    review = Review(form.name, (ReviewSection(section, "- It works."),), points, (), "Strengths\n- It works.")
    seen = PaperRecord(
        paper.title, paper.source, paper.pages, paper.words, (), 1000, 100, (), paper.warnings
    )  # fmt: skip
    return ChainRecord(
        "1", "2026-01-01T00:00:00Z", seen, form, tuple(questions), (review,), (), stages, "fake", "fake", ""
    )


def main(state: str, seconds: str = "0") -> None:
    from common.serving.app import create_app
    from common.serving.server import serve
    from common.serving.service import Service

    service = Service(FakeChain(seconds=float(seconds)), Path(state))
    serve(service, create_app(service), "127.0.0.1", 0, lambda address: print(address, flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
