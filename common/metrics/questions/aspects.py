"""Which aspects of a paper are asked about. What an aspect is, whoever wrote the question has said; none is guessed."""

from __future__ import annotations

from collections.abc import Sequence

from common.metrics.figures import Scores
from common.metrics.gathering import Value
from common.metrics.questions.asked import Asked, Sets, measured
from common.types import Question

NO_ASPECTS, NO_REFERENCE_ASPECTS = "no-aspects", "no-reference-aspects"

FIGURES = (
    Scores("questions.aspects.covered", {}, unit="share", settings="of the aspects referees asked about"),
    Scores("questions.aspects.count", {}, unit="aspects", better="", settings="different ones a paper"),
    Scores("questions.aspects.named", {}, unit="share", settings="questions with an aspect"),
)


def scores(asked: Asked, sets: Sets) -> list[Scores]:
    """FIGURES. A paper none of whose questions names an aspect says nothing of what it covers: unscored there."""

    def measure(key: str, questions: Sequence[Question]) -> dict[str, Value]:
        mine, theirs = aspects_of(questions), aspects_of([one for found in sets.get(key, ()) for one in found])
        covered: Value = len(mine & theirs) / len(theirs) if theirs else NO_REFERENCE_ASPECTS
        return {
            "questions.aspects.covered": covered if mine else NO_ASPECTS,
            "questions.aspects.count": float(len(mine)) if mine else NO_ASPECTS,
            "questions.aspects.named": sum(bool(one.aspect) for one in questions) / len(questions),
        }

    return measured(asked, FIGURES, measure)


def aspects_of(questions: Sequence[Question]) -> set[str]:
    return {question.aspect for question in questions if question.aspect}


def spread(asked: Asked) -> dict[str, float]:
    """Aspect -> share of the papers, of those with a named aspect, that are asked about it: one row of a heat map."""
    found = [aspects for questions in asked.values() if (aspects := aspects_of(questions))]
    names = sorted({name for aspects in found for name in aspects})
    return {name: sum(name in aspects for aspects in found) / len(found) for name in names}
