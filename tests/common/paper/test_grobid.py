"""The client of a GROBID server, against a real HTTP server that answers as told."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from common.errors import EngineFailure, UnreadablePaper
from common.paper import grobid
from common.paper.reader import read_paper
from common.types import Source
from tests.common.paper.tei import TEI

PDF = b"%PDF-1.7\nnot read by the client"


class Server(ThreadingHTTPServer):
    """answers: (status, body) one after the other, the last for ever. seen: (path, body) of every request."""

    daemon_threads = True
    answers: list[tuple[int, bytes]]
    seen: list[tuple[str, bytes]]
    delay = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.server.seen.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
        time.sleep(self.server.delay)
        status, body = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(grobid, "_BUSY_WAITS", (0.01, 0.01))
    running = Server(("127.0.0.1", 0), Handler)
    running.answers, running.seen = [(200, TEI.encode())], []
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "paper.pdf"
    path.write_bytes(PDF)
    return path


def test_a_pdf_goes_out_and_a_paper_comes_back(server: Server, pdf: Path) -> None:
    """With pages; and without asking anybody else about the paper."""
    paper = read_paper(pdf, grobid=server.url)
    assert (paper.title, paper.source.reader, paper.pages) == ("A Title", "grobid", 3)
    assert paper.sections[0].passages[0].pages == (1, 2)
    ((path, body),) = server.seen
    assert path == "/api/processFulltextDocument"
    assert PDF in body and b"teiCoordinates" in body
    assert b'name="consolidateHeader"\r\n\r\n0' in body and b'name="consolidateCitations"\r\n\r\n0' in body


@pytest.mark.parametrize("suffix", ["/", "/api", "/api/processFulltextDocument"])
def test_the_address_may_be_written_in_several_ways(server: Server, pdf: Path, suffix: str) -> None:
    """People paste what their browser shows."""
    assert read_paper(pdf, backend="grobid", grobid=server.url + suffix).title == "A Title"
    assert read_paper(pdf, grobid=server.url.removeprefix("http://")).title == "A Title"


def test_a_busy_server_is_waited_for(server: Server, pdf: Path) -> None:
    """503 means that all workers are taken."""
    server.answers = [(503, b""), (503, b""), (200, TEI.encode())]
    assert read_paper(pdf, grobid=server.url).title == "A Title"
    server.answers = [(503, b"")]
    with pytest.raises(EngineFailure, match="busy"):
        read_paper(pdf, grobid=server.url)


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        ((204, b""), UnreadablePaper, "no text"),
        ((500, b"[BAD_INPUT_DATA] PDF to XML conversion failed"), UnreadablePaper, "cannot read"),
        ((500, b"[GENERAL] out of memory"), EngineFailure, "answered 500"),
        ((404, b"<html>"), EngineFailure, "answered 404"),
        ((200, b"<html>hello"), EngineFailure, "not well-formed"),
        ((200, b"\x00\xff\x00garbage"), EngineFailure, "not well-formed"),
        ((200, b"<html/>"), EngineFailure, "not TEI"),
        ((200, b'<!DOCTYPE x [<!ENTITY a "b">]><TEI/>'), EngineFailure, "document type"),
    ],
)
def test_answers_that_are_no_paper(
    server: Server, pdf: Path, answer: tuple[int, bytes], error: type[Exception], said: str
) -> None:
    """Each failure says whether the file or the server is to blame."""
    server.answers = [answer]
    with pytest.raises(error, match=said):
        read_paper(pdf, grobid=server.url)


def test_a_slow_server_is_given_up(server: Server, pdf: Path) -> None:
    """A hanging server must not hang the run."""
    server.delay = 2.0
    with pytest.raises(EngineFailure, match="did not answer"):
        grobid.read_with_grobid(PDF, pdf, Source("paper.pdf", "", "grobid"), server.url, timeout=0.2)


def test_no_server(pdf: Path) -> None:
    """The sentence says how to start one."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(EngineFailure, match="No GROBID server answers") as raised:
        read_paper(pdf, grobid=f"http://127.0.0.1:{port}")
    assert "docker run" in raised.value.hint
    with pytest.raises(EngineFailure, match="not the address"):
        read_paper(pdf, grobid="ftp://x")
