"""Any OpenAI-compatible endpoint: a vLLM server (`review serve`), a cluster behind one address, or a vendor.

The official client does the HTTP: retries on 429 and 5xx with back-off, time-outs, streaming. What a server is, it is
asked: vLLM says so in its model list, and then gets its own sampling parameters and is asked for exact token counts.
Any other server gets the standard parameters only; which ones were left out stands in the engine's name, and tokens
are estimated high, because no vendor's tokenizer is known here.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Event
from typing import Any

from common.engines.base import Messages, OnDone, OnProgress, Progress, check_room, sampling_for_each
from common.errors import EngineFailure
from common.types import Completion, Sampling

BYTES_PER_TOKEN = 3.0
"""Estimate for servers that do not count: English runs at 4 to 5 bytes a token, so this errs on the safe side."""
TOKENS_PER_MESSAGE = 8


@dataclass(frozen=True)
class ServerOptions:
    """model: the base's name there, None for the first one listed. context: tokens, None to ask the server.
    seconds: to wait for the next byte of an answer. parallel: requests in flight. key_variable: environment variable
    that holds the API key, so that it never stands on a command line."""

    model: str | None = None
    context: int | None = None
    seconds: float = 600.0
    parallel: int = 32
    key_variable: str = "OPENAI_API_KEY"


class ServerEngine:
    """A client of one server. url: with or without the trailing /v1. Errors: EngineFailure."""

    def __init__(self, url: str, options: ServerOptions | None = None) -> None:
        import httpx
        import openai

        if not url.startswith(("http://", "https://")):
            raise EngineFailure(f"{url!r} is not a server address.", "It looks like http://127.0.0.1:8000.")
        self._options = options or ServerOptions()
        self._root = url.rstrip("/").removesuffix("/v1")
        timeout = httpx.Timeout(self._options.seconds, connect=10.0)
        # A server without a key ignores this one; the client insists on some string.
        key = os.environ.get(self._options.key_variable) or "none"
        self._client = openai.OpenAI(base_url=f"{self._root}/v1", api_key=key, timeout=timeout, max_retries=3)
        cards = self._cards()
        base = self._base_card(cards)
        self.base = base["id"]
        self.is_vllm = base.get("owned_by") == "vllm"
        # vLLM lists an adapter with its base as parent; another name for the base itself has none.
        self.adapters = {card["id"]: "" for card in cards if card.get("parent")}
        context = self._options.context or base.get("max_model_len")
        if not context:
            raise EngineFailure(
                f"The server at {self._root} does not say how long {self.base}'s context is.",
                "Give it in the configuration: server.context=8192.",
            )
        self.context = int(context)
        kind = "vllm server" if self.is_vllm else "server without top_k, min_tokens, repetition_penalty and grammar"
        self.name = f"{kind} at {self._root}"

    def _cards(self) -> list[dict[str, Any]]:
        import openai

        try:
            cards = [card.model_dump() for card in self._client.models.list().data]
        except openai.OpenAIError as error:
            raise self._failure(error) from error
        except (ValueError, TypeError, AttributeError) as error:
            raise EngineFailure(f"{self._root}/v1/models did not answer with a list of models.", _CHECK) from error
        if not cards:
            raise EngineFailure(f"The server at {self._root} offers no model.", _CHECK)
        return cards

    def _base_card(self, cards: list[dict[str, Any]]) -> dict[str, Any]:
        wanted = self._options.model
        if wanted is None:
            return next((card for card in cards if not card.get("parent")), cards[0])
        for card in cards:
            if card["id"] == wanted:
                return card
        listed = ", ".join(card["id"] for card in cards)
        raise EngineFailure(f"The server at {self._root} has no model {wanted!r}.", f"It has: {listed}.")

    def count(self, messages: Messages) -> int:
        """Exact on vLLM (its /tokenize), estimated high elsewhere."""
        import openai

        if not self.is_vllm:
            size = sum(len(message["content"].encode()) for message in messages)
            return int(size / BYTES_PER_TOKEN) + TOKENS_PER_MESSAGE * (len(messages) + 1)
        body = {"model": self.base, "messages": list(messages), "add_generation_prompt": True}
        try:
            answer = self._client.post(f"{self._root}/tokenize", body=body, cast_to=object)
            return int(answer["count"])
        except openai.OpenAIError as error:
            raise self._failure(error) from error
        except (KeyError, TypeError, ValueError) as error:
            raise EngineFailure(f"{self._root}/tokenize answered without a token count.", _CHECK) from error

    def generate(
        self,
        prompts: Sequence[Messages],
        sampling: Sampling | Sequence[Sampling],
        adapter: str | None = None,
        on_done: OnDone | None = None,
        on_progress: OnProgress | None = None,
    ) -> list[Completion]:
        if adapter is not None and adapter not in self.adapters:
            raise EngineFailure(f"The server at {self._root} has no adapter {adapter!r}.", "Start it with the adapter.")
        samplings = sampling_for_each(prompts, sampling)
        check_room([self.count(prompt) for prompt in prompts], samplings, self.context)
        batch = _Batch(len(prompts), on_progress)
        stop = Event()
        pool = ThreadPoolExecutor(max_workers=self._options.parallel)
        try:
            futures = {
                pool.submit(self._complete, prompt, how, adapter, batch, index, stop): index
                for index, (prompt, how) in enumerate(zip(prompts, samplings, strict=True))
            }
            return _collect(futures, batch, on_done)
        finally:
            # After an error or Ctrl-C the streams close at their next token; nothing new is begun.
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)

    def _complete(
        self, prompt: Messages, sampling: Sampling, adapter: str | None, batch: _Batch, index: int, stop: Event
    ) -> Completion:
        import httpx
        import openai

        try:
            with self._client.chat.completions.create(**self._request(prompt, sampling, adapter)) as stream:
                return _read_stream(stream, sampling, batch, index, stop)
        except openai.OpenAIError as error:
            raise self._failure(error) from error
        except httpx.HTTPError as error:
            raise EngineFailure(
                f"The server at {self._root} broke off: {error or type(error).__name__}", _CHECK
            ) from error
        except (ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
            raise EngineFailure(
                f"The server at {self._root} answered with something unreadable: {error}", _CHECK
            ) from error

    def _request(self, prompt: Messages, sampling: Sampling, adapter: str | None) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": adapter or self.base,
            "messages": list(prompt),
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if sampling.seed is not None:
            request["seed"] = sampling.seed
        if sampling.stop:
            request["stop"] = list(sampling.stop)
        if self.is_vllm:
            request["extra_body"] = {
                "top_k": sampling.top_k,
                "min_tokens": sampling.min_tokens,
                "repetition_penalty": sampling.repetition_penalty,
            }
            if sampling.grammar:
                request["extra_body"]["structured_outputs"] = {"grammar": sampling.grammar}
        return request

    def _failure(self, error: Exception) -> EngineFailure:
        """An OpenAI client error as a sentence."""
        import openai

        if isinstance(error, openai.APITimeoutError):
            return EngineFailure(
                f"The server at {self._root} did not answer within {self._options.seconds:g} seconds.",
                "It may be busy: try again, or raise server.seconds.",
            )
        if isinstance(error, openai.APIConnectionError):
            return EngineFailure(
                f"No server answers at {self._root}.", "Start one with `review serve`, or check the URL."
            )
        if isinstance(error, openai.AuthenticationError):
            name = self._options.key_variable
            return EngineFailure(f"The server at {self._root} refused the key.", f"Set it in the variable {name}.")
        return EngineFailure(f"The server at {self._root} failed: {error}", _CHECK)

    def close(self) -> None:
        self._client.close()


_CHECK = "Check that the address is that of an OpenAI-compatible server."


class _Batch:
    """What the streams have brought so far. Each thread writes its own places only."""

    def __init__(self, size: int, on_progress: OnProgress | None) -> None:
        self.texts = [""] * size
        self.written = [0] * size
        self.prefilled = [0] * size
        self.done = 0
        self._tell = on_progress

    def report(self) -> None:
        if self._tell:
            numbers = (self.done, len(self.texts), sum(self.prefilled), sum(self.written))
            self._tell(Progress(*numbers, texts=tuple(self.texts)))


def _read_stream(stream: Any, sampling: Sampling, batch: _Batch, index: int, stop: Event) -> Completion:
    """Errors: EngineFailure when the stream ends without saying why, or stops because the batch was abandoned."""
    finish, usage = None, None
    for chunk in stream:
        if stop.is_set():
            raise EngineFailure("The batch was stopped.")
        usage = chunk.usage or usage
        for choice in chunk.choices[:1]:
            if choice.delta and choice.delta.content:
                batch.texts[index] += choice.delta.content
                batch.written[index] += 1
            finish = choice.finish_reason or finish
    if finish is None:
        raise EngineFailure("The server closed the connection before the answer was complete.", "Try again.")
    prompt_tokens = usage.prompt_tokens if usage else 0
    batch.prefilled[index] = prompt_tokens
    details = usage.prompt_tokens_details if usage else None
    return Completion(
        text=batch.texts[index],
        finish=finish if finish in ("stop", "length") else "abort",
        prompt_tokens=prompt_tokens,
        completion_tokens=usage.completion_tokens if usage else batch.written[index],
        cached_tokens=(details.cached_tokens or 0) if details else 0,
        seed=sampling.seed,
    )


def _collect(futures: dict[Future[Completion], int], batch: _Batch, on_done: OnDone | None) -> list[Completion]:
    """Results in order; the first failure ends the batch. Callbacks run in the caller's thread."""
    results: dict[int, Completion] = {}
    pending = set(futures)
    while pending:
        finished, pending = wait(pending, timeout=0.1, return_when=FIRST_COMPLETED)
        for future in finished:
            index = futures[future]
            results[index] = future.result()
            batch.done += 1
            if on_done:
                on_done(index, results[index])
        batch.report()
    return [results[index] for index in range(len(results))]
