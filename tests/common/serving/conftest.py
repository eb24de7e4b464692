"""A whole service in this process, with a chain that needs no model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from common.serving.keys import Keys
from common.serving.limits import ServiceLimits
from common.serving.service import Service
from tests import waiting
from tests.common.serving.fake import FakeChain

until = partial(waiting.until, bound=30.0)
ALICE, BOB = {"authorization": "Bearer alice-" + "a" * 30}, {"authorization": "Bearer bob-" + "b" * 30}


def parsers() -> list[psutil.Process]:
    """Processes that read a paper; an engine that other tests have started is a child of this one as well."""
    return [one for one in psutil.Process().children() if "common.paper.worker" in _command(one)]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []


def markdown(title: str = "A Comparison", extra: str = "") -> bytes:
    """A paper that is long enough to be reviewed."""
    body = "This paper compares several methods of the field and finds that they differ in many ways. " * 30
    abstract = "We study one thing and what it does to another."
    return f"# {title}\n\n## Abstract\n\n{abstract}\n\n## Introduction\n\n{body}{extra}\n".encode()


@dataclass
class Running:
    """A started service and a client of it. `final` waits for a job to end."""

    service: Service
    chain: FakeChain
    client: Any

    def post(self, content: bytes | None = None, name: str = "paper.md", **more: Any) -> dict[str, Any]:
        files = {"paper": (name, markdown() if content is None else content)}
        reply = self.client.post("/v1/reviews", files=files, **more)
        assert reply.status_code == 202, reply.text
        return reply.json()

    def job(self, job: dict[str, Any], **more: Any) -> dict[str, Any]:
        return self.client.get(job["links"]["self"], **more).json()

    def wait(self, job: dict[str, Any], *statuses: str, **more: Any) -> dict[str, Any]:
        return until(lambda: (now := self.job(job, **more))["status"] in statuses and now)

    def final(self, job: dict[str, Any], **more: Any) -> dict[str, Any]:
        return self.wait(job, "done", "failed", "cancelled", **more)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start a service; whatever was started is stopped."""
    from starlette.testclient import TestClient

    from common.serving.app import create_app

    started: list[Service] = []

    def make(
        chain: FakeChain | None = None, limits: ServiceLimits | None = None, keys: Keys | None = None, **more: Any
    ) -> Running:
        chain = chain or FakeChain()
        service = Service(chain, tmp_path / "state", limits, keys)
        started.append(service)
        service.start()
        client = TestClient(
            create_app(service, **more), base_url="http://127.0.0.1:8000", raise_server_exceptions=False
        )
        return Running(service, chain, client)

    yield make
    for service in started:
        service.chain.gate.set()
        service.close()


@pytest.fixture
def running(start: Callable[..., Running]) -> Running:
    return start()


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Start a service in a process of its own on the one state folder; whatever was started is killed."""
    from tests.common.serving.process import Process

    started: list[Process] = []

    def make(seconds: float) -> Process:
        started.append(Process(tmp_path / "state", seconds))
        return started[-1]

    yield make
    for one in started:
        one.kill()
