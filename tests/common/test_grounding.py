"""Search and quotation checks over one paper's passages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.grounding import EXCERPT, Grounds, excerpt, quotations
from common.types import Paper, Passage, Section, Source, Span

LONG = (
    "The efficient router was trained first. " * 3 + "Its gating loss is finally described by the second equation. " * 5
)
TEXTS = (
    "We fine-tune the encoder on 4,000 labelled sentences.",
    "The results in Table 3 show a gain of 2.4 points over the strong baseline.",
    LONG,
)
SPLIT = Passage("Words before the break and words after the break.", 3, "B", spans=(Span(3, 0, 26), Span(4, 26, 50)))
PASSAGES = (*(Passage(text, page, "A") for page, text in enumerate(TEXTS, start=1)), SPLIT)
GROUNDS = Grounds(Paper("T", "", (Section("A", 1, 1, PASSAGES),), Source("p", "s", "r"), pages=4))


@given(st.integers(0, 2), st.data())
def test_any_run_of_words_of_the_paper_is_found(place: int, data: st.DataObject) -> None:
    """A true quotation must never be called false."""
    words = TEXTS[place].split()
    start = data.draw(st.integers(0, len(words) - 3))
    end = data.draw(st.integers(start + 3, len(words)))
    found = GROUNDS.check(" ".join(words[start:end]))
    assert found.verified and found.score == 1.0


@pytest.mark.parametrize(
    "quotation",
    [
        "we fine\u2011tune the encoder",
        "GAIN OF 2.4 POINTS",
        "a gain of 2.4  points over the strong base-line",
        "\ufb01ne-tune the encoder",
    ],
)
def test_typography_does_not_make_a_quotation_false(quotation: str) -> None:
    """Hyphens, case and ligatures differ between a PDF and what a model writes."""
    assert GROUNDS.check(quotation).verified


@pytest.mark.parametrize(
    "quotation",
    ["a gain of 9.7 points over the weak baseline", "we fine-tune the decoder on 50 images", "entirely made up words"],
)
def test_a_changed_quotation_is_not_found(quotation: str) -> None:
    """A quotation with another number or another word is a false one."""
    found = GROUNDS.check(quotation)
    assert not found.verified and found.page == 0


def test_a_quotation_after_a_page_break_names_the_second_page() -> None:
    """The page is where a reader will look."""
    assert GROUNDS.check("words before the break").page == 3
    assert GROUNDS.check("words after the break").page == 4


def test_terms_in_quotation_marks_are_no_quotations() -> None:
    """ "Novel" in quotation marks is a term; checking it would fill the review with noise."""
    assert quotations(
        'A "novel" method, \u201cthe second equation\u201d and "described by the equation" and 5" wide.'
    ) == [
        "the second equation",
        "described by the equation",
    ]


def test_search_finds_the_passage_that_is_meant() -> None:
    """Evidence from another page would send the author to the wrong place."""
    match = GROUNDS.support("The gain over the baseline in Table 3 is small")
    assert match is not None and match.passage.page == 2
    assert GROUNDS.support("zebra xylophone") is None
    assert GROUNDS.support("") is None


def test_an_excerpt_shows_the_sentence_that_is_meant() -> None:
    """The first lines of a long paragraph are rarely those a point is about."""
    shown = excerpt(LONG, "gating loss equation")
    assert shown.startswith("Its gating loss") and len(shown) <= EXCERPT
