"""One session of `review batch`: from an order and a plan to records, a journal and a summary."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.config import ChainConfig
from common.engines.in_flight import InFlight
from common.errors import ReviewError
from common.forms import load_form
from common.jsonio import from_json
from common.types import ChainRecord, Question
from scripts import opening
from scripts.batching import summary, units
from scripts.batching.journal import WHOLE, BatchJournal, Shard
from scripts.batching.plan import Plan
from scripts.batching.progress import Line
from scripts.batching.run import Events, Run
from scripts.batching.starting import Prospect, prospect
from scripts.batching.units import Task, Terms
from scripts.batching.workers import Workers
from scripts.chain import digest
from scripts.live import Display
from scripts.options import Reading, seeded

if TYPE_CHECKING:
    from scripts.batch_cluster import Cluster

IN_FLIGHT = 64
"""Requests in flight at most, as many as vLLM is started for."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for, besides the papers. places: requests in flight at most, of each engine; readers: worker
    processes. cluster: where to run, None for this machine."""

    config: ChainConfig
    reading: Reading
    out: Path
    extra: tuple[Question, ...] = ()
    format: str = "json"
    shard: Shard = WHOLE
    retry: int = 2
    retry_failed: bool = False
    places: int = IN_FLIGHT
    readers: int = 2
    cluster: Cluster | None = None


def run(order: Order, papers: Plan, display: Display) -> int:
    """Exit code: 0 when every paper has a review, 1 when one has not. Errors: ReviewError when the folder belongs to
    another run, the engine stays away, or the disk is full; what is finished stays so."""
    ahead = prospect(order.config, display.say, order.places)
    with open_journal(order, ahead) as journal:
        terms = terms_of(order, ahead, journal)
        sweep(order.out, papers)
        todo = unfinished(papers, terms, journal, order.retry_failed)
        if len(todo) < len(papers.tasks):
            display.say(f"{len(papers.tasks) - len(todo):,} of {len(papers.tasks):,} papers were settled before.")
        journal.begin(_seeds(terms.config), papers=papers.papers, todo=len(todo))
        figures: dict[str, Any] = {}
        ended = "interrupted"
        try:
            if todo and order.cluster:
                from scripts import batch_cluster

                batch_cluster.session(order, todo, terms, journal, display, figures)
            elif todo:
                _session(order, todo, terms, journal, ahead, display, figures)
            ended = "complete"
        finally:
            journal.end(ended=ended, **figures)
            content = summary.summary(papers, journal, figures, ended)
            summary.say(content, summary.save(order.out, order.shard, content), display)
    return 1 if content["done"] < content["papers"] else 0


def open_journal(order: Order, ahead: Prospect) -> BatchJournal:
    """Errors: ReviewError when the folder holds a run with other settings."""
    chosen = ahead.base.served(order.config)
    own = digest(chosen, load_form(chosen.form), order.extra, None, ahead.gauge, ahead.base)
    return BatchJournal(order.out, own, order.shard)


def terms_of(order: Order, ahead: Prospect, journal: BatchJournal) -> Terms:
    """Seeds nobody chose are those of the journal's first session, so that a resumed run draws as it began."""
    chosen = ahead.base.served(order.config)
    config = seeded(chosen)
    if journal.seeds:
        first, second = journal.seeds
        config = replace(
            config, questioner=replace(config.questioner, seed=first), reviewer=replace(config.reviewer, seed=second)
        )
    return Terms(chosen, config, ahead.base, ahead.gauge, order.reading, order.out, order.extra, order.format)


def unfinished(papers: Plan, terms: Terms, journal: BatchJournal, retry_failed: bool) -> list[Task]:
    """What this session has to do. Where one of several papers with the same bytes is finished, the others get its
    record, and a finished paper the view it lacks."""
    settings_of = cache(lambda form, questions: units.settings_of(Task("", Path(), "", form, questions), terms))
    todo = []
    for task in papers.tasks:
        try:
            settings = settings_of(task.form, task.questions)
        except ReviewError:
            todo.append(task)  # it fails when it is read, and then says why
            continue
        group = (task, *task.also)
        finished = [journal.as_named(one) for one in group if journal.finished(one, settings)]
        if finished:
            _complete(group, finished, terms, journal)
        elif retry_failed or not journal.failed_for_good(task):
            todo.append(task)
    return todo


def _complete(group: tuple[Task, ...], finished: list[Task], terms: Terms, journal: BatchJournal) -> None:
    known = {one.id: one for one in finished}
    for one in (known.get(task.id, task) for task in group):
        view = units.place_of(one, terms).view
        if one.id in known and (view is None or view.is_file()):
            continue
        path = terms.out / f"{finished[0].name}.review.json"
        record = from_json(path.read_bytes(), ChainRecord, str(path))
        outcome = units.write_record(record, replace(one, also=()), terms)
        if one.id not in known:
            journal.copied(one, finished[0], outcome)


def sweep(out: Path, papers: Plan) -> None:
    """Remove what a kill left of files of these papers that were being written. Other shards write here as well, so
    nothing else is touched."""
    own = {out / f"{one.name}.review" for task in papers.tasks for one in (task, *task.also)}
    for folder in {path.parent for path in own}:
        for part in folder.glob(".*.review.*.part"):
            name = part.name.removeprefix(".").rsplit(".review.", 1)[0]
            if folder / f"{name}.review" in own:
                part.unlink(missing_ok=True)


def _session(
    order: Order,
    todo: list[Task],
    terms: Terms,
    journal: BatchJournal,
    ahead: Prospect,
    display: Display,
    figures: dict[str, Any],
) -> None:
    """figures: filled in whatever happens."""
    with Workers(order.readers) as workers:
        work = Run(todo, terms, journal, workers, InFlight(order.places), order.retry)
        work.read_ahead()
        engine = ahead.start()
        try:
            with Line(display, work.meter) as line:
                work.events = Events(lambda task, outcome: line.done(), line.failed, line.tick)
                work.go(engine)
            opening.remember_speed(engine, ahead.base)
        finally:
            figures |= {"engine": engine.name, **work.meter.figures()}
            engine.close()


def _seeds(config: ChainConfig) -> tuple[int, int]:
    questioner, reviewer = config.questioner.seed, config.reviewer.seed
    assert questioner is not None and reviewer is not None  # `seeded` drew them
    return questioner, reviewer
