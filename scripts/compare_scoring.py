"""The figures of a comparison: those of `review evaluate`, for arms and baselines alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec

from common.errors import BadConfig, ReviewError
from common.forms import form_names, load_form
from common.metrics import baselines, ratings
from common.metrics.baselines import CONSTANT, HUMAN, SHUFFLED, Panel
from common.metrics.figures import Scores
from common.metrics.material import System
from common.metrics.tables import Row, Table
from scripts.evaluate_figures import GROUPS, QUESTIONS, Tools, measure, of_reviews
from scripts.evaluate_reviews import stand_ins
from scripts.evaluate_tables import Asked, make_tables
from scripts.live import Display

FIGURE = "rouge1.max"
"""What is plotted unless something else is asked for: one of Reviewer2's (arXiv 2402.10886) that needs no model."""
LENGTH = "form.words"
METRICS = "overlap,specificity,grounding,form,questions"
TABLE = (
    "rouge1.max", "rouge2.max", "rougeL.max", "bleu.max", "bertscore-f1.max", "rouge1.mean", "spe.rouge1",
    "spe.bertscore", "hits.recall", "hits.precision", "grounded.points", "form.parsed", "form.unrated", LENGTH,
)  # fmt: skip
"""Of the figures there are, those of the page's main table, in this order; all others are folded below it."""
NAMES = {HUMAN: "referee, left out", SHUFFLED: "another paper's", CONSTANT: "one for all"}
"""Baselines in the tables: what an arm's questions come from may be human, too."""

Groups = Mapping[str, Mapping[str, Scores]]
"""Venue or section -> row -> the plotted figure there."""


@dataclass(frozen=True, slots=True)
class Scored:
    """whole: the table of all papers. venues: where there are several."""

    whole: Table
    venues: Groups
    sections: Groups


def score(systems: Sequence[System], groups: tuple[str, ...], figure: str, tools: Tools, display: Display) -> Scored:
    """Errors: BadConfig when none of the groups has the plotted figure; ReviewError."""
    home = home_of(figure, groups, tools)
    whole, *venues = make_tables(Asked(groups, tools, False, ""), systems, "venue", display)
    sections: list[Table] = []
    if GROUPS[home].prose:
        _, *sections = make_tables(Asked((home,), tools, False, ""), systems, "section", display)
    found = [{one.title.partition(" ")[2]: _plotted(one, figure) for one in part} for part in (venues, sections)]
    return Scored(whole, *(part if len(part) > 1 else {} for part in found))


def check(figure: str, groups: Sequence[str], encoder: str) -> None:
    """What would otherwise be found out after the last review. Errors: BadConfig, ReviewError."""
    for name in ("matplotlib", "scipy"):
        if find_spec(name) is None:
            raise ReviewError(f"{name} is not installed, so there can be no report.", 'pip install ".[eval]"')
    tools = Tools({name: load_form(name) for name in form_names()}, {}, encoder)
    home_of(figure, of_reviews(groups), tools)
    if QUESTIONS in groups:
        _ = tools.sentences


def home_of(figure: str, groups: Sequence[str], tools: Tools) -> str:
    """The group that a figure is of. Errors: BadConfig."""
    names = {group: {one.name for one in measure(group, System("", {}), tools)} for group in groups}
    for group, found in names.items():
        if figure in found:
            return group
    known = sorted(name for found in names.values() for name in found)
    raise BadConfig(
        f"None of the groups {', '.join(groups)} has the figure {figure}.",
        f"They have: {', '.join(known)}. Choose one with --figure, or other --metrics.",
    )


def beside(panels: Sequence[Panel], donors: Sequence[Panel], groups: Sequence[str], tools: Tools) -> list[System]:
    """The baselines, under the names they have here; the constant rating, too, where ratings are scored. donors: of
    another paper's review."""
    found, how = stand_ins(panels, donors, panels, "on the papers that are compared, which is optimistic", tools.seed)
    systems = [
        replace(one, name=NAMES[one.name], note=f"{one.note}; {how}" if one.name == CONSTANT else one.note)
        for one in found
    ]
    if "ratings" in groups:
        systems.append(baselines.raters(panels))
        tools.rated = ratings.constants(systems[-1], tools.forms)
    return systems


def table_figures(rows: Sequence[Row], figure: str) -> tuple[str, ...]:
    """The plotted figure first, then those of TABLE that any row has."""
    there = {name for row in rows for name in row.scores}
    return tuple(dict.fromkeys((figure, *(name for name in TABLE if name in there))))


def _plotted(table: Table, figure: str) -> dict[str, Scores]:
    return {row.name: row.scores[figure] for row in table.rows if figure in row.scores}
