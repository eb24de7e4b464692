"""Which aspects are asked about."""

from __future__ import annotations

import pytest

from common.metrics.questions import aspects
from tests.common.metrics.examples import by_name
from tests.common.metrics.questions.examples import questions


def test_coverage_by_hand() -> None:
    """Referees ask about three aspects in all; we ask about one of them, and about one they have not."""
    asked = {
        "v/1": questions("p?", "q?", "r?", "s?", aspects=("clarity", "ethics", "clarity")),
        "v/2": questions("p?"),
        "v/3": questions("p?", aspects=("clarity",)),
        "v/4": (),
    }
    sets = {"v/1": [questions("x?", "y?", aspects=("clarity", "soundness")), questions("z?", aspects=("motivation",))]}
    found = aspects.scores(asked, sets)
    covered = by_name(found, "questions.aspects.covered")
    assert covered.values == {"v/1": pytest.approx(1 / 3)}
    assert covered.unscored == {"v/2": "no-aspects", "v/3": "no-reference-aspects", "v/4": "no-questions"}
    assert by_name(found, "questions.aspects.count").values == {"v/1": 2.0, "v/3": 1.0}
    assert by_name(found, "questions.aspects.named").values == {"v/1": 0.75, "v/2": 0.0, "v/3": 1.0}


def test_the_spread_counts_papers_not_questions() -> None:
    """A row of the heat map: four questions on clarity of one paper are one paper asked about clarity. A paper whose
    questions have no aspects says nothing about any."""
    asked = {
        "v/1": questions("p?", "q?", aspects=("clarity", "clarity")),
        "v/2": questions("p?", "q?", aspects=("ethics", "clarity")),
        "v/3": questions("p?"),
    }
    assert aspects.spread(asked) == {"clarity": 1.0, "ethics": 0.5}
    assert aspects.spread({"v/3": questions("p?")}) == {}
