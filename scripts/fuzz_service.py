"""Malformed requests against a running service: does it crash, grow, or keep files open?

    python -m scripts.fuzz_service                       10,000 requests, some minutes
    python -m scripts.fuzz_service --requests 1000 --seed 7

Starts `review serve` with a scripted engine on a free port of this machine and a state folder of its own, sends a fixed
number of requests drawn from a seed, one after the other, and prints what was answered and what the process holds
before and after. Exits with 1 when the process died, an answer was 5xx, or files stayed open. It sends nothing but to
the process it started.
"""

from __future__ import annotations

import http.client
import json
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import click
import psutil

ID = "0123456789abcdef" * 2
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")
PATHS = (
    "/v1/reviews", f"/v1/reviews/{ID}", f"/v1/reviews/{ID}/events", f"/v1/reviews/{ID}/record?format=exe",
    f"/v1/reviews/{ID}/reruns", f"/v1/reviews/{ID}/cancel", f"/v1/reviews/{ID}/paper", "/v1/reviews?limit=-1",
    "/v1/reviews?before=%00", "/v1/forms", "/v1", "/page/%2e%2e/%2e%2e/etc/passwd", "/v1/reviews/%27%20OR%201=1",
    "/v1/reviews/" + "a" * 3000, "/v1/chat/completions", "/openapi.json/", "//", "/v1/reviews?limit=1&limit=x",
)  # fmt: skip
TYPES = (
    "application/json", "multipart/form-data", "multipart/form-data; boundary=x", "multipart/form-data; boundary=",
    "multipart/form-data; boundary=" + "y" * 200, "text/plain", "application/json; charset=utf-7", "\t", "multipart/x",
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=\"x", "APPLICATION/JSON",
)  # fmt: skip
BODIES = (
    b"", b"{", b"null", b"[]", b'{"paper": {}}', b'{"paper": {"sections": [{"text": 1}]}}', b"[" * 5000, b"\xff" * 99,
    b'{"paper":{"sections":[{"text":"\\ud800"}]}}', b'{"order":{"seed":1e999},"paper":{"sections":[{"text":"x"}]}}',
    b'{"questions": [{"text": ""}]}', b'{"questions": "x", "order": {"seed": -1}}', b"--x\r\n\r\n\r\n--x--",
    b'--x\r\nContent-Disposition: form-data; name="paper"\r\n\r\n\r\n--x--',
    b'--x\r\nContent-Disposition: form-data; name="paper"; filename="a"\r\n\r\ntext',
    b'--x\r\nContent-Disposition: form-data; name="order"\r\n\r\n{"seed": "x"}\r\n--x--',
    b'--x\r\nContent-Disposition: form-data; name="paper"; filename="a"\r\n\r\nt\r\n--x\r\n'
    b'Content-Disposition: form-data; name="order"\r\n\r\n{"ask": 1}\r\n--x--',
    b'--x\r\nContent-Disposition: form-data; name*=utf-8\'\'%ff; filename="\r\n\r\n--x--',
)  # fmt: skip
HEADERS = (
    ("last-event-id", "-1"), ("last-event-id", "9" * 400), ("accept", ";;;q=9,/"), ("accept", "text/*;q=x"),
    ("range", "bytes=0-0,-1"), ("host", "evil.example"), ("origin", "null"), ("authorization", "Bearer"),
    ("expect", "200-maybe"), ("cookie", "a" * 4000), ("if-none-match", "*"), ("x-forwarded-host", "evil.example"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Malformed:
    method: str
    path: str
    body: bytes
    headers: dict[str, str]


def malformed(chance: random.Random) -> Malformed:
    """One of them. What is well formed by chance is harmless: it names no job and holds no paper."""
    headers = {"content-type": chance.choice(TYPES)} if chance.random() < 0.8 else {}
    headers |= dict(chance.sample(HEADERS, chance.choice((0, 0, 1, 2))))
    body = chance.choice(BODIES)
    if chance.random() < 0.3 and body:
        cut = chance.randrange(len(body))
        body = body[:cut] + chance.randbytes(chance.randrange(20)) + body[cut:]
    if chance.random() < 0.5:  # half of them reach the parsers
        headers["content-type"] = TYPES[2] if body.startswith(b"--x") else TYPES[0]
        return Malformed("POST", chance.choice(PATHS[:1] + PATHS[4:5]), body, headers)
    return Malformed(chance.choice(METHODS), chance.choice(PATHS), body, headers)


RAW = (
    b"GARBAGE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET /" + b"a" * 70_000,
    b"POST /v1/reviews HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
    b"POST /v1/reviews HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"GET /v1/reviews HTTP/1.1\r\nHost: 127.0.0.1\r\nX: \x00\r\n\r\n",
    b"POST /v1/reviews HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    b'Content-Length: 900\r\n\r\n--x\r\nContent-Disposition: form-data; name="paper"; filename="a"\r\n\r\nhalf a paper',
)  # fmt: skip
"""Not even HTTP, or cut off in the middle."""
RAW_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds. rss: MB."""

    rss: float
    files: int
    threads: int

    @classmethod
    def by(cls, process: psutil.Process) -> Held:
        return cls(process.memory_info().rss / 2**20, process.num_fds(), process.num_threads())


def settled(process: psutil.Process, before: Held) -> Held:
    """What it holds once it is idle: what was accepted by chance is still being read, by processes with pipes."""
    for _ in range(120):
        if (now := Held.by(process)).files <= before.files:
            break
        time.sleep(0.5)
    return now


@contextmanager
def service(folder: Path) -> Iterator[tuple[psutil.Process, str, int]]:
    """The process, its host and its port; it is ended here."""
    replies = folder / "replies.json"
    replies.write_text(json.dumps(["1. What is compared?"]))
    command = [sys.executable, "-m", "scripts.review", "serve", "--port", "0", "--state", str(folder / "state")]
    command += ["--server", f"script:{replies}"]
    with open(folder / "log", "wb") as log:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert child.stdout is not None
        ready = child.stdout.readline().strip()
        if not ready.startswith("Ready: "):
            raise click.ClickException(f"The service did not start: {(folder / 'log').read_text()[-2000:]}")
        address = urlsplit(ready.removeprefix("Ready: "))
        yield psutil.Process(child.pid), address.hostname or "", address.port or 0
    finally:
        child.terminate()
        child.wait(60)


def send(chance: random.Random, host: str, port: int) -> str:
    """One request. What came of it: a status, or how the connection ended."""
    if chance.random() < RAW_SHARE:
        return send_raw(chance.choice(RAW), host, port)
    one = malformed(chance)
    connection = http.client.HTTPConnection(host, port, timeout=30)
    try:
        connection.request(one.method, one.path, one.body, one.headers)
        return str(connection.getresponse().status)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return type(error).__name__
    finally:
        connection.close()


def send_raw(data: bytes, host: str, port: int) -> str:
    """Send, say that nothing more comes, and read what is answered."""
    with socket.create_connection((host, port), timeout=30) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(4096)
        except OSError as error:
            return type(error).__name__
    return answer[9:12].decode("latin-1") if answer.startswith(b"HTTP/") else "closed"


@click.command()
@click.option("--requests", type=click.IntRange(1, 1_000_000), default=10_000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
def main(requests: int, seed: int) -> None:
    """Send malformed requests to a service started for it and say what it made of them."""
    chance = random.Random(seed)
    answers: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, service(Path(folder)) as (process, host, port):
        for _ in range(min(requests, 500)):  # what is built at first use is not a leak
            send(chance, host, port)
        before = Held.by(process)
        for _ in range(requests):
            answers[send(chance, host, port)] += 1
        alive = process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        after = settled(process, before) if alive else None
        left = len(list((Path(folder) / "state" / "incoming").iterdir()))
    for answer, count in sorted(answers.items()):
        click.echo(f"{answer:>20} {count:>8,}")
    click.echo(f"before: {before}\n after: {after or 'the process died'}\nfiles left in incoming/: {left}")
    failed = any(answer.startswith("5") for answer in answers)
    sys.exit(1 if after is None or failed or left or after.files > before.files else 0)


if __name__ == "__main__":
    main()
