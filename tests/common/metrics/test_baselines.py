"""The rows beside every system: none of them may see what it must not, or the comparison is worth nothing."""

from __future__ import annotations

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.metrics import baselines
from common.metrics.baselines import Chosen, Panel
from common.metrics.material import System, Text


def text(id: str, words: str) -> Text:
    return Text(id, {"": words}, form="plain")


def panel(key: str, *reviews: str) -> Panel:
    return Panel(key, key.partition("/")[0], tuple(text(str(n), words) for n, words in enumerate(reviews)))


A, B, C = panel("v/a", "one two", "three four"), panel("v/b", "five six"), panel("w/c", "seven", "eight", "nine")

panels = st.lists(
    st.builds(
        lambda venue, number, count: panel(f"{venue}/{number}", *(f"{venue} {number} {n}" for n in range(count))),
        st.sampled_from("vw"),
        st.integers(0, 20),
        st.integers(0, 4),
    ),
    max_size=12,
    unique_by=lambda one: one.key,
)


def held(system: System) -> dict[str, list[tuple[str, list[str]]]]:
    return {
        item.key: [(trial.review.text, [one.text for one in trial.references]) for trial in item.trials]
        for item in system
    }


def test_every_referee_is_held_against_the_others_and_one_alone_is_missing() -> None:
    """A referee among its own references would have every score at its top."""
    system = baselines.leave_one_out([A, B, panel("v/d")])
    assert held(system) == {"v/a": [("one two", ["three four"]), ("three four", ["one two"])]}
    assert system.missing == {"v/b": "one-reference", "v/d": "no-reference"}


def test_a_systems_reviews_are_held_against_all_and_papers_without_one_are_said() -> None:
    """A system could else leave out the papers it is bad at."""
    system = baselines.written("mine", [A, B], {"v/a": [text("x", "my own"), text("y", "")]})
    assert held(system) == {"v/a": [("my own", ["one two", "three four"]), ("", ["one two", "three four"])]}
    assert system.missing == {"v/b": "no-review"}


@given(panels, st.integers(0, 5), st.integers(1, 4))
def test_shuffled_reviews_are_of_other_papers_of_the_venue(found: list[Panel], seed: int, draws: int) -> None:
    """A review of the paper itself would make the control as strong as a human."""
    system = baselines.shuffled(found, found, draws, seed)
    assert {*system.items, *system.missing} == {one.key for one in found}
    for item in system:
        donors = [trial.review.id.partition("#")[0] for trial in item.trials]
        assert item.key not in donors and len(set(donors)) == len(donors)
        assert {donor.partition("/")[0] for donor in donors} == {item.venue}
        others = [one for one in found if one.venue == item.venue and one.key != item.key and one.reviews]
        assert len(donors) == min(draws, len(others))
        assert item.trials[0].references == next(one.reviews for one in found if one.key == item.key)


@given(panels, st.randoms())
def test_a_papers_draws_do_not_depend_on_the_order_nor_on_what_else_is_scored(
    found: list[Panel], random: object
) -> None:
    """Two evaluations of different systems would else have different baselines on the same paper."""
    whole = baselines.shuffled(found, found)
    mixed = list(found)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    part = baselines.shuffled(mixed[:3], mixed)
    assert {key: whole.items[key] for key in part.items} == part.items


def test_the_constant_review_does_not_meet_its_own_paper() -> None:
    """There it would be a real review."""
    system = baselines.constant([A, B, C], Chosen("v/a", A.reviews[0], 0.0))
    assert held(system) == {"v/b": [("one two", ["five six"])], "w/c": [("one two", ["seven", "eight", "nine"])]}
    assert system.missing == {"v/a": "constant-is-its-own"}


def test_the_strongest_constant_by_hand() -> None:
    """A weak constant flatters every system. ROUGE-1 F1 of the candidates with the other papers:

    a "red green": b 1/2, c 0, mean 1/4. b "red blue": a 1/2, c 2/3, mean 7/12. c "blue": a 0, b 2/3, mean 1/3.
    """
    found = [panel("v/a", "red green"), panel("v/b", "red blue"), panel("v/c", "blue")]
    chosen = baselines.strongest(found, found)
    assert chosen is not None
    assert (chosen.key, chosen.review.text) == ("v/b", "red blue")
    assert chosen.score == pytest.approx(100 * fmean([1 / 2, 2 / 3]))


def test_no_constant_where_there_is_no_other_paper() -> None:
    """Nothing can be chosen without an answer to hold it against; better no row than a made-up one."""
    assert baselines.strongest([], [A]) is None
    assert baselines.strongest([A], [A]) is None
    assert baselines.strongest([A, panel("v/x")], [A]) is None
    assert baselines.strongest([A], [panel("v/x")]) is None


@given(panels)
def test_equal_references_give_everyone_as_many_as_a_referee_has(found: list[Panel]) -> None:
    """A maximum over four references beats one over three without saying anything about the review."""
    given_all = {one.key: [text("x", "my own"), text("y", "other")] for one in found}
    system = baselines.equal_references(baselines.written("mine", found, given_all))
    humans = baselines.leave_one_out(found)
    for item in humans:
        mine = [[one.id for one in trial.references] for trial in system.items[item.key].trials]
        theirs = [[one.id for one in trial.references] for trial in item.trials]
        assert mine == theirs * 2
    for key, why in humans.missing.items():
        assert [trial.references for trial in system.items[key].trials] == [(), ()], why
