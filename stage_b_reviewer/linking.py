"""Which questions a point answers, and which questions nobody answered.

A model may say so itself by writing [Q2]; where it did not, words decide: the cosine of the point's and the question's
tf-idf vectors, with document frequencies from the paper, so that the paper's everyday vocabulary counts for little.
The link says "is about the same thing"; it cannot say that the answer is right or complete.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from common.types import Paper, Point, Question

LINK = 0.2
"""Cosine from which a point counts as answering a question. See docs/METHOD.md for how it was calibrated."""
ALMOST = 0.75
"""A further question is named too when it comes this close to the best one."""
MOST = 3

_WORD = re.compile(r"[a-z][a-z0-9]+")


class Linker:
    """Links points of one paper to its questions."""

    def __init__(self, paper: Paper, questions: Sequence[Question]) -> None:
        self._stems: dict[str, str] = {}
        passages = [set(self._words(passage.text)) for passage in paper.passages]
        self._passages = len(passages)
        self._frequency = Counter(word for words in passages for word in words)
        self._questions = [(question.id, self._vector(question.text)) for question in questions]

    def linked(self, point: Point) -> Point:
        """The point with the ids of the questions it answers; a point the model linked itself stays as it is."""
        if point.question_ids or not self._questions:
            return point
        vector = self._vector(point.text)
        scores = sorted(
            ((cosine(vector, other), place) for place, (_, other) in enumerate(self._questions)), reverse=True
        )
        best = scores[0][0]
        if best < LINK:
            return point
        near = [place for score, place in scores[:MOST] if score >= max(LINK, ALMOST * best)]
        return replace(
            point, question_ids=tuple(self._questions[place][0] for place in sorted(near)), linked_by="overlap"
        )

    def score(self, text: str) -> list[float]:
        """Cosine of a text with every question, in order."""
        vector = self._vector(text)
        return [cosine(vector, other) for _, other in self._questions]

    def _words(self, text: str) -> list[str]:
        import Stemmer
        from bm25s.stopwords import STOPWORDS_EN

        words = [word for word in _WORD.findall(text.lower()) if word not in STOPWORDS_EN and len(word) > 2]
        return Stemmer.Stemmer("english").stemWords(words)

    def _vector(self, text: str) -> dict[str, float]:
        """Sublinear tf times smoothed idf (Manning et al. 2008, section 6.4), unit length."""
        counts = Counter(self._words(text))
        weights = {
            word: (1 + math.log(count)) * math.log((1 + self._passages) / (1 + self._frequency[word]) + 1)
            for word, count in counts.items()
        }
        norm = math.sqrt(sum(weight * weight for weight in weights.values()))
        return {word: weight / norm for word, weight in weights.items()} if norm else {}


def cosine(first: dict[str, float], second: dict[str, float]) -> float:
    """Of two unit vectors."""
    small, large = sorted((first, second), key=len)
    return sum(weight * large.get(word, 0.0) for word, weight in small.items())


def unanswered(questions: Sequence[Question], points: Sequence[Point]) -> tuple[str, ...]:
    """Ids of the questions that no point answers, in order."""
    answered = {one for point in points for one in point.question_ids}
    return tuple(question.id for question in questions if question.id not in answered)
