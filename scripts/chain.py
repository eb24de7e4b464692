"""`review chain`: papers in, questions and grounded reviews out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from common.config import ChainConfig
from common.engines.base import Engine
from common.errors import ReviewError
from common.forms import load_form
from common.jsonio import to_json
from common.types import ChainRecord, Paper, Question, ReviewForm
from scripts import opening, results
from scripts.live import Display
from scripts.options import Reading, papers_argument, seeded, settings, shared
from scripts.papers import read_all
from scripts.pipeline import Base, Job, paper_budget, prepare
from scripts.windows import Listener, run
from stage_a_questioner import prompt as prompt_a
from stage_a_questioner import questions_file
from stage_a_questioner.questions_file import QuestionsFile, user_questions
from stage_b_reviewer import prompt as prompt_b


@click.command()
@papers_argument
@click.option("--samples", type=click.IntRange(1, 64), metavar="K", help="Question sets drawn and pooled. [4]")
@click.option("--reviews", type=click.IntRange(1, 64), metavar="N", help="Reviews of each paper. [1]")
@click.option("--ask", "asks", multiple=True, metavar="TEXT", help="A question of your own; may be repeated.")
@click.option("--questions", type=click.Path(path_type=Path), metavar="FILE", help="Use these instead of asking.")
@click.option("--max-points", type=click.IntRange(1), metavar="N", help="At most N points in a review, the strongest.")
@click.option("--format", "form_of_output", type=click.Choice(results.FORMATS), help="md, json or html.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="A file, or a folder for many papers.")
@click.option("--dry-run", is_flag=True, help="Only say what would be read, cut and spent.")
@shared
def command(**values: Any) -> int:
    """Question a paper, then review it by answering the questions.

    \b
    review chain paper.pdf
    review chain paper.pdf --out review.html
    review chain paper.pdf --ask "Is the baseline tuned as well?" --seed 7 --format json
    review chain papers/*.pdf --out reviews/      resumes where a killed run stopped
    review chain paper.pdf --server http://127.0.0.1:8000
    """
    config, reading = settings(values)
    form = load_form(config.form)
    extra = user_questions(values["asks"])
    given = questions_file.load(values["questions"]) if values["questions"] else None
    places = results.places(values["papers"], values["out"], values["form_of_output"])
    batch = Batch(
        config, form, reading, extra, given, places, results.format_of(values["form_of_output"], values["out"])
    )
    with Display(quiet=values["quiet"]) as display:
        return batch.estimate(values["papers"], display) if values["dry_run"] else batch.run(values["papers"], display)


class Batch:
    """One command line's papers on their way through the chain. Results are written as they are finished."""

    def __init__(
        self,
        config: ChainConfig,
        form: ReviewForm,
        reading: Reading,
        extra: Sequence[Question],
        given: QuestionsFile | None,
        places: Sequence[results.Place],
        output: str | None,
    ) -> None:
        self.config, self.form, self.reading = config, form, reading
        self.extra, self.given, self.places, self.output = extra, given, places, output
        self.failures: list[tuple[str, ReviewError]] = []

    def run(self, paths: Sequence[Path], display: Display) -> int:
        """Exit code: 0 when every paper has a review, 1 when one has not."""
        papers = self._read(paths, display)
        if not papers:
            return self._close(len(paths), display)
        engine, base = opening.start(self.config, display.say)
        self.config = base.served(self.config)
        try:
            settings_digest = digest(self.config, self.form, self.extra, self.given, engine, base)
            todo = self._unfinished(papers, settings_digest, display)
            jobs = {
                place: job for place, paper in todo.items() if (job := self._job(engine, place, paper, settings_digest))
            }
            self._chain(engine, base, jobs, settings_digest, display)
            opening.remember_speed(engine, base)
        finally:
            engine.close()
        return self._close(len(paths), display)

    def _read(self, paths: Sequence[Path], display: Display) -> dict[int, Paper]:
        display.say(f"Reading {paths[0] if len(paths) == 1 else f'{len(paths)} papers'} ...")
        read = read_all(paths, self.reading)
        papers = {place: one for place, one in enumerate(read) if isinstance(one, Paper)}
        self.failures += [(str(paths[p]), one) for p, one in enumerate(read) if isinstance(one, ReviewError)]
        for place, paper in papers.items():
            self._check_owner(paths[place], paper)
            body = [section for section in paper.sections if section.level == 1]
            display.say(f"  {paper.title or paths[place].name}: {paper.words:,} words, {len(body)} sections")
            for notice in paper.warnings:
                display.say(f"  note: {notice.message}", "yellow")
        return papers

    def _check_owner(self, path: Path, paper: Paper) -> None:
        owner = self.given.paper_sha256 if self.given else ""
        if owner and owner != paper.source.sha256:
            raise ReviewError(
                f"The questions file was made for another file than {path}.",
                "Ask this paper its own questions, or delete the part 'asked' from the questions file.",
            )

    def _unfinished(self, papers: dict[int, Paper], wanted: str, display: Display) -> dict[int, Paper]:
        done = {p for p, paper in papers.items() if results.finished(self.places[p], paper.source.sha256, wanted)}
        if done:
            display.say(f"{len(done)} of {len(papers)} papers were finished by an earlier run with the same settings.")
        return {place: paper for place, paper in papers.items() if place not in done}

    def _job(self, engine: Engine, place: int, paper: Paper, wanted: str) -> Job | None:
        try:
            questions = self.given.questions if self.given else ()
            job = prepare(
                paper, engine, self.form, self.config, paper_budget(engine, self.form, self.config, questions)
            )
        except ReviewError as error:
            self.failures.append((paper.source.name, error))
            return None
        if self.given:
            return replace(job, questions=self.given.questions, asked=self.given.record)
        return self._resumed(job, self.places[place].questions, wanted)

    @staticmethod
    def _resumed(job: Job, path: Path | None, wanted: str) -> Job:
        """Questions that a killed run had already asked with these settings are taken over."""
        if path is None or not path.is_file():
            return job
        saved = questions_file.load(path)
        same = (saved.settings, saved.paper_sha256) == (wanted, job.paper.source.sha256)
        return replace(job, questions=saved.questions, asked=saved.record) if same else job

    def _chain(self, engine: Engine, base: Base, jobs: dict[int, Job], wanted: str, display: Display) -> None:
        order = list(jobs)

        def asked(index: int, job: Job) -> None:
            display.say(f"  {len(job.questions or ())} questions for {job.paper.title or job.paper.source.name}")
            if path := self.places[order[index]].questions:
                content = QuestionsFile(job.questions or (), self.form.name, job.paper.source.sha256, wanted, job.asked)
                questions_file.save(path, job.paper, content)

        def done(index: int, record: ChainRecord) -> None:
            place = self.places[order[index]]
            display.pause()
            results.deliver(replace(record, settings=wanted), place, self.output)
            if place.view or place.record:
                display.say(f"  wrote {place.view or place.record}", "green")

        def failed(index: int, error: ReviewError) -> None:
            self.failures.append((jobs[order[index]].paper.source.name, error))

        listener = Listener(asked, done, failed, display.stage, display.progress)
        run(engine, list(jobs.values()), self.form, seeded(self.config), base, self.extra, listener)

    def _close(self, papers: int, display: Display) -> int:
        """Print the failures. One paper's failure is the command's own, with its own exit code."""
        if papers == 1 and self.failures:
            raise self.failures[0][1]
        for name, error in self.failures:
            display.say(f"{name}: {error}", "red", always=True)
        if self.failures:
            display.say(f"{len(self.failures)} of {papers} papers have no review.", "red", always=True)
        return 1 if self.failures else 0

    def estimate(self, paths: Sequence[Path], display: Display) -> int:
        """--dry-run."""
        from scripts.estimate import estimate

        papers = self._read(paths, display)
        questions = (*self.extra, *(self.given.questions if self.given else ()))
        if papers:
            click.echo(estimate(list(papers.values()), self.config, self.form, questions, bool(self.given)))
        return self._close(len(paths), display)


def digest(
    config: ChainConfig,
    form: ReviewForm,
    extra: Sequence[Question],
    given: QuestionsFile | None,
    engine: Engine,
    base: Base,
) -> str:
    """SHA-256 of everything a result depends on besides the paper. A seed nobody chose is not part of it: a resumed
    run draws another one, and what is finished stays finished."""
    plain = replace(config, adapter_a=None, adapter_b=None, adapter_joint=None, server=None)
    parts = [
        to_json(plain),
        to_json(form),
        to_json([question.text for question in extra]),
        to_json([question.text for question in given.questions]) if given else "",
        to_json(dict(engine.adapters)),
        f"{base.name} {base.sha256} {prompt_a.PROMPT_VERSION} {prompt_b.PROMPT_VERSION}",
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
