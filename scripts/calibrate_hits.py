"""From which similarity two texts count as saying the same: `python -m scripts.calibrate_hits points CORPUS SPLIT`.

The rule: of the thresholds 0.30, 0.31, ... 0.90, the lowest at which texts of different papers match at most 5% of the
time. Printed beside it: how often texts of one paper match there, each with the interval of its mean over papers.

points     points of one human review against those of another
questions  questions distilled from one review against those from another
passages   distilled questions against the passages of their paper: is there one that could answer?

The other paper is always of the same venue, and nothing else is changed: same people, same form, same field.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import permutations
from pathlib import Path

import click

from common.corpora import question_sets
from common.corpora.schema import CorpusPaper, HumanReview
from common.corpora.splits import PARTS, load_part
from common.corpora.store import open_corpus
from common.encoder import DEFAULT, Encoder
from common.errors import ReviewError
from common.forms import load_form
from common.metrics.figures import Scores, estimate
from common.metrics.hit_rate import SHORTEST
from common.metrics.matching import Embeds, Vectors, assign
from common.metrics.questions.answerable import Support
from stage_b_reviewer.points import points_of, without_repeats

CHANCE = 0.05
THRESHOLDS = tuple(step / 100 for step in range(30, 91))
SHOWN = 5
"""Every so many thresholds are printed, and the chosen one with its neighbours."""

Rates = dict[float, dict[str, float]]
"""Threshold -> paper -> share that matches."""


@click.command()
@click.argument("what", type=click.Choice(["points", "questions", "passages"]))
@click.argument("corpus", type=click.Path(path_type=Path))
@click.argument("split", type=click.Path(path_type=Path))
@click.option("--part", type=click.Choice(PARTS), default="train", show_default=True)
@click.option("--questions", type=click.Path(path_type=Path), help="Distilled questions, for all but points.")
@click.option("--encoder", "name", default=DEFAULT, show_default=True, help="A folder of another encoder.")
@click.option("--papers", "most", default=150, show_default=True, help="Papers to use, drawn by seed.")
@click.option("--seed", default=0, show_default=True)
def main(
    what: str, corpus: Path, split: Path, part: str, questions: Path | None, name: str, most: int, seed: int
) -> None:
    """Print the sweep and the threshold that the rule chooses."""
    opened = open_corpus(corpus)
    keys = load_part(split, part, opened)
    if what == "points":
        drawn = opened.papers(_drawn(keys, most, seed))
        lists = {paper.key: [found for one in paper.reviews if (found := points(paper, one))] for paper in drawn}
    elif questions is None:
        raise ReviewError("No distilled questions are given.", "Give --questions FILE.")
    else:
        asked = distilled(questions)
        lists = {key: asked[key] for key in _drawn(sorted(asked.keys() & set(keys)), most, seed)}
    lists = {key: found for key, found in lists.items() if len(found) > 1 or what == "passages"}
    encoder = Encoder.load(name)
    if what == "passages":
        texts = {paper.key: paper.text for paper in opened.papers(lists)}
        own, foreign = supported(lists, texts, encoder)
    else:
        own, foreign = matched(lists, Vectors(encoder))
    click.echo(
        f"{len(lists)} papers, {sum(len(one) for found in lists.values() for one in found)} texts, {encoder.name}"
    )
    report(own, foreign, seed)


def _drawn(keys: Sequence[str], most: int, seed: int) -> list[str]:
    return random.Random(seed).sample(sorted(keys), min(most, len(keys)))


def points(paper: CorpusPaper, review: HumanReview) -> list[str]:
    """The points of one review, in all sections of its form that have some."""
    wanted = {section.name for section in load_form(paper.form).sections if section.points}
    found = [point for one in review.sections if one.name in wanted for point in points_of(one, frozenset(), [])]
    return [point.text for point in without_repeats(found, []) if len(point.text.split()) >= SHORTEST]


def distilled(path: Path) -> dict[str, list[list[str]]]:
    """Paper -> the questions of each of its reviews."""
    found: dict[str, list[list[str]]] = {}
    for one in question_sets.load(path).sets:
        found.setdefault(one.key, []).append([question.text for question in one.questions])
    return found


def strangers(keys: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each paper beside the next one of its venue, the last beside the first; a venue's only paper has none."""
    venues: dict[str, list[str]] = {}
    for key in keys:
        venues.setdefault(key.partition("/")[0], []).append(key)
    for members in venues.values():
        if len(members) > 1:
            yield from zip(members, members[1:] + members[:1], strict=True)


def matched(lists: Mapping[str, Sequence[Sequence[str]]], vectors: Vectors) -> tuple[Rates, Rates]:
    """Hit rates of one list against another of the same paper, and against one of another paper."""
    vectors.add(text for found in lists.values() for one in found for text in one)
    pairs = {key: list(permutations(found, 2)) for key, found in lists.items()}
    crossed = {
        key: [(one, lists[other][place % len(lists[other])]) for place, one in enumerate(lists[key])]
        for key, other in strangers(list(lists))
    }

    def rates(chosen: Mapping[str, Sequence[tuple[Sequence[str], Sequence[str]]]]) -> Rates:
        near = {key: [vectors.of(one) @ vectors.of(other).T for one, other in found] for key, found in chosen.items()}
        return _swept(near, lambda cosines, threshold: len(assign(cosines, threshold)) / len(cosines))

    return rates(pairs), rates(crossed)


def supported(
    lists: Mapping[str, Sequence[Sequence[str]]], texts: Mapping[str, str], encoder: Embeds
) -> tuple[Rates, Rates]:
    """Shares of questions with a passage in their own paper, and in another."""
    support = {key: Support(text, encoder) for key, text in texts.items()}

    def rates(papers: Mapping[str, str]) -> Rates:
        near = {key: support[paper].of([text for one in lists[key] for text in one]) for key, paper in papers.items()}
        return _swept(near, lambda score, threshold: float(score >= threshold))

    return rates({key: key for key in lists}), rates(dict(strangers(list(lists))))


def _swept(near: Mapping[str, Sequence], rate: Callable[..., float]) -> Rates:
    return {
        threshold: {key: sum(rate(one, threshold) for one in found) / len(found) for key, found in near.items()}
        for threshold in THRESHOLDS
    }


def report(own: Rates, foreign: Rates, seed: int) -> None:
    """The sweep as a table, then the choice."""
    chosen = next((one for one in THRESHOLDS if estimate(Scores("foreign", foreign[one])).mean <= CHANCE), None)
    shown = [
        one for place, one in enumerate(THRESHOLDS) if place % SHOWN == 0 or (chosen and abs(one - chosen) < 0.011)
    ]
    click.echo("threshold  same paper            other paper")
    for threshold in shown:
        mark = " <" if threshold == chosen else ""
        click.echo(f"{threshold:9.2f}  {_said(own[threshold], seed)}  {_said(foreign[threshold], seed)}{mark}")
    if chosen is None:
        raise ReviewError(f"No threshold up to {THRESHOLDS[-1]} keeps other papers at {CHANCE:.0%}.")
    click.echo(f"chosen: {chosen:.2f}, the lowest at which texts of other papers match at most {CHANCE:.0%}")


def _said(values: Mapping[str, float], seed: int) -> str:
    found = estimate(Scores("rate", values), seed)
    if found.mean is None or found.interval is None:
        raise ReviewError("There are fewer than two papers to compare.", "Give a larger corpus or another part.")
    return f"{found.mean:.3f} [{found.interval.low:.3f}, {found.interval.high:.3f}]"


if __name__ == "__main__":
    main()
