"""The API as its users meet it: a paper in, events, a record in three formats, and everybody only their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from common.jsonio import from_json
from common.serving.jobs.store import JobStore
from common.serving.keys import load_keys
from common.serving.limits import ServiceLimits
from common.types import ChainRecord
from tests.common.serving.conftest import ALICE, BOB, Running, markdown, until
from tests.common.serving.fake import FakeChain


@pytest.fixture
def two_users(start: Callable[..., Running], tmp_path: Path) -> Running:
    keys = tmp_path / "keys"
    keys.write_text(
        "".join(f"{who['authorization'][7:].split('-')[0]} {who['authorization'][7:]}\n" for who in (ALICE, BOB))
    )
    return start(FakeChain(places=1), keys=load_keys(keys, {}))


def test_a_paper_becomes_a_record(running: Running) -> None:
    """The whole service would be worth nothing."""
    job = running.post(data={"order": json.dumps({"ask": ["Is it tuned?"], "seed": 3})})
    assert (job["status"], job["place"], job["paper"]["title"]) == ("queued", 1, None)
    done = running.final(job)
    assert done["status"] == "done"
    assert (done["paper"]["title"], done["paper"]["name"]) == ("A Comparison", "paper.md")
    assert [one["origin"] for one in done["questions"]] == ["model", "model", "user"]
    record = from_json(running.client.get(done["links"]["record"]).content, ChainRecord)
    assert record.paper.source.name == "paper.md"
    assert running.chain.seen[0][1].seed == 3
    passages = running.client.get(done["links"]["passages"]).json()
    assert [one["kind"] for one in passages] == ["abstract", "body"]


def test_a_pdf_is_read_and_given_back(running: Running, sample_pdf: Path) -> None:
    """The usual paper is a PDF; the page draws it from these very bytes."""
    job = running.final(running.post(sample_pdf.read_bytes(), "mine"))
    assert (job["status"], job["paper"]["type"], job["paper"]["pages"] > 0) == ("done", "application/pdf", True)
    reply = running.client.get(job["links"]["paper"])
    assert reply.content == sample_pdf.read_bytes()
    assert reply.headers["content-type"] == "application/pdf"
    assert "sandbox" in reply.headers["content-security-policy"]


def test_a_paper_may_be_sent_as_json(running: Running) -> None:
    """Who has the text already would have to make a file of it."""
    sections = [{"heading": "Introduction", "text": markdown().decode().split("Introduction")[1]}]
    paper = {
        "name": "x.json",
        "title": "In JSON",
        "abstract": "Briefly.",
        "sections": sections,
        "references": ["A. B."],
    }
    job = running.client.post("/v1/reviews", json={"paper": paper, "order": {"reviews": 2}})
    assert job.status_code == 202, job.text
    assert job.headers["location"] == job.json()["links"]["self"]
    done = running.final(job.json())
    assert (done["status"], done["paper"]["title"], done["order"]["reviews"]) == ("done", "In JSON", 2)


@pytest.mark.parametrize(
    ("ask", "accept", "kind", "says"),
    [
        ("?format=md", "*/*", "text/markdown; charset=utf-8", "# Review of"),
        ("?format=html", "*/*", "text/html; charset=utf-8", "<!DOCTYPE html>"),
        ("", "text/html,application/xhtml+xml;q=0.9", "text/html; charset=utf-8", "<!DOCTYPE html>"),
        ("", "text/markdown, application/json;q=0.5", "text/markdown; charset=utf-8", "# Review of"),
        ("", "*/*", "application/json", '"schema"'),
    ],
)
def test_a_record_comes_in_the_format_asked_for(running: Running, ask: str, accept: str, kind: str, says: str) -> None:
    """A browser would be shown JSON, or a program HTML."""
    job = running.final(running.post())
    reply = running.client.get(job["links"]["record"] + ask, headers={"accept": accept})
    assert reply.headers["content-type"] == kind
    assert says in reply.text
    if kind.startswith("text"):
        assert "<script>" not in reply.text
    assert running.client.get(job["links"]["record"], headers={"accept": "image/png"}).status_code == 406


def test_a_rerun_writes_a_review_from_the_edited_questions_alone(running: Running) -> None:
    """Editing a question would read and ask the paper again, and lose where the kept ones came from."""
    job = running.final(running.post(data={"order": json.dumps({"ask": ["Own?"], "form": "stanford4", "seed": 5})}))
    body = {"questions": [{"text": "Is it <b>new</b>?"}, {"text": "  Something else? "}], "order": {"seed": 6}}
    again = running.client.post(job["links"]["reruns"], json=body)
    assert again.status_code == 202
    done = running.final(again.json())
    assert (done["status"], done["parent"]) == ("done", job["id"])
    assert [(one["text"], one["origin"]) for one in done["questions"]] == [
        ("Is it <b>new</b>?", "model"),
        ("Something else?", "user"),
    ]
    order = running.chain.seen[1][1]
    assert (order.seed, order.form, order.ask, order.asked is not None) == (6, "stanford4", (), True)
    wrong = running.client.post(job["links"]["reruns"], json=body | {"order": {"ask": ["x"]}})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "field")


def test_cancelling_frees_the_place(start: Callable[..., Running]) -> None:
    """A review nobody wants would hold up the others."""
    running = start(FakeChain(places=1))
    running.chain.gate.clear()
    first, second = running.post(), running.post()
    running.wait(first, "reviewing")
    assert running.job(second)["place"] == 1
    assert running.client.post(first["links"]["cancel"]).json()["status"] == "cancelled"
    running.wait(second, "reviewing")
    running.chain.gate.set()
    assert running.final(second)["status"] == "done"
    assert running.job(first)["status"] == "cancelled"
    assert running.client.post(second["links"]["cancel"]).json()["status"] == "done"


def test_a_running_job_can_be_deleted(running: Running, tmp_path: Path) -> None:
    """Deleting a paper that is being reviewed would leave what the review quotes of it."""
    running.chain.gate.clear()
    job = running.post(markdown("Zebrafinch"))
    running.wait(job, "reviewing")
    assert running.client.delete(job["links"]["self"]).status_code == 204
    running.chain.gate.set()
    until(lambda: running.service.hub.partial(job["id"]) is None)
    assert running.client.get(job["links"]["self"]).status_code == 404
    assert running.client.delete(job["links"]["self"]).status_code == 404
    held = [path for path in (tmp_path / "state").rglob("*") if path.is_file() and b"Zebrafinch" in path.read_bytes()]
    assert held == []


def test_old_jobs_are_deleted_and_running_ones_are_not(start: Callable[..., Running]) -> None:
    """Papers would be kept for ever, or taken away while somebody waits."""
    running = start(FakeChain(), ServiceLimits(keep_days=2))
    job = running.final(running.post())
    running.chain.gate.clear()
    running.wait(running.post(), "reviewing")
    finished = running.service.store.find("local", job["id"]).finished
    assert running.service.expire(finished + 2 * 86400 - 1) == 0
    assert running.service.expire(finished + 2 * 86400 + 1) == 1
    assert running.client.get(job["links"]["self"]).status_code == 404
    assert len(running.client.get("/v1/reviews").json()["reviews"]) == 1


def test_a_full_queue_says_when_to_come_back(start: Callable[..., Running]) -> None:
    """Clients would retry at once, for ever."""
    running = start(FakeChain(places=1), ServiceLimits(queue_per_user=1))
    running.chain.gate.clear()
    running.wait(running.post(), "reviewing")
    running.post()
    reply = running.client.post("/v1/reviews", files={"paper": ("p.md", markdown())})
    assert (reply.status_code, reply.json()["error"]["code"]) == (429, "queue-full")
    assert int(reply.headers["retry-after"]) == 60


def test_a_user_who_keeps_too_much_is_told(start: Callable[..., Running]) -> None:
    """A service for many must not end for all of them because of one."""
    running = start(FakeChain(), ServiceLimits(stored_mb_per_user=len(markdown()) * 1.5 / 1e6))
    job = running.final(running.post())
    reply = running.client.post("/v1/reviews", files={"paper": ("p.md", markdown())})
    assert (reply.status_code, reply.json()["error"]["code"]) == (507, "storage-full")
    assert "Delete reviews" in reply.json()["error"]["hint"]
    assert running.client.delete(job["links"]["self"]).is_success
    running.final(running.post())


def test_nobody_sees_another_users_papers(two_users: Running) -> None:
    """Papers are confidential; that a job exists is, too."""
    job = two_users.final(two_users.post(headers=ALICE), headers=ALICE)
    client = two_users.client
    for method, path in [("get", job["links"][part]) for part in ("self", "events", "record", "paper", "passages")] + [
        ("delete", job["links"]["self"]), ("post", job["links"]["cancel"]),
    ]:  # fmt: skip
        assert getattr(client, method)(path, headers=BOB).status_code == 404, path
    body = {"questions": [{"text": "?"}]}
    assert client.post(job["links"]["reruns"], json=body, headers=BOB).status_code == 404
    assert client.get("/v1/reviews", headers=BOB).json() == {"reviews": [], "next": None}
    assert [one["id"] for one in client.get("/v1/reviews", headers=ALICE).json()["reviews"]] == [job["id"]]
    assert client.get(f"/v1/reviews?before={job['id']}", headers=BOB).json()["reviews"] == []
    assert client.get(job["links"]["record"], headers=ALICE).status_code == 200


def test_two_users_take_turns(two_users: Running) -> None:
    """Whoever came first with many papers would be the only one served."""
    two_users.chain.gate.clear()
    first = two_users.post(markdown("A1"), headers=ALICE)
    two_users.wait(first, "reviewing", headers=ALICE)
    jobs = [
        (two_users.post(markdown(title), headers=who), who)
        for title, who in (("A2", ALICE), ("A3", ALICE), ("B1", BOB))
    ]
    assert [two_users.job(job, headers=who)["place"] for job, who in jobs] == [2, 3, 1]
    two_users.chain.gate.set()
    for job, who in jobs:
        two_users.final(job, headers=who)
    assert [title for title, _ in two_users.chain.seen] == ["A1", "B1", "A2", "A3"]


def test_jobs_are_listed_in_pages(running: Running) -> None:
    """A long history would come all at once, or with gaps."""
    ids = [running.post()["id"] for _ in range(5)][::-1]
    found, before = [], ""
    while before is not None:
        page = running.client.get(f"/v1/reviews?limit=2{before and f'&before={before}'}").json()
        found += [one["id"] for one in page["reviews"]]
        before = page["next"]
    assert found == ids


def test_papers_wait_for_an_engine_that_is_gone(start: Callable[..., Running]) -> None:
    """Every accepted paper would be failed, one after the other, by an engine that a restart brings back."""
    running = start(FakeChain(places=1))
    job = running.post(markdown("The engine dies"))
    until(lambda: not running.chain.alive and running.job(job)["status"] == "queued")
    waiting = running.post()
    reply = running.client.get("/readyz")
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "engine")
    assert running.client.get("/healthz").status_code == 200
    running.chain.alive = True
    assert [running.final(one)["status"] for one in (job, waiting)] == ["done", "done"]


def test_what_the_engine_refuses_fails_with_its_sentence(running: Running) -> None:
    """The user would wait for ever for a paper that the engine cannot take."""
    job = running.final(running.post(markdown("The engine refuses")))
    assert (job["error"]["message"], job["error"]["code"]) == ("The engine ran out of memory.", "engine")
    assert running.client.get("/readyz").status_code == 200


def test_a_defect_fails_one_job_and_no_other(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    """One odd paper would stop the service, or the log would quote it."""
    job = running.final(running.post(markdown("explode")))
    assert (job["status"], job["error"]["code"]) == ("failed", "defect")
    assert running.final(running.post())["status"] == "done"
    assert "ZeroDivisionError" in str([record.__dict__ for record in caplog.records])
    assert "SECRETWORD" not in str([record.__dict__ for record in caplog.records])


def test_a_stopped_service_goes_on_where_it_was(tmp_path: Path, start: Callable[..., Running]) -> None:
    """An update of the server would fail every paper in work, or ask it anew."""
    running = start()
    running.chain.gate.clear()
    job = running.post()
    running.wait(job, "reviewing")
    running.service.close()
    store = JobStore(tmp_path / "state")
    found = store.find("local", job["id"])
    assert (found.status, found.starts, len(found.questions)) == ("queued", 0, 2)
    store.close()
    again = start()
    assert again.final(job)["status"] == "done"
    assert again.chain.seen[0][1].questions == found.questions
    assert again.chain.seen[0][1].asked is not None


def test_a_bad_order_is_refused_before_it_is_accepted(running: Running) -> None:
    """The user would wait in the queue to be told of a misspelt form."""
    for order, code in (('{"form": "nips"}', "order"), ('{"sample": 1}', "field"), ('{"seed": "1"}', "field")):
        reply = running.client.post("/v1/reviews", files={"paper": ("p.md", markdown())}, data={"order": order})
        assert (reply.status_code, reply.json()["error"]["code"]) == (422, code), order
    assert running.client.get("/v1/reviews").json()["reviews"] == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"%PDF-1.7 not really", "paper.md is damaged"),
        (b"# Words\n\ntoo few", "too poor to review"),
        (b"PK\x03\x04" + b"0" * 500, "is a ZIP archive"),
        (b"<!DOCTYPE html><html><body>" + b"text " * 500, "is a web page"),
    ],
)
def test_an_unreadable_paper_fails_with_its_own_name(running: Running, content: bytes, says: str) -> None:
    """The user would read about a file whose name they never gave, or nothing at all."""
    job = running.final(running.post(content))
    assert (job["status"], job["error"]["code"]) == ("failed", "unreadable-paper")
    assert says in job["error"]["message"]
    assert "paper.md" in job["error"]["message"]
    assert job["id"] not in json.dumps(job["error"])


def test_figures_for_prometheus(running: Running) -> None:
    """An operator would not see that the queue grows or the engine is slow."""
    job = running.final(running.post())
    running.client.get("/v1/nothing/here")
    text = running.client.get("/metrics").text
    for line in (
        'review_jobs{status="done"} 1.0',
        "review_queue_length 0.0",
        'review_tokens_total{kind="prompt",stage="reviewer"} 100.0',
        'review_stage_seconds_count{stage="reading"} 1.0',
        'review_http_requests_total{method="POST",route="/v1/reviews",status="202"} 1.0',
        'review_http_requests_total{method="GET",route="none",status="404"} 1.0',
    ):
        assert line in text
    assert job["id"] not in text


def test_every_error_has_one_shape(running: Running) -> None:
    """A client would have to know three error formats."""
    client, job = running.client, "0" * 32
    for reply, status in (
        (client.get("/nothing"), 404), (client.get(f"/v1/reviews/{job}"), 404), (client.get("/v1/reviews/x"), 422),
        (client.put("/v1/reviews"), 405), (client.get("/v1/reviews?limit=0"), 422),
        (client.post("/v1/reviews", content=b"x"), 415), (client.post("/v1/reviews", json=[]), 422),
        (client.post("/v1/reviews", content=b"{", headers={"content-type": "application/json"}), 400),
    ):  # fmt: skip
        assert reply.status_code == status
        assert reply.json()["error"].keys() == {"message", "hint", "code"}
        assert reply.headers["x-content-type-options"] == "nosniff"


def test_another_app_answers_its_paths_behind_the_same_guard(start: Callable[..., Running], tmp_path: Path) -> None:
    """vLLM's API would be open to anybody, or hide ours."""

    async def other(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})

    (tmp_path / "keys").write_text(f"alice {ALICE['authorization'][7:]}\n")
    running = start(also={"/v1/chat/completions": other}, keys=load_keys(tmp_path / "keys", {}))
    client = running.client
    assert client.post("/v1/chat/completions").status_code == 401
    reply = client.post("/v1/chat/completions", headers=ALICE)
    assert (reply.text, reply.headers["x-content-type-options"]) == ("/v1/chat/completions", "nosniff")
    assert client.get("/v1/reviews", headers=ALICE).json()["reviews"] == []
    assert client.get("/other", headers=ALICE).status_code == 404
