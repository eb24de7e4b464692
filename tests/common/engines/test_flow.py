"""`Engine.flow`, whatever runs behind it: work that makes more work, in a bounded number of places."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.engines.base import Engine, Request
from common.engines.scripted import ScriptedEngine
from common.engines.server import ServerEngine
from common.engines.vllm import VllmEngine
from common.errors import EngineFailure
from common.types import Completion, Sampling
from tests.common.engines.standin import Behaviour, chat, serving

SAMPLING = Sampling(max_tokens=6, seed=5)


def request(key: str, words: int = 1, **changes: object) -> Request:
    return Request(key, chat("word " * words + "and then?"), replace(SAMPLING, **changes))


class Work:
    """A caller of `flow`: hands out what waits, and remembers what happened. then: an answer's further requests."""

    def __init__(self, waiting: Iterable[Request], then: Callable[[Request], list[Request]] | None = None) -> None:
        self.waiting = deque(waiting)
        self.answers: dict[str, Completion] = {}
        self.free: list[int] = []
        self.flying: list[int] = [0]
        self.threads: set[int] = set()
        self._then = then

    def more(self, free: int) -> list[Request]:
        self.threads.add(threading.get_ident())
        self.free.append(free)
        given = [self.waiting.popleft() for _ in range(min(free, len(self.waiting)))]
        self.flying.append(self.flying[-1] + len(given))
        return given

    def answered(self, request: Request, completion: Completion) -> None:
        self.threads.add(threading.get_ident())
        assert request.key not in self.answers, "answered twice"
        self.answers[request.key] = completion
        self.flying.append(self.flying[-1] - 1)
        if self._then:
            self.waiting += self._then(request)


@pytest.mark.parametrize("places", [1, 3, 64])
def test_every_request_gets_its_own_answer_once(engine: Engine, places: int) -> None:
    """With few places or many, in whatever order they end: another request's answer would be judged as this one's."""
    requests = {str(words): request(str(words), words) for words in (30, 2, 17, 5, 1)}
    work = Work(requests.values())
    engine.flow(work.more, work.answered, places)
    assert work.answers.keys() == requests.keys()
    for key, answer in work.answers.items():
        assert answer.prompt_tokens == engine.count(requests[key].messages)
        assert answer.completion_tokens > 0


def test_no_more_places_than_asked_for_and_all_of_them_used(engine: Engine) -> None:
    """Places are memory; an unused one is an idle accelerator."""
    work = Work([request(str(number)) for number in range(8)])
    engine.flow(work.more, work.answered, 3)
    assert max(work.flying) == 3 and work.flying[-1] == 0
    assert work.free[0] == 3 and all(1 <= free <= 3 for free in work.free)
    assert work.threads == {threading.get_ident()}, "callbacks belong to the caller's thread"


def test_work_that_only_an_answer_makes_possible_is_done(engine: Engine) -> None:
    """Judging follows writing; a flow that ends too early drops reviews."""

    def then(done: Request) -> list[Request]:
        return [request(done.key + end) for end in "xy"] if len(done.key) < 3 else []

    work = Work([request("a"), request("b")], then)
    engine.flow(work.more, work.answered, 2)
    assert len(work.answers) == 2 * (1 + 2 + 4)


def test_an_empty_flow_returns_at_once(engine: Engine) -> None:
    """Everything finished by an earlier run is a normal case."""
    work = Work([])
    engine.flow(work.more, work.answered, 4)
    assert work.free == [4] and work.answers == {}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("where", ["more", "answered"])
def test_an_error_in_a_callback_cancels_and_the_engine_goes_on(
    engine: Engine, where: str, error: type[BaseException]
) -> None:
    """A full disk or Ctrl-C ends this run, not the next one, and leaves nothing running behind its back."""
    work = Work([request(str(number)) for number in range(6)])

    def more(free: int) -> list[Request]:
        if where == "more" and work.answers:
            raise error("stop here")
        return work.more(free)

    def answered(one: Request, completion: Completion) -> None:
        work.answered(one, completion)
        if where == "answered":
            raise error("stop here")

    with pytest.raises(error, match="stop here"):
        engine.flow(more, answered, 3)
    before = dict(work.answers)
    (after,) = engine.generate([chat("And now?")], SAMPLING)
    assert after.prompt_tokens == engine.count(chat("And now?"))
    again = Work([request("0"), request("1")])
    engine.flow(again.more, again.answered, 2)
    assert again.answers.keys() == {"0", "1"}
    assert work.answers == before, "a cancelled request must not be answered later"


def test_a_request_without_room_is_named(engine: Engine) -> None:
    """The caller has to know which review was too long; those fetched with it have not run."""
    work = Work([request("short"), request("the long one", engine.context + 10)])
    with pytest.raises(EngineFailure, match=r"the long one.*context"):
        engine.flow(work.more, work.answered, 4)
    assert work.answers == {}
    assert engine.generate([chat("x")], SAMPLING)[0].completion_tokens > 0


def test_an_unknown_adapter_is_refused(engine: Engine) -> None:
    """A misspelt adapter must not quietly give the base's answer."""
    work = Work([replace(request("a"), adapter="nobody")])
    with pytest.raises(EngineFailure, match="adapter 'nobody'"):
        engine.flow(work.more, work.answered)


@pytest.mark.parametrize(("keys", "said"), [("abc", "3 requests for 2 free places"), ("aa", "two requests in flight")])
def test_a_caller_that_breaks_the_rules_is_told(engine: Engine, keys: str, said: str) -> None:
    """Two requests of one name would swap answers; too many would overrun memory."""
    with pytest.raises(ValueError, match=said):
        engine.flow(lambda free: [request(key) for key in keys], lambda *_: None, 2)


def test_seeds_give_what_generate_gives(engine: Engine) -> None:
    """A reproducible run must not depend on which of the two ways asked. An engine for many threads lets requests join
    its batch as they arrive, which can turn a last bit: it is given one at a time."""
    requests = [request(str(number), number + 1, temperature=1.0, seed=number) for number in range(3)]
    places = 1 if engine.concurrent else 3
    forget = getattr(engine, "forget", lambda: None)
    forget()
    groups = [requests[start : start + places] for start in range(0, len(requests), places)]
    expected = [
        completion
        for group in groups
        for completion in engine.generate([one.messages for one in group], [one.sampling for one in group])
    ]
    forget()
    work = Work(requests)
    engine.flow(work.more, work.answered, places)
    assert [work.answers[one.key] for one in requests] == expected


@given(st.dictionaries(st.integers(0, 30), st.lists(st.integers(0, 30), max_size=4), max_size=12), st.integers(1, 7))
def test_any_tree_of_work_is_done(children: dict[int, list[int]], places: int) -> None:
    """Whatever depends on whatever, each piece is done once and no more than `places` are under way."""
    done: set[int] = set()

    def then(parent: Request) -> list[Request]:
        new = [child for child in children.get(int(parent.key), []) if child not in done]
        done.update(new)
        return [request(str(child)) for child in dict.fromkeys(new)]

    roots = list(children)[:3]
    done.update(roots)
    work = Work([request(str(root)) for root in roots], then)
    ScriptedEngine(["yes"], loop=True).flow(work.more, work.answered, places)
    assert {int(key) for key in work.answers} == done
    assert max(work.flying) <= places


def test_the_scripted_engine_answers_in_order_of_arrival() -> None:
    """Tests script a conversation; they rely on which reply goes to whom."""
    script = ScriptedEngine([lambda messages: messages[0]["content"].split()[0], "second", "third"])
    order: list[tuple[str, str]] = []
    waiting = deque([request("a", 1), request("b", 1), request("c", 1)])
    script.flow(
        lambda free: [waiting.popleft() for _ in range(min(free, len(waiting)))],
        lambda one, completion: order.append((one.key, completion.text)),
        places=2,
    )
    assert order == [("a", "word"), ("b", "second"), ("c", "third")]


def test_a_servers_requests_run_side_by_side() -> None:
    """A server that is asked one thing at a time is a server left idle: the gate opens for three at once only."""
    with serving(Behaviour(gate=threading.Barrier(3))) as url:
        work = Work([request(str(number)) for number in range(6)])
        ServerEngine(url).flow(work.more, work.answered, 3)
    assert len(work.answers) == 6


def test_a_failing_server_ends_the_flow() -> None:
    """With a sentence, not with a hang or with missing answers."""
    with serving(Behaviour(fault="garbage")) as url:
        work = Work([request("a"), request("b")])
        with pytest.raises(EngineFailure, match="unreadable"):
            ServerEngine(url).flow(work.more, work.answered, 2)


@pytest.mark.slow
class TestVllm:
    """What only the real engine can show."""

    def test_a_place_is_filled_as_soon_as_it_falls_free(
        self, vllm_engine: VllmEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """In lock step a batch waits for its longest answer: 2 x 24 steps here."""
        steps = []
        step = vllm_engine._engine.step
        monkeypatch.setattr(vllm_engine._engine, "step", lambda: steps.append(1) or step())
        lengths = [24, 4, 4, 4, 4, 4, 4, 24]
        work = Work([request(str(n), n, max_tokens=m, min_tokens=m) for n, m in enumerate(lengths)])
        vllm_engine.flow(work.more, work.answered, 4)
        assert [work.answers[str(n)].completion_tokens for n in range(8)] == lengths
        assert len(steps) < 40

    def test_nothing_is_left_running_after_an_error(self, vllm_engine: VllmEngine) -> None:
        """Orphans would hold the cache and slow down whatever comes next."""

        def answered(*_: object) -> None:
            raise ValueError

        long = [request(str(number), max_tokens=4 if number == 0 else 200) for number in range(4)]
        work = Work(long)
        with pytest.raises(ValueError):
            vllm_engine.flow(work.more, answered, 4)
        assert not vllm_engine._engine.has_unfinished_requests()

    def test_adapters_are_chosen_request_by_request(self, vllm_engine: VllmEngine) -> None:
        """Base and adapters share one batch; a leak would mix the stages."""
        prompt, greedy = chat("The weakness of this paper is"), Sampling(temperature=0, max_tokens=48)
        work = Work([Request(str(name), prompt, greedy, name) for name in (None, "questioner", "reviewer")])
        vllm_engine.flow(work.more, work.answered, 3)
        assert len({answer.text for answer in work.answers.values()}) == 3

    def test_the_speed_is_measured(self, vllm_engine: VllmEngine) -> None:
        """The estimate before a long run stands on it."""
        before = vllm_engine.speed.decode_tokens
        work = Work([request("a", max_tokens=12, min_tokens=12)])
        vllm_engine.flow(work.more, work.answered)
        assert vllm_engine.speed.decode_tokens == before + 11
