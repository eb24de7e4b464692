"""Asked questions beside referees': by words and one-to-one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.metrics.matching import Vectors
from common.metrics.questions import overlap
from common.metrics.questions.overlap import alike
from tests.common.metrics.examples import by_name
from tests.common.metrics.planes import Planes
from tests.common.metrics.questions.examples import directed, questions

SIMILAR = {frozenset("ax"): 0.8, frozenset("ay"): 0.2, frozenset("bx"): 0.4, frozenset("by"): 0.3}


def similar(one: str, other: str) -> float:
    return SIMILAR.get(frozenset(one + other), 1.0 if one == other else 0.0)


def test_likeness_by_words_by_hand() -> None:
    """Precision (0.8 + 0.4) / 2, recall (0.8 + 0.3) / 2: F1 of 0.6 and 0.55."""
    assert alike(questions("a", "b"), questions("x", "y"), similar) == pytest.approx(2 * 0.6 * 0.55 / 1.15)


words = st.lists(st.sampled_from("abxy"), min_size=1, max_size=5)


@given(words, words, st.randoms(use_true_random=False))
def test_likeness_knows_no_order_and_no_side(mine: list[str], theirs: list[str], random) -> None:
    """Neither side's order is the other's concern."""
    value = alike(questions(*mine), questions(*theirs), similar)
    random.shuffle(mine)
    assert alike(questions(*mine), questions(*theirs), similar) == pytest.approx(value)
    assert alike(questions(*theirs), questions(*mine), similar) == pytest.approx(value)
    assert alike(questions(*mine), questions(*mine), similar) == pytest.approx(1.0)


def test_both_ways_of_comparing_by_hand() -> None:
    """Two referees: one asks a and c, the other a alone; we ask a and b."""
    asked = {"v/1": directed("a0", "b0"), "v/2": (), "v/3": directed("a0")}
    sets = {"v/1": [directed("a1", "c0"), directed("a2"), ()], "v/2": [directed("a0")]}
    found = overlap.scores(
        asked, sets, "distilled", Vectors(Planes()), lambda one, other: float(one[0] == other[0]), 0.9
    )
    values = {
        "precision": 1 / 2,
        "recall": 1 / 2,
        "hit_rate": 1 / 2,
        "recall.raised2": 1.0,
        "recall.raised1": 0.0,
        # With the first set precision and recall are 1/2; with the second they are 1/2 and 1.
        "words.max": 2 / 3,
        "words.mean": (1 / 2 + 2 / 3) / 2,
    }
    for name, value in values.items():
        one = by_name(found, f"questions.distilled.{name}")
        assert one.values == {"v/1": pytest.approx(value)}, name
        assert one.unscored["v/2"] == "no-questions" and one.unscored["v/3"] in ("no-reference", "none-raised-by-1")
