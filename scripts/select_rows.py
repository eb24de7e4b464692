"""`review select`: the rows worth learning from, by a judge's grades, by familiarity, or by chance to compare with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import click

from common.config import load
from common.encoder import DEFAULT, Encoder
from common.engines.base import Engine
from common.errors import BadConfig
from common.journal import Journal
from common.jsonio import file_sha256
from common.seeds import LIMIT
from common.selection import items, judging, report, selecting
from common.selection.coverage import compare
from common.selection.diversity import THRESHOLD
from common.selection.filters import FILTERS
from common.selection.grading import FLOOR, PROMPT_VERSION
from common.selection.items import Item
from common.selection.judging import Opinion
from common.selection.selecting import Selection
from common.teacher import TeacherConfig
from scripts import opening
from scripts.live import Display

JOURNAL = "journal.jsonl"
STEPS = 20
"""Lines of progress that a run prints."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for. filters: in this order. ascending: for familiarity, the least familiar first."""

    rows: Path
    budget: int
    by: str
    teacher: TeacherConfig | None
    out: Path
    filters: tuple[str, ...]
    encoder: str
    threshold: float
    floor: float
    ascending: bool
    seed: int


@click.command()
@click.argument("rows", type=click.Path(path_type=Path))
@click.option("--budget", required=True, type=click.IntRange(1), metavar="N", help="Keep at most N.")
@click.option("--by", required=True, type=click.Choice(["deita", "cover", "familiarity", "random"]), help="See below.")
@click.option("--teacher", metavar="NAME|FILE", help="Who judges: a preset of configs/teachers or a YAML file.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="One of its settings, as context=4096.")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Where results are kept.")
@click.option(
    "--filter", "filters", multiple=True, type=click.Choice(list(FILTERS)), help="Self-Instruct's; may be repeated."
)
@click.option("--encoder", default=DEFAULT, show_default=True, metavar="DIR", help="A sentence-transformers model.")
@click.option(
    "--threshold",
    default=THRESHOLD,
    show_default=True,
    type=click.FloatRange(-1, 1),
    help="Largest cosine allowed.",
)
@click.option(
    "--floor",
    default=FLOOR,
    show_default=True,
    type=click.FloatRange(0, 1, min_open=True),
    help="Least probability on the digits for a grade.",
)
@click.option("--ascending", is_flag=True, help="With familiarity: the least familiar first.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0, LIMIT - 1), help="Of random choices.")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
def command(teacher: str | None, overrides: tuple[str, ...], quiet: bool, **values: object) -> None:
    """Select the N rows or question sets most worth learning from.

    \b
    deita        complexity x quality by the judge's own probabilities, then no two alike
    cover        the same scores, and aspects that are still missing first
    familiarity  what the model already knows best: the mean log-likelihood of the answer
    random       by chance

    \b
    review select questions.jsonl --budget 100 --by cover --teacher smollm2-135m --out DIR

    The same command continues a run that was stopped.
    """
    if values["by"] != "random" and not teacher:
        raise BadConfig(f"--by {values['by']} needs a --teacher.", "As in: --teacher smollm2-135m")
    if values["ascending"] and values["by"] != "familiarity":
        raise BadConfig("--ascending goes with --by familiarity.", "Leave it out.")
    plan = Plan(teacher=load(TeacherConfig, teacher, overrides) if teacher else None, **values)
    with Display(quiet=quiet) as display:
        card = select(plan, display)
    click.echo(report.table(card))
    click.echo(f"Wrote {plan.out / 'selected.jsonl'}; the reasons are in {plan.out / 'decisions.jsonl'}.")


def select(plan: Plan, display: Display) -> report.SelectionCard:
    """Read, filter, judge, choose, write. Errors: ReviewError."""
    loaded = items.load(plan.rows)
    if not loaded.items:
        raise BadConfig(f"{plan.rows} holds no row or question set.", "See docs/SELECTION.md for what it may hold.")
    if plan.by == "cover" and not any(any(item.aspects) for item in loaded.items):
        raise BadConfig(f"Nothing in {plan.rows} names aspects, so there are none to cover.", "Use --by deita.")
    settings = _settings(plan)
    selection = selecting.filtered(loaded.items, plan.filters)
    if plan.by == "random":
        selecting.draw(selection, plan.budget, plan.seed)
    else:
        _choose(plan, selection, _opinions(plan, settings, selection, display), settings, display)
    coverage = compare(loaded.items, selection.kept, plan.seed)
    return report.write(plan.out, selection, loaded.rejections, settings, coverage)


def _settings(plan: Plan) -> dict[str, object]:
    """What the result depends on, for the card."""
    settings = asdict(plan) | {"rows": plan.rows.name, "prompt_version": PROMPT_VERSION}
    del settings["out"]
    return settings | {"rows_sha256": file_sha256(plan.rows)}


def _opinions(plan: Plan, settings: dict[str, object], selection: Selection, display: Display) -> list[Opinion | None]:
    """One an item; None for those a filter has dropped already."""
    assert plan.teacher
    left = selection.undecided
    engine, base = opening.start_teacher(plan.teacher, display.say)
    settings["base"], settings["base_sha256"] = base.name, base.sha256
    asked = {name: settings[name] for name in ("rows_sha256", "base", "base_sha256", "prompt_version")}
    kind = "familiarity" if plan.by == "familiarity" else "grades"
    try:
        with Journal(plan.out / kind / JOURNAL, {"command": "select", "what": kind, **asked}) as journal:
            found = _ask(plan, engine, [selection.items[index] for index in left], journal, display)
    finally:
        engine.close()
    opinions: list[Opinion | None] = [None] * len(selection.items)
    for index, opinion in zip(left, found, strict=True):
        opinions[index] = opinion
    return opinions


def _ask(plan: Plan, engine: Engine, asked: list[Item], journal: Journal, display: Display) -> list[Opinion]:
    display.say(f"Scoring {len(asked)} texts ...")

    def tell(done: int, total: int) -> None:
        if done == total or done % max(1, total // STEPS) == 0:
            display.say(f"  {done} of {total} answers")

    if plan.by == "familiarity":
        return judging.familiarity(engine, asked, journal, tell)
    return judging.grade(engine, asked, journal, plan.floor, tell)


def _choose(
    plan: Plan, selection: Selection, opinions: list[Opinion | None], settings: dict[str, object], display: Display
) -> None:
    if plan.by == "familiarity":
        selecting.by_order(selection, opinions, plan.budget, plan.ascending)
        return
    display.say("Comparing texts ...")
    encoder = Encoder.load(plan.encoder)
    settings["encoder"] = {"name": encoder.name, "sha256": encoder.digest, "layer": encoder.layer}
    vectors = encoder.encode([item.text for item in selection.items])
    choose = selecting.by_cover if plan.by == "cover" else selecting.by_score_and_diversity
    choose(selection, opinions, vectors, plan.budget, plan.threshold)
