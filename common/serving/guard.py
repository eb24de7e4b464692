"""What stands before every route, our own and mounted ones: who asks, how much may come in, headers, logs, figures.

Pure ASGI: replies stream through it unbuffered. Without keys the service is for one user of this machine, and a web
page elsewhere must not be able to use it through that user's browser: the Host must be a loopback name (DNS rebinding)
and an Origin, when sent, the service itself (cross-site requests). Keys travel in a header that no other site can set.
"""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import time
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.serving import logs
from common.serving.keys import Keys
from common.serving.limits import ServiceLimits
from common.serving.metrics import Metrics
from common.serving.policies import EVERYWHERE, NOTHING
from common.serving.problems import Problem

OWNER = "review.owner"
LOCAL = "local"
OPEN = ("/", "/healthz", "/readyz", "/openapi.json")
CLOSE = {"connection": "close"}
PARTS_MB = 2
"""What a multipart body may have beside the paper."""
METHODS = ("GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS")


@dataclass(slots=True)
class _Exchange:
    """One request and what became of it. status: 0 until the reply began."""

    scope: Scope
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    began: float = field(default_factory=time.monotonic)
    status: int = 0
    received: int = 0
    complete: bool = False


class Guard:
    """The outermost layer of the app."""

    def __init__(self, app: ASGIApp, keys: Keys, limits: ServiceLimits, metrics: Metrics) -> None:
        self.app, self._keys, self._limits, self._metrics = app, keys, limits, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._exchange(_Exchange(scope), receive, send)
        else:  # nothing here speaks WebSocket, and a browser would not check its origin for us
            await send({"type": "websocket.close", "code": 1008})

    async def _exchange(self, exchange: _Exchange, receive: Receive, send: Send) -> None:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                _dress(message, exchange.id)
            await send(message)

        scope = exchange.scope
        try:
            scope[OWNER] = self._owner(scope)
            limit = self._limit(Headers(scope=scope))
            await self.app(scope, self._bounded(exchange, receive, limit), dressed)
        except Problem as problem:
            if not exchange.status:
                await problem.reply()(scope, receive, dressed)
        except ClientDisconnect:
            pass
        except Exception as error:  # noqa: BLE001  (one request's defect; the service lives on)
            logs.failure("request failed", error, request=exchange.id)
            if not exchange.status:
                problem = Problem(500, "defect", "The service met a defect of its own.", f"Request {exchange.id}.")
                await problem.reply()(scope, receive, dressed)
        finally:
            self._note(exchange)

    def _owner(self, scope: Scope) -> str:
        """Errors: Problem 401 or 403."""
        headers = Headers(scope=scope)
        if self._keys:
            kind, _, key = headers.get("authorization", "").partition(" ")
            owner = self._keys.owner(key.strip()) if kind.lower() == "bearer" else None
            if owner is None and not _is_open(scope["path"]):
                raise Problem(
                    401, "key", "A key is needed, or this one is not known.", "Send: Authorization: Bearer KEY",
                    {"www-authenticate": "Bearer"},
                )  # fmt: skip
            return owner or ""
        host = headers.get("host", "")
        if not is_loopback(_host(host)):
            raise Problem(
                403, "host", "This service answers to the names of this machine only.", "Use http://127.0.0.1"
            )
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"{scope.get('scheme', 'http')}://{host.lower()}":
            raise Problem(403, "origin", "Another site may not use this service.")
        return LOCAL

    def _limit(self, headers: Headers) -> float:
        """MB that the body may have. Errors: Problem when it says that it has more."""
        upload = headers.get("content-type", "").lower().startswith("multipart/")
        limit = self._limits.upload_mb if upload else self._limits.json_mb
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > (limit + PARTS_MB) * 2**20:
            raise _too_large(limit)
        return limit

    def _bounded(self, exchange: _Exchange, receive: Receive, limit: float) -> Receive:
        async def bounded() -> MutableMapping[str, Any]:
            if exchange.complete:
                return await receive()
            left = exchange.began + self._limits.body_seconds - time.monotonic()
            try:
                message = await asyncio.wait_for(receive(), max(left, 0.001))
            except TimeoutError as error:
                raise Problem(408, "slow", "The body took too long to arrive.", "", CLOSE) from error
            exchange.received += len(message.get("body", b""))
            exchange.complete = not message.get("more_body", False)
            if exchange.received > (limit + PARTS_MB) * 2**20:
                raise _too_large(limit)
            return message

        return bounded

    def _note(self, exchange: _Exchange) -> None:
        """The route's pattern stands for the path: that may hold anything."""
        scope = exchange.scope
        route = getattr(scope.get("route"), "path", None) or ("mounted" if exchange.status < 400 else "none")
        method = scope["method"] if scope["method"] in METHODS else "other"
        status = exchange.status or 499
        self._metrics.answered(method, route, status)
        seconds = round(time.monotonic() - exchange.began, 4)
        owner = scope.get(OWNER, "")
        logs.event(
            "request", request=exchange.id, owner=owner, method=method, route=route, status=status, seconds=seconds
        )


def _dress(message: Message, request: str) -> None:
    headers = MutableHeaders(raw=message.setdefault("headers", []))
    for name, value in {**EVERYWHERE, "content-security-policy": NOTHING}.items():
        headers.setdefault(name, value)
    headers["x-request-id"] = request


def is_loopback(host: str) -> bool:
    """Whether a name or address means this machine, whatever any name server says."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_open(path: str) -> bool:
    return path in OPEN or path.startswith("/page/")


def _host(header: str) -> str:
    """The name in a Host header, without the port."""
    try:
        return (urlsplit(f"//{header}").hostname or "").lower() if "@" not in header and "/" not in header else ""
    except ValueError:
        return ""


def _too_large(limit: float) -> Problem:
    return Problem(413, "too-large", f"The body has more than {limit:g} MB, the limit.")
