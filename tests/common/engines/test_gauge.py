"""Counting where the engine is not: a paper cut in a worker must be cut as in the engine's own process."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from common.chat import Chat
from common.engines.gauge import Gauge, ServerCounter, TokenizerCounter, count_words
from common.engines.scripted import ScriptedEngine
from common.engines.server import ServerEngine
from common.engines.server_connection import ServerOptions
from tests.common.engines.standin import Behaviour, chat, serving

MESSAGES = [{"role": "system", "content": "Be brief."}, *chat("Does <|im_end|> the router count its readers? " * 9)]


def test_a_tokenizer_counts_alike_on_both_sides_of_a_pickle(base_model: Any) -> None:
    """One token off, and a prompt that was made to fit does not."""
    path, arguments = str(base_model.path), base_model.preset.template_arguments
    counter = TokenizerCounter(path, tuple(arguments.items()))
    gauge = pickle.loads(pickle.dumps(Gauge("", path, 8192, {"questioner": "ab"}, counter)))
    assert gauge.count(MESSAGES) == len(Chat.load(path, arguments).ids(MESSAGES)) > 20
    assert dict(gauge.adapters) == {"questioner": "ab"}


@pytest.mark.parametrize("vllm", [True, False])
def test_a_server_is_asked_or_estimated_as_the_engine_does(vllm: bool) -> None:
    """Both kinds of server, from a worker process's point of view."""
    with serving(Behaviour(vllm=vllm)) as url:
        context = None if vllm else 4096
        engine = ServerEngine(url, ServerOptions(context=context))
        counter = pickle.loads(pickle.dumps(ServerCounter(url, context or 0)))
        assert counter(MESSAGES) == engine.count(MESSAGES) > 20


def test_words_are_counted_as_the_scripted_engine_does() -> None:
    """`--server script:FILE` is how people try a form; it must cut papers as a real run with that engine."""
    assert count_words(MESSAGES) == ScriptedEngine([]).count(MESSAGES)
