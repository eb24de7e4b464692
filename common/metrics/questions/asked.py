"""What the figures of questions are given, and the way from a question set to a value a paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from common.metrics.figures import Scores
from common.metrics.gathering import Value, gather
from common.metrics.material import Item, System, Text, Trial
from common.types import Question

Asked = Mapping[str, Sequence[Question]]
"""Paper key -> the questions asked of it; none is a paper that could have been asked and was not."""
Sets = Mapping[str, Sequence[Sequence[Question]]]
"""Paper key -> referees' questions, a set a referee: distilled from the review, or its own QUESTIONS section."""

NO_QUESTIONS = "no-questions"


def as_system(asked: Asked, sets: Sets) -> System:
    """The questions as points of a review, the referees' as points of references; an empty set is no reference."""
    return System("questions", {key: _item(key, found, sets.get(key, ())) for key, found in asked.items()})


def _item(key: str, questions: Sequence[Question], sets: Sequence[Sequence[Question]]) -> Item:
    texts = [tuple(one.text for one in found) for found in (questions, *(found for found in sets if found))]
    asked, *others = (Text(str(number), {}, points) for number, points in enumerate(texts))
    return Item(key, key.partition("/")[0], (Trial(asked, tuple(others)),))


def measured(
    asked: Asked, figures: Sequence[Scores], measure: Callable[[str, Sequence[Question]], Mapping[str, Value]]
) -> list[Scores]:
    """The figures, filled from (paper key, its questions); a paper without questions is unscored in all of them."""
    nothing = {one.name: NO_QUESTIONS for one in figures}

    def of(item: Item) -> list[Mapping[str, Value]]:
        questions = asked[item.key]
        return [measure(item.key, questions) if questions else nothing]

    return gather(as_system(asked, {}), figures, of)
