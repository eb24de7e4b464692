"""The chain over a command line's papers: windows of them, in batches that both stages share.

The unit is a window: all of its papers are asked in one batch, then all are reviewed in one batch, each result handed
over the moment it is complete. Nothing here reads files, opens engines or draws on a terminal; it is handed papers, an
engine and someone to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from common.config import ChainConfig
from common.engines.base import Engine, OnProgress
from common.errors import ReviewError
from common.types import ChainRecord, Question, ReviewForm
from scripts.pipeline import Base, Job, assignment, questioning, record_of, refitted, subject, with_extra
from stage_a_questioner import asking
from stage_a_questioner.asking import Asked
from stage_b_reviewer import writing
from stage_b_reviewer.writing import Written

WINDOW = 16
"""Papers that share a batch. More would not fill the engine further and would hold back the first results."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Whom to tell. on_asked(i, job), on_record(i, record), on_error(i, error): as soon as it happens;
    on_stage(name): "asking" or "reviewing" begins; on_progress: while it runs."""

    on_asked: Callable[[int, Job], None] = lambda index, job: None
    on_record: Callable[[int, ChainRecord], None] = lambda index, record: None
    on_error: Callable[[int, ReviewError], None] = lambda index, error: None
    on_stage: Callable[[str], None] = lambda name: None
    on_progress: OnProgress | None = None


def run(
    engine: Engine,
    jobs: Sequence[Job],
    form: ReviewForm,
    config: ChainConfig,
    base: Base,
    extra: Sequence[Question] = (),
    listener: Listener | None = None,
) -> None:
    """Every job becomes a record or an error, told to the listener. config's samplings hold the run's seed."""
    listener = listener or Listener()
    for start in range(0, len(jobs), WINDOW):
        places = range(start, min(start + WINDOW, len(jobs)))
        ready = ask_window(engine, {place: jobs[place] for place in places}, form, config, extra, listener)
        if ready:
            _write_window(engine, ready, form, config, base, listener)


def ask_window(
    engine: Engine,
    jobs: dict[int, Job],
    form: ReviewForm,
    config: ChainConfig,
    extra: Sequence[Question],
    listener: Listener,
) -> dict[int, Job]:
    """Ask the papers that have no questions yet. Returns the jobs that can go on; the others were told as errors."""
    waiting = [place for place, job in jobs.items() if job.questions is None]
    ready = {place: with_extra(job, extra) for place, job in jobs.items() if job.questions is not None}
    if waiting:
        listener.on_stage("asking")
        subjects = [subject(jobs[place]) for place in waiting]
        results = asking.ask(engine, subjects, form, *questioning(config), extra, listener.on_progress)
        for place, result in zip(waiting, results, strict=True):
            if isinstance(result, Asked):
                ready[place] = replace(jobs[place], questions=result.questions, asked=result.record)
                listener.on_asked(place, ready[place])
            else:
                listener.on_error(place, result)
    return dict(sorted(ready.items()))


def _write_window(
    engine: Engine, jobs: dict[int, Job], form: ReviewForm, config: ChainConfig, base: Base, listener: Listener
) -> None:
    listener.on_stage("reviewing")
    places = list(jobs)
    ready = [refitted(jobs[place], engine, form, config) for place in places]
    assignments = [assignment(job, engine, form, config) for job in ready]

    def done(index: int, written: Written) -> None:
        listener.on_record(places[index], record_of(engine, ready[index], written, form, base))

    sampling, progress, limits = config.reviewer, listener.on_progress, (config.reviews, config.max_points)
    writing.write(engine, assignments, form, sampling, *limits, done, progress, config.design_b)
