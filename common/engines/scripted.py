"""An engine that answers from a queue and remembers what it was asked. For tests, and to try a chain without a model.

It knows no language: `count` is a word count, and a reply is whatever was queued, cut at max_tokens words as a model
would be cut. Replies are strings, or functions of the messages.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from common.engines.base import Messages
from common.engines.flights import Flight, Flights, Flow, check
from common.engines.gauge import count_words
from common.engines.scoring import Chances, LogLikelihood, OnChances, OnLikelihood, in_order
from common.errors import EngineFailure
from common.types import Completion, Sampling

CONTEXT = 8192
_UNSCORED = "Score with a real model."
Reply = str | Callable[[Messages], str]


class ScriptedEngine(Flights):
    """Replies in order of the prompts. prompts: every (messages, sampling, adapter) it was given to complete.
    chances, likelihood: what it says of a prompt, and of an answer, when it is asked to score."""

    name = "scripted"
    base = "scripted"

    def __init__(
        self,
        replies: Iterable[Reply],
        context: int = 8192,
        adapters: Mapping[str, str] | None = None,
        loop: bool = False,
        chances: Callable[[Messages], Chances] | None = None,
        likelihood: Callable[[Messages, str], LogLikelihood] | None = None,
    ) -> None:
        self.context = context
        self.adapters = dict(adapters or {})
        self.prompts: list[tuple[Messages, Sampling, str | None]] = []
        self._replies = deque(replies)
        self._loop = loop
        self._chances = chances
        self._likelihood = likelihood

    @classmethod
    def load(cls, path: Path) -> ScriptedEngine:
        """From a JSON list of replies, given round and round. Errors: EngineFailure."""
        try:
            replies = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise EngineFailure(f"Cannot read the script {path}: {error}") from error
        if not isinstance(replies, list) or not replies or not all(isinstance(reply, str) for reply in replies):
            raise EngineFailure(f"The script {path} is not a JSON list of texts.")
        return cls(replies, context=CONTEXT, loop=True)

    def count(self, messages: Messages) -> int:
        return count_words(messages)

    def choose(
        self, prompts: Sequence[Messages], choices: Sequence[str], on_done: OnChances | None = None
    ) -> list[Chances]:
        if self._chances is None:
            raise EngineFailure("The scripted engine has no chances to tell.", _UNSCORED)
        said = map(self._chances, prompts)
        return in_order(enumerate({choice: one.get(choice, 0.0) for choice in choices} for one in said), on_done)

    def loglikelihood(
        self, prompts: Sequence[Messages], answers: Sequence[str], on_done: OnLikelihood | None = None
    ) -> list[LogLikelihood]:
        if self._likelihood is None:
            raise EngineFailure("The scripted engine has no likelihoods to tell.", _UNSCORED)
        return in_order(enumerate(self._likelihood(*pair) for pair in zip(prompts, answers, strict=True)), on_done)

    def _run(self, flow: Flow) -> None:
        waiting = deque(self._admit(flow.fetch()))
        while waiting:
            flight = waiting.popleft()
            request = flight.request
            self.prompts.append((request.messages, request.sampling, request.adapter))
            completion = self._complete(request.messages, request.sampling, self.count(request.messages))
            flight.prefilled, flight.written = completion.prompt_tokens, completion.completion_tokens
            flight.text = completion.text
            flow.land(flight, completion)
            waiting += self._admit(flow.fetch())
            flow.stepped()

    def _admit(self, flights: list[Flight]) -> list[Flight]:
        check(self, flights, [self.count(flight.request.messages) for flight in flights])
        return flights

    def _complete(self, prompt: Messages, sampling: Sampling, prompt_tokens: int) -> Completion:
        if not self._replies:
            raise EngineFailure("The scripted engine has no reply left.", "Queue one reply a prompt.")
        reply = self._replies.popleft()
        if self._loop:
            self._replies.append(reply)
        text = reply if isinstance(reply, str) else reply(prompt)
        words = text.split(" ")
        cut = len(words) > sampling.max_tokens
        text = " ".join(words[: sampling.max_tokens]) if cut else text
        tokens = min(len(words), sampling.max_tokens)
        return Completion(text, "length" if cut else "stop", prompt_tokens, tokens, seed=sampling.seed)

    def close(self) -> None:
        self._replies.clear()
