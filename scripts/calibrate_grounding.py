"""How often points, quotations and numbers are found in the right and in a wrong paper: `python -m
scripts.calibrate_grounding`.

They are those of human reviews; right is the paper reviewed, wrong is the next one of the same venue. For points three
rules stand side by side: closer than in each of 19 other papers, the rule of `common.metrics.grounded`; a threshold on
closeness; and one on BM25 itself; both thresholds let 1 in 20 points of wrong papers pass. For numbers the kinds that
the metric leaves out are shown with those it counts. Needs the corpus folder ($REVIEW_DATA or ../shared/data).
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import fmean, quantiles

import click

from common.corpora.peer_reviews import PeerReviews
from common.corpora.schema import CorpusPaper
from common.grounding import Grounds, quotations
from common.metrics import numerals
from common.metrics.grounded import OTHERS, strangers
from common.paper.markdown import read_markdown
from common.types import Source
from stage_b_reviewer.points import points_of

LENGTHS = (5, 15, 30, 60, 1000)
SKIPPED = ("Summary", "Limitations")
_DEFAULT = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


@click.command()
@click.option("--data", type=click.Path(exists=True, path_type=Path), default=os.environ.get("REVIEW_DATA", _DEFAULT))
@click.option("--papers", "most", default=100, show_default=True, help="Papers to use.")
@click.option("--seed", default=0, show_default=True)
def main(data: Path, most: int, seed: int) -> None:
    """Print the tables the rules are chosen from."""
    found = [one for one in PeerReviews(data / "peer_reviews") if isinstance(one, CorpusPaper)]
    papers = random.Random(seed).sample(found, most + OTHERS)
    others = list(strangers({one.key: lambda one=one: one.text for one in papers[most:]}, seed).values())
    right_and_wrong = list(paired(sorted(papers[:most], key=lambda one: one.venue)))
    print_points(right_and_wrong, others)
    print_quotations(right_and_wrong)
    print_numbers(right_and_wrong)


def paired(papers: list[CorpusPaper]) -> Iterator[tuple[CorpusPaper, Grounds, Grounds, str, str]]:
    """A paper, itself and the next one indexed, and the texts of both."""
    read = [read_markdown(one.text, Source("paper.md", "", "markdown")) for one in papers]
    grounds = [Grounds(one) for one in read]
    texts = ["\n".join(passage.text for passage in one.passages) for one in read]
    for place, paper in enumerate(papers):
        wrong = (place + 1) % len(papers)
        yield paper, grounds[place], grounds[wrong], texts[place], texts[wrong]


def print_points(papers: list, others: list[Grounds]) -> None:
    rows = []
    for paper, right, wrong, _, _ in papers:
        points = points_in(paper)
        elsewhere = [max(one) for one in zip(*(other.closeness(points) for other in others), strict=True)]
        closeness = zip(right.closeness(points), wrong.closeness(points), elsewhere, strict=True)
        for point, (own, foreign, most) in zip(points, closeness, strict=True):
            bm25 = [match.score if (match := one.support(point)) else 0.0 for one in (right, wrong)]
            rows.append((len(point.split()), own, foreign, most, *bm25))
    limits = [quantiles([row[column] for row in rows], n=20)[-1] for column in (2, 5)]
    click.echo(
        f"{len(rows)} points; 19 of 20 of wrong papers are below {limits[0]:.3f} closeness, {limits[1]:.1f} BM25"
    )
    click.echo("words        points  closer than 19: right wrong  closeness: right wrong  BM25: right wrong")
    for low, high in [*pairwise(LENGTHS), (LENGTHS[0], LENGTHS[-1])]:
        some = [row for row in rows if low <= row[0] < high]
        shares = [
            [fmean(row[column] > row[3] for row in some) for column in (1, 2)],
            [fmean(row[column] > limits[0] for row in some) for column in (1, 2)],
            [fmean(row[column] > limits[1] for row in some) for column in (4, 5)],
        ]
        click.echo(f"{low:4}-{high:<5}  {len(some):6}  " + "  ".join(f"{a:15.3f} {b:.3f}" for a, b in shares))


def points_in(paper: CorpusPaper) -> list[str]:
    """Points of its reviews, the summary left out, fragments of fewer than five words too."""
    sections = [section for review in paper.reviews for section in review.sections if section.name not in SKIPPED]
    found = [point.text for section in sections for point in points_of(section, frozenset(), [])]
    return [text for text in found if len(text.split()) >= LENGTHS[0]]


def print_quotations(papers: list) -> None:
    pairs = [
        [one.check(text).verified for one in (right, wrong)]
        for paper, right, wrong, _, _ in papers
        for review in paper.reviews
        for text in quotations(review.text)
    ]
    click.echo(
        f"{len(pairs)} quotations: right {fmean(a for a, _ in pairs):.3f} wrong {fmean(b for _, b in pairs):.3f}"
    )


def print_numbers(papers: list) -> None:
    """By kind: those the metric counts, and those it leaves out."""
    kinds: dict[str, list[tuple[bool, bool]]] = {}
    for paper, _, _, right, wrong in papers:
        printed = [numerals.numbers(one) for one in (right, wrong)]
        for review in paper.reviews:
            counted = numerals.claimed(review.text)
            for number in numerals.numbers(review.text):
                whole = number == number.to_integral_value()
                if number in counted:
                    kind = "counted, whole" if whole else "counted, with a fraction"
                elif whole and number <= numerals.SMALL:
                    kind = f"whole up to {numerals.SMALL}"
                else:
                    kind = "year" if whole and int(number) in numerals.YEARS else "pointer, citation, list"
                kinds.setdefault(kind, []).append((number in printed[0], number in printed[1]))
    for kind, pairs in sorted(kinds.items()):
        shares = [fmean(pair[side] for pair in pairs) for side in (0, 1)]
        click.echo(f"{kind:26} {len(pairs):6}: right {shares[0]:.3f} wrong {shares[1]:.3f}")


if __name__ == "__main__":
    main()
