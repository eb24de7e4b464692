"""Whether probabilities mean what they say, and what keeping silent buys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import ReviewError
from common.prediction.calibration import abstain, calibrate, held, plot, threshold

forecasts = st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.floats(0, 1)), min_size=1, max_size=30)


def test_the_error_of_five_papers_by_hand() -> None:
    """[0.1, 0.2): two papers say 0.15, none came; [0.6, 0.7): three say 0.6, two came."""
    found = calibrate([0, 0, 1, 1, 0], [0.1, 0.2 - 1e-9, 0.6, 0.6, 0.6])
    assert [(one.low, one.came.hits, one.came.total) for one in found.bins] == [(0.1, 0, 2), (0.6, 2, 3)]
    assert found.error == pytest.approx((2 * 0.15 + 3 * (2 / 3 - 0.6)) / 5)


def test_the_edges_of_bins_belong_above_and_one_to_the_last() -> None:
    """The rule is printed beside the figure, so it has to hold."""
    found = calibrate([1, 1, 1], [0.0, 0.5, 1.0])
    assert [(one.low, one.high) for one in found.bins] == [(0.0, 0.1), (0.5, 0.6), (0.9, 1.0)]


def test_a_calibrated_forecaster_is_not_accused_and_an_overconfident_one_is() -> None:
    """The figure alone cannot tell: it is above 0 for both."""
    draw = np.random.default_rng(2)
    probability = draw.random(600)
    came = (draw.random(600) < probability).astype(float)
    fair = calibrate(came.tolist(), probability.tolist())
    loud = calibrate(came.tolist(), np.where(probability > 0.5, 0.99, 0.01).tolist())
    assert 0 < fair.error < 0.06 and not fair.doubtful
    assert loud.error > 0.15 and loud.doubtful


@given(forecasts)
def test_the_error_is_a_share_and_does_not_depend_on_the_order(rows: list[tuple[float, float]]) -> None:
    truth, said = map(list, zip(*rows, strict=True))
    found = calibrate(truth, said)
    assert 0 <= found.error <= 1 and sum(one.came.total for one in found.bins) == len(rows)
    assert calibrate(truth[::-1], said[::-1]).error == pytest.approx(found.error)
    assert calibrate(truth, truth).error == 0


def test_the_curve_of_four_papers_by_hand() -> None:
    """Surest first; papers of one confidence are answered together, whichever side they are on."""
    curve = abstain([1, 0, 1, 0], [0.9, 0.2, 0.3, 0.8])
    assert [(one.threshold, one.papers, one.right) for one in curve] == [
        (0.9, 1, 1), (0.8, 3, 2), (0.7, 4, 2),
    ]  # fmt: skip
    assert [threshold(curve, wanted) for wanted in (1.0, 0.6, 0.5)] == [0.9, 0.8, 0.7]
    assert threshold(abstain([0], [0.9]), 0.5) == float("inf")


@given(forecasts)
def test_the_curve_ends_with_all_papers(rows: list[tuple[float, float]]) -> None:
    truth, said = map(list, zip(*rows, strict=True))
    curve = abstain(truth, said)
    assert curve[-1].coverage == 1
    assert curve[-1].right == sum((p >= 0.5) == (y == 1) for y, p in rows)
    assert [one.threshold for one in curve] == sorted({max(p, 1 - p) for _, p in rows}, reverse=True)


def test_a_threshold_is_never_tried_on_the_papers_it_was_found_on() -> None:
    """Fold 0 is right when sure, fold 1 wrong when sure: what one promises the other does not hold."""
    truth, said, fold = [1, 1, 0, 0], [0.9, 0.9, 0.9, 0.9], [0, 0, 1, 1]
    found = held(truth, said, fold, 1.0)
    assert found is not None and (found.papers, found.right, found.of) == (2, 0, 4)
    assert held(truth, said, [0] * 4, 1.0) is None
    silent = held([0, 0], [0.9, 0.9], [0, 1], 1.0)
    assert silent is not None and silent.papers == 0 and silent.accuracy is None and silent.threshold is None


def test_the_diagram_is_the_same_file_every_time(tmp_path: Path) -> None:
    """A report under version control must not change by itself."""
    truth, said = [1, 0, 1, 0], [0.9, 0.2, 0.3, 0.8]
    for name in ("one.svg", "two.svg"):
        plot(tmp_path / name, "Made up", calibrate(truth, said), abstain(truth, said))
    first = (tmp_path / "one.svg").read_text()
    assert first == (tmp_path / "two.svg").read_text() and "share accepted" in first
    with pytest.raises(ReviewError, match=r"one\.docx"):
        plot(tmp_path / "one.docx", "Made up", calibrate(truth, said), abstain(truth, said))
