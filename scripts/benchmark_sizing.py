"""What the simulation of `review sizing` is worth: `python -m scripts.benchmark_sizing [--papers 8]`.

One replica of the embedded model, as a cluster runs it, is timed with 1, 2 and 4 papers at once. From these three times
alone a run of other papers that arrive one after the other is simulated, then made: prints both waits of each paper.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import click

from common.cluster.simulation import Fleet, simulate
from common.config import ChainConfig
from common.paper import read_paper
from common.paper.render import render
from common.types import Question
from scripts.batch_workers import Replica, Starter
from scripts.batching import units
from scripts.batching.starting import prospect
from scripts.batching.units import Ready, Task, Terms
from scripts.options import Reading, seeded

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "paper.pdf"
PLACES = 4
"""Papers in flight at most."""
QUESTIONS = (Question("Q1", "Are the baselines tuned as well as the method?"),)
"""Given, so that every paper is one review of the same length."""


@click.command(help=__doc__.split("\n")[0])
@click.option("--papers", default=8, show_default=True, help="Of the run that is simulated.")
@click.option("--load", default=1.2, show_default=True, help="Papers that come in the time a full replica does one.")
def main(papers: int, load: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        replica, ready = prepared(Path(folder), papers + 8)
        try:
            compare(replica, ready, papers, load)
        finally:
            replica.engine.close()


def compare(replica: Replica, ready: Sequence[Ready], papers: int, load: float) -> None:
    timed(replica, ready[:1], [0.0])  # warms up
    alone, two, four = (together(replica, part) for part in (ready[1:2], ready[2:4], ready[4:8]))
    shares = [alone, two / 2, (two / 2 + four / 4) / 2, four / 4]
    full = shares[-1]
    click.echo("a paper's share with 1, 2, (3,) 4 in flight: " + ", ".join(f"{one:.2f} s" for one in shares))
    chance = random.Random(1)
    gaps = [chance.expovariate(load / full) for _ in range(papers)]
    arrivals = [sum(gaps[:count]) for count in range(papers)]
    said = simulate(Fleet(1, tuple(full / one for one in shares)), arrivals, [full] * papers).waits
    found = timed(replica, ready[8:], arrivals)
    for name, waits in (("simulated", said), ("measured", found)):
        shown = " ".join(f"{wait:6.1f}" for wait in waits)
        click.echo(f"{name:10} mean {sum(waits) / papers:6.1f} s, end {end(arrivals, waits):6.1f} s:{shown}")


def prepared(folder: Path, count: int) -> tuple[Replica, list[Ready]]:
    """A replica, and the sample paper under that many titles: nothing behind the title is in the prefix cache twice."""
    config = ChainConfig(form="stanford4", context=2048, paper_share=0.8, guided=False)
    short = replace(config, reviewer=replace(config.reviewer, max_tokens=96, min_tokens=96))
    ahead = prospect(short, lambda text: None, 16)
    out = folder / "out"
    out.mkdir()
    terms = Terms(ahead.base.served(short), seeded(ahead.base.served(short)), ahead.base, ahead.gauge, Reading(), out)
    text = render(read_paper(SAMPLE)).split("\n", 1)[1]
    ready = []
    for number in range(count):
        path = folder / f"{number}.md"
        path.write_text(f"# Paper number {number * 7919}\n{text}")
        found = units.read(Task(path.name, path, path.stem), terms)
        assert isinstance(found, Ready), found
        ready.append(replace(found, job=replace(found.job, questions=QUESTIONS)))
    return Replica(terms, Starter(short, 16)), ready


def together(replica: Replica, papers: Sequence[Ready]) -> float:
    """Seconds until all of them are done, begun at once."""
    return max(timed(replica, papers, [0.0] * len(papers)))


def timed(replica: Replica, papers: Sequence[Ready], arrivals: Sequence[float]) -> list[float]:
    """Seconds from each paper's arrival to its record."""
    start = time.perf_counter()

    def one(paper: Ready, arrival: float) -> float:
        replica.review(paper)
        return time.perf_counter() - start - arrival

    with ThreadPoolExecutor(PLACES) as pool:
        waiting = []
        for paper, arrival in zip(papers, arrivals, strict=True):
            time.sleep(max(0.0, start + arrival - time.perf_counter()))
            waiting.append(pool.submit(one, paper, arrival))
        return [each.result() for each in waiting]


def end(arrivals: Sequence[float], waits: Sequence[float]) -> float:
    return max(arrival + wait for arrival, wait in zip(arrivals, waits, strict=True))


if __name__ == "__main__":
    main()
