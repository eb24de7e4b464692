"""Hit rate, recall and precision against values worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.metrics import hit_rate
from common.metrics.figures import Scores
from common.metrics.matching import Vectors
from common.metrics.material import System
from tests.common.metrics.examples import by_name, system, text
from tests.common.metrics.planes import Planes, point


def review(*points: str, name: str = "r"):
    return text("Prose.", [point(one) for one in points], name=name)


def scored(given_system: System, threshold: float = 0.9, seed: int = 0) -> dict[str, Scores]:
    found = hit_rate.scores(given_system, Vectors(Planes()), threshold, seed)
    return {one.name.removeprefix("points."): one for one in found}


PAPER = (
    review("a0", "b0", "b1", "x0"),
    (review("a5", "b2", "c0", name="1"), review("a10", "d0", name="2"), review("a12", "b3", name="3")),
)
"""a is raised by three referees, b by two, c and d by one. The review makes a once, b twice, and x, which nobody has.
Its hit rates are 2/4, 1/4 and 2/4; of 4 distinct human points it makes 2, with 4 of its own."""


def test_a_paper_by_hand() -> None:
    """Every figure of the definition on one paper."""
    found = scored(system({"v/1": [PAPER]}))
    wanted = {
        "hit_rate": (2 / 4 + 1 / 4 + 2 / 4) / 3,
        "precision": 2 / 4,
        "recall": 2 / 4,
        "f1": 2 * 2 / 8,
        "recall.raised1": 0.0,
        "recall.raised2": 1.0,
        "recall.raised3+": 1.0,
        "count": 4.0,
        "brief": 0.0,
    }
    for name, value in wanted.items():
        assert found[name].values == {"v/1": pytest.approx(value)}, name


def test_points_that_are_too_short_are_left_out_and_counted() -> None:
    """ "Good." would match every other "Good."; that it was left out must be seen."""
    short = text("Prose.", [point("a0"), "b0 short"], name="r")
    found = scored(system({"v/1": [(short, [review("a0", "b0")])]}))
    assert (found["count"].values, found["brief"].values) == ({"v/1": 1.0}, {"v/1": 1.0})
    assert (found["precision"].values, found["recall"].values) == ({"v/1": 1.0}, {"v/1": 0.5})


def test_what_cannot_be_scored_says_why() -> None:
    """A paper that falls out in silence would make the mean one of easier papers."""
    one = review("a0")
    found = scored(
        system(
            {
                "v/none": [(one, [])],
                "v/brief": [(one, [text("x", ["b0 short"])])],
                "v/empty": [(text("x"), [one])],
                "v/lone": [(one, [one])],
            },
            missing={"v/gone": "no-record"},
        )
    )
    reasons = {
        "v/gone": "no-record",
        "v/none": "no-reference",
        "v/brief": "no-reference-points",
        "v/empty": "no-points",
    }
    assert found["hit_rate"].values == {"v/lone": pytest.approx(1.0)} and found["hit_rate"].unscored == reasons
    assert found["recall.raised2"].unscored == {**reasons, "v/lone": "none-raised-by-2"}
    assert found["recall.at5"].unscored == {**reasons, "v/lone": "below-5-points"}
    assert set(found["count"].unscored) == {"v/gone"}


def test_recall_at_an_equal_number_of_points_does_not_reward_a_longer_list() -> None:
    """Ten points of which five hit, drawn five at a time, find what five points of which half hit would find."""
    letters = "abcdefghij"
    long = review(*(f"{one}0" for one in letters))
    found = scored(system({f"v/{n}": [(long, [review(*(f"{one}0" for one in "abcdevwxyz"))])] for n in range(40)}))
    assert all(value == pytest.approx(0.5) for value in found["recall"].values.values())
    mean = sum(found["recall.at5"].values.values()) / 40
    assert mean == pytest.approx(0.25, abs=0.02)


def test_chance_is_taken_off() -> None:
    """A review that says of every paper what every referee says is worth nothing over chance, though it hits."""
    same = [(review("a0", "b0"), [review("a0", "b0")])]
    found = scored(system({f"v/{n}": same for n in range(4)}))
    assert list(found["hit_rate"].values.values()) == pytest.approx([1.0] * 4)
    assert list(found["hit_rate.over_chance"].values.values()) == pytest.approx([0.0] * 4, abs=1e-6)
    own = {f"v/{n}": [(review(f"{one}0"), [review(f"{one}0")])] for n, one in enumerate("abcd")}
    found = scored(system(own))
    assert list(found["recall.over_chance"].values.values()) == pytest.approx([1.0] * 4, abs=1e-6)
    assert scored(system({"v/1": same}))["recall.over_chance"].unscored == {"v/1": "no-other-paper"}


directions = st.lists(st.sampled_from([f"{one}{degrees}" for one in "abc" for degrees in (0, 20, 40)]), min_size=1)


@given(directions, st.lists(directions, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_the_order_of_points_and_references_changes_nothing(mine: list[str], theirs: list[list[str]], random) -> None:
    """A reordered review is the same review."""
    # A referee makes every point once: which of two equal ones is paired, though not how many, is a matter of luck.
    theirs = [list(dict.fromkeys(one)) for one in theirs]
    first = scored(system({"v/1": [(review(*mine), [review(*one) for one in theirs])]}), 0.99)
    random.shuffle(mine)
    random.shuffle(theirs)
    for one in theirs:
        random.shuffle(one)
    second = scored(system({"v/1": [(review(*mine), [review(*one) for one in theirs])]}), 0.99)
    for name, one in first.items():
        assert one.values == pytest.approx(second[name].values), name


@given(directions, directions, st.floats(0.1, 0.99), st.floats(0.1, 0.99))
def test_a_higher_threshold_never_raises_a_hit_rate(mine: list[str], theirs: list[str], one: float, two: float) -> None:
    """Calibration reads the sweep from the top."""
    given_system = system({"v/1": [(review(*mine), [review(*theirs)])]})
    low, high = (scored(given_system, at)["hit_rate"].values["v/1"] for at in sorted((one, two)))
    assert low >= high


@given(directions)
def test_a_review_matches_itself_fully(points: list[str]) -> None:
    """Identical reviews: all figures are 1."""
    found = scored(system({"v/1": [(review(*points), [review(*points)])]}), 0.999)
    for name in ("hit_rate", "precision", "recall", "f1", "recall.raised1"):
        assert found[name].values == {"v/1": pytest.approx(1.0)}


def test_settings_name_the_encoder_and_the_threshold() -> None:
    """Figures of two encoders or thresholds must not be compared; `difference` refuses by the settings."""
    found = hit_rate.scores(system({"v/1": [PAPER]}), Vectors(Planes()), 0.7)
    assert by_name(found, "points.recall").settings == "planes, cosine from 0.7, one-to-one, from 5 words"
