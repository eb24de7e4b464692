"""The wire to an OpenAI-compatible server: addresses, errors as sentences, and answers read from their streams.

The official client does the HTTP: retries on 429 and 5xx with back-off, time-outs, streaming. What is asked, and how
many questions at a time, is `server.py`'s.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any

from common.engines.flights import Flight
from common.errors import EngineFailure
from common.types import Completion

CHECK = "Check that the address is that of an OpenAI-compatible server."


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


class Stop:
    """Ends answers that other threads are reading, also those that have not begun."""

    def __init__(self) -> None:
        self._guard, self._set = Lock(), False
        self._sockets: set[socket.socket] = set()

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        with self._guard:
            self._set = True
            for one in self._sockets:
                with suppress(OSError):  # it has ended by itself
                    one.shutdown(socket.SHUT_RDWR)  # unlike close, this wakes a thread that waits for bytes

    @contextmanager
    def reading(self, response: Any) -> Iterator[None]:
        """response: httpx's, whose body is about to be read."""
        one = response.extensions["network_stream"].get_extra_info("socket")
        with self._guard:
            self._sockets.add(one)
        try:
            yield
        finally:
            with self._guard:
                self._sockets.discard(one)


class Connection:
    """One server. root: its address without /v1. Errors: EngineFailure, from every method."""

    def __init__(self, url: str, options: ServerOptions) -> None:
        import httpx
        import openai

        if not url.startswith(("http://", "https://")):
            raise EngineFailure(f"{url!r} is not a server address.", "It looks like http://127.0.0.1:8000.")
        self._options = options
        self.root = url.rstrip("/").removesuffix("/v1")
        timeout = httpx.Timeout(options.seconds, connect=10.0)
        # A server without a key ignores this one; the client insists on some string.
        key = os.environ.get(options.key_variable) or "none"
        self.client = openai.OpenAI(base_url=f"{self.root}/v1", api_key=key, timeout=timeout, max_retries=3)

    def models(self) -> list[dict[str, Any]]:
        """The cards of what it offers; at least one."""
        with self.sentences(f"{self.root}/v1/models did not answer with a list of models."):
            cards = [card.model_dump() for card in self.client.models.list().data]
        if not cards:
            raise EngineFailure(f"The server at {self.root} offers no model.", CHECK)
        return cards

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """A call of vLLM's own, beside the OpenAI API. path: from the root, as "/tokenize"."""
        with self.sentences(f"{self.root}{path} did not answer with a JSON object."):
            return dict(self.client.post(f"{self.root}{path}", body=body, cast_to=object))

    def complete(self, flight: Flight, request: dict[str, Any], stop: Stop) -> Completion:
        """Send a chat request and read its answer into the flight, until it is whole or stopped."""
        with (
            self.sentences(f"The server at {self.root} answered with something unreadable."),
            self.client.chat.completions.create(
                **request, stream=True, stream_options={"include_usage": True}
            ) as stream,
            stop.reading(stream.response),
        ):
            return _read_stream(stream, flight, stop)

    @contextmanager
    def sentences(self, unreadable: str) -> Iterator[None]:
        """Whatever a server can do wrong, as a sentence. unreadable: what to say of an answer of another shape."""
        import httpx
        import openai

        try:
            yield
        except openai.OpenAIError as error:
            raise self._failure(error) from error
        except httpx.HTTPError as error:
            raise EngineFailure(
                f"The server at {self.root} broke off: {error or type(error).__name__}", CHECK
            ) from error
        except (ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
            raise EngineFailure(f"{unreadable} ({error})", CHECK) from error

    def _failure(self, error: Exception) -> EngineFailure:
        """An OpenAI client error as a sentence."""
        import openai

        if isinstance(error, openai.APITimeoutError):
            return EngineFailure(
                f"The server at {self.root} did not answer within {self._options.seconds:g} seconds.",
                "It may be busy: try again, or raise server.seconds.",
            )
        if isinstance(error, openai.APIConnectionError):
            return EngineFailure(
                f"No server answers at {self.root}.", "Start one with `review serve`, or check the URL."
            )
        if isinstance(error, openai.AuthenticationError):
            name = self._options.key_variable
            return EngineFailure(f"The server at {self.root} refused the key.", f"Set it in the variable {name}.")
        return EngineFailure(f"The server at {self.root} failed: {error}", CHECK)

    def close(self) -> None:
        self.client.close()


def _read_stream(stream: Any, flight: Flight, stop: Stop) -> Completion:
    """Errors: EngineFailure when the stream ends without saying why, or stops because the flow was abandoned."""
    finish, usage = None, None
    for chunk in stream:
        if stop.is_set():
            raise EngineFailure("The request was stopped.")
        usage = chunk.usage or usage
        for choice in chunk.choices[:1]:
            if choice.delta and choice.delta.content:
                flight.text += choice.delta.content
                flight.written += 1
            finish = choice.finish_reason or finish
    if finish is None:
        raise EngineFailure("The server closed the connection before the answer was complete.", "Try again.")
    flight.prefilled = usage.prompt_tokens if usage else 0
    details = usage.prompt_tokens_details if usage else None
    return Completion(
        text=flight.text,
        finish=finish if finish in ("stop", "length") else "abort",
        prompt_tokens=flight.prefilled,
        completion_tokens=usage.completion_tokens if usage else flight.written,
        cached_tokens=(details.cached_tokens or 0) if details else 0,
        seed=flight.request.sampling.seed,
    )
