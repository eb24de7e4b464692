"""Running the app: one process, one loop, an orderly end on SIGTERM or Ctrl-C.

Engines are started before and closed after by whoever calls this.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from common.errors import BadConfig
from common.serving import logs
from common.serving.guard import is_loopback
from common.serving.keys import FILE, Keys
from common.serving.service import Service

HEADERS = 64 * 1024
"""Bytes a request's headers may have."""
HEADER_SECONDS = 30.0
"""A connection is closed when no request has begun on it for so long."""
LINGER = 5
"""Seconds that open requests get when the service stops; event streams end at once."""


def check_address(host: str, keys: Keys) -> None:
    """Errors: BadConfig for an address that others can reach, when nobody needs a key."""
    if not is_loopback(host) and not keys:
        raise BadConfig(
            f"Anybody who reaches {host} could use this service: it has no keys.",
            f"Name a keys file with --keys or {FILE}, or listen on 127.0.0.1.",
            exit_code=2,
        )


class _Protocol(H11Protocol):
    """uvicorn's, which would wait for ever for a request's headers, or for the rest of a body it has answered."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer:
            self._timer.cancel()  # or it would keep what is gone in memory
        super().connection_lost(exc)

    def _expect(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self.loop.call_later(HEADER_SECONDS, self._give_up, self.cycle)

    def _give_up(self, last: RequestResponseCycle | None) -> None:
        """Unless another request has begun since `last`."""
        if self.cycle is last and (last is None or last.response_complete):
            self.transport.close()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, service: Service, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._service, self._ready = service, ready

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """As uvicorn's, which would raise the signal once more after obeying it: before the service is closed."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        self._service.hub.close()  # or the open streams would be waited for
        await super().shutdown(sockets)


def serve(
    service: Service, app: ASGIApp, host: str, port: int, ready: Callable[[str], None] = lambda url: None
) -> None:
    """Start the service, answer until told to stop; then what runs is given back to the queue.

    port 0 takes a free one. ready: told the address once it answers. Errors: BadConfig for an open address without
    keys.
    """
    check_address(host, service.keys)
    logs.configure()
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        http=_Protocol,
        timeout_graceful_shutdown=LINGER,
        h11_max_incomplete_event_size=HEADERS,
    )
    service.start()
    try:
        _Server(config, service, ready).run()
    finally:
        service.close()
