"""Whether the paper has a passage that is about what a question asks: a proxy for being answerable from the paper.

Support is the cosine of the question with the nearest excerpt of the three passages that share most with it (BM25,
`common.grounding`). At its threshold a question is about this paper and no other; that the passage holds the answer is
not known. A good question about what the paper leaves out ("Which seeds?") may fail it, as may one about the paper as a
whole ("Is it well written?"): read it beside a shuffled paper's questions, never as the share of good ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

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


def scores(
    asked: Asked, papers: Mapping[str, Callable[[], str] | None], encoder: Embeds, threshold: float = SUPPORTED
) -> list[Scores]:
    """questions.answerable: the share of a paper's questions with a passage. questions.support: their mean support.

    papers: paper key -> its text, as `material.Item.load_paper`; one at a time is in memory."""

    def measure(key: str, questions: Sequence[Question]) -> dict[str, Value]:
        load = papers.get(key)
        support = Support(load(), encoder) if load else None
        if not support:
            reason = NO_PAPER if support is None else NO_PASSAGES
            return {"questions.answerable": reason, "questions.support": reason}
        found = support.of([one.text for one in questions])
        return {
            "questions.answerable": sum(one >= threshold for one in found) / len(found),
            "questions.support": sum(found) / len(found),
        }

    how = f"{encoder.name}, nearest of {PASSAGES} excerpts by BM25"
    figures = (
        Scores("questions.answerable", {}, unit="share", settings=f"{how}, from {threshold:g}"),
        Scores("questions.support", {}, unit="cosine", settings=how),
    )
    return measured(asked, figures, measure)
