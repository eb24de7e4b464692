"""What workers do when a job is taken from them, and what the service refuses when the machine is at its end."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from common.paper.pdf.limits import Limits
from common.paper.pdf.process import Stopped, read_apart
from common.serving.limits import ServiceLimits
from tests.common.serving.conftest import Running, markdown, parsers, until
from tests.common.serving.fake import FakeChain

ENDLESS = b"# T\n\n" + b"a" * 12 * 10**6
"""Takes the Markdown reader longer than any test."""


def test_cancelling_ends_the_parser(start: Callable[..., Running]) -> None:
    """A paper nobody waits for would keep one of the two parsers busy for two minutes."""
    running = start(FakeChain(places=1), ServiceLimits(reading=Limits(seconds=60)))
    job = running.post(ENDLESS)
    child = until(parsers)[0]
    running.client.post(job["links"]["cancel"])
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    assert running.final(running.post())["status"] == "done"
    assert running.job(job)["status"] == "cancelled"


def test_a_stopped_reading_leaves_no_process(tmp_path: Path) -> None:
    """Parsers would pile up with every cancelled paper."""
    path = tmp_path / "p.md"
    path.write_bytes(ENDLESS)
    with pytest.raises(Stopped):
        read_apart(path, "pdfium", Limits(), "common.paper.worker", lambda: True)
    assert not parsers()


def test_a_full_disk_accepts_nothing(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job would be promised whose paper is not there."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(running.service.store.papers, "keep", full)
    reply = running.client.post("/v1/reviews", files={"paper": ("p.md", markdown())})
    assert (reply.status_code, reply.json()["error"]["code"]) == (507, "disk")
    assert running.client.get("/v1/reviews").json()["reviews"] == []


def test_event_streams_are_bounded(start: Callable[..., Running]) -> None:
    """One user's open tabs would use up the server's connections."""
    running = start(FakeChain(), ServiceLimits(streams_per_user=0))
    reply = running.client.get(running.post()["links"]["events"])
    assert (reply.status_code, reply.json()["error"]["code"], reply.headers["retry-after"]) == (429, "streams", "15")
