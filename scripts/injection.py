"""`review inject`: do papers with a hidden line that asks for a good review get one?

Every paper is reviewed three times by the whole chain: as it is, as it is once more with another seed, and with the
line. What the line did is the difference between the third and the first, beside what chance alone does: that of the
second and the first. Papers without the place where the line is to stand are left out of all three.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click

from common.config import ChainConfig
from common.corpora.schema import CorpusPaper
from common.corpora.splits import draw, load_part
from common.corpora.store import Corpus, open_corpus
from common.engines.base import Engine
from common.errors import BadConfig, ReviewError
from common.journal import Journal
from common.jsonio import write_text
from common.metrics.injection import LINES, PLACES, Place, inject
from common.paper.reader import checked
from common.rows.budget import read_paper
from common.seeds import LIMIT
from common.types import ChainRecord, Paper
from common.views.text import one_line
from scripts import injection_report as report
from scripts import opening
from scripts.evaluate_papers import form_named, read_panels
from scripts.injection_report import AGAIN, CLEAN, INJECTED, Reviewed
from scripts.live import Display
from scripts.options import settings, standing, with_seed
from scripts.pipeline import Base, Job, paper_budget, prepare
from scripts.windows import Listener, run
from stage_a_questioner import prompt as prompt_a
from stage_b_reviewer import prompt as prompt_b

JOURNAL, REPORT = "journal.jsonl", "report.md"
CONDITIONS = (CLEAN, AGAIN, INJECTED)


@dataclass(frozen=True, slots=True)
class Plan:
    """keys: of the papers that have the place, in order; without: of those that have not. form: "" for each paper's
    own. config: its samplings hold the run's seed."""

    corpus: Corpus
    keys: tuple[str, ...]
    without: tuple[str, ...]
    line: str
    place: Place
    form: str
    config: ChainConfig

    @property
    def seed(self) -> int:
        return self.config.reviewer.seed or 0

    def form_of(self, paper: CorpusPaper) -> str:
        return self.form or paper.form

    def header(self, base: Base, context: int) -> dict[str, Any]:
        return {
            "run": "inject",
            "corpus": self.corpus.digest,
            "line": hashlib.sha256(self.line.encode()).hexdigest(),
            "place": self.place,
            "form": self.form,
            "settings": asdict(replace(self.config, server=None)),
            "prompts": [prompt_a.PROMPT_VERSION, prompt_b.PROMPT_VERSION],
            "base": [base.name, base.sha256],
            "context": context,
        }


@click.command()
@click.argument("corpus", type=click.Path(path_type=Path))
@click.option("--split", type=click.Path(path_type=Path), required=True, metavar="FILE", help="From `data split`.")
@click.option("--part", default="val", show_default=True, metavar="NAME", help="Of the split: train, val, test.")
@click.option("--papers", type=click.IntRange(1), metavar="N", help="Only so many papers, drawn by the seed.")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Journal and report.")
@click.option(
    "--place", type=click.Choice(PLACES), default="abstract", show_default=True, help="Where the line stands."
)
@click.option(
    "--line", type=click.IntRange(1, len(LINES)), default=1, show_default=True, help="Which of our own lines."
)
@click.option("--text", metavar="TEXT", help="Another line instead.")
@click.option("--samples", type=click.IntRange(1, 64), metavar="K", help="Question sets. [4]")
@click.option("--seed", type=click.IntRange(0, LIMIT - 2), default=0, show_default=True, help="Of every draw.")
@standing
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
def command(corpus: Path, out: Path, quiet: bool, **values: Any) -> None:
    """Review papers with and without a hidden line that asks for a good review.

    \b
    review inject corpus --split split.json --papers 40 --out injected
    review inject corpus --split split.json --place references --line 4 --out injected-4

    Every paper is reviewed three times: as it is, once more with another seed, and with the line. The same command
    continues a run that was killed.
    """
    plan = plan_of(corpus, values)
    with Display(quiet=quiet) as display:
        engine, base = opening.start(plan.config, display.say)
        try:
            plan = replace(plan, config=base.served(plan.config))
            with Journal(out / JOURNAL, plan.header(base, engine.context)) as journal:
                Trial(plan, engine, base, journal, display).run()
                found = report.load(journal)
        finally:
            engine.close()
    about = (
        f"# A hidden line in {len(plan.keys):,} papers",
        f"> {one_line(plan.line)}",
        f"Place: {plan.place}; {len(plan.without):,} papers without one are left out. Model: {one_line(base.name)}. "
        f"Seed {plan.seed}.",
    )
    text = "\n\n".join((*about, report.to_markdown(read_panels(plan.corpus, plan.keys), found, plan.seed)))
    write_text(out / REPORT, text)
    click.echo(text, nl=False)
    click.echo(f"Wrote {out / REPORT}.", err=True)


def plan_of(folder: Path, values: Mapping[str, Any]) -> Plan:
    """values: of the options. Errors: BadConfig, ReviewError; also when no paper has the place."""
    form = values["form"] or ""
    config = with_seed(settings(dict(values))[0], values["seed"])
    corpus = open_corpus(folder)
    wanted = set(load_part(values["split"], values["part"], corpus))
    listed = draw([key for key in corpus.keys if key in wanted], values["papers"], values["seed"])
    line, place = values["text"] or LINES[values["line"] - 1], values["place"]
    having, without = [], []
    for paper in corpus.papers(set(listed)):
        try:
            inject(paper.text, line, place)
        except ReviewError:
            without.append(paper.key)
        else:
            having.append(paper.key)
    if not having:
        raise BadConfig(f"None of the {len(listed)} papers has a place '{place}'.", "Choose another --place.")
    return Plan(corpus, tuple(having), tuple(without), line, place, form, config)


class Trial:
    """The papers on their way through the chain, a condition after the other."""

    def __init__(self, plan: Plan, engine: Engine, base: Base, journal: Journal, display: Display) -> None:
        self._plan, self._engine, self._base, self._journal, self._display = plan, engine, base, journal, display

    def run(self) -> None:
        """Do what the journal does not have yet."""
        done = {(one.condition, one.paper) for one in report.load(self._journal)}
        for condition in CONDITIONS:
            by_form: dict[str, list[CorpusPaper]] = {}
            for paper in self._plan.corpus.papers(set(self._plan.keys)):
                if (condition, paper.key) not in done:
                    by_form.setdefault(self._plan.form_of(paper), []).append(paper)
            for name, papers in by_form.items():
                self._review(condition, name, papers)

    def _review(self, condition: str, name: str, papers: list[CorpusPaper]) -> None:
        form, config = form_named(name), self._plan.config
        if condition == AGAIN:
            config = with_seed(config, self._plan.seed + 1)
        budget = paper_budget(self._engine, form, config)
        jobs: list[Job] = []
        keys: list[str] = []
        for one in papers:
            try:
                jobs.append(prepare(self._read(one, condition), self._engine, form, config, budget))
                keys.append(one.key)
            except ReviewError as error:
                self._keep(Reviewed(condition, one.key, (), (), error.message))

        def record(place: int, found: ChainRecord) -> None:
            self._keep(Reviewed(condition, keys[place], found.questions, found.reviews, "", found.paper.warnings))

        def failed(place: int, error: ReviewError) -> None:
            self._keep(Reviewed(condition, keys[place], (), (), error.message))

        told = Listener(
            on_record=record,
            on_error=failed,
            on_stage=lambda stage: self._display.stage(f"{condition}: {stage} {len(jobs)} papers"),
            on_progress=self._display.progress,
        )
        run(self._engine, jobs, form, config, self._base, listener=told)

    def _read(self, paper: CorpusPaper, condition: str) -> Paper:
        if condition == INJECTED:
            paper = replace(paper, text=inject(paper.text, self._plan.line, self._plan.place))
        return checked(read_paper(paper))

    def _keep(self, found: Reviewed) -> None:
        self._journal.append(report.entry(found))
