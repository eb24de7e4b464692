"""Whether the paper has a passage that is about what a question asks: a proxy for being answerable from the paper.

Support is the cosine of the question with the nearest excerpt of the three passages that share most with it (BM25,
`common.grounding`). At its threshold a question is about this paper and no other; that the passage holds the answer is
not known. A good question about what the paper leaves out ("Which seeds?") may fail it, as may one about the paper as a
whole ("Is it well written?"): read it beside a shuffled paper's questions, never as the share of good ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence

from common.grounding import Grounds, excerpt
from common.metrics.figures import Scores
from common.metrics.gathering import Value
from common.metrics.matching import Embeds
from common.metrics.questions.asked import Asked, measured
from common.paper.markdown import read_markdown
from common.types import Question, Source

SUPPORTED = 0.51
"""Support from which a question counts as answerable: 41% of distilled questions in their own paper, 4.6% in another of
its venue (`python -m scripts.calibrate_hits passages CORPUS SPLIT --questions FILE`; docs/METRICS.md)."""
PASSAGES = 3
NO_PAPER, NO_PASSAGES = "no-paper", "no-passages"


class Support:
    """One paper's passages, ready to be asked. text: Markdown, as `common.paper.read_markdown` takes it."""

    def __init__(self, text: str, encoder: Embeds) -> None:
        source = Source("", hashlib.sha256(text.encode()).hexdigest(), "markdown")
        self._grounds = Grounds(read_markdown(text, source))
        self._encoder = encoder

    def __bool__(self) -> bool:
        return bool(self._grounds.passages)

    def of(self, questions: Sequence[str]) -> list[float]:
        """-1 to 1 for each; 0 for one that shares no word with the paper."""
        found = [self._grounds.search(one, PASSAGES) for one in questions]
        excerpts = [
            excerpt(match.passage.text, one) for one, best in zip(questions, found, strict=True) for match in best
        ]
        vectors = self._encoder.encode([*questions, *excerpts])
        support, start = [], len(questions)
        for place, best in enumerate(found):
            near = vectors[start : start + len(best)] @ vectors[place]
            support.append(float(near.max()) if best else 0.0)
            start += len(best)
        return support


class Supports:
    """Questions' supports in many papers, each worked out once however many rows ask it. papers: paper key -> its
    text, as `material.Item.load_paper`; one at a time is in memory."""

    def __init__(self, papers: Mapping[str, Callable[[], str] | None], encoder: Embeds) -> None:
        self.name = encoder.name
        self._papers, self._encoder = papers, encoder
        self._known: dict[str, dict[str, float] | str] = {}

    def add(self, key: str, texts: Iterable[str]) -> None:
        """Work out those that are new, in one call: a paper is cut into passages each time."""
        known = self._known.get(key, {})
        new = [] if isinstance(known, str) else [text for text in dict.fromkeys(texts) if text not in known]
        if isinstance(known, str) or not new:
            return
        load = self._papers.get(key)
        support = Support(load(), self._encoder) if load else None
        if support:
            self._known[key] = known | dict(zip(new, support.of(new), strict=True))
        else:
            self._known[key] = NO_PAPER if support is None else NO_PASSAGES

    def of(self, key: str, texts: Sequence[str]) -> list[float] | str:
        """For each, in order; or the stable word for why the paper has none."""
        self.add(key, texts)
        known = self._known[key]
        return known if isinstance(known, str) else [known[text] for text in texts]


def scores(asked: Asked, supports: Supports, threshold: float = SUPPORTED) -> list[Scores]:
    """questions.answerable: the share of a paper's questions with a passage. questions.support: their mean support."""

    def measure(key: str, questions: Sequence[Question]) -> dict[str, Value]:
        found = supports.of(key, [one.text for one in questions])
        if isinstance(found, str):
            return {"questions.answerable": found, "questions.support": found}
        return {
            "questions.answerable": sum(one >= threshold for one in found) / len(found),
            "questions.support": sum(found) / len(found),
        }

    how = f"{supports.name}, nearest of {PASSAGES} excerpts by BM25"
    figures = (
        Scores("questions.answerable", {}, unit="share", settings=f"{how}, from {threshold:g}"),
        Scores("questions.support", {}, unit="cosine", settings=how),
    )
    return measured(asked, figures, measure)
