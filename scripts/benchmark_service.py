"""The service under load, against its engine's own batch: `python -m scripts.benchmark_service [--users N]...`

Users on loopback each send a paper, follow its events to the end, and send the next; the papers are the sample's text
under other titles, so that nothing is found in the prefix cache. The same papers, settings and seeds then go through
`scripts.pipeline` in one batch in process, and throughput is compared in tokens written a second: reading the papers,
HTTP, SQLite and event streams are the service's expense and not the batch's. Run it on a quiet machine.
"""

from __future__ import annotations

import json
import multiprocessing
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import click
import httpx

from common.config import ChainConfig, load
from common.forms import load_form
from common.paper import read_paper
from common.paper.render import blocks
from common.types import ChainRecord
from scripts import opening
from scripts.options import with_seed
from scripts.pipeline import paper_budget, prepare
from scripts.windows import Listener, run
from stage_a_questioner.questions_file import user_questions

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "paper.pdf"
TARGET = 0.9
"""Of the batch's tokens a second, with the most users."""
SEED = 1
ASK = ("What is the weakest point of the evidence?",)
"""Asked of every paper, so that none fails because its answers were cut before their first question was whole."""
STREAM = httpx.Timeout(60, read=3600)


@dataclass(frozen=True, slots=True)
class Row:
    """One load. users: 0 for the batch in process. questions, reviews: seconds from sending a paper to having them."""

    users: int
    papers: int
    seconds: float
    read: int
    written: int
    questions: tuple[float, ...] = ()
    reviews: tuple[float, ...] = ()

    @property
    def speed(self) -> float:
        """Tokens written a second."""
        return self.written / self.seconds

    def line(self, batch: Row) -> str:
        name = f"{self.users} users" if self.users else "one batch"
        rate = f"{self.papers:>6} {self.seconds:>8.1f} {3600 * self.papers / self.seconds:>8.0f}"
        tokens = f"{self.read:>9} {self.written:>8} {self.speed:>8.1f} {self.speed / batch.speed:>6.2f}"
        return f"{name:<10} {rate} {tokens} {_spread(self.questions)} {_spread(self.reviews)}"


HEAD = (
    f"{'':<10} {'papers':>6} {'seconds':>8} {'papers/h':>8} {'read':>9} {'written':>8} {'tokens/s':>8} {'ratio':>6} "
    f"{'questions p50/p95/max':>26} {'review p50/p95/max':>26}"
)


def _spread(seconds: Sequence[float]) -> str:
    if not seconds:
        return ""
    late = quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
    return f"{median(seconds):>8.1f} {late:>8.1f} {max(seconds):>8.1f}"


def texts(first: int, count: int) -> list[bytes]:
    """Markdown papers that no other numbers give."""
    paper = read_paper(SAMPLE)
    body = "\n\n".join(part for block in blocks(paper) for part in block if part)
    return [f"# Number {number}. {paper.title}\n\n{body}".encode() for number in range(first, first + count)]


def batch(contents: Sequence[bytes], settings: Sequence[str]) -> Row:
    """All of them through the chain at once, in this process, after one other for warming up."""
    config, form = with_seed(load(ChainConfig, None, settings), SEED), load_form("neurips2024")
    model = opening.find_model(config)
    engine, base = opening.start_vllm(model, config.context), model.base
    config = base.served(config)
    with tempfile.TemporaryDirectory() as folder:
        papers = []
        for number, content in enumerate([*texts(0, 1), *contents]):
            path = Path(folder) / f"{number}.md"
            path.write_bytes(content)
            papers.append(read_paper(path))
    records: list[ChainRecord] = []
    listener = Listener(on_record=lambda _, record: records.append(record))
    for some in (papers[:1], papers[1:]):
        records.clear()
        start = time.perf_counter()
        budget = paper_budget(engine, form, config)
        jobs = [prepare(paper, engine, form, config, budget) for paper in some]
        run(engine, jobs, form, config, base, user_questions(ASK), listener)
        seconds = time.perf_counter() - start
    engine.close()
    done = [one for record in records for stage in record.stages for one in stage.completions]
    return Row(
        0, len(records), seconds, sum(one.prompt_tokens for one in done), sum(one.completion_tokens for one in done)
    )


@contextmanager
def service(settings: Sequence[str]) -> Iterator[str]:
    """The address of `review serve` on a fresh state folder."""
    command = [sys.executable, "-m", "scripts.review", "serve", "--port", "0", "--queue", "100000", "--quiet"]
    command += ["--queue-per-user", "100000", *(part for one in settings for part in ("--set", one))]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen([*command, "--state", f"{folder}/state"], stdout=subprocess.PIPE, text=True) as process,
    ):
        try:
            assert process.stdout
            if not (found := re.search(r"http://\S+", process.stdout.readline())):
                raise click.ClickException("the service did not start")
            yield found[0]
        finally:
            process.terminate()


def load_with(url: str, users: int, contents: Sequence[bytes]) -> Row:
    """The papers, sent by so many users who each wait for one before they send the next."""
    waiting = iter(contents)
    followed: list[tuple[float, float, dict[str, Any]]] = []

    def user() -> None:
        with httpx.Client(base_url=url, timeout=STREAM) as client:
            for content in waiting:  # one iterator for all: whoever is free takes the next
                followed.append(_follow(client, content))

    start = time.perf_counter()
    with ThreadPoolExecutor(users) as pool:
        for one in [pool.submit(user) for _ in range(users)]:
            one.result()
    seconds = time.perf_counter() - start
    done = [one for _, _, record in followed for stage in record["stages"] for one in stage["completions"]]
    read, written = (sum(one[name] for one in done) for name in ("prompt_tokens", "completion_tokens"))
    questions, reviews = (tuple(one[place] for one in followed) for place in (0, 1))
    return Row(users, len(followed), seconds, read, written, questions, reviews)


def _follow(client: httpx.Client, content: bytes) -> tuple[float, float, dict[str, Any]]:
    """Seconds to the questions, seconds to the end, and the record."""
    start = time.perf_counter()
    order = json.dumps({"seed": SEED, "ask": ASK})
    reply = client.post("/v1/reviews", files={"paper": ("paper.md", content)}, data={"order": order})
    links = reply.raise_for_status().json()["links"]
    asked = 0.0
    with client.stream("GET", links["events"]) as events:
        for line in events.iter_lines():
            if line == "event: questions":
                asked = time.perf_counter() - start
            elif line == "event: failed":
                raise click.ClickException(client.get(links["self"]).json()["error"]["message"])
    ended = time.perf_counter() - start
    return asked, ended, client.get(links["record"], params={"format": "json"}).raise_for_status().json()


@click.command()
@click.option("--users", type=click.IntRange(1, 64), multiple=True, default=(1, 4, 16, 64), show_default=True)
@click.option(
    "--papers", type=click.IntRange(1), default=16, show_default=True, help="At each load; one a user, or more."
)
@click.option("--tokens", type=click.IntRange(8), default=64, show_default=True, help="Most of each answer.")
@click.option("--samples", type=click.IntRange(1, 16), default=2, show_default=True, help="Question sets of a paper.")
@click.option("--share", type=float, default=0.3, show_default=True, help="Of the context that a paper may fill.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def main(users: tuple[int, ...], papers: int, tokens: int, samples: int, share: float, as_json: bool) -> None:
    """Measure the service on the default model."""
    settings = [f"questioner.max_tokens={tokens}", f"reviewer.max_tokens={tokens}", f"samples={samples}"]
    settings += [f"paper_share={share}", "context=4096"]
    loads = {count: texts(1000 * count, max(count, papers)) for count in sorted(users)}
    rows = []
    with service(settings) as url:
        load_with(url, 1, texts(0, 1))
        for count, contents in loads.items():
            rows.append(load_with(url, count, contents))
            print(f"{count} users: {rows[-1].seconds:.1f} s", file=sys.stderr, flush=True)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        alone = pool.submit(batch, loads[max(loads)], settings).result()
    if as_json:
        print(json.dumps([asdict(row) for row in (alone, *rows)], indent=2))
        return
    print(f"python -m scripts.benchmark_service {' '.join(sys.argv[1:])}\n{HEAD}")
    print("\n".join(row.line(alone) for row in (alone, *rows)))
    ratio = rows[-1].speed / alone.speed
    print(f"\n{ratio:.2f} of the batch's speed with {max(loads)} users; at least {TARGET}: ", end="")
    print("met" if ratio >= TARGET else "MISSED")


if __name__ == "__main__":
    main()
