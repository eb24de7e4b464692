"""`review predict`: acceptance and aspect scores from the paper alone, after PeerRead, with the leak measured first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from common.corpora.splits import PARTS, load_split
from common.corpora.store import Corpus, open_corpus
from common.errors import BadConfig, ReviewError
from common.jsonio import to_json, write_text
from common.prediction import calibration, leak, models, papers, representation, study
from common.seeds import LIMIT
from scripts.predict_tables import Report, show


@dataclass(frozen=True, slots=True)
class Wish:
    """The command line, as far as it decides what is computed."""

    corpus: Path
    task: str
    features: str
    split: Path | None
    part: str
    venues: tuple[str, ...]
    folds: int
    wanted: float
    base: str
    tokens: int
    seed: int


@click.command()
@click.argument("corpus", type=click.Path(path_type=Path))
@click.option("--task", type=click.Choice(["acceptance", "aspects"]), default="acceptance", show_default=True)
@click.option("--features", type=click.Choice(["handmade", "lm", "minilm"]), default="handmade", show_default=True)
@click.option("--split", type=click.Path(path_type=Path), metavar="FILE", help="Learn from its train; else in folds.")
@click.option("--part", type=click.Choice(PARTS[1:]), default="test", show_default=True, help="Predicted, of --split.")
@click.option("--venue", "venues", multiple=True, metavar="NAME", help="Only this one; may be repeated.")
@click.option("--folds", type=click.IntRange(2, 50), default=models.FOLDS, show_default=True, metavar="N")
@click.option(
    "--wanted", type=click.FloatRange(0.5, 1), default=0.7, show_default=True, help="Accuracy to abstain for."
)
@click.option("--base", default="smollm2-135m", show_default=True, metavar="ID|PATH", help="Model of --features lm.")
@click.option("--tokens", type=click.IntRange(1), default=representation.TOKENS, show_default=True, help="It reads.")
@click.option("--seed", type=click.IntRange(0, LIMIT - 1), default=0, show_default=True)
@click.option(
    "--plot", type=click.Path(path_type=Path), metavar="FILE", help="Reliability diagram: .svg, .png or .pdf."
)
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Everything as JSON, each paper's too.")
def command(plot: Path | None, out: Path | None, **wishes: Any) -> None:
    """Predict acceptance or reviewers' scores from the paper alone.

    First it is measured whether a venue's texts give the decision away. Where they do, acceptance is predicted only
    when --venue asks for it, and the warning stands beside every figure.

    \b
    review predict corpus
    review predict corpus --plot reliability.svg --out acceptance.json
    review predict corpus --task aspects --split split.json --part val
    review predict corpus --features lm --tokens 512
    """
    wish = Wish(**wishes)
    if plot and wish.task != "acceptance":
        raise BadConfig("--plot draws probabilities of acceptance.", "Leave it out with --task aspects.", 2)
    report = run(wish)
    if out:
        write_text(out, to_json(report) + "\n")
    show(report, Console())
    if plot:
        draw(plot, report)
    for path in filter(None, (out, plot)):
        click.echo(f"Wrote {path}.", err=True)


def run(wish: Wish) -> Report:
    """Errors: ReviewError when nothing at all could be predicted, with the first reason."""
    opened = open_corpus(wish.corpus)
    keys, test, split = _parts(opened, wish)
    present = tuple(dict.fromkeys(key.partition("/")[0] for key in keys))
    if unknown := set(wish.venues) - set(present):
        raise BadConfig(f"No such venue here: {', '.join(sorted(unknown))}.", f"There are {', '.join(present)}.", 2)
    venues = tuple(dict.fromkeys(wish.venues)) or present
    facts = papers.survey(opened.papers([key for key in keys if key.partition("/")[0] in venues]))
    of = {venue: [one for one in facts if one.venue == venue] for venue in venues}
    plan = models.Plan(wish.folds, wish.seed)
    leaks = {venue: leak.measure(venue, found, plan) for venue, found in of.items()}
    skipped: list[str] = []
    if wish.task == "acceptance" and not wish.venues:
        for venue in [venue for venue, found in leaks.items() if found.found]:
            skipped.append(f"acceptance at {venue}: its texts give the decision away; see it with --venue {venue}")
            del of[venue]
    vectors, name = _features(opened, [one.key for found in of.values() for one in found], wish)
    inputs = {venue: study.Inputs(found, vectors, test, wish.folds, wish.seed) for venue, found in of.items()}
    accepted, aspects = _predicted(wish, inputs, leaks, skipped)
    protocol = f"{wish.folds} folds" if test is None else f"learnt from train, told on {wish.part}"
    return Report(
        opened.digest, split, protocol, name, wish.seed, tuple(leaks.values()), accepted, aspects, tuple(skipped)
    )


def _parts(opened: Corpus, wish: Wish) -> tuple[Sequence[str], frozenset[str] | None, str]:
    """Papers to take, those to predict, and the split's name."""
    if wish.split is None:
        return opened.keys, None, ""
    split = load_split(wish.split, opened)
    if not split.parts[wish.part]:
        others = [part for part in PARTS[1:] if split.parts[part]]
        hint = f"It has papers in {', '.join(others)}: --part {others[0]}" if others else "Make another split."
        raise BadConfig(f"The split {wish.split} has no paper in {wish.part}.", hint)
    test = frozenset(split.parts[wish.part])
    return [*split.parts["train"], *split.parts[wish.part]], test, split.name


def _features(opened: Corpus, keys: Sequence[str], wish: Wish) -> tuple[dict[str, Any] | None, str]:
    if wish.features == "handmade" or not keys:
        return None, "hand-made"
    lm = wish.features == "lm"
    how = representation.language_model(wish.base, wish.tokens) if lm else representation.sentence_encoder()
    with click.progressbar(length=len(keys), label="Reading", file=click.get_text_stream("stderr")) as bar:
        return representation.vectors(opened.papers(keys), how, lambda _: bar.update(1)), how.name


def _predicted(
    wish: Wish, inputs: dict[str, study.Inputs], leaks: dict[str, leak.Leak], skipped: list[str]
) -> tuple[tuple[study.Acceptance, ...], tuple[study.Aspect, ...]]:
    accepted: list[study.Acceptance] = []
    aspects: list[study.Aspect] = []
    errors = []
    for venue, given in inputs.items():
        for what in ["acceptance"] if wish.task == "acceptance" else papers.rating_names(given.facts):
            try:
                if wish.task == "acceptance":
                    accepted.append(study.acceptance(given, leaks[venue], wish.wanted))
                else:
                    aspects.append(study.aspect(given, leaks[venue], what))
            except ReviewError as error:
                errors.append(error)
                skipped.append(f"{what} at {venue}: {error.message}")
    if errors and not accepted and not aspects:
        raise errors[0]
    return tuple(accepted), tuple(aspects)


def draw(path: Path, report: Report) -> None:
    """One file a venue: with several, the venue's name goes into the file's."""
    if not report.acceptance:
        raise ReviewError("There is no probability of acceptance to draw.", "Name a venue with --venue.")
    for one in report.acceptance:
        here = path if len(report.acceptance) == 1 else path.with_stem(f"{path.stem}-{one.venue}")
        calibration.plot(here, f"Acceptance, {one.venue}, {report.features}", one.calibration, one.curve)
