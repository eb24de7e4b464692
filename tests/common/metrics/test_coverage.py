"""COV: a system that says one thing four times must not pass for four reviewers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.metrics.coverage import scores
from common.metrics.figures import Scores
from common.metrics.material import System, Text
from common.metrics.similarity import Rouge
from tests.common.metrics.examples import by_name, system, text

WORDS = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5).map(" ".join)
TEXTS = st.lists(WORDS, min_size=2, max_size=4)


def wrote(reviews: list[str], humans: list[str]) -> System:
    references = [text(one, name=f"h{number}") for number, one in enumerate(humans)]
    return system({"p": [(text(one, name=f"g{number}"), references) for number, one in enumerate(reviews)]})


def cov(given: System) -> Scores:
    return by_name(scores(given, Rouge("rouge1")), "cov.rouge1")


def test_one_paper_by_hand() -> None:
    """The definition. Humans: "a b", "a c", "d e": pairs 50, 0, 0, so h = 50/3. Generated: "a b", "a b", "a c": pairs
    100, 50, 50, so g = 200/3. COV = 50."""
    given = wrote(["a b", "a b", "a c"], ["a b", "a c", "d e"])
    assert cov(given).values == pytest.approx({"p": 50})
    assert by_name(scores(given, Rouge()), "similarity-within.rouge1").values == pytest.approx({"p": 200 / 3})
    assert cov(given).better == "lower"


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_humans_left_out_in_turn_have_human_diversity(papers: list[list[str]]) -> None:
    """The row that says what 0 means."""

    def trials(humans: list[str]) -> list[tuple[Text, list[Text]]]:
        texts = [text(one, name=str(number)) for number, one in enumerate(humans)]
        return [(one, [other for other in texts if other is not one]) for one in texts]

    found = cov(system({str(number): trials(humans) for number, humans in enumerate(papers)}))
    assert found.values == pytest.approx({str(number): 0 for number in range(len(papers))})


@given(WORDS, TEXTS)
def test_repeating_oneself_is_the_worst(review: str, humans: list[str]) -> None:
    """Nothing has a higher g than one text several times, and its g is 100."""
    given = wrote([review, review], humans)
    assert by_name(scores(given, Rouge()), "similarity-within.rouge1").values == pytest.approx({"p": 100})
    assert cov(given).values["p"] >= cov(wrote(["a b c d e f", review], humans)).values["p"] - 1e-9


@given(TEXTS, TEXTS, st.randoms())
def test_the_order_of_reviews_changes_nothing(reviews: list[str], humans: list[str], shuffler) -> None:
    """Nobody numbers reviewers for a reason."""
    turned = wrote(shuffler.sample(reviews, len(reviews)), shuffler.sample(humans, len(humans)))
    assert cov(turned).values == pytest.approx(cov(wrote(reviews, humans)).values)


def test_what_has_no_value_says_why() -> None:
    """One review has no diversity, and one human gives none to compare with."""
    a, b, blank, signs = text("a"), text("b"), text(" "), text("?")
    two = [text("a", name="0"), text("b", name="1")]
    found = cov(
        system(
            {
                "fine": [(a, two), (b, two)],
                "once": [(a, two)],
                "never": [],
                "single": [(a, two[:1]), (b, two[:1])],
                "lonely": [(a, []), (b, [])],
                "blank": [(a, two), (blank, two)],
                "hollow": [(a, [two[0], text("", name="1")]), (b, [two[0]])],
                "signs": [(signs, two), (text("!"), two)],
            },
            missing={"gone": "no-paper"},
        )
    )
    assert found.values == {"fine": 0}
    assert found.unscored == {
        "once": "one-review",
        "never": "no-review",
        "single": "one-reference",
        "lonely": "no-reference",
        "blank": "empty-review",
        "hollow": "empty-references",
        "signs": "no-words",
        "gone": "no-paper",
    }
