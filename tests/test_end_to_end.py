"""The main job with nothing in place of anything: the shipped paper, vLLM on CPU, the real model, as a person runs."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import openai
import psutil
import pytest

from common.forms import load_form
from common.jsonio import from_json
from common.store import ModelPath
from common.types import ChainRecord
from common.views.schema import record_schema
from tests.conftest import ROOT
from tests.scripts.service import Serving, serving

SHORT = ["--samples", "2", "--set", "questioner.max_tokens=256", "--set", "reviewer.max_tokens=320"]
SHORT += ["--set", "paper_share=0.3", "--seed", "7"]


def review(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.review", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)


@pytest.mark.slow
def test_a_real_pdf_becomes_questions_and_a_grounded_review(
    sample_pdf: Path, base_model: ModelPath, tmp_path: Path
) -> None:
    """What the README promises, from any folder and with no YAML at all."""
    done = review("chain", sample_pdf, *SHORT, "--out", tmp_path / "first.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "reviewing: " in done.stderr and "tokens/s" in done.stderr
    assert "Warning" not in done.stderr and "vllm" not in done.stderr.lower()
    text = (tmp_path / "first.json").read_text()
    jsonschema.validate(__import__("json").loads(text), record_schema())
    record = from_json(text, ChainRecord)
    assert record.engine.startswith("vllm") and record.base == "embedded:smollm2-135m"
    assert len(record.base_sha256) == 64
    assert 5 <= len(record.questions) <= 12
    (one,) = record.reviews
    form = load_form("neurips2024")
    if not any("cut off" in problem for problem in one.problems):
        assert [section.name for section in one.sections] == [section.name for section in form.sections]
        assert all(rating.value is not None for rating in one.ratings)
    assert one.points
    assert all(1 <= e.page <= 4 for point in one.points for e in point.evidence if e.kind == "passage")
    asked = record.stages[0]
    assert sum(c.cached_tokens for c in asked.completions) >= 0.4 * sum(c.prompt_tokens for c in asked.completions)
    again = review("chain", sample_pdf, *SHORT, "--out", tmp_path / "again.json", "--quiet", cwd=tmp_path)
    assert (again.returncode, again.stderr) == (0, "")
    repeated = from_json((tmp_path / "again.json").read_text(), ChainRecord)
    assert repeated.questions == record.questions
    assert repeated.reviews == record.reviews


@pytest.fixture(scope="module")
def service(
    adapter_folders: dict[str, Path], base_model: ModelPath, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Serving]:
    """`review serve` with both adapters on a free port of loopback."""
    adapters = ["--adapter-a", adapter_folders["questioner"], "--adapter-b", adapter_folders["reviewer"]]
    settings = ["--set", "context=4096", "--set", "paper_share=0.3"]
    settings += ["--set", "questioner.max_tokens=96", "--set", "reviewer.max_tokens=96"]
    state = tmp_path_factory.mktemp("service") / "state"
    with serving(state, *adapters, *settings, bound=420, VLLM_CPU_KVCACHE_SPACE="1") as running:
        yield running


def engines(service: Serving) -> list[psutil.Process]:
    children = psutil.Process(service.process.pid).children(recursive=True)
    return [one for one in children if "EngineCore" in " ".join(one.cmdline())]


@pytest.mark.slow
class TestServe:
    """One server, both stages, any client."""

    def test_any_openai_client_can_use_it(self, service: Serving) -> None:
        """Groups already have clients; the server must speak their language."""
        client = openai.OpenAI(base_url=f"{service.url}/v1", api_key="none")
        models = {card.id for card in client.models.list().data}
        assert {"questioner", "reviewer", "embedded:smollm2-135m"} <= models
        texts = set()
        for name in ("questioner", "reviewer"):
            answer = client.chat.completions.create(
                model=name, messages=[{"role": "user", "content": "Name one weakness."}], max_tokens=24, temperature=0
            )
            assert answer.choices[0].message.content
            texts.add(answer.choices[0].message.content)
        assert len(texts) == 2

    def test_papers_and_clients_share_its_engine(self, service: Serving, sample_pdf: Path) -> None:
        """A paper is reviewed while a client is answered: one model in memory, one batch."""
        first, second = (service.post(sample_pdf, {"seed": seed, "samples": 2}) for seed in (7, 8))
        service.wait(first, "asking", "reviewing", bound=120)
        question = [{"role": "user", "content": "Name one weakness."}]
        client = openai.OpenAI(base_url=f"{service.url}/v1", api_key="none")
        answer = client.chat.completions.create(model="reviewer", messages=question, max_tokens=4)
        assert answer.usage and answer.usage.completion_tokens == 4
        assert service.get(second["links"]["self"])["status"] not in ("done", "failed"), "it did not wait its turn"
        for job in (first, second):
            assert service.ended(job, bound=240)["status"] == "done"
            content = service.client.get(job["links"]["record"], params={"format": "json"}).content
            record = from_json(content, ChainRecord)
            assert [stage.adapter for stage in record.stages] == ["questioner", "reviewer"]
            assert record.engine.startswith("vllm") and record.base == "embedded:smollm2-135m"
        assert len(engines(service)) == 1
        assert "vllm:num_requests_running" in service.client.get("/metrics").text

    def test_a_cancelled_paper_leaves_the_engine(self, service: Serving, sample_pdf: Path) -> None:
        """Its tokens would be written for nobody."""
        job = service.post(sample_pdf, {"samples": 8, "reviews": 8})
        service.wait(job, "asking", bound=120)
        service.client.post(job["links"]["cancel"])
        client = openai.OpenAI(base_url=f"{service.url}/v1", api_key="none")
        prompt = [{"role": "user", "content": "Name one weakness."}]
        assert client.chat.completions.create(model="reviewer", messages=prompt, max_tokens=4).choices
        assert service.get(job["links"]["self"])["status"] == "cancelled"

    @pytest.mark.parametrize(
        "path", ["/v1/load_lora_adapter", "/v1/unload_lora_adapter", "/sleep", "/v1/responses", "/invocations"]
    )
    def test_only_harmless_calls_of_vllm_are_let_through(self, service: Serving, path: str) -> None:
        """One user must not be able to change or stop everybody's model."""
        assert service.client.post(path, json={}).status_code == 404

    def test_no_address_in_a_request_is_fetched(self, service: Serving) -> None:
        """A server that fetches what a stranger names reaches into its own network."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            listener.settimeout(1)
            image = {"type": "image_url", "image_url": {"url": f"http://127.0.0.1:{listener.getsockname()[1]}/x.png"}}
            body = {"model": "reviewer", "max_tokens": 1, "messages": [{"role": "user", "content": [image]}]}
            assert service.client.post("/v1/chat/completions", json=body).status_code == 400
            with pytest.raises(TimeoutError):
                listener.accept()

    def test_the_chain_runs_against_it(self, service: Serving, sample_pdf: Path, tmp_path: Path) -> None:
        """A laptop without vLLM reviews through a machine that has it."""
        out = tmp_path / "r.json"
        short = [*SHORT, "--set", "questioner.max_tokens=96", "--set", "reviewer.max_tokens=96"]
        done = review("chain", sample_pdf, *short, "--server", service.url, "--out", out, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        record = from_json(out.read_text(), ChainRecord)
        assert [stage.adapter for stage in record.stages] == ["questioner", "reviewer"]
        assert record.questions and record.engine.startswith("vllm server")

    def test_a_dead_engine_ends_the_service_and_fails_no_paper(self, service: Serving, sample_pdf: Path) -> None:
        """Whoever keeps it running starts it anew, and the papers go on. Last: nothing is left to ask afterwards."""
        job = service.post(sample_pdf, {"samples": 8})
        service.wait(job, "asking", bound=120)
        (engine,) = engines(service)
        engine.kill()
        assert service.process.wait(60) == 1
        assert any("The engine has died" in line for line in service.log)
        with sqlite3.connect(service.state / "jobs.sqlite") as database:
            (status,) = database.execute("SELECT status FROM jobs WHERE id = ?", (job["id"],)).fetchone()
        assert status == "queued"


def test_a_taken_port_is_a_sentence(base_model: ModelPath, tmp_path: Path) -> None:
    """Two servers on one port is the commonest slip."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = review("serve", "--port", str(taken.getsockname()[1]), cwd=tmp_path)
    assert done.returncode == 1
    assert "cannot be used" in done.stderr and "--port" in done.stderr


def test_the_readme_says_what_is_there() -> None:
    """A command or link in the README that does not work is the first thing a newcomer meets."""
    text = (ROOT / "README.md").read_text()
    commands = re.findall(r"^\./(\S+)", text, re.MULTILINE)
    assert commands == ["review", "test"]
    assert all(os.access(ROOT / name, os.X_OK) for name in commands)
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith("./test")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / link).exists(), link
    for folder in re.findall(r"^\| `(\S+)/` \|", text, re.MULTILINE):
        assert (ROOT / folder).is_dir(), folder


def test_the_readmes_first_command_starts_at_once_when_all_is_there(sample_pdf: Path) -> None:
    """The second run must not install anything again."""
    first = (ROOT / "README.md").read_text().split("```")[1].strip().splitlines()[0].split()
    if not any((ROOT / ".venv").glob(".installed-*")):
        pytest.skip("needs the environment that ./review or ./test makes; this one was made by hand")
    done = subprocess.run([*first, "--dry-run"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "stage B" in done.stdout and "Setting up" not in done.stderr


def test_every_document_links_to_what_exists() -> None:
    """Docs rot by links first."""
    pages = sorted((ROOT / "docs").glob("*.md"))
    assert pages
    for page in pages:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_command_page_is_up_to_date() -> None:
    """Options in the documentation must be those of the program."""
    # In a process of its own: click remembers how a command was called first, and other tests call some alone.
    page = subprocess.run(
        [sys.executable, "-m", "scripts.help_page"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert (ROOT / "docs" / "COMMANDS.md").read_text() == page.stdout, "python -m scripts.help_page > docs/COMMANDS.md"
