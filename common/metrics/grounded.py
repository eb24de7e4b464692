"""Whether a review is about its paper: points that stand close to it, quotations that are in it, numbers it states.

None of this says that a review is right. A point may well be right and not grounded ("there is no user study"), and a
figure near the referees' own is as much as can be asked for. Search and the check of quotations are `common.grounding`,
numbers `common.metrics.numerals`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from common.grounding import Grounds, quotations
from common.metrics.figures import Scores
from common.metrics.form import NO_POINTS
from common.metrics.gathering import Value, gather
from common.metrics.material import Item, System, Text
from common.metrics.numerals import claimed, fractions, numbers, stated
from common.paper.markdown import read_markdown
from common.types import Paper, Source

OTHERS = 19
"""Papers a point is held against: it beats all of them by chance in 1 of 20 cases."""
NO_PAPER, NO_TEXT, NO_QUOTATIONS, FEW_PAPERS = "no-paper", "paper-without-text", "no-quotations", "too-few-papers"

Pool = Mapping[str, Callable[[], str]]
"""Paper key -> its text, as `Item.load_paper` gives it."""


def scores(system: System, pool: Pool | None = None, seed: int = 0) -> list[Scores]:
    """Four shares, a value a review:

    grounded.points: of points closer to the paper (`Grounds.closeness`) than to each of OTHERS other papers;
    grounded.quotations: of quotations found in the paper; grounded.numbers: of the numbers it claims that the paper
    states; grounded.fractions: the same of those that are not whole, which are seldom found by chance.
    pool: where the other papers are drawn from, the same for every paper; by default the system's own.
    """
    others = strangers(pool if pool is not None else _own(system), seed)
    figures = [
        Scores("grounded.points", {}, unit="share", settings=f"against {OTHERS} other papers, seed {seed}"),
        Scores("grounded.quotations", {}, unit="share"),
        Scores("grounded.numbers", {}, unit="share"),
        Scores("grounded.fractions", {}, unit="share"),
    ]

    def measure(item: Item) -> list[dict[str, Value]]:
        paper = _read(item.load_paper) if item.load_paper and item.trials else None
        if paper is None or not paper.passages:
            reason = NO_TEXT if paper else NO_PAPER
            return [{one.name: reason for one in figures} for _ in item.trials]
        grounds, printed = Grounds(paper), numbers(_text(paper))
        against = [one for key, one in others.items() if key != item.key][:OTHERS]
        found = []
        for review in (trial.review for trial in item.trials):
            told = claimed(review.text)
            shares = (
                close(review.points, grounds, against),
                quoted(review, grounds),
                stated(told, printed),
                stated(fractions(told), printed),
            )
            found.append(dict(zip((one.name for one in figures), shares, strict=True)))
        return found

    return gather(system, figures, measure)


def strangers(pool: Pool, seed: int = 0) -> dict[str, Grounds]:
    """OTHERS + 1 papers of the pool, so that one of them may be the paper itself; fewer where there are fewer."""
    keys = random.Random(seed).sample(sorted(pool), min(len(pool), OTHERS + 1))
    return {key: Grounds(_read(pool[key])) for key in keys}


def close(points: Sequence[str], paper: Grounds, others: Sequence[Grounds]) -> Value:
    """The share of points that stand closer to the paper than to each of the others."""
    if not points:
        return NO_POINTS
    if len(others) < OTHERS:
        return FEW_PAPERS
    elsewhere = [max(found) for found in zip(*(one.closeness(points) for one in others), strict=True)]
    return fmean(own > most for own, most in zip(paper.closeness(points), elsewhere, strict=True))


def quoted(review: Text, paper: Grounds) -> Value:
    """The share of quotations that stand in the paper, apart from case, spaces, hyphens and typography, or with at
    least `common.grounding.FOUND` of their characters in place. What is too short for a quotation is a term."""
    found = quotations(review.text)
    return fmean(paper.check(one).verified for one in found) if found else NO_QUOTATIONS


def _own(system: System) -> Pool:
    return {item.key: item.load_paper for item in system if item.load_paper}


def _read(load: Callable[[], str]) -> Paper:
    return read_markdown(load(), Source("paper.md", "", "markdown"))


def _text(paper: Paper) -> str:
    """All but the references, whose years and pages would state any number."""
    return "\n".join([paper.title, *(passage.text for passage in paper.passages)])
