"""Any OpenAI-compatible endpoint: a vLLM server (`review serve`), a cluster behind one address, or a vendor.

What a server is, it is asked: vLLM says so in its model list, and then gets its own sampling parameters and is asked
for exact token counts. Any other server gets the standard parameters only; which ones were left out stands in the
engine's name, and tokens are estimated high, because no vendor's tokenizer is known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from common.engines.base import Messages, Request
from common.engines.flights import Flight, Flights, Flow, check
from common.engines.scoring import Chances, LogLikelihood, OnChances, OnLikelihood, check_bare, in_order
from common.engines.server_connection import CHECK, Connection, ServerOptions, Stop
from common.engines.server_scoring import ServerScoring
from common.errors import EngineFailure
from common.types import Completion

BYTES_PER_TOKEN = 3.0
"""Estimate for servers that do not count: English runs at 4 to 5 bytes a token, so this errs on the safe side."""
TOKENS_PER_MESSAGE = 8


class ServerEngine(Flights):
    """A client of one server. url: with or without the trailing /v1. Errors: EngineFailure."""

    concurrent = True

    def __init__(self, url: str, options: ServerOptions | None = None) -> None:
        options = options or ServerOptions()
        self._parallel = options.parallel
        self._connection = Connection(url, options)
        root, cards = self._connection.root, self._connection.models()
        base = _base_card(cards, options.model, root)
        self.base = base["id"]
        self.is_vllm = base.get("owned_by") == "vllm"
        # vLLM lists an adapter with its base as parent; another name for the base itself has none.
        self.adapters = {card["id"]: "" for card in cards if card.get("parent")}
        context = options.context or base.get("max_model_len")
        if not context:
            raise EngineFailure(
                f"The server at {root} does not say how long {self.base}'s context is.",
                "Give it in the configuration: server.context=8192.",
            )
        self.context = int(context)
        kind = "vllm server" if self.is_vllm else "server without top_k, min_tokens, repetition_penalty and grammar"
        self.name = f"{kind} at {root}"

    def alive(self) -> bool:
        """It answers now: this asks it."""
        try:
            self._connection.models()
        except EngineFailure:
            return False
        return True

    def count(self, messages: Messages) -> int:
        """Exact on vLLM (its /tokenize), estimated high elsewhere."""
        if not self.is_vllm:
            size = sum(len(message["content"].encode()) for message in messages)
            return int(size / BYTES_PER_TOKEN) + TOKENS_PER_MESSAGE * (len(messages) + 1)
        body = {"model": self.base, "messages": list(messages), "add_generation_prompt": True}
        count = self._connection.post("/tokenize", body).get("count")
        if not isinstance(count, int):
            raise EngineFailure(f"{self._connection.root}/tokenize answered without a token count.", CHECK)
        return count

    def choose(
        self, prompts: Sequence[Messages], choices: Sequence[str], on_done: OnChances | None = None
    ) -> list[Chances]:
        return in_order(self._scoring().chances(prompts, choices), on_done)

    def loglikelihood(
        self, prompts: Sequence[Messages], answers: Sequence[str], on_done: OnLikelihood | None = None
    ) -> list[LogLikelihood]:
        scoring = self._scoring()
        check_bare(self)
        return in_order(scoring.likelihoods(prompts, answers), on_done)

    def _scoring(self) -> ServerScoring:
        if not self.is_vllm:
            raise EngineFailure(
                f"The {self.name} does not show the probabilities that scoring needs.",
                "Score with vLLM in this process, or with a vLLM server.",
            )
        return ServerScoring(self._connection, self.base, self.context, self._parallel)

    def _run(self, flow: Flow) -> None:
        stop = Stop()
        pool = ThreadPoolExecutor(max_workers=self._parallel)
        pending: dict[Future[Completion], Flight] = {}
        try:
            pending |= self._submit(pool, flow.fetch(), stop)
            while pending:
                finished, _ = wait(pending, timeout=0.1, return_when=FIRST_COMPLETED)
                for future in [one for one in pending if one in finished]:
                    flight, error = pending.pop(future), future.exception()
                    flow.fail(flight, error) if error else flow.land(flight, future.result())
                pending |= self._submit(pool, flow.fetch(), stop)
                flow.stepped()
        finally:
            # After an error or Ctrl-C the streams are closed; nothing new is begun.
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)

    def _submit(
        self, pool: ThreadPoolExecutor, flights: Sequence[Flight], stop: Stop
    ) -> dict[Future[Completion], Flight]:
        check(self, flights, [self.count(flight.request.messages) for flight in flights])
        return {
            pool.submit(self._connection.complete, flight, self._body(flight.request), stop): flight
            for flight in flights
        }

    def _body(self, request: Request) -> dict[str, Any]:
        """What the client is called with."""
        sampling = request.sampling
        body: dict[str, Any] = {
            "model": request.adapter or self.base,
            "messages": list(request.messages),
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
        }
        if sampling.seed is not None:
            body["seed"] = sampling.seed
        if sampling.stop:
            body["stop"] = list(sampling.stop)
        if self.is_vllm:
            body["extra_body"] = {
                "top_k": sampling.top_k,
                "min_tokens": sampling.min_tokens,
                "repetition_penalty": sampling.repetition_penalty,
            }
            if sampling.grammar:
                body["extra_body"]["structured_outputs"] = {"grammar": sampling.grammar}
        return body

    def close(self) -> None:
        self._connection.close()


def _base_card(cards: list[dict[str, Any]], wanted: str | None, root: str) -> dict[str, Any]:
    if wanted is None:
        return next((card for card in cards if not card.get("parent")), cards[0])
    for card in cards:
        if card["id"] == wanted:
            return card
    listed = ", ".join(card["id"] for card in cards)
    raise EngineFailure(f"The server at {root} has no model {wanted!r}.", f"It has: {listed}.")
