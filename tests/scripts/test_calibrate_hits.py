"""Where a threshold comes from: a wrong sweep would be in every hit rate after it."""

from __future__ import annotations

import pytest

from common.errors import ReviewError
from common.metrics.matching import Vectors
from scripts.calibrate_hits import THRESHOLDS, matched, report, strangers
from tests.common.metrics.planes import Planes


def test_a_stranger_is_another_paper_of_the_same_venue() -> None:
    """A paper of another venue has another form: its points would differ for that alone."""
    found = dict(strangers(["a/1", "b/1", "a/2", "a/3", "c/1", "b/2"]))
    assert found == {"a/1": "a/2", "a/2": "a/3", "a/3": "a/1", "b/1": "b/2", "b/2": "b/1"}


def test_rates_by_hand() -> None:
    """Same paper: a0 and a40 (cosine 0.766) of 2 and 1 points, so 1/2 one way and 1 the other. Other paper: nothing
    until the two b of the second paper meet c and a: never."""
    lists = {"v/1": [["a0", "c0"], ["a40"]], "v/2": [["b0"], ["b20"]]}
    own, foreign = matched(lists, Vectors(Planes()))
    assert own[0.7] == {"v/1": pytest.approx(0.75), "v/2": 1.0}
    assert own[0.8] == {"v/1": 0.0, "v/2": 1.0}
    assert foreign[0.3] == {"v/1": 0.0, "v/2": 0.0}


def test_the_lowest_threshold_that_keeps_other_papers_at_the_limit_is_chosen(capsys: pytest.CaptureFixture) -> None:
    """One higher loses matches for nothing, one lower matches by chance."""
    foreign = {one: {"v/1": 0.0, "v/2": max(0.0, 0.6 - one)} for one in THRESHOLDS}
    own = {one: {"v/1": 1.0, "v/2": 0.5} for one in THRESHOLDS}
    report(own, foreign, seed=0)
    # The mean over two papers is (0.6 - t) / 2, so 5% is reached at 0.50.
    assert "chosen: 0.50" in capsys.readouterr().out


def test_no_threshold_may_do() -> None:
    """Texts that are all alike cannot calibrate anything, and must not end in a number."""
    always = {one: {"v/1": 1.0, "v/2": 1.0} for one in THRESHOLDS}
    with pytest.raises(ReviewError, match="No threshold"):
        report(always, always, seed=0)
