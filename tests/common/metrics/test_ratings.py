"""Ratings beside the referees' and beside a constant: a figure without its baseline has misled this field before."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.metrics import ratings
from common.metrics.decisions import LEAKS, UNKNOWN, best_threshold, decisions
from common.metrics.figures import difference
from common.metrics.material import System
from common.metrics.ratings import baseline, constants, correlations, levels, scores
from tests.common.metrics.examples import FORMS, by_name, system, text

RATED = st.integers(1, 10)
PAPERS = st.lists(st.tuples(RATED, st.lists(RATED, min_size=1, max_size=5)), min_size=1, max_size=8)


def rated(papers: list[tuple[float | None, list[float]]], venue: str = "v") -> System:
    """One review a paper beside referees with these ratings."""
    return system(
        {
            f"{venue}/{n}": [(text("x", rating=own), [text("y", rating=one, name=str(one)) for one in human])]
            for n, (own, human) in enumerate(papers)
        }
    )


def test_figures_by_hand() -> None:
    """Referees 3, 4, 8: mean 5, median 4. A 6 is 1 and 2 points off, no exact match, within one of the mean only."""
    found = {one.name: one.values for one in scores(rated([(6, [3, 4, 8])]), FORMS)}
    assert found == {
        "ratings.tiny.Rating.mae.mean": {"v/0": 1},
        "ratings.tiny.Rating.mae.median": {"v/0": 2},
        "ratings.tiny.Rating.exact.mean": {"v/0": 0},
        "ratings.tiny.Rating.exact.median": {"v/0": 0},
        "ratings.tiny.Rating.within1.mean": {"v/0": 1},
        "ratings.tiny.Rating.within1.median": {"v/0": 0},
    }


@pytest.mark.parametrize(("own", "right"), [(5, 1.0), (6, 1.0), (4, 0.0), (7, 0.0)])
def test_halfway_between_two_values_both_are_exact(own: float, right: float) -> None:
    """Referees 5 and 6 mean 5.5: neither 5 nor 6 is wrong, and rounding to even would decide by chance."""
    assert by_name(scores(rated([(own, [5, 6])]), FORMS), "ratings.tiny.Rating.exact.mean").values == {"v/0": right}


def test_an_unscored_rating_is_counted_and_never_a_number() -> None:
    """OpenReviewer counts a rating it cannot parse as 5; here it leaves the mean and is shown."""
    mixed = rated([(None, [5]), (7, [5])])
    mixed.items["v/2"] = replace(mixed.items["v/0"], key="v/2", trials=())
    other = rated([(5, [5])], "w").items["w/0"]
    trial = other.trials[0]
    mixed.items["w/0"] = replace(other, trials=(replace(trial, review=replace(trial.review, form="else")),))
    found = by_name(scores(mixed, FORMS), "ratings.tiny.Rating.mae.mean")
    assert found.values == {"v/1": 2}
    assert found.unscored == {"v/0": ratings.UNRATED, "v/2": "no-review", "w/0": ratings.OTHER_FORM}


def test_referees_without_a_rating_give_no_target() -> None:
    """A mean over nobody is no rating to be held against."""
    found = scores(system({"v/0": [(text(rating=4), [text()])], "v/1": [(text(rating=4), [text(rating=4)])]}), FORMS)
    assert by_name(found, "ratings.tiny.Rating.mae.mean").unscored == {"v/0": ratings.NO_TARGET}
    assert scores(system({"v/0": [(text(rating=4), [text()])]}), FORMS) == []


def test_the_constant_is_the_median_for_mae_and_the_mode_for_exact() -> None:
    """Targets 3 3 3 6 7 8 9: median 6, mode 3. The best constant differs by measure, so one for all would be weak."""
    some = rated([(1, [target]) for target in (3, 3, 3, 6, 7, 8, 9)])
    best = constants(some, FORMS)
    assert best["ratings.tiny.Rating.mae.mean"] == 6
    assert best["ratings.tiny.Rating.exact.mean"] == 3
    found = baseline(some, FORMS, best)
    assert sorted(by_name(found, "ratings.tiny.Rating.mae.mean").values.values()) == [0, 1, 2, 3, 3, 3, 3]
    given_elsewhere = baseline(some, FORMS, {"ratings.tiny.Rating.mae.mean": 10})
    assert [one.name for one in given_elsewhere] == ["ratings.tiny.Rating.mae.mean"]
    assert sum(given_elsewhere[0].values.values()) == 7 * 3 + 4 + 3 + 2 + 1


@given(PAPERS)
def test_no_system_of_constants_beats_the_baseline(papers: list[tuple[int, list[int]]]) -> None:
    """The baseline found on the same data is the best constant there is, or it flatters the system beside it."""
    some = rated(papers)
    best = {one.name: one for one in baseline(some, FORMS, constants(some, FORMS))}
    for value in range(1, 11):
        for one in scores(rated([(value, human) for _, human in papers]), FORMS):
            gain = sum(one.values.values()) - sum(best[one.name].values.values())
            assert gain * (1 if one.better == "higher" else -1) <= 1e-6


@given(PAPERS, st.randoms(use_true_random=False))
def test_the_order_of_referees_and_papers_does_not_matter(papers: list, rng: random.Random) -> None:
    """The same reviews must give the same figures, in whatever order a file holds them."""
    some = rated(papers)
    items = rng.sample(list(some.items.items()), len(some.items))
    mixed = System(
        "s",
        {
            key: replace(
                item,
                trials=tuple(
                    replace(one, references=tuple(rng.sample(one.references, len(one.references))))
                    for one in item.trials
                ),
            )
            for key, item in items
        },
    )
    assert {one.name: one.values for one in scores(some, FORMS)} == {
        one.name: {key: pytest.approx(value) for key, value in one.values.items()} for one in scores(mixed, FORMS)
    }
    assert constants(some, FORMS) == constants(mixed, FORMS)


def test_the_system_and_its_baseline_can_be_compared() -> None:
    """ "Better than a constant" is the claim; it needs a paired difference over the same papers."""
    some = rated([(5, [5]), (9, [9]), (2, [2]), (7, [6])])
    own = by_name(scores(some, FORMS), "ratings.tiny.Rating.mae.mean")
    constant = by_name(baseline(some, FORMS, constants(some, FORMS)), own.name)
    assert difference(own, constant).mean == pytest.approx((1 - (0 + 4 + 3 + 1)) / 4)


def test_spearman_agrees_with_scipy_and_is_unknown_for_a_constant() -> None:
    """Ties share their mean rank; a constant has no correlation, and 0 would be a claim."""
    from scipy.stats import spearmanr

    papers = [(3, [4, 5]), (3, [2]), (6, [6, 6, 7]), (8, [5]), (8, [9]), (1, [3]), (5, [5]), (None, [5])]
    one = next(c for c in correlations(rated(papers), FORMS) if c.name.endswith("mean"))
    own, human = zip(*[(a, sum(b) / len(b)) for a, b in papers if a is not None], strict=True)
    assert one.rho == pytest.approx(spearmanr(own, human).statistic)
    assert (one.n, one.papers, one.unscored) == (7, 7, {ratings.UNRATED: 1})
    assert one.interval is not None and one.interval.low <= one.rho <= one.interval.high
    flat = correlations(rated([(5, [4]), (5, [6])]), FORMS)[0]
    assert flat.rho is None and flat.interval is None


@given(st.lists(st.tuples(RATED, st.integers(10, 40).map(lambda tenths: tenths / 10)), max_size=20))
def test_spearman_agrees_with_scipy_on_any_ratings(pairs: list[tuple[float, float]]) -> None:
    """An independent implementation must give the same figure wherever one exists."""
    from scipy.stats import spearmanr

    if any(len(set(side)) < 2 for side in zip(*pairs, strict=True)) or not pairs:
        assert ratings.spearman(pairs) is None
    else:
        assert ratings.spearman(pairs) == pytest.approx(spearmanr(pairs).statistic)


def test_levels_need_no_referee() -> None:
    """What an injected line does to a rating shows without any human review."""
    found = by_name(
        levels(system({"v/0": [(text(rating=4), []), (text(rating=7), [])]}), FORMS), "ratings.tiny.Rating.level"
    )
    assert found.values == {"v/0": 5.5} and found.unit == "points"


def test_decisions_by_hand() -> None:
    """Ratings 8 7 6 accepted, 6 3 rejected; from 7 on: 2 of 3 and 2 of 2 are right."""
    some = rated([(8, [5]), (7, [5]), (6, [5]), (6, [5]), (3, [5]), (None, [5]), (9, [5])], "iclr_2017")
    truth = {f"iclr_2017/{n}": n < 3 for n in range(6)}
    found = decisions(some, truth, "Rating", 7)
    assert found.accuracy.values == {f"iclr_2017/{n}": float(n != 2) for n in range(5)}
    assert found.accuracy.unscored == {"iclr_2017/5": ratings.UNRATED, "iclr_2017/6": UNKNOWN}
    assert (found.majority, found.balanced) == (pytest.approx(3 / 5), pytest.approx((2 / 3 + 1) / 2))
    # From 6 on: 3 of 3 and 1 of 2, which is less.
    assert best_threshold(some, truth, "Rating") == 7


def test_venues_whose_text_gives_the_decision_away_are_left_out() -> None:
    """A figure over them would measure which version was shown."""
    found = decisions(rated([(8, [5])], "neurips_2024"), {"neurips_2024/0": True}, "Rating", 6)
    assert found.accuracy.values == {} and found.accuracy.unscored == {"neurips_2024/0": LEAKS}
    assert (found.balanced, found.majority, found.interval) == (None, None, None)
