"""Both tasks from facts to figures."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from common.errors import ReviewError
from common.prediction.leak import Leak
from common.prediction.papers import PaperFacts, rating_names, survey
from common.prediction.study import HUMAN, Inputs, acceptance, aspect
from tests.common.prediction.made_up import corpus_paper, facts

NONE = Leak("v_2024", 0)


def venue(papers: int = 60) -> list[PaperFacts]:
    """ "length" tells acceptance; two reviewers who agree but for 1 give a score that "length" tells too."""
    draw = random.Random(0)
    found = []
    for number in range(papers):
        length = draw.gauss(0, 1)
        score = 5 + length
        one = facts(number, length > 0.2, 0.0, length=length, noise=draw.gauss(0, 1))
        found.append(replace(one, ratings={"Rating": (score - 0.5, score + 0.5)}))
    return found


def test_what_can_be_told_is_told_and_marked() -> None:
    """The row a reader trusts is the chosen one, beside the baseline and the cues."""
    found = acceptance(Inputs(venue(), None, None, 3), NONE, 0.9)
    rows = {row.name: row for row in found.rows}
    assert next(iter(rows)) == "majority" and rows["chosen"].figures["AUC"].value > 0.9  # type: ignore[operator]
    assert rows["chosen"].better("AUC") and rows["chosen"].better("Brier")
    assert rows["majority"].better("AUC") is None and not rows["version cues alone"].better("AUC")
    assert found.held is not None and found.held.accuracy > 0.8  # type: ignore[operator]
    assert len(found.guesses) == found.papers == 60 and {one.fold for one in found.guesses} == set(range(3))
    assert all((one.guess >= 0) and (one.guess <= 1) for one in found.guesses)


def test_undecided_papers_are_counted_and_left_out() -> None:
    """A paper whose fate is unknown is not a rejected one."""
    given = [*venue(), facts(99, None, length=0.0, noise=0.0)]
    found = acceptance(Inputs(given, None, None, 3), NONE, 0.7)
    assert (found.papers, found.undecided) == (60, 1) and "v_2024/99" not in {one.key for one in found.guesses}
    with pytest.raises(ReviewError, match="of no paper is it known"):
        acceptance(Inputs([given[-1]], None, None, 3), NONE, 0.7)


def test_a_person_stands_beside_the_model_on_one_reviewer_s_rating() -> None:
    """Two reviewers one point apart: the one left out is missed by 1; the paper's true mean by 0.5."""
    found = aspect(Inputs(venue(), None, None, 3), Leak("v_2024", 0, why_not="no decisions"), "Rating")
    singles = {row.name: row for row in found.singles}
    assert singles[HUMAN].figures["MAE"].value == pytest.approx(1)
    assert singles["ridge"].figures["MAE"].value == pytest.approx(0.5, abs=0.1)
    assert {row.name: row for row in found.means}["ridge"].better("RMSE") and "no decisions" in found.warning


def test_the_head_takes_vectors_in_place_of_counts() -> None:
    """With --features lm the hand-made ones must not slip in."""
    given = venue()
    told = {one.key: [float(bool(one.accepted)), 0.0] for one in given}
    blind = {one.key: [0.0, 1.0] for one in given}
    rows = [{row.name: row for row in acceptance(Inputs(given, v, None, 3), NONE, 0.7).rows} for v in (told, blind)]
    assert [one["logistic regression"].figures["AUC"].value for one in rows] == [1.0, 0.5]
    assert "gradient boosting" not in rows[0]


def test_a_corpus_becomes_facts() -> None:
    """Ratings that were not given stay out, venues' papers keep their order, and equal titles belong together."""
    papers = [corpus_paper(n, True) for n in range(3)]
    papers[2] = replace(papers[2], title=papers[0].title, reviews=())
    found = survey(papers, workers=1)
    assert [one.key for one in found] == [one.key for one in papers]
    assert found[0].ratings == {"Rating": (6.0, 7.0)} and found[2].ratings == {}
    assert rating_names(found) == ("Rating",)
    assert found[2].group == found[0].group != found[1].group
