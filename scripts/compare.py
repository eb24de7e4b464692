"""`review compare`: what is each stage worth?"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from common.corpora.splits import draw, load_part
from common.corpora.store import Corpus, open_corpus
from common.encoder import DEFAULT
from common.errors import BadConfig
from common.journal import Journal
from common.seeds import LIMIT
from scripts import compare_report, compare_run
from scripts.compare_arms import DEFAULT_ARMS, KINDS, Arm, parse_arms
from scripts.compare_engine import bench_of
from scripts.compare_plan import VENUE, Plan, answerable, header_of
from scripts.compare_report import Wish
from scripts.compare_scoring import FIGURE, METRICS, check
from scripts.evaluate_figures import parse_groups
from scripts.live import Display
from scripts.options import settings
from scripts.question_inputs import Distilled, files_of, load_distilled, question_set_options

JOURNAL = "journal.jsonl"


class Remembering(click.Command):
    """Keeps the words it was called with: the report says how to repeat it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta["words"] = tuple(args)
        return super().parse_args(ctx, args)


@click.command(cls=Remembering)
@click.argument("corpus", type=click.Path(path_type=Path))
@click.option("--split", type=click.Path(path_type=Path), required=True, metavar="FILE", help="From `data split`.")
@click.option("--part", default="val", show_default=True, metavar="NAME", help="Of the split: train, val, test.")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Journal and report.")
@click.option(
    "--arm",
    "specs",
    multiple=True,
    metavar="SPEC",
    help=f"[NAME=]KIND[,a=DIR][,b=DIR][,joint=DIR][,samples=K]; may be repeated. KIND: {', '.join(KINDS)}. "
    f"[{', '.join(DEFAULT_ARMS)}]",
)
@click.option("--against", metavar="NAME", help="The arm that differences are shown to. [the first]")
@question_set_options
@click.option("--answerable", "only_answerable", is_flag=True, help="Only papers on which every arm has questions.")
@click.option("--papers", type=click.IntRange(1), metavar="N", help="Only so many papers, drawn by the seed.")
@click.option(
    "--form", default=VENUE, show_default=True, metavar="NAME", help="Review form; 'venue': each paper's own."
)
@click.option("--samples", type=click.IntRange(1, 64), metavar="K", help="Question sets of a chain arm. [4]")
@click.option("--reviews", type=click.IntRange(1, 64), metavar="N", help="Reviews for each set of questions. [1]")
@click.option("--max-points", type=click.IntRange(1), metavar="N", help="At most N points in a review, the strongest.")
@click.option("--base", metavar="ID|PATH", help="Model: a preset, a hub id or a folder. [smollm2-135m]")
@click.option("--adapter-a", metavar="DIR", help="Of arms that name none; 'none' for the base alone. [the shipped one]")
@click.option("--adapter-b", metavar="DIR", help="Of arms that name none; 'none' for the base alone. [the shipped one]")
@click.option("--server", metavar="URL", help="Use an OpenAI-compatible server instead of a model in process.")
@click.option("--seed", type=click.IntRange(0, LIMIT - 1), default=0, show_default=True, help="Of every draw.")
@click.option("--config", "source", metavar="NAME|FILE", help="Settings: a preset of configs/chains or a YAML file.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="One setting, as reviewer.max_tokens=512.")
@click.option("--metrics", default=METRICS, show_default=True, metavar="NAMES", help="Groups of figures, or all.")
@click.option("--figure", default=FIGURE, show_default=True, metavar="NAME", help="The figure that is plotted.")
@click.option("--encoder", default=DEFAULT, show_default=True, metavar="NAME|DIR", help="For figures that need one.")
@click.option("--no-texts", is_flag=True, help="A report without anyone's text: no examples.")
@click.option("--dry-run", is_flag=True, help="Only say what would be written.")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@click.pass_context
def command(
    ctx: click.Context, corpus: Path, out: Path, no_texts: bool, dry_run: bool, quiet: bool, **values: Any
) -> None:
    """Review the same papers in several ways and say what the differences are worth.

    \b
    review compare corpus --split split.json --out compared
    review compare corpus --split split.json --out compared --question-sets val.jsonl \\
        --arm single --arm generic --arm chain --arm oracle --against single
    review compare corpus --split split.json --out adapters --arm neither=chain,a=none,b=none \\
        --arm a=chain,b=none --arm b=chain,a=none --arm both=chain
    A killed run is continued by the same command; further arms may be added to it.
    """
    plan, groups = plan_of(corpus, values), parse_groups(values["metrics"])
    against = _against(values["against"], plan.arms)
    if dry_run:
        click.echo(compare_report.preview(plan))
        return
    check(values["figure"], groups, values["encoder"])
    said = f"review compare {shlex.join(ctx.meta['words'])}"
    with Display(quiet=quiet) as display:
        bench = bench_of(plan.config, plan.arms, display.say)
        try:
            with Journal(out / JOURNAL, header_of(plan, bench)) as journal:
                compare_run.run(plan, bench, journal, display)
                known = compare_run.records.load(journal)
        finally:
            bench.close()
    wish = Wish(against, not no_texts, groups, values["figure"], values["encoder"], (said,))
    with Display(quiet=quiet) as display:
        content = compare_report.compared(plan, bench, known, wish, display)
    compare_report.save(out, content)
    click.echo(compare_report.summary(content))
    click.echo(f"Wrote {out / compare_report.PAGE}.", err=True)


def plan_of(folder: Path, values: dict[str, Any]) -> Plan:
    """values: of the options. Errors: BadConfig, ReviewError."""
    if any(one.partition("=")[0].strip() == "form" for one in values["overrides"]):
        raise BadConfig("The form is not chosen with --set here.", "Use --form NAME, or --form venue.")
    config = replace(settings({**values, "form": None})[0], form=values["form"])
    arms = parse_arms(values["specs"] or DEFAULT_ARMS, config)
    corpus = open_corpus(folder)
    distilled = _distilled(corpus, values["files"], arms, values["min_score"])
    listed = frozenset(load_part(values["split"], values["part"], corpus))
    keys = tuple(key for key in corpus.keys if key in listed)
    plan = Plan(corpus, values["part"], keys, keys, arms, config, distilled.sets, distilled.unused)
    if values["only_answerable"]:
        plan = replace(plan, keys=answerable(plan))
    if not plan.keys:
        raise BadConfig("There is no paper to compare on.", "Choose another --part, or leave out --answerable.")
    return replace(plan, keys=draw(plan.keys, values["papers"], values["seed"]))


def _against(name: str | None, arms: Sequence[Arm]) -> str:
    names = [arm.name for arm in arms]
    if name and name not in names:
        raise BadConfig(f"There is no arm called '{name}' to compare with.", f"The arms: {', '.join(names)}.")
    return name or names[0]


def _distilled(corpus: Corpus, files: Sequence[Path], arms: Sequence[Arm], least: int) -> Distilled:
    """For oracle arms, and for what the others ask to be held against. Errors: BadConfig when an arm needs question
    sets and there are none, or some were given that none is of use to."""
    if files and not any(arm.kind != "single" for arm in arms):
        raise BadConfig("--question-sets is for arms that ask, and there is none.", "Add --arm oracle, or --arm chain.")
    found = files_of(corpus.folder, files)
    if not found and any(arm.kind == "oracle" for arm in arms):
        raise BadConfig("An oracle arm needs distilled questions.", "Give them with --question-sets FILE.")
    return load_distilled(corpus, found, least)
