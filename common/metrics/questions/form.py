"""Which of the asked questions are questions at all, by their form. Whether they are good ones is not read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from common.metrics.figures import Scores
from common.metrics.questions.asked import Asked, measured
from common.types import Question

SHORTEST, LONGEST = 3, 80
"""Words, as stage A's parser takes them."""

FIGURES = (
    Scores("questions.form", {}, unit="share", settings="questions by their form"),
    Scores("questions.count", {}, unit="questions", better=""),
    Scores("questions.words", {}, unit="words", better="", settings="a question"),
)

_ASKS = r"(?:what|which|who|whom|whose|when|where|why|how|whether)"
_AUXILIARY = (
    r"(?:do|does|did|is|are|was|were|am|can|could|should|would|will|shall|has|have|had|may|might|must|need)"
    r"(?:n['\u2019]t)?"
)
_INTERROGATIVE = re.compile(
    rf"\b{_ASKS}\b|(?:^\W*|[,;:.(\u2013\u2014-]\s*|\b(?:and|or|but|so)\s+){_AUXILIARY}\b", re.IGNORECASE
)


def scores(asked: Asked) -> list[Scores]:
    """FIGURES: means over a paper's questions, and their number."""

    def measure(key: str, questions: Sequence[Question]) -> dict[str, float]:
        return {
            "questions.form": sum(is_question(one.text) for one in questions) / len(questions),
            "questions.count": float(len(questions)),
            "questions.words": sum(len(one.text.split()) for one in questions) / len(questions),
        }

    return measured(asked, FIGURES, measure)


def is_question(text: str) -> bool:
    """It ends in a question mark, has 3 to 80 words, and asks: an interrogative word stands in it, or an auxiliary
    verb opens one of its clauses ("Given this, does it hold?"). "The proof is right?" does not ask."""
    ends = text.rstrip(" *_\"'\u201d)").endswith("?")
    return ends and SHORTEST <= len(text.split()) <= LONGEST and bool(_INTERROGATIVE.search(text))
