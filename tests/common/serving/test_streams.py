"""Following a job over a real connection: what was missed is replayed once, what is written now is seen now."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.common.serving.conftest import Running, markdown, until
from tests.common.serving.process import Process
from tests.conftest import ROOT


@contextmanager
def followed(address: str, job: dict[str, Any], after: int | None = None) -> Iterator[Iterator[tuple[str, Any, str]]]:
    """(name, data, id) of the events as they come."""
    headers = {} if after is None else {"last-event-id": str(after)}
    with httpx.stream("GET", address + job["links"]["events"], headers=headers, timeout=30) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        yield events(reply.iter_lines())


def events(lines: Iterator[str]) -> Iterator[tuple[str, Any, str]]:
    now: dict[str, str] = {}
    for line in lines:
        if not line and "event" in now:
            yield now["event"], json.loads(now["data"]), now.get("id", "")
            now = {}
        elif line and not line.startswith(":"):
            field, _, value = line.partition(": ")
            now[field] = value


def test_partial_text_is_seen_while_it_is_written(running: Running) -> None:
    """The page would stand still for minutes, then show everything at once."""
    running.chain.gate.clear()
    job = running.post()
    running.wait(job, "reviewing")
    until(lambda: running.service.hub.partial(job["id"]).stage == "reviewing")
    running.chain.gate.set()
    running.final(job)
    reply = running.client.get(job["links"]["events"])
    names = [name for name, _, _ in events(iter(reply.text.splitlines()))]
    assert names == ["status", "status", "paper", "status", "questions", "status", "done"]


def test_a_stream_goes_on_where_it_broke_and_ends(running: Running) -> None:
    """After a lost connection the page would show questions twice, or never learn that the review is done."""
    job = running.final(running.post())
    whole = list(events(iter(running.client.get(job["links"]["events"]).text.splitlines())))
    assert [number for _, _, number in whole] == [str(n) for n in range(1, len(whole) + 1)]
    rest = running.client.get(job["links"]["events"], headers={"last-event-id": "4"})
    assert list(events(iter(rest.text.splitlines()))) == whole[4:]
    ended = running.client.get(job["links"]["events"], headers={"last-event-id": str(len(whole))})
    assert (ended.status_code, ended.content) == (204, b"")  # a browser's EventSource then stops asking
    assert running.client.get(job["links"]["events"], headers={"last-event-id": "x"}).status_code == 400


def test_a_connection_that_asks_nothing_is_closed(tmp_path: Path) -> None:
    """A few hundred idle sockets would use up the server's files. A stream that is being read stays open."""
    code = (
        "import sys, common.serving.server as server\nfrom tests.common.serving import fake\n"
        "server.HEADER_SECONDS = 0.5\nfake.main(sys.argv[1], '60')"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "state")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            address = server.stdout.readline().strip()
            job = httpx.post(address + "/v1/reviews", files={"paper": ("p.md", markdown())}).json()
            with followed(address, job) as stream:
                next(stream)
                for begun in (
                    b"",
                    b"GET / HTTP/1.1\r\nHost: 127",
                    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGE",
                ):
                    with socket.create_connection(("127.0.0.1", int(address.rsplit(":")[-1])), timeout=20) as idle:
                        idle.sendall(begun)
                        while idle.recv(4096):
                            pass
                assert ("writing", {"text": "Strengths\n- It"}, "") in stream
        finally:
            server.kill()


@pytest.mark.slow
def test_streams_of_a_real_server(process: Callable[..., Process]) -> None:
    """Buffered by some layer, events would come minutes late; open streams would hold up a shutdown."""
    server = process(seconds=60.0)
    job = server.post(markdown())
    with followed(server.address, job) as first:
        seen = []
        for name, data, number in first:
            seen.append((name, number))
            if name == "writing":
                assert data == {"text": "Strengths\n- It"}
                break
    assert seen[-1] == ("writing", "")
    with followed(server.address, job, after=5) as again:
        assert next(again)[::2] == ("status", "6")
        assert next(again)[0] == "writing"
        httpx.post(server.address + job["links"]["cancel"])
        assert [name for name, _, _ in again] == ["cancelled"]
    waiting = [server.post(markdown()) for _ in range(3)]
    with followed(server.address, waiting[2]) as places:
        assert next(places)[:2] == ("status", {"status": "queued", "place": 1})
        httpx.delete(server.address + waiting[2]["links"]["self"])
        assert list(places) == []
    with followed(server.address, waiting[0]) as last:
        next(last)
        assert server.stop(signal.SIGTERM) == 0
    again = process(seconds=0.0)
    assert {again.final(one)["status"] for one in waiting[:2]} == {"done"}
