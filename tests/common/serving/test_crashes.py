"""kill -9, again and again, while papers come in: what was accepted is finished, once."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.common.serving.conftest import markdown
from tests.common.serving.process import Process

KILLS = 4


@pytest.mark.slow
def test_no_accepted_paper_is_lost_or_finished_twice(process: Callable[..., Process], tmp_path: Path) -> None:
    """A power cut would lose papers whose authors were told that they are in work."""
    chance, accepted = random.Random(9), []
    for _ in range(KILLS):
        server = process(seconds=0.02)
        for n in range(chance.randrange(2, 5)):
            accepted.append(server.post(markdown(f"Paper {len(accepted)}")))
            if chance.random() < 0.3 and n:
                server.final(accepted[-1])
        with (
            pytest.raises(httpx.HTTPError),
            httpx.stream("POST", server.address + "/v1/reviews", content=_half(server)),
        ):
            pass  # killed while one arrives
    server = process(seconds=0.0)
    assert {server.final(job)["status"] for job in accepted} == {"done"}
    assert server.stop() == 0
    database = sqlite3.connect(tmp_path / "state" / "jobs.sqlite")
    ended = "SELECT id, (SELECT count(*) FROM events WHERE job = seq AND name = 'done') FROM jobs"
    records = "SELECT record FROM records"
    assert dict(database.execute(ended).fetchall()) == {job["id"]: 1 for job in accepted}
    titles = [json.loads(text)["paper"]["title"] for (text,) in database.execute(records)]
    assert sorted(titles) == sorted(f"Paper {n}" for n in range(len(accepted)))
    asked = "SELECT max((SELECT count(*) FROM events WHERE job = seq AND name = 'questions')) FROM jobs"
    assert database.execute(asked).fetchone() == (1,)
    database.close()
    assert len(list((tmp_path / "state" / "papers").iterdir())) == len(accepted)
    assert not list((tmp_path / "state" / "incoming").iterdir())


def _half(server: Process):
    yield b"half a body"
    server.stop(signal.SIGKILL)
    yield b"the rest"
