"""A request that fails alone: the others of its flow go on, and whoever began it is told."""

from __future__ import annotations

import pytest

from common.engines.base import Request
from common.engines.server import ServerEngine
from common.errors import EngineFailure
from common.types import Completion, Sampling
from tests.common.engines.standin import Behaviour, chat, serving


def test_a_server_that_fails_one_request_answers_the_others() -> None:
    """Of thousands of papers one time-out must cost one request, not the sixty in flight beside it."""
    behaviour = Behaviour()
    waiting = [Request(key, chat("hello"), Sampling(max_tokens=5, seed=1)) for key in "abc"]
    told: list[tuple[str, str]] = []

    def answered(request: Request, completion: Completion) -> None:
        told.append((request.key, completion.text))
        behaviour.fault = "cut" if request.key == "a" else ""

    def failed(request: Request, error: EngineFailure) -> None:
        told.append((request.key, error.message))
        behaviour.fault = ""

    def more(free: int) -> list[Request]:
        return [waiting.pop(0)] if waiting and free else []

    with serving(behaviour) as url:
        ServerEngine(url).flow(more, answered, 1, failed)
    assert [key for key, _ in told] == ["a", "b", "c"]
    assert "closed the connection" in told[1][1]


def test_a_failure_that_nobody_takes_ends_the_flow() -> None:
    """Without somebody to tell, a lost answer must not pass in silence."""
    waiting = [Request("a", chat("hello"), Sampling(max_tokens=5, seed=1))]
    with serving(Behaviour(fault="cut")) as url, pytest.raises(EngineFailure, match="closed the connection"):
        ServerEngine(url).flow(lambda free: [waiting.pop()] if waiting else [], lambda *_: None, 1)


def test_a_defect_is_not_taken_for_a_failed_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """A KeyError of ours must be seen, not retried."""
    waiting = [Request("a", chat("hello"), Sampling(max_tokens=5, seed=1))]
    with serving(Behaviour()) as url:
        engine = ServerEngine(url)
        monkeypatch.setattr(engine._connection, "complete", lambda *_: {}["absent"])
        with pytest.raises(KeyError):
            engine.flow(lambda free: [waiting.pop()] if waiting else [], lambda *_: None, 1, lambda *_: None)
