"""SPE: a review that would fit any paper must not score as one that fits its own."""

from __future__ import annotations

from collections import Counter
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.metrics.figures import Scores, estimate
from common.metrics.material import Item, System, Text, Trial
from common.metrics.similarity import Rouge
from common.metrics.specificity import partners, scores
from tests.common.metrics.examples import system, text

WORDS = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=5).map(" ".join)
PAPERS = st.lists(st.tuples(WORDS, st.lists(WORDS, min_size=1, max_size=3)), min_size=2, max_size=6)


def wrote(papers: list[tuple[str, list[str]]]) -> System:
    """A system with one review a paper: (review, references)."""
    return system(
        {
            f"v/{number}": [(text(review), [text(one, name=str(n)) for n, one in enumerate(references)])]
            for number, (review, references) in enumerate(papers)
        }
    )


def spe(given: System, shuffles: int | None = None, seed: int = 0) -> Scores:
    (found,) = scores(given, Rouge("rouge1"), shuffles, seed)
    return found


def test_three_papers_by_hand() -> None:
    """The definition. ROUGE-1 is 200 x shared words / words of both.

    Paper 0: own 100 (the best of 100 and 0); against paper 1 50, against paper 2 0: 100 - 25 = 75.
    Paper 1: own 50; against paper 0 max(50, 0), against paper 2 50: 50 - 50 = 0.
    Paper 2: own 0; against paper 0 max(0, 100), against paper 1 0: 0 - 50 = -50.
    """
    found = spe(wrote([("a b", ["a b", "x y"]), ("b d", ["b c"]), ("x y", ["d e"])]))
    assert found.values == pytest.approx({"v/0": 75, "v/1": 0, "v/2": -50})
    assert estimate(found).mean == pytest.approx(25 / 3)


def test_a_paper_with_several_reviews_has_the_mean_of_theirs() -> None:
    """Four samples of one paper are one paper, not four."""
    other = [(text("q"), [text("z")])]
    both = spe(system({"p": [(text("a"), [text("a")]), (text("z"), [text("a")])], "q": other}))
    assert both.values["p"] == pytest.approx(fmean([100 - 0, 0 - 100]))


def test_humans_left_out_in_turn_are_strangers_by_the_same_rule() -> None:
    """Reviewers of another paper must not be held against more references than their own: three texts make two sets
    of two here, and every set counts."""
    left_out = [(text("a", name="0"), [text("b", name="1")]), (text("b", name="1"), [text("a", name="0")])]
    found = spe(system({"p": left_out, "q": [(text("a"), [text("c")])]}))
    # q: own 0; against p the mean of the sets (b) and (a): 50, not the maximum 100 over both.
    assert found.values["q"] == pytest.approx(-50)


@given(PAPERS, WORDS, st.integers(1, 8), st.integers(0, 99))
def test_a_constant_text_has_none(papers: list[tuple[str, list[str]]], constant: str, shuffles: int, seed: int) -> None:
    """The point of the figure: praise that fits everywhere is worth 0, whichever strangers were drawn."""
    same = wrote([(constant, references) for _, references in papers])
    assert estimate(spe(same)).mean == pytest.approx(0, abs=1e-9)
    assert estimate(spe(same, shuffles, seed)).mean == pytest.approx(0, abs=1e-9)


@given(PAPERS, st.integers(0, 99))
def test_the_estimate_is_exact_once_every_other_paper_was_drawn(papers: list[tuple[str, list[str]]], seed: int) -> None:
    """An estimate that converges elsewhere is another figure under the same name."""
    given = wrote(papers)
    assert spe(given, len(papers) - 1, seed).values == pytest.approx(spe(given).values)
    assert spe(given, len(papers) + 5, seed).values == pytest.approx(spe(given).values)


def test_the_estimate_is_without_bias() -> None:
    """One shuffle a seed, over many seeds, must settle on the exact sum, paper by paper."""
    given = wrote([("a b", ["a b", "x y"]), ("b d", ["b c"]), ("x y", ["d e"]), ("a e", ["c e"]), ("c d", ["x"])])
    exact = spe(given).values
    drawn = [spe(given, 1, seed).values for seed in range(2000)]
    for key, value in exact.items():
        assert fmean(one[key] for one in drawn) == pytest.approx(value, abs=3)


@given(PAPERS, st.randoms())
def test_the_order_of_references_and_papers_changes_nothing(papers: list[tuple[str, list[str]]], shuffler) -> None:
    """The same seed must give the same figure, in whatever order a corpus is read."""
    given = wrote(papers)
    items = list(given)
    shuffler.shuffle(items)
    turned = {
        item.key: Item(
            item.key,
            "v",
            tuple(Trial(t.review, tuple(shuffler.sample(t.references, len(t.references)))) for t in item.trials),
        )
        for item in items
    }
    assert spe(System("s", turned), 2, 7).values == pytest.approx(spe(given, 2, 7).values)


@given(st.integers(2, 12), st.integers(1, 12), st.integers(0, 99))
def test_every_paper_stands_in_once_a_shuffle(papers: int, shuffles: int, seed: int) -> None:
    """A paper held against itself raises the second term; one drawn oftener than others tilts it."""
    keys = [f"p{number}" for number in range(papers)]
    drawn = partners(keys, shuffles, seed)
    used = min(shuffles, papers - 1)
    assert all(key not in others and len(set(others)) == len(others) == used for key, others in drawn.items())
    assert Counter(other for others in drawn.values() for other in others) == dict.fromkeys(keys, used)


def test_no_shuffle_is_refused() -> None:
    """A mean over nothing would be reported as a figure."""
    with pytest.raises(ValueError, match="0 shuffles"):
        partners(["a", "b"], 0)


def test_what_has_no_value_says_why() -> None:
    """A paper that is left out in silence makes the mean one of other papers."""
    given = system(
        {
            "a": [(text("a"), [text("a")])],
            "b": [(text("b"), [text("b"), text(" ")])],
            "lonely": [(text("a"), [])],
            "blank": [(text(" "), [text("a")])],
            "hollow": [(text("a"), [text("")])],
            "signs": [(text("?!"), [text("a")])],
            "none": [],
        },
        missing={"gone": "no-paper"},
    )
    found = spe(given)
    assert set(found.values) == {"a", "b"}
    assert found.unscored == {
        "lonely": "no-reference",
        "blank": "empty-review",
        "hollow": "empty-references",
        "signs": "no-words",
        "none": "no-review",
        "gone": "no-paper",
    }
    (alone,) = scores(system({"a": [(text("a"), [text("a")])]}), Rouge())
    assert (alone.values, alone.unscored) == ({}, {"a": "one-paper"})


def test_figures_of_other_strangers_or_similarities_are_not_compared() -> None:
    """Ten shuffles with another seed, or ROUGE-L instead of ROUGE-1, are other figures."""
    given = wrote([("a", ["a"]), ("b", ["b"])])
    marks = {(one.name, one.settings) for one in (spe(given), spe(given, 1), spe(given, 1, 1))}
    assert len(marks) == 3
    assert spe(given).name == "spe.rouge1"


def test_texts_without_ids_are_compared_by_what_they_say() -> None:
    """Two referees of different papers may both be number 0."""
    one, other = Text("0", {"": "a"}), Text("0", {"": "b"})
    given = System("s", {"p": Item("p", "v", (Trial(one, (one,)),)), "q": Item("q", "v", (Trial(other, (other,)),))})
    assert spe(given).values == {"p": 100, "q": 100}
