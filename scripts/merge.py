"""`review merge`: all human reviews of a paper become one structured review."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from common.config import load
from common.corpora.schema import CorpusPaper, Rejection
from common.corpora.splits import draw, load_part
from common.corpora.store import Corpus, open_corpus
from common.errors import BadConfig
from common.forms import load_form
from common.journal import Journal
from common.jsonio import to_json, write_text
from common.seeds import LIMIT
from common.teacher import TeacherConfig
from common.types import ReviewForm
from scripts.live import Display
from stage_b_reviewer.merging import prompt, records
from stage_b_reviewer.merging.budget import fit
from stage_b_reviewer.merging.extractive import RULES_VERSION, Extraction, extract
from stage_b_reviewer.merging.records import MergedReview
from stage_b_reviewer.merging.report import Report, markdown, report
from stage_b_reviewer.merging.teaching import Checking, Teaching

JOURNAL, MERGED, REJECTED = "journal.jsonl", "merged.jsonl", "rejected.jsonl"


@dataclass(frozen=True, slots=True)
class MergeConfig:
    """What --set may change beside the teacher's own settings."""

    extraction: Extraction = field(default_factory=Extraction)
    checking: Checking = field(default_factory=Checking)


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. teacher: None for extraction. header: what must be the same for it to be continued."""

    corpus: Corpus
    keys: tuple[str, ...]
    form: ReviewForm
    config: MergeConfig
    teacher: TeacherConfig | None
    seed: int
    header: dict[str, Any]

    def papers(self) -> Iterable[CorpusPaper]:
        return self.corpus.papers(self.keys)


@click.command()
@click.argument("corpus", type=click.Path(path_type=Path))
@click.option("--form", required=True, metavar="NAME", help="Form to merge on: july7, stanford4, any other.")
@click.option("--teacher", metavar="NAME|FILE", help="Merge by a model: a preset of configs/teachers or a file.")
@click.option("--extractive", is_flag=True, help="Merge without a model: the reviewers' own sentences, sorted.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", required=True, help="Where to write.")
@click.option("--split", type=click.Path(path_type=Path), metavar="FILE", help="From `data split`; needs --part.")
@click.option("--part", metavar="NAME", help="Only this part of the split: train, val, test.")
@click.option("--papers", type=click.IntRange(1), metavar="N", help="Only so many papers, drawn by the seed.")
@click.option("--seed", type=click.IntRange(0, LIMIT - 1), default=0, show_default=True, help="Of the draws.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="As places=8 or extraction.most=4.")
@click.option("--dry-run", is_flag=True, help="Say what would be merged and show the first prompt.")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
def command(corpus: Path, out: Path, dry_run: bool, quiet: bool, **values: Any) -> None:
    """Merge the human reviews of each paper into one, every point tagged with who made it.

    \b
    review merge corpus --form july7 --extractive --out merged
    review merge corpus --form stanford4 --teacher open-70b --out merged
    A killed run is continued by the same command.
    """
    plan = plan_of(corpus, **values)
    if dry_run:
        click.echo(preview(plan))
        return
    with Display(quiet=quiet) as display:
        figures = run(plan, out, display)
    click.echo(markdown(figures))
    click.echo(f"Wrote {out / MERGED}.", err=True)


def plan_of(
    corpus: Path,
    form: str,
    teacher: str | None,
    extractive: bool,
    split: Path | None,
    part: str | None,
    papers: int | None,
    seed: int,
    overrides: Sequence[str],
) -> Plan:
    """Errors: BadConfig for options that do not go together; ReviewError for a corpus or split that cannot be read."""
    if bool(teacher) == extractive:
        raise BadConfig("Say how to merge.", "Give either --teacher NAME or --extractive.")
    if bool(split) != bool(part):
        raise BadConfig("--split and --part go together.", "As in --split split.json --part train.")
    own = [one for one in overrides if one.split(".")[0] in ("extraction", "checking")]
    config = load(MergeConfig, None, own)
    rest = [one for one in overrides if one not in own]
    if extractive and rest:
        raise BadConfig(f"'{rest[0]}' is no setting of --extractive.", "It has extraction.most, .same and .summary.")
    chosen = load(TeacherConfig, teacher, rest) if teacher else None
    opened = open_corpus(corpus)
    keys = _keys(opened, split, part, papers, seed)
    target = load_form(form)
    header = {
        "run": "merge",
        "corpus": opened.digest,
        "papers": hashlib.sha256("\n".join(keys).encode()).hexdigest(),
        "form": asdict(target),
        "seed": seed,
        "version": prompt.PROMPT_VERSION if chosen else RULES_VERSION,
        "settings": asdict(config.checking if chosen else config.extraction),
        "teacher": asdict(replace(chosen, places=1)) if chosen else None,  # how many run at once changes no result
    }
    return Plan(opened, keys, target, config, chosen, seed, header)


def _keys(corpus: Corpus, split: Path | None, part: str | None, papers: int | None, seed: int) -> tuple[str, ...]:
    keys = corpus.keys
    if split and part:
        wanted = set(load_part(split, part, corpus))
        keys = tuple(key for key in keys if key in wanted)
    return draw(keys, papers, seed)


def preview(plan: Plan) -> str:
    """What a run would do."""
    reviews = words = 0
    first: CorpusPaper | None = None
    for paper in plan.papers():
        first = first or paper
        reviews += len(paper.reviews)
        words += sum(review.words for review in paper.reviews)
    how = f"by {plan.teacher.model or plan.teacher.server}" if plan.teacher else "without a model"
    said = f"{len(plan.keys)} papers with {reviews} reviews of {words:,} words, merged {how} on {plan.form.name}."
    fitted = fit(first.reviews, lambda texts: True) if plan.teacher and first else None
    if fitted:  # as if everything fitted: only an engine can count
        shown = prompt.messages(fitted.texts, plan.form)
        said += "".join(f"\n\n[{one['role']}]\n{one['content']}" for one in shown)
    return said


def run(plan: Plan, out: Path, display: Display) -> Report:
    """Merge, write everything, and check that no paper is lost. Errors: ReviewError."""
    display.say(f"Merging the reviews of {len(plan.keys)} papers on {plan.form.name} ...")
    merged, rejections = (_taught if plan.teacher else _extracted)(plan, out, display)
    figures = report(merged, rejections, len(plan.keys), plan.header)
    records.save(out / MERGED, merged)
    write_text(out / REJECTED, "".join(to_json(one, indent=0) + "\n" for one in _rejected(merged, rejections)))
    write_text(out / "report.json", to_json(figures) + "\n")
    write_text(out / "report.md", markdown(figures))
    return figures


def _rejected(merged: Sequence[MergedReview], rejections: Sequence[Rejection]) -> list[dict[str, Any]]:
    """Papers that were not merged, and the teacher's points that no reviewer supports."""
    rows: list[dict[str, Any]] = [asdict(one) for one in rejections]
    for review in merged:
        for left in review.left_out:
            if left.code in ("unsupported", "not-a-line"):
                rows.append({"what": "point", "where": review.key, **asdict(left)})
    return rows


def _extracted(plan: Plan, out: Path, display: Display) -> tuple[list[MergedReview], list[Rejection]]:
    merged: list[MergedReview] = []
    rejections: list[Rejection] = []
    for paper in plan.papers():
        if paper.reviews:
            merged.append(extract(paper, plan.form, plan.config.extraction))
        else:
            rejections.append(Rejection("paper", paper.key, "no-reviews", "It has no review to merge."))
    return merged, rejections


def _taught(plan: Plan, out: Path, display: Display) -> tuple[list[MergedReview], list[Rejection]]:
    from scripts.opening import start_teacher

    assert plan.teacher is not None
    engine, base = start_teacher(plan.teacher, display.say)
    try:
        header = {**plan.header, "base": base.name, "base_sha256": base.sha256}
        with Journal(out / JOURNAL, header) as journal:
            if journal.entries:
                display.say(f"Going on after {len(journal.entries)} answers of an earlier run.")
            done = Counting(display, len(plan.keys))
            teaching = Teaching(engine, plan.teacher, plan.form, plan.config.checking, journal, plan.seed, done.count)
            teaching.run(plan.papers())
    finally:
        engine.close()
    merged = [teaching.results[key] for key in plan.keys if key in teaching.results]
    return merged, [teaching.rejections[key] for key in plan.keys if key in teaching.rejections]


class Counting:
    """Says how far it is, in about ten steps."""

    def __init__(self, display: Display, total: int) -> None:
        self._display, self._total, self._done = display, total, 0

    def count(self, result: MergedReview | Rejection) -> None:
        self._done += 1
        if self._done % max(1, self._total // 10) == 0:
            self._display.say(f"{self._done} of {self._total} papers")
