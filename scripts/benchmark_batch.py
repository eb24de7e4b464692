"""`review batch` beside `review chain` on the same papers and one engine, in one run:
`python -m scripts.benchmark_batch FOLDER... [--papers N] [--repeats 1] [--set KEY=VALUE]... [--json]`.

FOLDER: holds PDFs, at any depth. Each way reads them, asks, reviews and writes records, on an empty prefix cache. The
engine and worker processes are started once, before either, and that counts for neither (in `review batch` the workers
start, and read, while the engine does). With --repeats the two take turns.

papers/hour   papers over the seconds from the first file opened to the last record written
busy          share of those seconds that the engine spent in its own steps
idle          batch alone: share of its time, from the first request to the last answer, without a request in flight
held          batch alone: share of the same time that our own code took while requests were in flight
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from common.config import ChainConfig, load
from common.engines.in_flight import InFlight
from common.errors import ReviewError
from common.forms import load_form
from common.types import Paper
from scripts import results
from scripts.batching import units
from scripts.batching.journal import WHOLE, BatchJournal
from scripts.batching.plan import plan
from scripts.batching.run import Run
from scripts.batching.session import IN_FLIGHT
from scripts.batching.starting import Prospect, prospect
from scripts.batching.units import Task, Terms
from scripts.batching.workers import Workers
from scripts.options import Reading, seeded
from scripts.papers import read_all
from scripts.pipeline import paper_budget, prepare
from scripts.windows import Listener
from scripts.windows import run as run_windows

READING = Reading(force=True)
"""Poor text is reviewed too: the papers of both ways must be the same."""


@dataclass(frozen=True, slots=True)
class Row:
    """One way, once. idle, held: None for windows, which do not measure them."""

    way: str
    papers: int
    seconds: float
    busy: float
    tokens: int
    idle: float | None = None
    held: float | None = None
    in_flight: int | None = None

    @property
    def per_hour(self) -> float:
        return 3600 * self.papers / self.seconds

    def line(self) -> str:
        more = (
            f"  idle {self.idle:.1%}  held {self.held:.1%}  in flight {self.in_flight}" if self.idle is not None else ""
        )
        return (
            f"{self.way:<6} {self.papers} papers in {self.seconds:.1f} s: {self.per_hour:.1f} papers/hour  "
            f"{self.tokens / self.seconds:.1f} tokens/s  busy {self.busy:.1%}{more}"
        )


class Bench:
    """The engine, started once, and the papers. engine.speed is vLLM's in process."""

    def __init__(self, config: ChainConfig, paths: Sequence[Path], readers: int, say: Callable[[str], None]) -> None:
        self.paths = paths
        self.ahead: Prospect = prospect(config, say, IN_FLIGHT)
        self.config = seeded(self.ahead.base.served(config))
        self.form = load_form(self.config.form)
        self.workers = Workers(readers)
        self.engine: Any = self.ahead.start()

    def warm_up(self) -> None:
        """The first steps after a start are slow whatever they compute; workers import what they need."""
        messages = [{"role": "user", "content": "What is a review? " * 50}]
        for number in range(self.workers.processes):
            self.workers.submit(("count", number), self.ahead.gauge.count, messages)
            self.workers.submit(("read", number), units.read, Task("", Path(), ""), self._terms(Path()))
        self.engine.generate([messages], self.config.reviewer)
        while self.workers.pending:
            self.workers.take(1.0)

    def close(self) -> None:
        self.workers.__exit__()
        self.engine.close()

    def _terms(self, out: Path) -> Terms:
        return Terms(self.config, self.config, self.ahead.base, self.ahead.gauge, READING, out)

    def measured(self, way: str, action: Callable[[Path], dict[str, Any]]) -> Row:
        if hasattr(self.engine, "forget"):
            self.engine.forget()
        with tempfile.TemporaryDirectory() as folder:
            start, (seconds, tokens) = perf_counter(), self._speed()
            more = action(Path(folder))
            took, (after, written) = perf_counter() - start, self._speed()
            papers = len(list(Path(folder).glob("**/*.review.json")))
        return Row(way, papers, took, (after - seconds) / took, written - tokens, **more)

    def windows(self, out: Path) -> dict[str, Any]:
        """As `review chain --out` does: all papers read, then windows of them."""
        read = [one for one in read_all(self.paths, READING) if isinstance(one, Paper)]
        budget = paper_budget(self.engine, self.form, self.config)
        jobs = [prepare(paper, self.engine, self.form, self.config, budget) for paper in read]
        places = [results.Place(record=out / f"{number}.review.json") for number in range(len(jobs))]
        listener = Listener(on_record=lambda index, record: results.deliver(record, places[index], "json"))
        run_windows(self.engine, jobs, self.form, self.config, self.ahead.base, listener=listener)
        return {}

    def batch(self, out: Path) -> dict[str, Any]:
        """As `review batch` does, from the plan on."""
        (out / "papers.txt").write_text("\n".join(map(str, self.paths)))
        tasks = plan(out / "papers.txt", out / "records").tasks
        with BatchJournal(out, "benchmark", WHOLE) as journal:
            work = Run(tasks, self._terms(out), journal, self.workers, InFlight(IN_FLIGHT))
            work.go(self.engine)
        found = work.meter.figures()
        return {"idle": found["idle_share"], "held": found["held_share"], "in_flight": found["most_in_flight"]}

    def _speed(self) -> tuple[float, int]:
        speed = getattr(self.engine, "speed", None)
        if speed is None:
            return 0.0, 0
        return speed.prefill_seconds + speed.decode_seconds, speed.decode_tokens


@click.command(help=__doc__.split("\n\n")[0])
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--papers", type=click.IntRange(1), help="The first N of them.")
@click.option("--repeats", type=click.IntRange(1), default=1, show_default=True)
@click.option("--readers", type=click.IntRange(1), default=2, show_default=True, help="Worker processes of the batch.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="A setting of the chain.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def main(
    folders: tuple[Path, ...],
    papers: int | None,
    repeats: int,
    readers: int,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    paths = sorted(path.resolve() for folder in folders for path in folder.rglob("*.pdf"))[:papers]
    if not paths:
        raise ReviewError("There is no PDF in these folders.")
    bench = Bench(load(ChainConfig, None, overrides), paths, readers, say)
    rows: list[Row] = []
    try:
        bench.warm_up()
        for _ in range(repeats):
            for way, action in (("chain", bench.windows), ("batch", bench.batch)):
                rows.append(bench.measured(way, action))
                say(rows[-1].line())
    finally:
        bench.close()
    per_hour = {way: [row.per_hour for row in rows if row.way == way] for way in ("chain", "batch")}
    ratio = sum(per_hour["batch"]) / sum(per_hour["chain"])
    if as_json:
        print(json.dumps({"rows": [asdict(row) for row in rows], "ratio": ratio}, indent=2))
    else:
        print("\n".join([*(row.line() for row in rows), f"batch over chain, papers/hour: {ratio:.2f}"]))


if __name__ == "__main__":
    main()
