"""The chain as a service uses it: many papers at once, orders, news on the way, cancelling, an engine that goes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from common.config import ChainConfig
from common.engines.base import Messages
from common.engines.scripted import ScriptedEngine
from common.errors import BadConfig, EngineFailure, ReviewError
from common.paper import read_paper
from common.serving.chain import Cancelled, Order, Told
from common.types import ChainRecord, Paper, Question, StageRecord
from scripts.pipeline import Base
from scripts.serving_chain import PLACES, ServingChain
from tests.conftest import SAMPLE
from tests.scripts.test_chain import QUESTIONS, REVIEW

CONFIG = ChainConfig(samples=1)
GIVEN = (Question("Q1", "Are the baselines tuned alike?", "experiments", "user"),)


@pytest.fixture(scope="module")
def paper() -> Paper:
    return read_paper(SAMPLE)


def reply(messages: Messages) -> str:
    return REVIEW if "baselines tuned" in messages[-1]["content"] else QUESTIONS


def serving(engine: ScriptedEngine | None = None, config: ChainConfig = CONFIG) -> ServingChain:
    return ServingChain(engine or ScriptedEngine([reply], loop=True), Base("scripted", "", {}), config)


def never() -> bool:
    return False


def plain(record: ChainRecord) -> ChainRecord:
    """Without what no two runs share."""
    stages = tuple(replace(stage, seconds=0.0) for stage in record.stages)
    return replace(record, created="", seconds=0.0, stages=stages)


@pytest.mark.parametrize("concurrent", [True, False])
def test_a_papers_record_does_not_depend_on_the_others(paper: Paper, concurrent: bool) -> None:
    """Who is reviewed on a busy evening must get the review of a quiet morning."""

    class Engine(ScriptedEngine):
        inside, most = 0, 0

        def _complete(self, *arguments: Any) -> Any:
            type(self).inside += 1
            type(self).most = max(self.most, self.inside)
            if self.most > 1:
                met.set()
            assert met.wait(10 if concurrent else 0.01) is concurrent
            completion = super()._complete(*arguments)
            type(self).inside -= 1
            return completion

    met = threading.Event()
    engine = Engine([reply], loop=True)
    engine.concurrent = concurrent  # its queue is one reply long, so its order cannot matter
    chain = serving(engine)
    assert chain.places == (PLACES if concurrent else 1)
    orders = [Order(seed=seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda order: chain.run(paper, order, Told(), never), orders))
    assert (engine.most > 1) is concurrent
    assert [plain(one) for one in together] == [plain(serving().run(paper, order, Told(), never)) for order in orders]
    assert len({one.stages[0].completions[0].seed for one in together}) == 4


def test_what_an_order_asks_for_is_done(paper: Paper) -> None:
    """A setting that is accepted and forgotten is a lie."""
    order = Order("stanford4", (), ("Is the code released?",), 3, 2, 2, 1, 11)
    record = serving().run(paper, order, Told(), never)
    assert record.form.name == "stanford4"
    assert record.questions[0].text == "Is the code released?" and len(record.questions) == 2
    assert [len(stage.completions) for stage in record.stages] == [3, 2]
    assert len(record.reviews) == 2 and all(len(one.points) <= 1 for one in record.reviews)
    assert {stage.sampling.seed for stage in record.stages} == {11}


def test_a_run_taken_up_again_gives_the_record_it_would_have_given(paper: Paper) -> None:
    """A restart must not show: the paper is cut as before, and how its questions came about is not forgotten."""
    chain = serving()
    first = chain.run(paper, Order(ask=("And why?",), seed=1), Told(), never)
    told: list[tuple[tuple[Question, ...], StageRecord | None]] = []
    news = Told(on_questions=lambda questions, asked: told.append((tuple(questions), asked)))
    again = chain.run(paper, Order(questions=first.questions, asked=first.stages[0], seed=1), news, never)
    assert told == [(first.questions, first.stages[0])]
    assert plain(again) == plain(first)
    fewer = chain.run(paper, Order(questions=first.questions[1:3], asked=first.stages[0], seed=1), Told(), never)
    assert fewer.settings != first.settings and fewer.stages[0] == first.stages[0]


def test_given_questions_are_the_last_word(paper: Paper) -> None:
    """Whoever writes questions wants them answered, not the paper asked again."""
    edited = serving().run(paper, Order(questions=GIVEN, ask=("And why?",)), Told(), never)
    assert [(one.id, one.text) for one in edited.questions] == [("Q1", "And why?"), ("Q2", GIVEN[0].text)]
    assert [stage.stage for stage in edited.stages] == ["reviewer"]


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (Order(form="../forms/acl"), "no form called"),
        (Order(samples=0), "'samples'"),
        (Order(questions=(replace(GIVEN[0], text=" "),)), "questions[0].text"),
        (Order(questions=(replace(GIVEN[0], aspect="mood"),)), "questions[0].aspect"),
    ],
)
def test_an_impossible_order_is_a_sentence(order: Order, said: str) -> None:
    """It is read by whoever sent it, before anything runs."""
    with pytest.raises(BadConfig) as failed:
        serving().check(order)
    assert said in failed.value.message


def test_news_come_in_order_and_not_too_often(paper: Paper) -> None:
    """A page that is told of every token does nothing else."""
    seen: list[Any] = []
    news = Told(
        on_stage=seen.append,
        on_questions=lambda questions, asked: seen.append(len(questions)),
        on_text=lambda stage, text: seen.append((stage, text)),
    )
    serving(config=replace(CONFIG, samples=8)).run(paper, Order(), news, never)
    assert [one for one in seen if isinstance(one, str | int)] == ["asking", 3, "reviewing"]
    texts = [one for one in seen if isinstance(one, tuple)]
    assert 1 <= len(texts) < 8 and texts[0] == ("asking", QUESTIONS)


@pytest.mark.parametrize("looks", [1, 2, 3])
def test_a_cancelled_run_ends_at_the_next_look(paper: Paper, looks: int) -> None:
    """Before it begins, while it asks, while it writes: the engine is somebody else's from then on."""
    engine, left = ScriptedEngine([reply], loop=True), iter([False] * looks)
    chain = serving(engine)
    with pytest.raises(Cancelled):
        chain.run(paper, Order(), Told(), lambda: next(left, True))
    assert len(engine.prompts) < 2
    assert chain.run(paper, Order(), Told(), never).reviews


def test_an_engine_that_goes_and_comes_back_is_noticed(paper: Paper) -> None:
    """Papers wait for it only if the service knows."""

    class Engine(ScriptedEngine):
        there = True

        def alive(self) -> bool:
            return self.there

        def _complete(self, *arguments: Any) -> Any:
            if not self.there:
                raise EngineFailure("gone")
            return super()._complete(*arguments)

    engine = Engine([reply], loop=True)
    chain = serving(engine)
    assert chain.ready()
    engine.there = False
    with pytest.raises(EngineFailure):
        chain.run(paper, Order(), Told(), never)
    assert not chain.ready()
    engine.there = True
    chain._seen_until = 0.0  # some seconds later
    assert chain.ready() and chain.run(paper, Order(), Told(), never)


def test_a_model_that_asks_nothing_is_told(paper: Paper) -> None:
    """Not an empty review."""
    with pytest.raises(ReviewError, match="asked no question"):
        serving(ScriptedEngine(["Nothing."], loop=True)).run(paper, Order(), Told(), never)
