"""A proxy for being answerable: it must at least know this paper's questions from another's."""

from __future__ import annotations

import math

import pytest

from common.metrics.questions import answerable
from common.metrics.questions.answerable import Support, Supports
from tests.common.metrics.examples import by_name
from tests.common.metrics.planes import Planes
from tests.common.metrics.questions.examples import questions

PAPER = """# Caches

a0 The scheduler orders waiting requests by their deadline and length.

b0 Every layer keeps its tensors in a compressed cache during decoding.

a40 The scheduler drops requests that wait for longer than a minute.
"""


def test_support_by_hand() -> None:
    """The nearest of the passages that share a word: at 60 degrees, 40 is nearer than 0; another plane is no nearer
    for being found. A question in words the paper has not has none."""
    asked = ["a60 which requests are dropped?", "c0 what is the cache?", "a1 are there unicorns?"]
    assert Support(PAPER, Planes()).of(asked) == [
        pytest.approx(math.cos(math.radians(20)), abs=1e-6),
        pytest.approx(0.0, abs=1e-6),
        0.0,
    ]


def test_questions_do_not_depend_on_each_other() -> None:
    """All are embedded in one call: each must get its own passages back."""
    asked = ["a60 which requests are dropped?", "a1 are there unicorns?", "b30 what is the cache?", "a9 the scheduler?"]
    support = Support(PAPER, Planes())
    assert support.of(asked) == pytest.approx([support.of([one])[0] for one in asked], abs=1e-6)


def test_the_figures_and_their_reasons() -> None:
    """A paper that cannot be read must not count as one that answers nothing."""
    asked = {f"v/{n}": questions("a0 which requests wait?", "a1 are there unicorns?") for n in (1, 2, 3, 4)}
    papers = {"v/1": lambda: PAPER, "v/2": None, "v/4": lambda: "# Title alone\n"}
    found = answerable.scores({**asked, "v/5": ()}, Supports(papers, Planes()), 0.9)
    assert by_name(found, "questions.answerable").values == {"v/1": 0.5}
    assert by_name(found, "questions.support").values == {"v/1": pytest.approx(0.5)}
    assert by_name(found, "questions.support").unscored == {
        "v/2": "no-paper",
        "v/3": "no-paper",
        "v/4": "no-passages",
        "v/5": "no-questions",
    }


def test_a_question_that_several_rows_ask_is_searched_once() -> None:
    """Ten rows over a corpus would take ten times as long, and a row must not get another question's support."""
    read, encoder = [], Planes()
    supports = Supports({"v/1": lambda: read.append(1) or PAPER}, encoder)
    first, second = "a60 which requests are dropped?", "b30 what is the cache?"
    supports.add("v/1", [first, second])
    assert supports.of("v/1", [second, first]) == pytest.approx(Support(PAPER, Planes()).of([second, first]), abs=1e-6)
    assert len(read) == 1 and len(encoder.calls) == 1
    third = "a9 the scheduler?"
    assert supports.of("v/1", [third, first])[1] == supports.of("v/1", [first])[0]
    assert len(read) == 2 and third in encoder.calls[-1] and first not in encoder.calls[-1]
    assert supports.of("v/2", [first]) == "no-paper"
