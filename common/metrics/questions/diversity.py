"""How different a paper's questions are from each other, and from those asked of other papers.

Specificity of a question is 1 - the mean over the other papers of its cosine with the nearest of their questions: what
a random other paper's set comes nearest to. So a question asked of every paper has specificity 0, one asked of half of
them about half of an unrelated one's; and, unlike the nearest neighbour in all sets, it does not sink as papers are
added. It does sink as sets grow, so compare arms that ask about equally many, and see `form.alike` for repetition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from common.metrics.figures import Scores
from common.metrics.form import ALIKE, alike
from common.metrics.gathering import Value
from common.metrics.hit_rate import NO_STRANGER
from common.metrics.matching import Vectors
from common.metrics.questions.asked import Asked, measured
from common.types import Question

if TYPE_CHECKING:
    import numpy as np

ONE_QUESTION = "one-question"


def scores(asked: Asked, vectors: Vectors) -> list[Scores]:
    """questions.diverse: 1 - the mean cosine of two questions of the paper. questions.specific: the mean over its
    questions. questions.repeated: the share that could go without a question being lost, by words."""
    vectors.add(one.text for questions in asked.values() for one in questions)
    sets = {key: vectors.of([one.text for one in questions]) for key, questions in asked.items() if questions}
    specific = specificity(sets)

    def measure(key: str, questions: Sequence[Question]) -> dict[str, Value]:
        return {
            "questions.diverse": diversity(sets[key]) if len(questions) > 1 else ONE_QUESTION,
            "questions.specific": specific.get(key, NO_STRANGER),
            "questions.repeated": alike([one.text for one in questions]),
        }

    figures = (
        Scores("questions.diverse", {}, unit="1 - cosine", settings=vectors.name),
        Scores("questions.specific", {}, unit="1 - cosine", settings=vectors.name),
        Scores("questions.repeated", {}, unit="share", better="lower", settings=f"ROUGE-L over {ALIKE}"),
    )
    return measured(asked, figures, measure)


def diversity(own: np.ndarray) -> float:
    """1 - the mean cosine over all pairs of two rows or more."""
    cosines = own @ own.T
    return 1 - float(cosines.sum() - cosines.trace()) / (len(own) * (len(own) - 1))


def specificity(sets: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Paper -> mean specificity of its rows; empty for a single paper. sets: unit vectors, none empty."""
    import numpy as np

    keys = sorted(sets)
    if len(keys) < 2:
        return {}
    everything = np.concatenate([sets[key] for key in keys])
    starts = np.cumsum([0, *(len(sets[key]) for key in keys[:-1])])
    found = {}
    for place, key in enumerate(keys):
        nearest = np.maximum.reduceat(sets[key] @ everything.T, starts, axis=1)
        found[key] = 1 - fmean(float(value) for value in np.delete(nearest, place, axis=1).mean(axis=1))
    return found
