"""Whether the paper has a passage that is about what a question asks: a proxy for being answerable from the paper.

Support is the share, by weight, of the question's content stems that stand in the best passage; a stem weighs its
smoothed inverse document frequency over the paper's passages, and one the paper lacks weighs as the rarest. It
separates questions about this paper from questions about another; it cannot tell that the passage holds the answer. A
good question about what the paper leaves out ("Which seeds?") may fail it, a vague one ("What is the method?") pass.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from common.grounding import Grounds
from common.metrics.figures import Scores
from common.metrics.gathering import Value
from common.metrics.questions.asked import Asked, measured
from common.paper.markdown import read_markdown
from common.types import Question, Source

SUPPORTED = 0.5
"""Support from which a question counts as answerable."""
NO_PAPER, NO_PASSAGES = "no-paper", "no-passages"


class Support:
    """One paper's passages, ready to be asked. text: Markdown, as `common.paper.read_markdown` takes it."""

    def __init__(self, text: str) -> None:
        source = Source("", hashlib.sha256(text.encode()).hexdigest(), "markdown")
        passages = Grounds(read_markdown(text, source)).passages
        self._passages = [stems(passage.text) for passage in passages]
        self._frequency = Counter(stem for passage in self._passages for stem in passage)

    def __len__(self) -> int:
        return len(self._passages)

    def of(self, question: str) -> float:
        """0 to 1; 0 for a question without content words."""
        weight = {stem: self._weight(stem) for stem in sorted(stems(question))}
        if not weight or not self._passages:
            return 0.0
        best = max(sum(weight[stem] for stem in weight if stem in passage) for passage in self._passages)
        return best / sum(weight.values())

    def _weight(self, stem: str) -> float:
        return math.log((1 + len(self._passages)) / (1 + self._frequency[stem])) + 1


def stems(text: str) -> frozenset[str]:
    """Of its content words. Words that make a sentence a question ("how", "does") are none."""
    import bm25s
    import Stemmer
    from bm25s.stopwords import STOPWORDS_EN_PLUS

    stemmer = Stemmer.Stemmer("english")
    return frozenset(
        bm25s.tokenize(
            [text], stopwords=list(STOPWORDS_EN_PLUS), stemmer=stemmer, return_ids=False, show_progress=False
        )[0]
    )


def scores(asked: Asked, papers: Mapping[str, Callable[[], str] | None], threshold: float = SUPPORTED) -> list[Scores]:
    """questions.answerable: the share of a paper's questions with a passage. questions.support: their mean support.

    papers: paper key -> its text, as `material.Item.load_paper`; one at a time is in memory."""

    def measure(key: str, questions: Sequence[Question]) -> dict[str, Value]:
        load = papers.get(key)
        support = Support(load()) if load else None
        if not support:
            reason = NO_PAPER if support is None else NO_PASSAGES
            return {"questions.answerable": reason, "questions.support": reason}
        found = [support.of(one.text) for one in questions]
        return {
            "questions.answerable": sum(one >= threshold for one in found) / len(found),
            "questions.support": sum(found) / len(found),
        }

    how = "weighted share of stems in the best passage"
    figures = (
        Scores("questions.answerable", {}, unit="share", settings=f"{how}, from {threshold:g}"),
        Scores("questions.support", {}, unit="share", settings=how),
    )
    return measured(asked, figures, measure)
