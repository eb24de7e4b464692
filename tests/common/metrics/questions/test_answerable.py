"""A proxy for being answerable: it must at least know this paper's questions from another's."""

from __future__ import annotations

import pytest

from common.metrics.questions import answerable
from common.metrics.questions.answerable import Support, stems
from tests.common.metrics.examples import by_name
from tests.common.metrics.questions.examples import questions

PAPER = """# Caches

The scheduler orders waiting requests by their deadline and length.

Every layer keeps its tensors in a compressed cache during decoding.
"""


def test_support_by_hand() -> None:
    """Stems of the question: schedul, order, unicorn. The first two stand in one of two passages, each weighing
    ln(3/2) + 1; the third in none, ln 3 + 1."""
    import math

    one, none = math.log(3 / 2) + 1, math.log(3) + 1
    assert stems("Does the scheduler order unicorns?") == {"schedul", "order", "unicorn"}
    assert Support(PAPER).of("Does the scheduler order unicorns?") == pytest.approx(2 * one / (2 * one + none))


def test_words_of_two_passages_do_not_add_up() -> None:
    """A question whose words are strewn over the paper is not what a passage is about."""
    support = Support(PAPER)
    assert support.of("Which requests wait?") == pytest.approx(1.0)
    assert support.of("Do requests fill the cache?") < 0.6


def test_a_question_without_content_has_no_support() -> None:
    """ "What is it?" is not answered by every paper."""
    assert Support(PAPER).of("What is it?") == 0.0


def test_the_figures_and_their_reasons() -> None:
    """A paper that cannot be read must not count as one that answers nothing."""
    asked = {key: questions("Which requests wait?", "Are there unicorns?") for key in ("v/1", "v/2", "v/3", "v/4")}
    papers = {"v/1": lambda: PAPER, "v/2": None, "v/4": lambda: "# Title alone\n"}
    found = answerable.scores({**asked, "v/5": ()}, papers, 0.9)
    assert by_name(found, "questions.answerable").values == {"v/1": 0.5}
    assert by_name(found, "questions.support").values == {"v/1": pytest.approx(0.5)}
    assert by_name(found, "questions.support").unscored == {
        "v/2": "no-paper",
        "v/3": "no-paper",
        "v/4": "no-passages",
        "v/5": "no-questions",
    }
