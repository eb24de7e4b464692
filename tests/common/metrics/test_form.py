"""Whether reviews keep their form: a model that loops or leaves the form must not pass for one that reviews."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.metrics import form
from common.metrics.material import Text
from common.types import Rating
from tests.common.metrics.examples import FORM, FORMS, by_name, system, text

WORDS = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=60).map(" ".join)
POINTS = st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=8).map(" ".join), min_size=1, max_size=8)


def test_repetition_by_hand() -> None:
    """Seven words have four 4-grams; here the first and the last are the same, so 3 of 4 are unique."""
    assert form.repetition("The proof is wrong. The proof is wrong") == pytest.approx(1 / 5)
    assert form.repetition("a b c a b c a") == pytest.approx(1 / 4)
    assert form.repetition("one two three four") == 0
    assert form.repetition("one two three") == form.SHORT
    assert form.repetition(" .. ") == form.EMPTY


@given(WORDS)
def test_writing_a_text_twice_repeats_at_least_half_of_it(words: str) -> None:
    """A loop is what this is for: it must show, whatever is looped."""
    once, twice = form.repetition(words), form.repetition(f"{words} {words}")
    if isinstance(once, float):
        assert isinstance(twice, float) and 0 <= once <= twice <= 1
        # n words give n - 3 grams, twice gives 2n - 3, of which at most n are unique.
        count = len(words.split())
        assert twice >= 1 - count / (2 * count - 3) - 1e-9


def test_points_that_say_the_same_are_found_by_hand() -> None:
    """Ten common words of eleven is ROUGE-L F 20/22 > 0.7: one remark, so one of three could go."""
    long = "the ablation of the router is missing from the main table"
    assert form.alike([long, f"{long} here", "the proof of lemma two uses a false bound"]) == pytest.approx(1 / 3)
    assert form.alike(["x y z", "X, y z!", "x y z"]) == pytest.approx(2 / 3)
    assert form.alike(["only one"]) == 0
    assert form.alike([]) == form.NO_POINTS


@given(POINTS, st.randoms(use_true_random=False))
def test_the_order_of_points_does_not_matter(points: list[str], rng: random.Random) -> None:
    """The same remarks in another order are the same review."""
    shuffled = rng.sample(points, len(points))
    assert form.alike(shuffled) == form.alike(points)


def test_every_figure_by_hand() -> None:
    """What a table of forms shows, on one paper with two reviews and one that has none."""
    good = Text(
        "1",
        {"Summary": "It sorts lists.", "Strengths": "Fast.", "Weaknesses": "Only short lists were sorted."},
        ("Fast.", "Only short lists were sorted."),
        (Rating("Rating", 6), Rating("Confidence", 2)),
        form="tiny",
    )
    bad = Text(
        "2", {"Summary": "", "weaknesses": "Hm."}, (), (Rating("Rating", None, "9/5"),), form="tiny", problems=("x",)
    )
    human = text("One two three four five six seven eight.")
    found = form.scores(system({"v/1": [(good, [human]), (bad, [human])]}, missing={"v/2": "no-completion"}), FORMS)
    expected = {
        "form.parsed": 1 / 2,
        "form.sections": (1 + 1 / 3) / 2,
        "form.unrated": (0 + 1) / 2,
        "form.repetition": 0.0,
        "form.alike": 0.0,
        "form.words": (9 + 1) / 2,
        "form.length": (9 / 8 + 1 / 8) / 2,
        "form.points": 1.0,
    }
    assert {one.name: one.values for one in found} == {
        name: {"v/1": pytest.approx(value)} for name, value in expected.items()
    }
    assert all(one.unscored == {"v/2": "no-completion"} for one in found)


def test_what_cannot_be_said_is_counted_with_its_reason() -> None:
    """A missing form, reference or text must not read as a share of zero."""
    found = form.scores(system({"v/1": [(text(form="other"), [])], "v/2": []}), FORMS)
    assert by_name(found, "form.sections").unscored == {"v/1": form.NO_FORM, "v/2": "no-review"}
    assert by_name(found, "form.length").unscored["v/1"] == form.NO_REFERENCE
    assert by_name(found, "form.repetition").unscored["v/1"] == form.EMPTY
    assert by_name(found, "form.words").values == {"v/1": 0}
    assert form.filled(Text("1", {"": "It sorts."}, form="tiny"), FORM) == form.FREE_TEXT
    silent = form.scores(system({"v/1": [(text("a"), [text(" ")])]}), FORMS)
    assert by_name(silent, "form.length").unscored == {"v/1": form.EMPTY_REFERENCES}


def test_problems_are_counted_by_kind() -> None:
    """A list of a thousand sentences that differ in a number tells nobody what to mend."""
    first = Text("1", {}, problems=("2 repeated points left out", "a point names Q9, Q12, which was not asked"))
    second = Text("2", {}, problems=("1 repeated point left out", "no section Summary", "no section Summary"))
    assert form.problems(system({"v/1": [(first, []), (second, [])]})) == {
        "N repeated points left out": 2,
        "a point names QN, which was not asked": 1,
        "no section Summary": 1,
    }


def test_a_very_long_review_is_measured() -> None:
    """One runaway completion of 50,000 words must not stop an evaluation."""
    words = " ".join(f"w{n}" for n in range(50_000))
    assert form.repetition(words) == 0 and form.alike([words, "w1 w2"]) == 0
    assert form.filled(text(words), FORM) == pytest.approx(1 / 3)
