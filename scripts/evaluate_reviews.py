"""`review evaluate`: any sets of reviews against human ones, beside the baselines that make the figures readable."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from common.corpora.splits import load_part
from common.errors import BadConfig, ReviewError
from common.jsonio import write_text
from common.metrics import baselines, form
from common.metrics.baselines import CANDIDATES, CONSTANT, Panel
from common.metrics.material import System
from common.metrics.questions.questioners import questioner_of
from common.metrics.tables import Table
from common.strict_yaml import closest
from scripts.evaluate_figures import DEFAULT, LIKENESS, QUESTIONS, Tools, of_reviews, parse_groups
from scripts.evaluate_inputs import named_paths, place_reviews
from scripts.evaluate_papers import Finder, Humans, Note, open_humans, read_panels
from scripts.evaluate_questions import JOINED, question_table, referees_of
from scripts.evaluate_ratings import Told, rate
from scripts.evaluate_record import SCHEMA, Evaluation, to_csv, to_record
from scripts.evaluate_tables import Asked, make_tables
from scripts.evaluate_view import WIDTH, show, to_markdown
from scripts.live import Display
from scripts.question_inputs import Distilled, files_of, load_distilled, question_set_options

MANY = 200
"""Papers from which starting processes pays."""
WRITERS: dict[str, Callable[[Evaluation], str]] = {".json": to_record, ".md": to_markdown, ".csv": to_csv}


@click.command()
@click.option("--reviews", multiple=True, metavar="NAME=PATH", help="Records of 'review chain', or JSON Lines; repeat.")
@click.option("--human", type=click.Path(path_type=Path), required=True, metavar="CORPUS", help="The human reviews.")
@click.option("--split", type=click.Path(path_type=Path), metavar="FILE", help="With --part: only papers of that part.")
@click.option("--part", default="", metavar="PART", help="train, val or test.")
@click.option(
    "--metrics", default=",".join(DEFAULT), show_default=True, metavar="GROUPS", help="Of the list above, or all."
)
@click.option("--against", metavar="NAME", help="The row that others are compared with. [constant]")
@click.option("--by", type=click.Choice(["venue", "section"]), help="Tables for each venue or section as well.")
@click.option("--equal-references", is_flag=True, help="Leave one reference out for all rows, not for humans alone.")
@click.option("--constant-from", metavar="PART", help="Choose the constant review on this part of the split.")
@click.option("--encoder", default="default", show_default=True, metavar="ID|DIR", help="For similarity and points.")
@click.option("--layer", type=click.IntRange(1), metavar="N", help="Of BERTScore's encoder. [the last]")
@click.option("--whole", is_flag=True, help="BERTScore reads long texts to their end, in pieces.")
@click.option("--idf", is_flag=True, help="In BERTScore tokens that are rare in the references weigh more.")
@click.option(
    "--likeness", type=click.Choice(LIKENESS), default="rouge1", show_default=True, help="Of SPE, COV, control."
)
@question_set_options
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Processes. [1; all cores from 200 papers on]")
@click.option("--seed", type=int, default=0, show_default=True, help="Of draws, shuffles and intervals.")
@click.option(
    "--out", type=click.Path(path_type=Path), multiple=True, metavar="FILE", help=".json, .md or .csv; repeat."
)
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
def command(**values: Any) -> int:
    """Score reviews against human ones, beside baselines, with intervals.

    \b
    review evaluate --reviews chain=reviews/ --human corpus --split split.json --part val
    review evaluate --reviews a=a.jsonl --reviews b=b.jsonl --human corpus --against a --out ab.json
    review evaluate --human corpus --metrics overlap,points,ratings        how well humans agree

    \b
    overlap      words: BLEU, ROUGE, METEOR, chrF     points     points that humans made too
    similarity   BERTScore                            grounding  close to the paper, quotations, numbers
    specificity  SPE, about this paper?               form       parsed, lengths, repetition
    coverage     COV, as varied as humans?            ratings    distance to human ratings
    control      nearest and mean human review        questions  what was asked before the reviews

    Rows always shown: human (each against the others), shuffled (human reviews of other papers), constant (one
    human review for all papers).
    """
    for path in values["out"]:
        if path.suffix not in WRITERS:
            raise BadConfig(f"--out {path}: not one of {', '.join(WRITERS)}.")
    display = Display(quiet=values["quiet"])
    evaluation = evaluate(values, display)
    for path in values["out"]:
        write_text(path, WRITERS[path.suffix](evaluation))
        display.say(f"wrote {path}", "green")
    console = Console(highlight=False)
    show(evaluation, console if console.is_terminal else Console(highlight=False, width=WIDTH))
    if not any(scored_of(evaluation, values["reviews"])):
        display.say("Nothing was scored: see the reasons above.", "red", always=True)
        return 1
    return 0


def scored_of(evaluation: Evaluation, given: Sequence[str]) -> list[int]:
    """Values in the rows that were asked for; in all of them where none was."""
    names = set(named_paths(given))
    rows = [row for table in (evaluation.tables[0], evaluation.questions) if table for row in table.rows]
    found = [row for row in rows if not names or not names.isdisjoint(row.name.split(JOINED))]
    return [len(one.values) for row in found for one in row.scores.values()]


def evaluate(values: Mapping[str, Any], display: Display) -> Evaluation:
    """values: of the options. Errors: ReviewError."""
    groups, paths = parse_groups(values["metrics"]), named_paths(values["reviews"])
    humans = open_humans(values["human"], values["split"], values["part"])
    finder, notes = Finder(humans), list(humans.notes)
    placed = {name: place_reviews(name, path, humans, finder) for name, path in paths.items()}
    notes += [note for one in placed.values() for note in one.notes]
    keys = {key for one in placed.values() for key in one.texts} if paths else set(humans.panels)
    panels = [panel for key, panel in humans.panels.items() if key in keys]
    if not panels:
        raise ReviewError(f"No review belongs to a paper of {values['human']}.", _said(notes))
    systems = [baselines.written(name, panels, one.texts, paths[name].name) for name, one in placed.items()]
    donors = list(humans.panels.values())
    there, where = _elsewhere(humans, values)
    source, tried = (panels, donors) if there is humans else [list(there.panels.values())] * 2
    beside, how = stand_ins(panels, donors, source, where, values["seed"], tried)
    systems += beside
    pool = {panel.key: panel.load_paper for panel in humans.panels.values() if panel.load_paper}
    forms = humans.forms
    for one in placed.values():
        forms = one.forms | forms
    tools = Tools(forms, pool, values["encoder"], values["likeness"], values["seed"])
    tools.layer, tools.whole = values["layer"], values["whole"]
    tools.idf = [review.text for panel in panels for review in panel.reviews] if values["idf"] else ()
    tools.workers = values["workers"] or (os.cpu_count() or 1 if len(panels) >= MANY else 1)
    told = Told({}, {}, {})
    if "ratings" in groups:
        told = rate(systems, source, humans, there, tools.seed)
        tools.rated = told.constants
        systems.append(baselines.raters(panels))
    asked = Asked(of_reviews(groups), tools, values["equal_references"], _against(values["against"], systems))
    tables = tuple(make_tables(asked, systems, values["by"], display))
    questions = None
    if QUESTIONS in groups:
        distilled = load_distilled(humans.corpus, files_of(values["human"], values["files"]), values["min_score"])
        given = systems[: len(paths)]
        questions, said = _questions(given, humans, [panel.key for panel in panels], distilled, asked, display)
        notes += said
    return Evaluation(
        SCHEMA,
        values["human"].resolve().name,
        humans.corpus.digest,
        f"{values['part']} of {values['split'].name}" if values["split"] else "",
        len(panels),
        groups,
        values["equal_references"],
        values["seed"],
        how,
        tables,
        told.correlations,
        tuple(notes),
        questions,
        told.decisions,
        {one.name: form.problems(one) for one in systems} if "form" in groups else {},
    )


def _questions(
    systems: Sequence[System], humans: Humans, keys: Sequence[str], distilled: Distilled, asked: Asked, display: Display
) -> tuple[Table | None, list[Note]]:
    """The table of what was asked, and a note on each system that asked nothing."""
    asking = [questioner_of(one, {}) for one in systems]
    silent = [Note(one.name, "nothing-asked", "", "none of its reviews says so") for one in asking if not one.asks]
    unused = [Note(QUESTIONS, one.code, one.where, one.reason) for one in distilled.unused]
    referees = referees_of(humans.corpus, keys, distilled.sets)
    return question_table(asking, keys, referees, asked.against, asked.tools, display), [*silent, *unused]


def _elsewhere(humans: Humans, values: Mapping[str, Any]) -> tuple[Humans, str]:
    """The papers on which constants shall do well, the same in words."""
    part = values["constant_from"]
    if not part:
        return humans, "on the papers that are scored, which is optimistic"
    if not values["split"]:
        raise BadConfig("--constant-from is a part of a split.", "--split split.json --part val")
    return read_panels(humans.corpus, load_part(values["split"], part, humans.corpus)), f"on the part '{part}'"


def stand_ins(
    panels: Sequence[Panel],
    donors: Sequence[Panel],
    source: Sequence[Panel],
    where: str,
    seed: int,
    tried: Sequence[Panel] | None = None,
) -> tuple[list[System], str]:
    """The baselines, and how the constant review was chosen. donors: of shuffled reviews. source: papers on which the
    constant is chosen, where: the same in words. tried: papers whose reviews are tried for it; by default the donors.
    """
    systems = [baselines.leave_one_out(panels), baselines.shuffled(panels, donors, seed=seed)]
    chosen = baselines.strongest(source, donors if tried is None else tried, seed=seed)
    if chosen is None:
        return systems, f"none: too few papers with human reviews to choose one {where}"
    how = f"the strongest of {CANDIDATES} human reviews drawn with seed {seed} by ROUGE-1 (maximum over references, "
    how += f"{chosen.score:.2f}), chosen {where}"
    return [*systems, baselines.constant(panels, chosen)], how


def _against(name: str | None, systems: Sequence[System]) -> str:
    names = [system.name for system in systems]
    if name and name not in names:
        raise BadConfig(f"--against {name}: there is no such row.", closest(name, names))
    return name or (CONSTANT if CONSTANT in names else "")


def _said(notes: Sequence[Note]) -> str:
    """The first reasons why nothing could be placed."""
    reasons = [
        note for note in notes if note.code in ("unknown-paper", "ambiguous-paper", "outside-part", "unreadable")
    ]
    lines = [f"{note.where}: {note.code}" + (f" {note.says}" if note.says else "") for note in reasons[:5]]
    return "\n".join([*lines, *([f"and {len(reasons) - 5} more"] if len(reasons) > 5 else [])])
