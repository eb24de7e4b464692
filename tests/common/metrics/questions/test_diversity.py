"""A set of questions that fits every paper must score low, whatever else is said for it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.metrics.matching import Vectors
from common.metrics.questions import diversity
from tests.common.metrics.examples import by_name
from tests.common.metrics.planes import Planes
from tests.common.metrics.questions.examples import directed, questions


def scored(asked: dict) -> dict:
    found = diversity.scores(asked, Vectors(Planes()))
    return {name: by_name(found, f"questions.{name}") for name in ("diverse", "specific", "repeated")}


def test_by_hand() -> None:
    """Paper 1 asks a0 and b0. Beside a60 of paper 2: cosines 0.5 and 0; beside c0 of paper 3: 0 and 0."""
    found = scored({"v/1": directed("a0", "b0"), "v/2": directed("a60"), "v/3": directed("c0"), "v/4": ()})
    assert found["specific"].values == {
        "v/1": pytest.approx(1 - (0.5 / 2 + 0) / 2),
        "v/2": pytest.approx(1 - (0.5 + 0) / 2),
        "v/3": pytest.approx(1.0),
    }
    assert found["diverse"].values == {"v/1": pytest.approx(1.0)}
    assert found["diverse"].unscored == {"v/2": "one-question", "v/3": "one-question", "v/4": "no-questions"}


def test_a_question_asked_of_every_paper_is_worth_nothing() -> None:
    """The generic arm of a comparison: one list for all papers, different questions within it."""
    found = scored({f"v/{n}": directed("a0", "b0", "c0") for n in range(5)})
    assert list(found["specific"].values.values()) == pytest.approx([0.0] * 5, abs=1e-6)
    assert list(found["diverse"].values.values()) == pytest.approx([1.0] * 5)


def test_specificity_does_not_sink_as_papers_are_added() -> None:
    """Half of the papers ask a0, half ask something of their own: the same figure for 4 papers and for 20."""

    def mean(count: int) -> float:
        own = {f"v/{n}": directed("a0" if n % 2 else f"{chr(98 + n)}0") for n in range(count)}
        return sum(value for key, value in scored(own)["specific"].values.items() if int(key[2:]) % 2) / (count // 2)

    assert mean(4) == pytest.approx(1 - 1 / 3) and mean(20) == pytest.approx(1 - 9 / 19)


def test_repeating_oneself_is_seen_by_words() -> None:
    """A small model in a loop asks one question eight times."""
    found = scored({"v/1": questions(*["a0 is the same thing asked?"] * 4), "v/2": directed("a0")})
    assert found["repeated"].values == {"v/1": 0.75, "v/2": 0.0}
    assert found["diverse"].values == {"v/1": pytest.approx(0.0, abs=1e-6)}


def test_a_single_paper_has_no_others() -> None:
    """A demonstration on one paper must not print a perfect specificity."""
    assert scored({"v/1": directed("a0")})["specific"].unscored == {"v/1": "no-other-paper"}


sets = st.lists(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 180)), min_size=1, max_size=4), min_size=2, max_size=5
)


@given(sets)
def test_specificity_agrees_with_its_definition(drawn: list) -> None:
    """Against the sums written out, over every paper, question and other paper."""

    def cosine(one: tuple[str, int], other: tuple[str, int]) -> float:
        return math.cos(math.radians(one[1] - other[1])) if one[0] == other[0] else 0.0

    found = scored({f"v/{n}": directed(*(f"{a}{d}" for a, d in one)) for n, one in enumerate(drawn)})["specific"]
    for n, own in enumerate(drawn):
        others = [other for m, other in enumerate(drawn) if m != n]
        near = [sum(max(cosine(q, r) for r in other) for other in others) / len(others) for q in own]
        assert found.values[f"v/{n}"] == pytest.approx(1 - sum(near) / len(near), abs=1e-5)
