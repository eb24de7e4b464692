"""A chain for the page: asks and writes what `tests.common.views.records` holds, half-way where a test wants it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import uvicorn

from common.errors import EngineFailure
from common.forms import load_form
from common.serving.app import create_app
from common.serving.chain import Cancelled, Order, Told
from common.serving.keys import Keys
from common.serving.limits import ServiceLimits
from common.serving.service import Service
from common.types import ChainRecord, Paper, Question, ReviewForm
from tests.common.views import records


def _open() -> threading.Event:
    gate = threading.Event()
    gate.set()
    return gate


@dataclass
class ScriptedChain:
    """record: what every run gives, with the paper's and the order's own data in it. asking, writing: closed, a run
    waits half-way through that stage. fails: with this message. orders: of every run."""

    record: ChainRecord = field(default_factory=records.good)
    asking: threading.Event = field(default_factory=_open)
    writing: threading.Event = field(default_factory=_open)
    fails: str = ""
    orders: list[Order] = field(default_factory=list)
    places: int = 1
    model: str = "scripted"

    def forms(self) -> Sequence[ReviewForm]:
        return [load_form("neurips2024"), load_form("stanford4")]

    def check(self, order: Order) -> None:
        """Every order can be carried out."""

    def run(self, paper: Paper, order: Order, told: Told, cancelled: Callable[[], bool]) -> ChainRecord:
        self.orders.append(order)
        asked = self.record.stages[0]
        if order.questions:
            questions = order.questions
        else:
            questions = self._numbered(order)
            told.on_stage("asking")
            lines = [f"{n}. ({one.aspect or 'other'}) {one.text}" for n, one in enumerate(questions, start=1)]
            told.on_text("asking", "\n".join(lines)[: len("\n".join(lines)) // 2])
            self._wait(self.asking, cancelled)
        told.on_questions(questions, asked)
        told.on_stage("reviewing")
        raw = self.record.reviews[0].raw
        told.on_text("reviewing", raw[: len(raw) // 2])
        self._wait(self.writing, cancelled)
        if self.fails:
            raise EngineFailure(self.fails, "Start it anew.")
        return self._result(paper, questions)

    def _numbered(self, order: Order) -> tuple[Question, ...]:
        texts = tuple(Question("", text, "", "user") for text in order.ask) + self.record.questions
        return tuple(replace(one, id=f"Q{n}") for n, one in enumerate(texts, start=1))

    def _result(self, paper: Paper, questions: Sequence[Question]) -> ChainRecord:
        """Points keep to the questions they answer, whatever these are numbered now."""
        texts = {one.id: one.text for one in self.record.questions}
        now = {one.text: one.id for one in questions}
        reviews = []
        for review in self.record.reviews:
            points = [
                replace(point, question_ids=tuple(now[texts[q]] for q in point.question_ids if texts.get(q) in now))
                for point in review.points
            ]
            reviews.append(replace(review, points=tuple(points)))
        answered = {q for review in reviews for point in review.points for q in point.question_ids}
        known = replace(self.record.paper, title=paper.title, source=paper.source, pages=paper.pages, words=paper.words)
        unanswered = tuple(one.id for one in questions if one.id not in answered)
        return replace(
            self.record, paper=known, questions=tuple(questions), reviews=tuple(reviews), unanswered=unanswered
        )

    def _wait(self, gate: threading.Event, cancelled: Callable[[], bool]) -> None:
        while not gate.wait(0.02):
            if cancelled():
                raise Cancelled

    def ready(self) -> bool:
        return True

    def close(self) -> None:
        self.asking.set()
        self.writing.set()


@dataclass
class Site:
    """A service that answers on loopback."""

    address: str
    chain: ScriptedChain
    stop: Callable[[], None]


@contextlib.contextmanager
def site(
    folder: Path, chain: ScriptedChain, keys: Keys | None = None, limits: ServiceLimits | None = None
) -> Iterator[Site]:
    """The real app in a thread of this process, until the block is left."""
    service = Service(chain, folder, limits, keys)
    config = uvicorn.Config(
        create_app(service), host="127.0.0.1", port=0, log_config=None, access_log=False, lifespan="off",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="site")

    def stop() -> None:
        service.hub.close()
        server.should_exit = True
        thread.join(20)

    service.start()
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            thread.join(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Site(f"http://127.0.0.1:{port}", chain, stop)
    finally:
        chain.close()
        stop()
        service.close()
