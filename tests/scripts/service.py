"""`review serve` as a process of its own, for tests: started, asked, and always ended."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import ROOT
from tests.waiting import BOUND, until

ENDED = ("done", "failed", "cancelled")


class Serving:
    """A running service. url: its address. state: its folder. log: what it has written on stderr so far."""

    def __init__(self, process: subprocess.Popen[str], url: str, state: Path, log: list[str]) -> None:
        self.process, self.url, self.state, self.log = process, url, state, log
        self.client = httpx.Client(base_url=url, timeout=60)

    def post(self, path: Path, order: dict[str, Any] | None = None) -> dict[str, Any]:
        with path.open("rb") as file:
            reply = self.client.post(
                "/v1/reviews", files={"paper": (path.name, file)}, data={"order": json.dumps(order or {})}
            )
        assert reply.status_code == 202, reply.text
        return reply.json()

    def get(self, path: str) -> Any:
        reply = self.client.get(path)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def wait(self, job: dict[str, Any], *statuses: str, bound: float = BOUND) -> dict[str, Any]:
        return until(lambda: (now := self.get(job["links"]["self"]))["status"] in statuses and now, bound)

    def ended(self, job: dict[str, Any], bound: float = BOUND) -> dict[str, Any]:
        return self.wait(job, *ENDED, bound=bound)

    def stop(self, kind: signal.Signals = signal.SIGTERM, bound: float = 60) -> int:
        """Returns the exit status."""
        self.process.send_signal(kind)
        return self.process.wait(bound)


@contextmanager
def serving(state: Path, *options: str | Path, bound: float = BOUND, **environment: str) -> Iterator[Serving]:
    """On a free port of loopback, until the context ends."""
    command = [sys.executable, "-m", "scripts.review", "serve", "--port", "0", "--state", state, *options]
    process = subprocess.Popen(
        [*map(str, command)],
        cwd=state.parent,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said, log = [], []
    readers = [
        threading.Thread(target=into.extend, args=(pipe,), daemon=True)
        for pipe, into in ((process.stdout, said), (process.stderr, log))
    ]
    for reader in readers:
        reader.start()

    def ready() -> re.Match[str] | None:
        assert process.poll() is None, "".join(log)
        return re.search(r"Ready: (http://\S+)", "".join(said))

    try:
        running = Serving(process, until(ready, bound)[1], state, log)
        with running.client:
            yield running
    finally:
        process.kill()
        process.wait()
        for reader in readers:
            reader.join()
        for pipe in (process.stdout, process.stderr):
            pipe.close()


def events(client: httpx.Client, path: str) -> list[tuple[str, Any]]:
    """Name and data of all server-sent events until the stream ends."""
    found = []
    with client.stream("GET", path) as reply:
        name = ""
        for line in reply.iter_lines():
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                found.append((name, json.loads(line[6:])))
    return found
