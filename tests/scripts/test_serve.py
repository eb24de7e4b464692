"""`review serve` as people and programs use it, with a scripted model: a process, a port, a state folder."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from common.jsonio import from_json
from common.serving.jobs import JobStore
from common.types import ChainRecord
from scripts.review import run
from tests.common.engines.standin import Behaviour
from tests.common.engines.standin import serving as answering
from tests.conftest import SAMPLE
from tests.scripts.service import BOUND, Serving, events, serving, until
from tests.scripts.test_chain import QUESTIONS, REVIEW

EDITED = [
    {"text": "Are the baselines tuned with the same number of configurations?"},
    {"text": "Does the filter hurt rare classes?", "aspect": "soundness"},
]


def script(folder: Path, *replies: str) -> list[str]:
    """Options of a service whose model gives these replies round and round."""
    path = folder / "script.json"
    path.write_text(json.dumps(replies))
    return ["--server", f"script:{path}", "--set", "samples=1"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("service")
    with serving(folder / "state", *script(folder, QUESTIONS, REVIEW)) as running:
        yield running


def engine() -> Behaviour:
    """One elsewhere that begins its answers at once and goes on when it is let."""

    def reply(body: dict[str, Any]) -> str:
        return REVIEW if "baselines tuned" in body["messages"][-1]["content"] else QUESTIONS

    return Behaviour(reply=reply, vllm=False, hold=threading.Event())


def before(url: str) -> list[str]:
    """Options of a service before it."""
    return ["--server", url, "--set", "samples=1", "--set", "context=16384"]


def same(record: ChainRecord) -> dict[str, object]:
    """A record without what no two runs share."""
    return json.loads(json.dumps(record, default=_plain)) if record else {}


def _plain(value: object) -> object:
    return {name: getattr(value, name) for name in value.__dataclass_fields__ if name not in ("created", "seconds")}


def test_a_paper_is_followed_and_its_record_is_the_commands(
    service: Serving, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who moves from the command to the service must get the same review for the same seed."""
    job = service.post(SAMPLE, {"seed": 3})
    told = events(service.client, job["links"]["events"])
    names = [name for name, _ in told]
    assert [name for name in names if name not in ("asking", "writing")] == [
        "status", "status", "paper", "status", "questions", "status", "done",
    ]  # fmt: skip
    assert [data["status"] for name, data in told if name == "status"] == ["queued", "reading", "asking", "reviewing"]
    assert len(dict(told)["questions"]["questions"]) == 3
    served = from_json(service.client.get(job["links"]["record"], params={"format": "json"}).content, ChainRecord)
    path = tmp_path / "script.json"
    path.write_text(json.dumps([QUESTIONS, REVIEW]))
    arguments = ["--server", f"script:{path}", "--samples", "1", "--seed", "3", "--format", "json", "--quiet"]
    assert run(["chain", str(SAMPLE), *arguments]) == 0
    assert same(served) == same(from_json(capsys.readouterr().out, ChainRecord))


def test_the_record_comes_as_page_text_and_data(service: Serving) -> None:
    """People read one, programs the other."""
    job = service.ended(service.post(SAMPLE))
    page, text = (service.client.get(job["links"]["record"], params={"format": kind}) for kind in ("html", "md"))
    assert page.headers["content-type"].startswith("text/html") and "Are the baselines tuned" in page.text
    assert text.headers["content-type"].startswith("text/markdown") and "Are the baselines tuned" in text.text


def test_edited_questions_are_answered_by_stage_b_alone(service: Serving, tmp_path: Path) -> None:
    """The point of seeing the questions is to change them; asking again would undo the change."""
    parent = service.ended(service.post(SAMPLE, {"ask": ["Is the code released?"]}))
    assert parent["questions"][0]["text"] == "Is the code released?"
    service_b = {"questions": EDITED, "order": {"form": "stanford4", "seed": 5}}
    reply = service.client.post(parent["links"]["reruns"], json=service_b)
    assert reply.status_code == 202, reply.text
    job = service.ended(reply.json())
    assert job["status"] == "done" and job["parent"] == parent["id"]
    record = from_json(service.client.get(job["links"]["record"], params={"format": "json"}).content, ChainRecord)
    assert [(one.text, one.origin) for one in record.questions] == [
        (EDITED[0]["text"], "model"), (EDITED[1]["text"], "user"),
    ]  # fmt: skip
    assert record.form.name == "stanford4"
    assert [stage.stage for stage in record.stages] == ["questioner", "reviewer"], "how the kept question was asked"
    assert "asking" not in [data.get("status") for _, data in events(service.client, job["links"]["events"])]


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({"form": "/etc/passwd"}, "There is no form called '/etc/passwd'"),
        ({"form": "neurips2042"}, "There is no form called 'neurips2042'"),
        ({"questions": [{"text": "Why?", "aspect": "weather"}]}, "questions[0].aspect"),
    ],
)
def test_an_order_that_cannot_be_carried_out_is_refused_at_once(
    service: Serving, order: dict[str, object], said: str
) -> None:
    """Not after an hour in the queue; and a user's word must open no file of the server."""
    reply = service.client.post(
        "/v1/reviews", files={"paper": ("p.pdf", SAMPLE.read_bytes())}, data={"order": json.dumps(order)}
    )
    assert reply.status_code == 422
    assert said in reply.json()["error"]["message"]


def test_the_forms_begin_with_the_services_own(service: Serving) -> None:
    """The page offers them in this order."""
    forms = service.get("/v1/forms")
    assert forms[0]["name"] == "neurips2024" and len(forms) >= 10
    assert len({form["name"] for form in forms}) == len(forms)


def test_nothing_of_a_deleted_paper_is_left(service: Serving) -> None:
    """Papers are confidential."""
    job = service.ended(service.post(SAMPLE))
    assert service.client.delete(job["links"]["self"]).status_code == 204
    assert service.client.get(job["links"]["self"]).status_code == 404
    assert service.client.get(job["links"]["record"]).status_code == 404


def test_the_logs_hold_nothing_of_a_paper(service: Serving) -> None:
    """Logs are read by people who may not read the papers."""
    service.ended(service.post(SAMPLE, {"ask": ["Is SECRETWORD measured?"]}))
    until(lambda: any('"job"' in line for line in service.log))
    text = "".join(service.log)
    assert "SECRETWORD" not in text and "Disagreement" not in text and "paper.pdf" not in text
    for line in service.log:
        json.loads(line)


def test_vllms_api_is_not_there_without_its_engine(service: Serving) -> None:
    """Before a scripted or remote engine it would be an open proxy."""
    assert service.client.get("/v1/models").status_code == 404
    assert service.client.post("/v1/chat/completions", json={}).status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_and_goes_on_where_it_was(tmp_path: Path, kind: signal.Signals) -> None:
    """A restart for an update must lose nobody's paper; the engine here answers only after it."""
    behaviour = engine()
    with answering(behaviour) as url:
        with serving(tmp_path / "state", *before(url)) as service:
            jobs = [service.post(SAMPLE, {"seed": seed}) for seed in (1, 2)]
            until(lambda: behaviour.held == 2)
            assert service.stop(kind) == 0
        behaviour.hold.set()
        with serving(tmp_path / "state", *before(url)) as service:
            assert [service.ended(job)["status"] for job in jobs] == ["done", "done"]


@pytest.mark.slow
def test_cancelling_frees_the_engine(tmp_path: Path) -> None:
    """Somebody else is waiting for it."""
    behaviour = engine()
    with answering(behaviour) as url, serving(tmp_path / "state", *before(url)) as service:
        job = service.post(SAMPLE)
        until(lambda: behaviour.held)
        assert service.client.post(job["links"]["cancel"]).json()["status"] == "cancelled"
        until(lambda: behaviour.left)
        behaviour.hold.set()
        assert service.ended(service.post(SAMPLE))["status"] == "done"
        assert service.get(job["links"]["self"])["status"] == "cancelled"


@pytest.mark.slow
def test_a_paper_waits_while_the_engine_is_away(tmp_path: Path) -> None:
    """An engine that is restarted for a minute must not fail everybody's papers."""
    behaviour = engine()
    behaviour.hold.set()
    with answering(behaviour) as url, serving(tmp_path / "state", *before(url)) as service:
        behaviour.away = True
        job = service.post(SAMPLE)
        until(lambda: service.client.get("/readyz").status_code == 503)
        assert service.wait(job, "queued")["error"] is None
        behaviour.away = False
        assert service.ended(job)["status"] == "done"


@pytest.mark.slow
def test_kills_under_load_lose_nothing_and_finish_nothing_twice(tmp_path: Path) -> None:
    """kill -9 at any moment: every accepted paper ends, once."""
    both = f"{QUESTIONS}\n\n{REVIEW}"
    options = script(tmp_path, both)
    jobs: list[dict[str, Any]] = []
    for pause in (0.0, 0.5, 1.2, 2.0):
        with serving(tmp_path / "state", *options) as service:
            count = len(jobs)
            posting = threading.Thread(target=_post, args=(service, jobs, 3), daemon=True)
            posting.start()
            until(lambda count=count: len(jobs) > count)
            time.sleep(pause)  # the moment of the kill is the point: any will do, and these are different ones
            service.process.kill()
            posting.join(BOUND)
            assert not posting.is_alive()
    with serving(tmp_path / "state", *options) as service:
        ended = [service.ended(job, bound=240) for job in jobs]
        told = [[name for name, _ in events(service.client, job["links"]["events"])] for job in ended]
        assert service.stop() == 0
    assert len(jobs) >= 4 and {job["status"] for job in ended} == {"done"}
    assert all(names.count("done") == 1 and names.count("questions") == 1 for names in told)
    with sqlite3.connect(tmp_path / "state" / "jobs.sqlite") as database:
        assert database.execute("SELECT count(*), count(DISTINCT job) FROM records").fetchone() == (len(jobs),) * 2


def _post(service: Serving, jobs: list[dict[str, Any]], count: int) -> None:
    """Only what was answered counts as accepted."""
    with suppress(httpx.HTTPError):
        for _ in range(count):
            jobs.append(service.post(SAMPLE, {"seed": len(jobs)}))


def test_what_is_wrong_is_said_before_the_engine_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A minute of loading, and then a refusal, is a minute lost."""
    options = ["serve", "--state", str(tmp_path / "state"), *script(tmp_path, QUESTIONS)]
    assert run([*options, "--host", "0.0.0.0"]) == 2
    assert "no keys" in capsys.readouterr().err
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert run([*options, "--port", str(taken.getsockname()[1])]) == 1
    assert "cannot be used" in capsys.readouterr().err
    other = JobStore(tmp_path / "state")
    assert run([*options[:-4], "--server", "script:not there", "--port", "0"]) == 1
    assert "Another service is using the state folder" in capsys.readouterr().err
    other.close()
    monkeypatch.setattr("scripts.serve.find_spec", lambda name: None if name == "fastapi" else object())
    assert run(options) == 1
    said = capsys.readouterr().err
    assert "fastapi" in said and 'pip install ".[serve]"' in said
