"""A corpus as prediction sees it: of each paper a few numbers, its fate, its ratings, and what belongs with it.

One pass, on every core; no text is kept. What is learnt from the numbers is `common.prediction.models`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from common.corpora.checks.near import groups
from common.corpora.checks.outline import Outline, outline
from common.corpora.checks.pool import spread
from common.corpora.schema import CorpusPaper
from common.prediction.features import handmade
from common.prediction.leak import cues
from common.rows.budget import read_paper


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """features: hand-made, NaN where a text has none. cues: of the version, see `leak`. ratings: name -> what each
    reviewer gave, unscored ones left out. group: the same for papers that share text or title; these must not be
    parted by a fold."""

    key: str
    venue: str
    accepted: bool | None
    features: dict[str, float]
    cues: dict[str, float]
    ratings: dict[str, tuple[float, ...]]
    group: str


def survey(papers: Iterable[CorpusPaper], workers: int = 0) -> list[PaperFacts]:
    """Facts of all papers, in their order. workers: processes, 0 for one a core."""
    found = list(spread(_look, papers, workers))
    group_of = {one.key: group[0].key for group in groups(outline for _, outline in found) for one in group}
    return [replace(facts, group=group_of[facts.key]) for facts, _ in found]


def rating_names(facts: Sequence[PaperFacts]) -> tuple[str, ...]:
    """Ratings that any of these papers has, in the order they are first met."""
    return tuple(dict.fromkeys(name for one in facts for name, given in one.ratings.items() if given))


def _look(paper: CorpusPaper) -> tuple[PaperFacts, Outline]:
    read = read_paper(paper)
    ratings: dict[str, tuple[float, ...]] = {}
    for rating in (rating for review in paper.reviews for rating in review.ratings):
        if rating.value is not None:
            ratings[rating.name] = (*ratings.get(rating.name, ()), float(rating.value))
    facts = PaperFacts(
        paper.key, paper.venue, paper.accepted, handmade(paper, read), cues(paper, read), ratings, paper.key
    )
    return facts, outline(paper)
