"""Who may use the service, and what a browser is allowed to do with its replies."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import BadConfig
from common.serving import logs
from common.serving.bodies import shown_name
from common.serving.keys import Keys, load_keys
from common.serving.records import attachment
from common.serving.server import check_address
from tests.common.serving.conftest import ALICE, Running, markdown


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"}, {"host": "127.0.0.1.evil.example:8000"}, {"host": ""}, {"host": "localhost@evil.com"},
        {"host": "[::1"}, {"origin": "http://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:9999"},
        {"origin": "https://127.0.0.1:8000"}, {"host": "evil.example", "origin": "http://evil.example"},
    ],
)  # fmt: skip
def test_a_web_page_elsewhere_cannot_use_the_service(running: Running, headers: dict[str, str]) -> None:
    """Any site that a reviewer visits could read the papers under review."""
    reply = running.client.get("/v1/reviews", headers=headers)
    assert reply.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{}, {"host": "localhost:8000", "origin": "http://localhost:8000"}, {"host": "[::1]:8000"}, {"host": "LOCALHOST"}],
)
def test_the_users_own_browser_can(running: Running, headers: dict[str, str]) -> None:
    """The page would be refused by its own service."""
    assert running.client.get("/v1/reviews", headers=headers).status_code == 200


def test_keys_from_file_and_environment(tmp_path: Path) -> None:
    """A key as its hash keeps the file harmless; a wrong line must not open the service."""
    key = "k" * 30
    path = tmp_path / "keys"
    path.write_text(f"# who\n\nann {key}\nann {'n' * 20}\nben sha256:{hashlib.sha256(b'b' * 25).hexdigest()}\n")
    keys = load_keys(None, {"REVIEW_KEYS_FILE": str(path), "REVIEW_API_KEY": "e" * 20})
    assert [keys.owner(one) for one in (key, "n" * 20, "b" * 25, "e" * 20)] == ["ann", "ann", "ben", "api"]
    digest = hashlib.sha256(b"b" * 25).hexdigest()
    assert [keys.owner(one) for one in ("", "x", f"sha256:{digest}", digest, "é" * 20)] == [None] * 5
    assert not load_keys(None, {})
    for content, says in (
        ("ann\n", "line 1 is not a name"), ("ann short\n", "shorter"), ("ann sha256:abc\n", "64 digits"),
        ("# nobody\n", "names nobody"), (f"a/b {key}\n", "line 1"),
    ):  # fmt: skip
        path.write_text(content)
        with pytest.raises(BadConfig, match=says) as error:
            load_keys(path, {})
        assert key not in str(error.value)
    with pytest.raises(BadConfig, match="cannot be read"):
        load_keys(tmp_path / "none", {})


def test_without_a_known_key_there_is_nothing(start: Callable[..., Running], tmp_path: Path) -> None:
    """Anybody in the network could read the papers."""
    (tmp_path / "keys").write_text(f"alice {ALICE['authorization'][7:]}\n")
    client = start(keys=load_keys(tmp_path / "keys", {})).client
    wrong = [{}, {"authorization": "Bearer x"}, {"authorization": "Basic " + ALICE["authorization"][7:]},
             {"authorization": ALICE["authorization"][7:]}, {"authorization": "Bearer"}]  # fmt: skip
    for headers in wrong:
        for path in ("/v1/reviews", "/v1/forms", "/metrics", "/nothing", "/page", "/v1/reviews/../../healthz/x"):
            reply = client.get(path, headers=headers)
            assert (reply.status_code, reply.headers["www-authenticate"]) == (401, "Bearer"), path
        assert client.post("/v1/reviews", files={"paper": ("p.md", markdown())}, headers=headers).status_code == 401
    assert client.get("/healthz").status_code == client.get("/openapi.json").status_code == 200
    assert client.get("/v1/reviews", headers=ALICE | {"host": "reviews.example"}).status_code == 200
    assert client.get(f"/v1/reviews?key={ALICE['authorization'][7:]}").status_code == 401


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_another_address_needs_keys(host: str) -> None:
    """One option would put confidential papers on the network."""
    with pytest.raises(BadConfig, match="has no keys"):
        check_address(host, Keys())
    check_address(host, Keys((("ann", b"x"),)))
    for loopback in ("127.0.0.1", "localhost", "::1", "127.0.0.2"):
        check_address(loopback, Keys())


def test_every_reply_forbids_what_it_does_not_need(running: Running) -> None:
    """A script in a paper's title would run with the user's key at hand."""
    job = running.final(running.post())
    policies = {}
    html = job["links"]["record"] + "?format=html"
    for path in (
        "/",
        "/v1/reviews",
        "/nothing",
        "/metrics",
        "/page/x",
        *job["links"].values(),
        html,
    ):
        headers = running.client.get(path).headers
        policies[path] = headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in policies[path]
        assert "default-src 'none'" in policies[path]
        assert "unsafe" not in policies[path]
        assert "access-control-allow-origin" not in headers
    assert "style-src 'sha256-" in policies[html]
    assert "script-src" not in policies[html]


@given(st.text(max_size=300))
def test_a_files_name_can_forge_neither_a_header_nor_a_path(name: str) -> None:
    """A crafted name would add headers to a reply or write outside of the state folder."""
    shown = shown_name(name)
    assert 0 < len(shown) <= 150
    assert not set(shown) & set("/\\\r\n\0\u202e")
    header = attachment(shown, ".review.md")
    assert header.isascii()
    assert not set(header) & set("\r\n\0")
    head, _, encoded = header.partition("; filename*=UTF-8''")
    assert head.startswith('attachment; filename="')
    assert not set(head[len('attachment; filename="') : -1]) & set('";\\/')
    assert not set(encoded) & set("\"'; ,")


def test_logs_name_no_paper(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    """Logs are read and kept by more people than the papers may be."""
    caplog.set_level(logging.INFO)
    job = running.final(running.post(markdown("Quokkaword", "Quokkaword again."), "Quokkaword.md"))
    running.client.get(job["links"]["record"] + "?format=md&x=Quokkaword")
    running.client.get("/v1/Quokkaword")
    running.final(running.post(b"PK\x03\x04 Quokkaword", "Quokkaword.pdf"))
    lines = [logs.JsonLines().format(record) for record in caplog.records if record.name == logs.LOGGER.name]
    entries = [json.loads(line) for line in lines]
    assert {"request", "job"} <= {entry["event"] for entry in entries}
    assert any(entry.get("route") == "/v1/reviews/{job}/record" for entry in entries)
    assert "Quokka" not in "".join(lines)


def test_a_logged_exception_keeps_its_words_to_itself() -> None:
    """Errors quote what they choke on: the paper."""
    try:
        raise ValueError("Quokkaword")
    except ValueError as error:
        record = logging.LogRecord(
            "uvicorn.error", logging.ERROR, __file__, 1, "Failed", (), (ValueError, error, error.__traceback__)
        )
    line = json.loads(logs.JsonLines().format(record))
    assert (line["error"], line["event"]) == ("ValueError", "Failed")
    assert line["at"][0].endswith("test_a_logged_exception_keeps_its_words_to_itself")
    assert "Quokka" not in json.dumps(line)
