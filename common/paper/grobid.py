"""A client of a running GROBID server: PDF in, TEI out, with coordinates so that passages know their pages.

One request a document. GROBID answers 503 while all its workers are busy; that is waited for, nothing else is
retried. The paper is sent to the address given and nowhere else, so it stays on the machine with a local server.
"""

from __future__ import annotations

import ipaddress
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from common.errors import EngineFailure, UnreadablePaper
from common.paper.tei import read_tei
from common.types import Paper, Source

DEFAULT_URL = "http://localhost:8070"
_PATH = "/api/processFulltextDocument"
_BUSY_WAITS = (2.0, 5.0, 10.0)  # seconds between tries while the server says 503
_MAX_ANSWER = 50 * 2**20
_FIELDS = {
    "consolidateHeader": "0",  # would ask Crossref: papers under review are confidential
    "consolidateCitations": "0",
    "includeRawCitations": "1",
    "segmentSentences": "1",
    "teiCoordinates": ["head", "p", "s", "figure", "biblStruct", "note", "formula"],
}


def read_with_grobid(data: bytes, path: Path, source: Source, url: str = DEFAULT_URL, timeout: float = 180.0) -> Paper:
    """The PDF `data` as GROBID understands it. timeout: seconds for the answer.

    Errors: EngineFailure when the server is down, slow, busy or answers nonsense; UnreadablePaper when it refuses
    this document.
    """
    base = _base(url)
    limits = httpx.Timeout(timeout, connect=min(5.0, timeout))
    with httpx.Client(timeout=limits, trust_env=not _loopback(base)) as client:
        answer = _ask(client, base, data, path, timeout)
    if answer.status_code == 204:
        raise UnreadablePaper(f"GROBID found no text in {path}.", "A scan needs OCR first.")
    if answer.status_code >= 400:
        said = " ".join(answer.text[:200].split())
        if (answer.status_code in (400, 500) and "BAD_INPUT" in said) or answer.status_code == 413:
            raise UnreadablePaper(f"GROBID cannot read {path}: {said or answer.status_code}.")
        raise EngineFailure(f"GROBID at {base} answered {answer.status_code}: {said}", "Look at the server's log.")
    if len(answer.content) > _MAX_ANSWER:
        raise EngineFailure(f"GROBID at {base} answered {len(answer.content) / 2**20:.0f} MB, too much for a paper.")
    try:
        return read_tei(answer.content.decode("utf-8", errors="replace"), source, f"The answer of GROBID at {base}")
    except UnreadablePaper as error:
        raise EngineFailure(error.message, f"Is {base} a GROBID server? Try {base}/api/isalive.") from error


def _ask(client: httpx.Client, base: str, data: bytes, path: Path, timeout: float) -> httpx.Response:
    for wait in (*_BUSY_WAITS, None):
        try:
            answer = client.post(base + _PATH, data=_FIELDS, files={"input": (path.name, data, "application/pdf")})
        except httpx.ConnectError as error:
            raise EngineFailure(
                f"No GROBID server answers at {base}.",
                "Start one (docker run --rm -p 8070:8070 grobid/grobid) or name its address with --grobid URL.",
            ) from error
        except httpx.TimeoutException as error:
            raise EngineFailure(f"GROBID at {base} did not answer within {timeout:.0f} s.", "Try again.") from error
        except httpx.HTTPError as error:
            raise EngineFailure(f"The exchange with GROBID at {base} broke off: {error}.", "Try again.") from error
        if answer.status_code != 503 or wait is None:
            break
        time.sleep(wait)
    if answer.status_code == 503:
        raise EngineFailure(f"GROBID at {base} is busy (503) and stayed so.", "Try again later.")
    return answer


def _base(url: str) -> str:
    parts = urlsplit(url if "//" in url else f"http://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise EngineFailure(f"{url} is not the address of a server.", f"It looks like {DEFAULT_URL}.")
    return f"{parts.scheme}://{parts.netloc}{parts.path}".removesuffix("/").removesuffix(_PATH).removesuffix("/api")


def _loopback(base: str) -> bool:
    """Whether the address is this machine, which no proxy from the environment can reach."""
    host = urlsplit(base).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
