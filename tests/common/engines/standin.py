"""A small OpenAI-compatible server on loopback whose answers and faults a test chooses."""

from __future__ import annotations

import contextlib
import json
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def chat(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


@dataclass
class Behaviour:
    """How the server answers. fault: "", "garbage", "models-garbage", "500", "401", "slow", "cut", "429-once".
    gate: an answer waits until as many requests as it has parties are there. hold: once it has begun, an answer waits
    until this is set; held, left: how many have, and how many of their clients hung up meanwhile. away: nothing is
    answered. reply: one for all, or a function of the request."""

    reply: str | Callable[[dict[str, Any]], str] = "fine thanks"
    fault: str = ""
    vllm: bool = True
    finish: str = "stop"
    adapters: tuple[str, ...] = ("questioner",)
    gate: threading.Barrier | None = None
    hold: threading.Event | None = None
    held: int = 0
    left: int = 0
    away: bool = False
    requests: list[dict[str, Any]] = field(default_factory=list)
    authorisations: list[str] = field(default_factory=list)


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[str]:
    """The URL of a running server."""
    handler = type("Handler", (_Handler,), {"behaviour": behaviour})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    behaviour: Behaviour

    def log_message(self, *_: Any) -> None:
        pass

    def parse_request(self) -> bool:
        return not self.behaviour.away and super().parse_request()

    def handle(self) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # clients may leave
            super().handle()

    def do_GET(self) -> None:
        if self.behaviour.fault == "401":
            return self._json({"error": {"message": "bad key"}}, 401)
        if self.behaviour.fault == "models-garbage":
            return self._send(b"<html>It works!</html>", "text/html")
        owner = "vllm" if self.behaviour.vllm else "someone"
        base = {"id": "tiny", "object": "model", "owned_by": owner, "created": 0}
        cards = [base | ({"max_model_len": 512, "parent": None} if self.behaviour.vllm else {})]
        cards += [
            {"id": n, "object": "model", "owned_by": owner, "created": 0, "parent": "tiny"}
            for n in self.behaviour.adapters
        ]
        return self._json({"object": "list", "data": cards})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/tokenize":
            return self._json(self._tokens(body))
        self.behaviour.requests.append(body)
        self.behaviour.authorisations.append(self.headers.get("Authorization", ""))
        if self.path == "/v1/completions":
            return self._json(self._scored(body))
        return self._complete(body)

    @staticmethod
    def _tokens(body: dict[str, Any]) -> dict[str, Any]:
        """A token a word, by its first letter, and 2 at the end of each message."""
        messages = [[ord(word[0]) for word in m["content"].split()] + [2] for m in body["messages"]]
        tokens = [token for message in messages for token in message]
        return {"count": len(tokens), "tokens": tokens}

    @staticmethod
    def _scored(body: dict[str, Any]) -> dict[str, Any]:
        """Every token of the prompt has one nat; the n-th token asked for has the probability 0.03 n."""
        asked = enumerate(body.get("logprob_token_ids", []), start=1)
        top = {f"token_id:{token}": math.log(0.03 * number) for number, token in asked}
        prompt = [None, *({str(token): {"logprob": -1.0}} for token in body["prompt"][1:])]
        return {"choices": [{"logprobs": {"top_logprobs": [top]}, "prompt_logprobs": prompt}]}

    def _complete(self, body: dict[str, Any]) -> None:
        fault = self.behaviour.fault
        if fault == "500":
            return self._json({"error": {"message": "out of memory"}}, 500)
        if fault == "429-once" and len(self.behaviour.requests) == 1:
            return self._json({"error": {"message": "busy"}}, 429)
        if fault == "garbage":
            return self._send(b"data: {not json\n\n", "text/event-stream")
        if fault == "slow":
            time.sleep(3)
        if self.behaviour.gate:
            self.behaviour.gate.wait(timeout=10)
        reply = self.behaviour.reply
        words = (reply if isinstance(reply, str) else reply(body)).split(" ")
        cut = len(words) > body["max_tokens"]
        words = words[: body["max_tokens"]]
        chunks = [self._chunk({"content": word if n == 0 else f" {word}"}) for n, word in enumerate(words)]
        if fault != "cut":
            chunks.append(self._chunk({}, "length" if cut else self.behaviour.finish))
            prompt = sum(len(m["content"].split()) + 1 for m in body["messages"])
            usage = {"prompt_tokens": prompt, "completion_tokens": len(words), "total_tokens": prompt + len(words)}
            chunks.append(
                {**self._chunk({}), "choices": [], "usage": usage | {"prompt_tokens_details": {"cached_tokens": 3}}}
            )
        data = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + (
            "" if fault == "cut" else "data: [DONE]\n\n"
        )
        return self._send(data.encode(), "text/event-stream")

    @staticmethod
    def _chunk(delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "tiny", "choices": [choice]}

    def _json(self, value: Any, status: int = 200) -> None:
        self._send(json.dumps(value).encode(), "application/json", status)

    def _send(self, data: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.behaviour.hold and kind == "text/event-stream":
            self._wait(self.behaviour.hold)
        self.wfile.write(data)

    def _wait(self, hold: threading.Event) -> None:
        self.behaviour.held += 1
        while not hold.wait(0.05):
            self.connection.settimeout(0.01)
            with contextlib.suppress(TimeoutError):
                if not self.connection.recv(1, socket.MSG_PEEK):
                    self.behaviour.left += 1
                    raise BrokenPipeError
        self.connection.settimeout(None)
