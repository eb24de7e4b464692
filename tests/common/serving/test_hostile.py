"""What a hostile client sends: bombs, lies about sizes, half bodies. The service answers and keeps nothing of it."""

from __future__ import annotations

import gc
import io
import os
import random
import threading
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from common.paper.pdf.limits import Limits
from common.serving.limits import ServiceLimits
from scripts.fuzz_service import malformed
from tests.common.serving.conftest import Running, markdown, parsers
from tests.common.serving.fake import FakeChain


def parts(*sections: bytes, boundary: bytes = b"x", end: bytes = b"--x--\r\n") -> bytes:
    return b"".join(b"--" + boundary + b"\r\n" + section + b"\r\n" for section in sections) + end


PAPER = b'Content-Disposition: form-data; name="paper"; filename="p.md"\r\n\r\n'
ORDER = b'Content-Disposition: form-data; name="order"\r\n\r\n'


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (parts(PAPER + b"text", end=b""), 400),
        (b"--x\r\nno header\r\n\r\n--x--", 400),
        (b"", 400),
        (parts(PAPER + b"text", boundary=b"other"), 400),
        (parts(ORDER + b"{}"), 422),
        (parts(PAPER), 422),
        (parts(PAPER + b"text", PAPER + b"text"), 422),
        (parts(PAPER + b"text", ORDER + b"{}", ORDER + b"{}"), 422),
        (parts(PAPER + b"text", b'Content-Disposition: form-data; name="other"\r\n\r\nx'), 422),
        (parts(b"Content-Type: text/plain\r\n\r\nx"), 422),
        (parts(PAPER + b"text", ORDER + b"{"), 400),
        (parts(PAPER + b"text", ORDER + b"[" * 100_000), 400),
        (parts(PAPER + b"text", ORDER + b"\xff\xfe"), 400),
        (parts(PAPER + b"text", ORDER + b" " * 2**20 + b"{}"), 413),
        (parts(b"X: " + b"y" * 100_000 + b"\r\n" + PAPER + b"text"), 400),
    ],
)
def test_a_malformed_upload_is_refused_and_leaves_nothing(
    running: Running, tmp_path: Path, body: bytes, status: int
) -> None:
    """Each would stay in the folder of incoming files, or stop the request with a traceback."""
    reply = running.client.post(
        "/v1/reviews", content=body, headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert reply.status_code == status, reply.text
    assert reply.json()["error"]["code"] != "defect"
    assert not list((tmp_path / "state" / "incoming").iterdir())
    assert not list((tmp_path / "state" / "papers").iterdir())


@pytest.mark.parametrize("lies", [False, True])
def test_a_body_is_cut_off_while_it_arrives(start: Callable[..., Running], tmp_path: Path, lies: bool) -> None:
    """A body that is measured once it is all there has filled the disk or the memory by then."""
    running = start(FakeChain(), ServiceLimits(upload_mb=1, json_mb=1))
    sent = 0

    def endless():
        nonlocal sent
        yield b"--x\r\n" + PAPER
        while sent < 2**30:
            sent += 2**16
            yield b"a" * 2**16

    kind = "application/json" if lies else "multipart/form-data; boundary=x"
    reply = running.client.post("/v1/reviews", content=endless(), headers={"content-type": kind})
    assert (reply.status_code, reply.json()["error"]["code"]) == (413, "too-large")
    assert not list((tmp_path / "state" / "incoming").iterdir())
    declared = {"content-type": kind, "content-length": str(2**31)}
    assert running.client.post("/v1/reviews", content=b"", headers=declared).status_code == 413


def test_a_body_that_hardly_arrives_is_given_up(start: Callable[..., Running], tmp_path: Path) -> None:
    """A thousand connections that send a byte a minute would hold a thousand files open."""
    running = start(FakeChain(), ServiceLimits(body_seconds=0.3))
    messages: list[dict] = []

    async def slow() -> None:
        import asyncio

        first = iter([{"type": "http.request", "body": b"--x\r\n" + PAPER + b"text", "more_body": True}])

        async def receive() -> dict:
            return next(first, None) or await asyncio.Event().wait()  # type: ignore[return-value]

        async def send(message: dict) -> None:
            messages.append(message)

        headers = [(b"host", b"127.0.0.1"), (b"content-type", b"multipart/form-data; boundary=x")]
        scope = {"type": "http", "method": "POST", "path": "/v1/reviews", "query_string": b"", "headers": headers}
        await running.client.app(scope | {"asgi": {"version": "3.0"}, "http_version": "1.1"}, receive, send)

    import asyncio

    asyncio.run(slow())
    assert messages[0]["status"] == 408
    assert not list((tmp_path / "state" / "incoming").iterdir())


def pdf_bomb() -> bytes:
    """A PDF whose page's content is a gigabyte of zeros."""
    packer = zlib.compressobj(9)
    stream = b"".join(packer.compress(b"\0" * 2**20) for _ in range(1024)) + packer.flush()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(stream), stream),
    ]  # fmt: skip
    body = b"%PDF-1.4\n"
    for number, one in enumerate(objects, start=1):
        body += b"%d 0 obj%s endobj\n" % (number, one)
    return body + b"trailer<</Root 1 0 R/Size 5>>\n"


def zip_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"\0" * 2**27)
    return file.getvalue()


def lol_bomb() -> bytes:
    """XML entities that stand for each other, ten to the ninth of them."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE TEI [<!ENTITY l0 "lol">{entities}]><TEI>&l9;</TEI>'.encode()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "name"),
    [
        (pdf_bomb(), "p.pdf"),
        (zip_bomb(), "p.pdf"),
        (lol_bomb(), "p.xml"),
        (b'{"sections":' * 10**5, "p.json"),
        (b"# T\n\n" + b"a" * 6 * 10**6, "p.md"),
        (b"# T\n\n" + b"$" * 2 * 10**6, "p.md"),
    ],
    ids=["pdf-bomb", "zip", "entities", "deep", "one-word", "dollars"],
)
def test_a_bomb_fails_its_own_job_within_bounds(start: Callable[..., Running], content: bytes, name: str) -> None:
    """One file would take the memory or the processor of the whole service."""
    running = start(FakeChain(), ServiceLimits(reading=Limits(seconds=2, memory_mb=800)))
    before = psutil.Process().memory_info().rss
    job = running.final(running.post(content, name))
    assert (job["status"], job["error"] and job["error"]["code"]) == ("failed", "unreadable-paper")
    assert running.final(running.post())["status"] == "done"
    assert psutil.Process().memory_info().rss - before < 300 * 2**20
    assert not parsers()


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "..\\..\\x.md", "/etc/passwd", "a\0b.md", "x" * 2000 + ".md", ""]
)
def test_a_files_name_is_never_a_path(running: Running, tmp_path: Path, name: str) -> None:
    """An upload would be written over a file of the machine."""
    before = {path for path in tmp_path.rglob("*") if path.parent.name not in ("papers", "incoming")}
    quoted = name.encode().replace(b"\\", b"\\\\")
    body = parts(b'Content-Disposition: form-data; name="paper"; filename="' + quoted + b'"\r\n\r\n' + markdown())
    headers = {"content-type": "multipart/form-data; boundary=x"}
    reply = running.client.post("/v1/reviews", content=body, headers=headers)
    job = running.final(reply.json())
    assert job["status"] == "done"
    assert not set(job["paper"]["name"]) & set("/\\\0")
    after = {path for path in tmp_path.rglob("*") if path.parent.name not in ("papers", "incoming")}
    assert {path.name for path in after - before} <= {"jobs.sqlite-wal", "jobs.sqlite-shm"}
    (stored,) = (tmp_path / "state" / "papers").iterdir()
    assert stored.stem == job["id"]


@pytest.mark.parametrize(
    "path",
    [
        "/page/../app.py", "/page/%2e%2e/app.py", "/page/..%2fapp.py", "/page//etc/passwd", "/page/%00", "/page/",
        "/v1/reviews/../../page/..%2f..%2fkeys.py", "/page/....//app.py", "/page/index.html/..",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_pages_folder(running: Running, path: str) -> None:
    """The service's own files, keys among them, could be fetched."""
    raw = running.client.build_request("GET", "http://127.0.0.1:8000/")
    raw.url = raw.url.copy_with(raw_path=path.encode())
    reply = running.client.send(raw)
    assert reply.status_code in (404, 422, 503)
    assert "import" not in reply.text


@pytest.mark.slow
def test_a_thousand_malformed_requests_leave_no_trace(running: Running, tmp_path: Path) -> None:
    """Each would keep a file, a thread or some memory, until the service stops."""
    chance, process = random.Random(20), psutil.Process()

    def send(count: int) -> None:
        for _ in range(count):
            one = malformed(chance)
            reply = running.client.request(one.method, one.path, content=one.body, headers=one.headers)
            assert 200 <= reply.status_code < 500, (one, reply.text)

    send(200)
    gc.collect()
    files, threads, memory = process.num_fds(), threading.active_count(), process.memory_info().rss
    send(1000)
    gc.collect()
    assert process.num_fds() <= files
    assert threading.active_count() <= threads + 5  # the pool that serves requests may still grow
    assert process.memory_info().rss - memory < 30 * 2**20
    assert not list((tmp_path / "state" / "incoming").iterdir())
    assert os.path.exists(tmp_path / "state" / "jobs.sqlite")
    assert running.final(running.post())["status"] == "done"
