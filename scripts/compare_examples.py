"""Papers that show what a difference looks like: the arms' reviews side by side, with human ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from common.metrics.baselines import Panel
from common.metrics.material import System, Text
from common.views.comparison.content import Comparison, Example, Row, Shown
from scripts.compare_arms import Arm
from scripts.evaluate_papers import Humans

PEOPLE = 3
"""Human reviews shown beside the arms'."""


def examples(
    content: Comparison, arms: Sequence[Arm], systems: Mapping[str, System], humans: Humans
) -> tuple[Example, ...]:
    """Best, median and worst paper by how far one arm (see `focus_of`) is above the one it is compared with. Of an arm
    that wrote several reviews of a paper the first is shown; the value is their mean."""
    focus = focus_of(content, arms)
    values, by = dict(focus.scores[content.chosen].values), f"{content.chosen} of {focus.name}"
    if focus is not content.reference:
        base = content.reference.scores[content.chosen].values
        values = {key: value - base[key] for key, value in values.items() if key in base}
        by += f" less that of {content.against}"
    ranked = sorted(values, key=lambda key: (-values[key], key))
    if not ranked:
        return ()
    places = {"best": ranked[0], "median": ranked[len(ranked) // 2], "worst": ranked[-1]}
    order = sorted(systems, key=lambda name: (name != content.against, name != focus.name))
    rows = [next(row for row in content.rows if row.name == name) for name in order]
    return tuple(
        Example(place, key, humans.titles[key], by, values[key], _texts(content, rows, systems, humans.panels[key]))
        for place, key in places.items()
    )


def focus_of(content: Comparison, arms: Sequence[Arm]) -> Row:
    """The last chain that is not compared with, else the last other arm, else the only one."""
    chains = {arm.name for arm in arms if arm.kind == "chain"}
    ranked = sorted(content.others, key=lambda row: row.name in chains)
    return ranked[-1] if ranked else content.reference


def _texts(content: Comparison, rows: Sequence[Row], systems: Mapping[str, System], panel: Panel) -> tuple[Shown, ...]:
    """The two that are compared, a human review, then the rest."""
    found = []
    for row in rows:
        item = systems[row.name].items.get(panel.key)
        if item:
            value = row.scores[content.chosen].values.get(panel.key)
            found.append(Shown(row.name, _readable(item.trials[0].review), value))
    people = [Shown(f"human review {one.id}", _readable(one)) for one in panel.reviews[:PEOPLE]]
    return (*found[:2], *people[:1], *found[2:], *people[1:])


def _readable(text: Text) -> str:
    return "\n\n".join(f"{name.upper()}\n{prose}" if name else prose for name, prose in text.sections.items())
