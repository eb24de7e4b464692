"""`review duel`: two systems' reviews of the same papers before one judge or two, every pair in both orders."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from common.config import load
from common.errors import BadConfig, ReviewError
from common.journal import Journal
from common.jsonio import to_json, write_text
from common.metrics import baselines, duel_prompt, duels
from common.metrics.baselines import HUMAN
from common.metrics.duels import Contest, contest, spread
from common.metrics.figures import estimate
from common.metrics.material import System
from common.seeds import LIMIT
from common.teacher import TeacherConfig
from common.types import Sampling
from common.views.text import one_line
from scripts import opening
from scripts.distill_progress import Bar
from scripts.evaluate_inputs import named_paths, place_reviews
from scripts.evaluate_papers import Finder, Humans, Note, open_humans
from scripts.evaluate_view import difference_text, estimate_text
from scripts.live import Display

REPORT = "report.md"


@click.command()
@click.option("--reviews", multiple=True, metavar="NAME=PATH", help="As to `review evaluate`; twice.")
@click.option("--against-humans", is_flag=True, help="One --reviews; the other side are the human reviews.")
@click.option("--human", type=click.Path(path_type=Path), required=True, metavar="CORPUS", help="Whose papers.")
@click.option("--split", type=click.Path(path_type=Path), metavar="FILE", help="With --part: only papers of that part.")
@click.option("--part", default="", metavar="PART", help="train, val or test.")
@click.option(
    "--judge", "judges", multiple=True, required=True, metavar="NAME", help="Of configs/teachers; once or twice."
)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Of every judge, as model=PATH.")
@click.option("--server", multiple=True, metavar="URL", help="Of the judges, in their order.")
@click.option("--seed", type=click.IntRange(0, LIMIT - 1), default=0, show_default=True, help="Of draws, intervals.")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Journals and report.")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
def command(out: Path, quiet: bool, **values: Any) -> None:
    """Ask a judge which of two reviews of a paper serves better.

    \b
    review duel --reviews chain=a/ --reviews single=b/ --human corpus --judge open-70b --out duel
    review duel --reviews chain=a/ --against-humans --human corpus --judge open-70b --judge llama2-70b --out duel

    With two judges the report says how far they agree. The same command continues a run that was killed.
    """
    if len(values["judges"]) > 2 or len(values["server"]) > len(values["judges"]):
        raise BadConfig("There are one or two judges, and no more servers than judges.")
    first, second, notes = sides(values)
    found = []
    with Display(quiet=quiet) as display:
        for number, judge in enumerate(values["judges"]):
            config = load(TeacherConfig, judge, values["overrides"])
            if number < len(values["server"]):
                config = replace(config, server=values["server"][number])
            found.append(_held(first, second, config, values["seed"], out / f"journal-{number + 1}.jsonl", display))
    text = to_markdown(first, second, found, notes, values["seed"])
    write_text(out / REPORT, text)
    click.echo(text, nl=False)
    click.echo(f"Wrote {out / REPORT}.", err=True)


def sides(values: Mapping[str, Any]) -> tuple[System, System, list[Note]]:
    """The two systems, and what is odd about them. Errors: BadConfig unless there are two; ReviewError."""
    paths = named_paths(values["reviews"])
    if len(paths) != 2 - bool(values["against_humans"]):
        raise BadConfig("A duel has two sides.", "Give --reviews twice, or once with --against-humans.")
    humans = open_humans(values["human"], values["split"], values["part"])
    finder, notes = Finder(humans), []
    systems = []
    for name, path in paths.items():
        placed = place_reviews(name, path, humans, finder)
        notes += [note for note in placed.notes if note.code != "no-review"]
        panels = [humans.panels[key] for key in humans.panels if key in placed.texts]
        if not panels:
            raise ReviewError(f"None of the reviews in {path} belongs to a paper of {values['human']}.")
        systems.append(baselines.written(name, panels, placed.texts, path.name))
    if values["against_humans"]:
        systems.append(_people(humans, systems[0]))
    return systems[0], systems[1], notes


def _people(humans: Humans, other: System) -> System:
    """The human reviews of the other side's papers, each a review of its own."""
    panels = [humans.panels[key] for key in humans.panels if key in other.items]
    return baselines.written(HUMAN, panels, {one.key: one.reviews for one in panels}, "each human review")


def _held(first: System, second: System, judge: TeacherConfig, seed: int, path: Path, display: Display) -> Contest:
    engine, base = opening.start_teacher(judge, display.say)
    sampling = replace(judge.judging, seed=seed, grammar=duel_prompt.grammar() if judge.guided else "")
    header = {
        "run": "duel",
        "sides": [_digest(first), _digest(second)],
        "judge": [base.name, base.sha256],
        "context": engine.context,
        "prompt": duel_prompt.PROMPT_VERSION,
        "sampling": asdict(sampling),
    }
    try:
        with Journal(path, header) as journal:
            return _contest(first, second, engine, journal, sampling, display)
    finally:
        engine.close()


def _contest(
    first: System, second: System, engine: Any, journal: Journal, sampling: Sampling, display: Display
) -> Contest:
    most = 2 * sum(
        len(duels.pairs([one.review for one in item.trials], [one.review for one in second.items[item.key].trials]))
        for item in first
        if item.key in second.items
    )
    done = len(journal.entries)
    with Bar(display, f"Asking {engine.base}, verdicts", most, done) as bar:

        def step(index: int, completion: Any) -> None:
            nonlocal done
            done += 1
            bar.step(done, completion.completion_tokens)

        return contest(first, second, engine, journal, sampling, step)


def _digest(system: System) -> str:
    texts = {item.key: [(trial.review.id, trial.review.text) for trial in item.trials] for item in system}
    return hashlib.sha256(to_json([system.name, sorted(texts.items())], indent=0).encode()).hexdigest()


def to_markdown(first: System, second: System, found: Sequence[Contest], notes: Sequence[Note], seed: int) -> str:
    """A column a judge, the spread between two, and what was not judged."""
    names = [one_line(one.name) for one in (first, second)]
    parts = [f"# {names[0]} against {names[1]}"]
    lines = [["", *(one_line(one.judge) for one in found)], ["---"] * (1 + len(found))]
    lines.append(["pairs", *(f"{len(one.duels):,}" for one in found)])
    for figures in zip(*(duels.scores(one) for one in found), strict=True):
        means = [estimate(one, seed) for one in figures]
        lines.append([figures[0].name, *(f"{estimate_text(one, 'share')}, n {one.n}" for one in means)])
    parts.append("\n".join("| " + " | ".join(line) + " |" for line in lines))
    parts.append(
        f"duels.win is {names[0]}'s: 1 for a win, 0 for a loss, 0.5 for a tie or a pair whose two orders disagree. A "
        "value a paper, with 95% bootstrap intervals over papers. duels.first_shown is 0.5 for a judge without a bias "
        "for what it reads first. What a judge says is an opinion; judges favour long texts and texts like their own."
    )
    if len(found) == 2:
        parts.append(_spread(found, seed))
    said = [f"- not judged: {one_line(key)}: {why}" for one in found for key, why in sorted(one.unjudged.items())]
    said += [f"- note: {one_line(one.side)}: {one.code}: {one_line(one.where)}" for one in notes]
    return "\n\n".join([*parts, *(["\n".join(dict.fromkeys(said))] if said else [])]) + "\n"


def _spread(found: Sequence[Contest], seed: int) -> str:
    both = spread(found[0], found[1], seed)
    if both.same is None:
        return "The two judges have no pair in common that both decided."
    kappa = "undefined" if both.kappa is None else f"{both.kappa:.3f}"
    span = f" [{both.interval.low:.3f}, {both.interval.high:.3f}]" if both.interval else ""
    return (
        f"The two judges name the same winner, or both none, in {both.same:.3f} of {both.n:,} pairs; Cohen's kappa "
        f"{kappa}{span}; win rate of the first judge less that of the second {difference_text(both.win, 'share')}."
    )
