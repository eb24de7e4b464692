"""A service in a process of its own, which may be killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.common.serving.conftest import until
from tests.conftest import ROOT


class Process:
    """Started when constructed; `address` answers then."""

    def __init__(self, state: Path, seconds: float) -> None:
        command = [sys.executable, "-m", "tests.common.serving.fake", str(state), str(seconds)]
        self._log = open(state.with_suffix(".log"), "ab")  # noqa: SIM115  (closed by stop)
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=self._log, text=True)
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()
        assert self.address.startswith("http://127.0.0.1:"), state.with_suffix(".log").read_text()

    @property
    def id(self) -> int:
        return self._process.pid

    def post(self, content: bytes) -> dict[str, Any]:
        reply = httpx.post(self.address + "/v1/reviews", files={"paper": ("p.md", content)}, timeout=30)
        assert reply.status_code == 202, reply.text
        return json.loads(reply.text)

    def job(self, job: dict[str, Any]) -> dict[str, Any]:
        return httpx.get(self.address + job["links"]["self"], timeout=30).json()

    def final(self, job: dict[str, Any]) -> dict[str, Any]:
        return until(lambda: (now := self.job(job))["status"] in ("done", "failed", "cancelled") and now)

    def kill(self) -> None:
        """Whatever has become of it."""
        if self._process.poll() is None:
            self.stop(signal.SIGKILL)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code."""
        self._process.send_signal(how)
        self._process.communicate(timeout=60)
        self._log.close()
        return self._process.returncode
