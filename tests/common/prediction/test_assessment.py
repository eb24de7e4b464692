"""The figures that say how good a prediction is."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.prediction.assessment import (
    Rows,
    accuracy,
    auc,
    balanced_accuracy,
    brier,
    figure,
    gain,
    mae,
    rmse,
    spearman,
)

TRUTH = [1.0, 0.0, 1.0, 0.0, 0.0]
SAID = [0.9, 0.6, 0.4, 0.4, 0.1]
ONE = [0] * 5
cases = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0]), st.sampled_from([0.1, 0.2, 0.5, 0.7, 0.9]), st.integers(0, 2)),
    min_size=1,
    max_size=20,
)


def value(statistic, rows: Rows) -> float | None:  # type: ignore[no-untyped-def]
    return figure(statistic, rows).value


def test_figures_are_what_one_computes_by_hand() -> None:
    """A wrong formula would be believed: nobody recomputes a table."""
    rows = Rows.single(TRUTH, SAID, ONE)
    assert value(accuracy, rows) == pytest.approx(3 / 5)  # 0.9 yes, 0.6 no, 0.4 no, 0.4 yes, 0.1 yes
    assert value(balanced_accuracy, rows) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert value(brier, rows) == pytest.approx((0.01 + 0.36 + 0.36 + 0.16 + 0.01) / 5)
    # Pairs: 0.9 beats all three; 0.4 loses to 0.6, ties with 0.4, beats 0.1.
    assert value(auc, rows) == pytest.approx(4.5 / 6)
    scores = Rows.single([1, 2, 3, 5], [2, 2, 3, 3], [0] * 4)
    assert value(rmse, scores) == pytest.approx((5 / 4) ** 0.5) and value(mae, scores) == pytest.approx(3 / 4)


def test_the_order_of_scores_is_compared_as_scipy_does() -> None:
    """Ties are common among ratings; dropping or splitting them gives another figure."""
    from scipy.stats import spearmanr

    draw = np.random.default_rng(0)
    truth, guess = draw.integers(1, 6, 60).tolist(), draw.integers(1, 4, 60).tolist()
    rows = Rows.single(truth, guess, [0] * 60)
    assert value(spearman, rows) == pytest.approx(spearmanr(truth, guess).statistic, abs=1e-9)


@given(cases)
def test_auc_counts_pairs_of_one_fold(rows: list[tuple[float, float, int]]) -> None:
    """Probabilities of two fits are on two scales: compared, they reward or punish what no model did."""
    pairs = [
        1.0 if p > q else 0.5 if p == q else 0.0
        for (y, p, fold), (z, q, other) in product(rows, rows)
        if y == 1 and z == 0 and fold == other
    ]
    found = value(auc, Rows.single(*map(list, zip(*rows, strict=True))))
    assert found == (pytest.approx(sum(pairs) / len(pairs)) if pairs else None)


@given(cases, st.randoms())
def test_the_order_of_papers_does_not_matter(rows: list[tuple[float, float, int]], draw) -> None:  # type: ignore[no-untyped-def]
    """A corpus read in another order must give the same table."""
    mixed = draw.sample(rows, len(rows))
    for statistic in (accuracy, balanced_accuracy, brier, auc, spearman):
        one, other = (value(statistic, Rows.single(*map(list, zip(*each, strict=True)))) for each in (rows, mixed))
        assert one == (None if other is None else pytest.approx(other))


def test_a_baseline_that_says_its_training_share_is_no_worse_than_chance() -> None:
    """Pooled over folds it would rank last what is accepted, for a fold with many leaves few to learn from."""
    truth = [1.0, 1.0, 0.0] * 10 + [0.0, 0.0, 1.0] * 10
    rows = Rows.single(truth, [1 / 3] * 30 + [2 / 3] * 30, [0] * 30 + [1] * 30)
    assert value(auc, rows) == 0.5 and value(spearman, rows) is None


def test_each_paper_weighs_the_same_however_many_reviewed_it() -> None:
    """A paper with nine reviewers must not count nine times."""
    rows = Rows.several([[3.0], [1.0] * 9], [[1.0], [1.0] * 9], [0, 0])
    assert value(mae, rows) == pytest.approx(1.0) and rows.papers == 2


def test_intervals_cover_resampled_papers_and_repeat() -> None:
    """The bootstrap of a mean is known: compare with the normal interval of 400 papers."""
    draw = np.random.default_rng(1)
    truth = (draw.random(400) < 0.5).astype(float).tolist()
    rows = Rows.single(truth, [0.9] * 400, [0] * 400)
    found = figure(accuracy, rows)
    share = sum(truth) / 400
    half = 1.96 * (share * (1 - share) / 400) ** 0.5
    assert found.interval is not None and found == figure(accuracy, rows)
    assert (found.interval.low, found.interval.high) == pytest.approx((share - half, share + half), abs=0.008)


def test_a_gain_is_paired() -> None:
    """Against itself a predictor gains nothing, in every resample; against noise the interval is wide."""
    rows = Rows.single(TRUTH, SAID, ONE)
    same = gain(brier, rows, rows)
    assert same.value == 0 and same.interval is not None and same.interval.low == same.interval.high == 0


def test_what_is_not_defined_has_no_number() -> None:
    """AUC of accepted papers alone is not 0.5 and not 0."""
    assert figure(auc, Rows.single([1, 1], [0.2, 0.4], [0, 0])).value is None
    assert figure(auc, Rows.single([], [], [])).n == 0
    alone = figure(brier, Rows.single([1.0], [0.5], [0]))
    assert alone.value == 0.25 and alone.interval is None
