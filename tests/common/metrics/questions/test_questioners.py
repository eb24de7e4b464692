"""Rows of the table of questions: each set against the right references, and stand-ins that are what they say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.metrics.matching import Vectors
from common.metrics.material import Item, System, Text, Trial
from common.metrics.questions import questioners
from common.metrics.questions.answerable import Supports
from common.metrics.questions.questioners import Inquiry, Questioner, Referees, questioner_of
from tests.common.metrics.examples import by_name
from tests.common.metrics.planes import Planes
from tests.common.metrics.questions.examples import directed, questions


def scored(row: Questioner, distilled: dict, own: dict | None = None) -> list:
    encoder = Planes()
    return questioners.scores(row, Referees(distilled, own or {}), Vectors(encoder), Supports({}, encoder))


def sets(*found: tuple[str, ...]) -> tuple[Inquiry, ...]:
    return tuple(Inquiry(directed(*one), str(number)) for number, one in enumerate(found))


def test_a_referees_questions_are_not_held_against_themselves() -> None:
    """An arm whose questions come from a review would find all of them in that very review."""
    people = {"v/1": sets(("a0", "b0"), ("b0", "c0"), ("d0", "e0"))}
    row = Questioner("oracle", people)
    found = scored(row, people)
    # The first finds 1 of 2 among b c d e, the second among a b d e, the third nothing.
    assert by_name(found, "questions.distilled.precision").values == {"v/1": pytest.approx((0.5 + 0.5 + 0) / 3)}
    assert by_name(found, "questions.distilled.recall").values == {"v/1": pytest.approx((0.25 + 0.25 + 0) / 3)}
    model = Questioner("chain", {"v/1": (Inquiry(directed("a0", "b0")),)})
    assert by_name(scored(model, people), "questions.distilled.precision").values == {"v/1": 1.0}
    assert dict(questioners.references(row, people)) == {2: 3} and dict(questioners.references(model, people)) == {3: 1}


def test_referees_own_questions_leave_the_same_referee_out_everywhere() -> None:
    """Distilled questions of a review hold the questions its author wrote."""
    distilled = {"v/1": sets(("a0",), ("b0",))}
    own = {"v/1": (Inquiry(directed("a0"), "0"),)}
    found = scored(Questioner("human", own), distilled, own)
    assert by_name(found, "questions.distilled.recall").values == {"v/1": 0.0}
    assert by_name(found, "questions.own.recall").unscored == {"v/1": "no-reference"}


def test_figures_without_any_reference_are_left_out() -> None:
    """Thirty rows of dashes hide the rows that say something."""
    names = {one.name for one in scored(Questioner("chain", {"v/1": (Inquiry(directed("a0")),)}), {}, {})}
    assert "questions.specific" in names and not any(".distilled." in name or ".own." in name for name in names)


def test_a_paper_that_was_not_asked_is_counted() -> None:
    """A questioner that is silent on the hard papers would look better than one that is not."""
    row = Questioner("chain", {"v/1": (Inquiry(directed("a0", "b0")),), "v/2": ()}, missing={"v/3": "nothing-asked"})
    for one in scored(row, {"v/1": sets(("a0",)), "v/2": sets(("a0",))}):
        assert not {"v/2", "v/3"} & set(one.values)
        assert one.unscored["v/2"] == "no-questions" and one.unscored["v/3"] == "nothing-asked", one.name


def test_sets_of_a_system_are_each_taken_once() -> None:
    """Four reviews written from one question set ask its questions once."""
    one, other = directed("a0", "b0"), directed("c0")
    trials = tuple(
        Trial(Text(str(place), {}, questions=asked), ()) for place, asked in enumerate((one, one, other, ()))
    )
    system = System("s", {"v/1": Item("v/1", "v", trials), "v/2": Item("v/2", "v", ())}, "note", {"v/3": "no-review"})
    found = questioner_of(system, {("v/1", "2"): "r"})
    assert found.asked == {"v/1": (Inquiry(one), Inquiry(other, "r")), "v/2": ()}
    assert (found.missing, found.asks) == ({"v/3": "no-review"}, True)
    assert not Questioner("single", {"v/1": ()}).asks


def test_one_list_for_all_papers_is_not_specific() -> None:
    """The row that says what a question must gain by being about this paper."""
    row = questioners.fixed(["v/1", "v/2"], directed("a0", "b0"))
    found = by_name(scored(row, {}), "questions.specific").values
    assert found == {"v/1": pytest.approx(0.0, abs=1e-6), "v/2": pytest.approx(0.0, abs=1e-6)}


papers = st.dictionaries(
    st.tuples(st.sampled_from("vw"), st.integers(0, 9)).map(lambda one: f"{one[0]}/{one[1]}"), st.integers(0, 3)
)


@given(papers, st.integers(0, 3))
def test_another_papers_questions_are_of_another_paper_and_used_once(counts: dict[str, int], seed: int) -> None:
    """A paper that is given its own, or a set that two papers are given, would tell of itself."""
    people = {
        key: tuple(Inquiry(questions(f"{key} asks {place}?"), str(place)) for place in range(count))
        for key, count in counts.items()
    }
    row = questioners.another_papers(list(counts), people, seed)
    given = {key: sets[0].questions[0].text.split()[0] for key, sets in row.asked.items()}
    assert all(key != donor and key[0] == donor[0] for key, donor in given.items())
    assert len(set(given.values())) == len(given)
    assert set(given) | set(row.missing) == set(counts)
    assert row == questioners.another_papers(list(reversed(counts)), people, seed)


def test_a_single_referee_cannot_be_left_out() -> None:
    """With nobody to be held against, the ceiling has no value there."""
    row = questioners.left_out(["v/1", "v/2"], {"v/1": sets(("a0",), ("b0",)), "v/2": sets(("a0",))})
    assert (set(row.asked), row.missing) == ({"v/1"}, {"v/2": "one-reference"})
