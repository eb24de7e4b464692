"""The figures of a comparison: those of `review evaluate`, for arms and baselines alike, and one of them by section."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from common.errors import BadConfig
from common.metrics.baselines import Panel, constant, leave_one_out, shuffled, strongest
from common.metrics.figures import Scores
from common.metrics.material import System, Text, Trial
from common.views.comparison.content import Row
from scripts.evaluate_figures import GROUPS, Tools, measure

FIGURE = "rouge1.max"
"""What is plotted unless something else is asked for: one of Reviewer2's (arXiv 2402.10886) that needs no model."""
LENGTH = "form.words"
METRICS = "overlap,specificity,form,grounding"
TABLE = (
    "rouge1.max", "rouge2.max", "rougeL.max", "bleu.max", "bertscore-f1.max", "rouge1.mean", "spe.rouge1",
    "spe.bertscore", "hits.recall", "hits.precision", "grounded.points", "form.parsed", "form.unrated", LENGTH,
)  # fmt: skip
"""Of the figures there are, those of the page's main table, in this order; all others are folded below it."""
NAMES = {"human": "human, left out", "shuffled": "another paper's", "constant": "one for all"}
"""Baselines in the table: an arm may itself be called human."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to score. groups: of `evaluate_figures.GROUPS`. figure: the one that is plotted. sections: headings under
    which it is taken too."""

    groups: tuple[str, ...]
    figure: str
    sections: tuple[str, ...]


def figures_of(system: System, asked: Asked, tools: Tools) -> dict[str, Scores]:
    """By name; those of a section as `sectional` names them. Errors: BadConfig when the plotted figure is not there."""
    found: dict[str, Scores] = {}
    home = ""
    for group in asked.groups:
        measured = {one.name: one for one in measure(group, system, tools)}
        home = group if asked.figure in measured else home
        found |= measured
    if not home:
        raise BadConfig(
            f"None of the groups {', '.join(asked.groups)} has the figure {asked.figure}.",
            f"They have: {', '.join(sorted(found))}. Choose one with --figure, or other --metrics.",
        )
    # A section of a review says something only beside that section of the human ones.
    for section in asked.sections if GROUPS[home].references else ():
        part = {one.name: one for one in measure(home, _under(system, section), tools)}[asked.figure]
        found[sectional(asked.figure, section)] = replace(part, name=sectional(asked.figure, section))
    return found


def sectional(figure: str, section: str) -> str:
    return f"{figure} in {section}"


def _under(system: System, section: str) -> System:
    """Every text cut down to one of its sections; a reference without it is no reference."""

    def cut(text: Text) -> Text:
        return replace(text, sections={section: text.sections.get(section, "")}, points=())

    def trial(one: Trial) -> Trial:
        return Trial(cut(one.review), tuple(cut(other) for other in one.references if section in other.sections))

    items = {key: replace(item, trials=tuple(map(trial, item.trials))) for key, item in system.items.items()}
    return replace(system, items=items)


def baselines(shown: Sequence[Panel], seed: int) -> Iterator[System]:
    """Referees left out, another paper's review, one for all papers. The last is missing where no paper has two."""
    found = [leave_one_out(shown), shuffled(shown, shown, seed=seed)]
    if chosen := strongest(shown, seed=seed):
        found.append(constant(shown, chosen, "the strongest of those tried on these very papers"))
    for system in found:
        yield replace(system, name=NAMES[system.name])


def table_figures(rows: Sequence[Row], figure: str) -> tuple[str, ...]:
    """The plotted figure first, then those of TABLE that any row has."""
    there = {name for row in rows for name in row.scores}
    return tuple(dict.fromkeys((figure, *(name for name in TABLE if name in there))))
