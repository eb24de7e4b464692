"""Control: questions that nobody follows must not look as if they steered the review."""

from __future__ import annotations

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.metrics.control import scores
from common.metrics.material import System
from common.metrics.similarity import Rouge
from tests.common.metrics.examples import by_name, system, text

WORDS = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5).map(" ".join)


def wrote(reviews: list[str], humans: list[str]) -> System:
    """Review gN was written from the questions of human review hN."""
    references = [text(one, name=f"h{number}") for number, one in enumerate(humans)]
    return system({"p": [(text(one, name=f"g{number}"), references) for number, one in enumerate(reviews)]})


def sources(count: int) -> dict[tuple[str, str], str]:
    return {("p", f"g{number}"): f"h{number}" for number in range(count)}


def control(given: System, way: str, known: dict[tuple[str, str], str] | None = None) -> float:
    return by_name(scores(given, Rouge("rouge1"), known), f"control.{way}.rouge1").values["p"]


def test_two_question_sets_by_hand() -> None:
    """The definition. "a b" is 100, 0 and 50 like "a b", "c d", "b c"; "c b" is 50, 50 and 100 like them.
    max: (100 + 100) / 2. avg: (150/3 + 200/3) / 2. steer: 100 - (0 + 50)/2 = 75 and 50 - (50 + 100)/2 = -25."""
    given = wrote(["a b", "c b"], ["a b", "c d", "b c"])
    assert control(given, "max") == pytest.approx(100)
    assert control(given, "avg") == pytest.approx(350 / 6)
    assert control(given, "steer", sources(2)) == pytest.approx(25)


@given(st.lists(WORDS, min_size=2, max_size=4), WORDS)
def test_a_review_that_ignores_its_questions_is_not_steered(humans: list[str], review: str) -> None:
    """The same text from every question set: max and avg may be high, steer is 0."""
    given = wrote([review] * len(humans), humans)
    assert control(given, "steer", sources(len(humans))) == pytest.approx(0, abs=1e-9)
    assert control(given, "avg") <= control(given, "max") + 1e-9


@given(st.lists(WORDS, min_size=1, max_size=4), WORDS, WORDS)
def test_another_reference_never_lowers_the_maximum(humans: list[str], review: str, more: str) -> None:
    """It is a maximum."""
    assert control(wrote([review], [*humans, more]), "max") >= control(wrote([review], humans), "max")


@given(st.lists(WORDS, min_size=2, max_size=4), st.randoms())
def test_the_order_of_references_changes_nothing(humans: list[str], shuffler) -> None:
    """Sources are found by id, not by place."""
    given = wrote(humans, humans)
    references = [trial.references for trial in given.items["p"].trials]
    turned = system(
        {
            "p": [
                (trial.review, shuffler.sample(own, len(own)))
                for trial, own in zip(given.items["p"].trials, references, strict=True)
            ]
        }
    )
    for way in ("max", "avg", "steer"):
        assert control(turned, way, sources(4)) == pytest.approx(control(given, way, sources(4)))


def test_a_perfect_copy_of_its_source() -> None:
    """What full control looks like: disjoint human reviews, each repeated word for word."""
    given = wrote(["a", "b", "c"], ["a", "b", "c"])
    assert control(given, "max") == pytest.approx(100)
    assert control(given, "avg") == pytest.approx(fmean([100, 0, 0]))
    assert control(given, "steer", sources(3)) == pytest.approx(100)


def test_what_has_no_value_says_why() -> None:
    """Without its source a review can be compared, but not said to be steered."""
    two = [text("a", name="h0"), text("b", name="h1")]
    given = system(
        {
            "stray": [(text("a", name="g9"), two)],
            "single": [(text("a", name="g0"), two[:1])],
            "lonely": [(text("a", name="g0"), [])],
            "signs": [(text("?", name="g0"), two)],
            "none": [],
        }
    )
    known = {(key, "g0"): "h0" for key in ("single", "lonely", "signs")}
    found = scores(given, Rouge(), known)
    assert set(by_name(found, "control.max.rouge1").values) == {"stray", "single"}
    assert by_name(found, "control.steer.rouge1").unscored == {
        "stray": "unknown-source",
        "single": "one-reference",
        "lonely": "no-reference",
        "signs": "no-words",
        "none": "no-review",
    }
    assert [one.name for one in scores(given, Rouge())] == ["control.max.rouge1", "control.avg.rouge1"]
