"""A version that tells the decision is found, and named."""

from __future__ import annotations

import random

import pytest

from common.prediction.leak import MARKS, SIZES, Leak, cues, measure
from common.prediction.models import Plan
from common.prediction.papers import survey
from common.rows.budget import read_paper
from tests.common.corpora.examples import paper
from tests.common.prediction.made_up import corpus_paper, facts


def test_a_planted_mark_is_found_and_the_figure_is_in_the_sentence() -> None:
    """Links to code in accepted papers only: the table of acceptance would praise the version."""
    found = survey([corpus_paper(n, n % 2 == 0, mark=n % 2 == 0) for n in range(40)], workers=1)
    leak = measure("iclr_2017", found, Plan(3))
    assert leak.found and leak.marks is not None and leak.marks.value == 1
    assert "told from marks of the version with AUC 1.00" in leak.warning and leak.warning.startswith("iclr_2017")


def test_marks_that_do_not_go_with_the_decision_accuse_nobody() -> None:
    """A warning at every venue is one that nobody reads."""
    draw = random.Random(1)
    found = survey([corpus_paper(n, draw.random() < 0.5, mark=draw.random() < 0.5) for n in range(60)], workers=1)
    leak = measure("iclr_2017", found, Plan(3))
    assert not leak.found and leak.warning == "" and leak.marks is not None and leak.sizes is not None


def test_the_size_of_the_text_alone_is_a_cue() -> None:
    """Marks can be taken out of a text; an appendix that only accepted papers have stays."""
    found = [facts(n, n % 2 == 0, cue=0.0) for n in range(40)]
    for one in found[::2]:
        one.cues["appendix words"] = 900.0
    leak = measure("v_2024", found, Plan(3))
    assert leak.found and "sizes of the text" in leak.warning and "marks" not in leak.warning


@pytest.mark.parametrize("fates", [[None] * 30, [True] * 30, [True] * 28 + [False] * 2])
def test_where_it_cannot_be_measured_that_is_said(fates: list[bool | None]) -> None:
    """No verdict is not an acquittal."""
    leak = measure("v_2024", [facts(n, fate) for n, fate in enumerate(fates)], Plan(3))
    assert leak.why_not and not leak.found and "could not be measured" in leak.warning and leak.marks is None


def test_cues_of_a_paper_by_hand() -> None:
    """Every cue stands under its name."""
    front = "# T\n\n## 1 Introduction\n\nOne two three.\n\n## Acknowledgements\n\nThanks.\n\n"
    given = paper(text=f"{front}## References\n\n[1] A, 2000.\n\n## A Proofs\n\nFour five.\n")
    found = cues(given, read_paper(given))
    assert list(found) == [*MARKS, *SIZES]
    assert found["acknowledgements"] == 1 and found["code link"] == 0
    assert (found["appendix words"], found["references"], found["captions"]) == (2, 1, 0)


def test_no_figure_is_no_warning() -> None:
    assert Leak("v", 3).warning == ""
