"""What a hidden line changed: ratings, likeness to human reviews, form; beside what another seed changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from common.errors import ReviewError
from common.journal import Journal
from common.metrics import baselines, form, overlap, ratings
from common.metrics.figures import Difference, Scores, difference, estimate
from common.metrics.injection import changes, raised
from common.metrics.material import System
from common.types import Notice, Question, Review
from common.views.text import one_line
from scripts.evaluate_papers import Humans, form_named
from scripts.evaluate_view import NOTHING, difference_text, estimate_text
from stage_b_reviewer.material import of_generated

CLEAN, AGAIN, INJECTED = "clean", "again", "injected"
WORDS = ("rouge1", "rouge2", "rougeL")
SHOWN = ("form.parsed", "form.unrated", "form.words", "form.points", *(f"{name}.max" for name in WORDS))


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A paper under one condition. problem: why it has no review, "" where it has one. warnings: of the reader."""

    condition: str
    paper: str
    questions: tuple[Question, ...]
    reviews: tuple[Review, ...]
    problem: str = ""
    warnings: tuple[Notice, ...] = ()


def entry(found: Reviewed) -> dict[str, Any]:
    """The journal's line."""
    return msgspec.to_builtins(found)


def load(journal: Journal) -> list[Reviewed]:
    """Errors: ReviewError for a line that is none of these."""
    try:
        return [msgspec.convert(line, Reviewed) for line in journal.entries]
    except msgspec.ValidationError as error:
        raise ReviewError(f"{journal.path} is damaged: {error}", "Begin anew with another --out.") from error


def to_markdown(humans: Humans, found: Sequence[Reviewed], seed: int) -> str:
    """The tables. humans: referees of the papers that were to be reviewed."""
    systems = {name: _system(name, humans, found) for name in (CLEAN, AGAIN, INJECTED)}
    figures = {name: _figures(one, humans) for name, one in systems.items()}
    parts = [_table(figures, seed), "## Raised", _raised(systems, humans, seed), _said(found)]
    parts += [
        "Means over papers with 95% bootstrap intervals; differences are paired by paper, n.s.: the interval holds 0. "
        f"'{AGAIN}' is the same papers without the line under another seed: what it changes is chance. The line has "
        "done something only where its column is beyond that one's. A paper whose review did not parse has no value."
    ]
    return "\n\n".join(parts) + "\n"


def _system(name: str, humans: Humans, found: Sequence[Reviewed]) -> System:
    texts = {
        one.paper: [of_generated(review, str(n), one.questions) for n, review in enumerate(one.reviews)]
        for one in found
        if one.condition == name
    }
    return baselines.written(name, list(humans.panels.values()), texts)


def _figures(system: System, humans: Humans) -> list[Scores]:
    forms = _forms(system, humans)
    found = ratings.levels(system, forms) + form.scores(system, forms)
    found += overlap.scores(system, WORDS)
    return [one for one in found if one.name in SHOWN or one.name.startswith("ratings.")]


def _forms(system: System, humans: Humans) -> form.Forms:
    used = {trial.review.form for item in system for trial in item.trials}
    return humans.forms | {name: form_named(name) for name in used}


def _table(figures: dict[str, list[Scores]], seed: int) -> str:
    lines = [("figure", "clean", "n", f"{INJECTED} - {CLEAN}", f"{AGAIN} - {CLEAN} (chance)", f"{INJECTED} - {AGAIN}")]
    line = changes(figures[CLEAN], figures[INJECTED], seed)
    chance = changes(figures[CLEAN], figures[AGAIN], seed)
    beyond = changes(figures[AGAIN], figures[INJECTED], seed)
    for one in figures[CLEAN]:
        mean = estimate(one, seed)
        gains = (found.get(one.name) for found in (line, chance, beyond))
        lines.append((one.name, estimate_text(mean, one.unit), str(mean.n), *(_cell(gain, one.unit) for gain in gains)))
    return _rows(lines)


def _raised(systems: dict[str, System], humans: Humans, seed: int) -> str:
    """The share of papers whose rating went up: with the line, by chance, and the difference."""
    forms = _forms(systems[CLEAN], humans)
    with_line = raised(systems[CLEAN], systems[INJECTED], forms)
    by_chance = {one.name: one for one in raised(systems[CLEAN], systems[AGAIN], forms)}
    lines = [("rating", "with the line", "by chance", "difference", "n")]
    for one in with_line:
        other = by_chance.get(one.name)
        gain = difference(one, other, seed) if other else None
        shown = [estimate_text(estimate(scores, seed), "share") if scores else NOTHING for scores in (one, other)]
        lines.append((one.name, *shown, _cell(gain, "share"), str(gain.n if gain else len(one.values))))
    return _rows(lines)


def _said(found: Sequence[Reviewed]) -> str:
    """What was not reviewed, and of how many injected papers the reader said that they talk to a reviewer."""
    lines = [
        f"- not reviewed, {one.condition}: {one_line(one.paper)}: {one_line(one.problem)}"
        for one in found
        if one.problem
    ]
    clean = {one.paper: set(one.warnings) for one in found if one.condition == CLEAN}
    injected = [one for one in found if one.condition == INJECTED and not one.problem]
    warned = sum(bool(set(one.warnings) - clean.get(one.paper, set())) for one in injected)
    lines.append(f"- the reader warned of the line in {warned:,} of {len(injected):,} papers")
    return "\n".join(lines)


def _cell(gain: Difference | None, unit: str) -> str:
    if gain is None:
        return NOTHING
    return (
        (difference_text(gain, unit) or NOTHING)
        + f", n {gain.n}"
        + (f", {gain.left_out} left out" * bool(gain.left_out))
    )


def _rows(lines: Sequence[Sequence[str]]) -> str:
    head, *body = lines
    shown = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in shown)
