"""Reviews as metrics see them: what is compared is what was said, on both sides alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.corpora.schema import HumanReview
from common.forms import load_form
from common.types import Question, Rating, ReviewSection
from stage_b_reviewer.material import of_generated, of_human, prose
from stage_b_reviewer.prompt import parse

FORM = load_form("neurips2024")
COMPLETION = """## Summary
It sorts lists on one machine.

## Strengths
- The proof is short. [Q1]

## Weaknesses
- Only small lists are tried. [Q2, Q3]
- The gain is 3% (see Table 2).

## Ratings
Soundness: 3
Rating: 12"""
QUESTIONS = tuple(Question(f"Q{number}", f"What of {number}?") for number in (1, 2, 3))
SECTIONS = (
    ReviewSection("Summary", "It sorts lists on one machine."),
    ReviewSection("Strengths", "Strengths:\n1. The proof is short."),
    ReviewSection("Weaknesses", "**Weaknesses**\n* Only small lists are tried.\n\n* The gain is 3% (see Table 2)."),
    ReviewSection("Limitations", ""),
)


def test_the_same_words_are_the_same_text_whoever_wrote_them() -> None:
    """A model would else lose, or win, by its list marks and question numbers."""
    model = of_generated(parse(COMPLETION, FORM, QUESTIONS), "0", QUESTIONS)
    referee = of_human(HumanReview("r", "as posted", SECTIONS, (Rating("Soundness", 3.0),)), FORM)
    assert model.sections == referee.sections == {
        "Summary": "It sorts lists on one machine.",
        "Strengths": "The proof is short.",
        "Weaknesses": "Only small lists are tried.\nThe gain is 3% (see Table 2).",
    }  # fmt: skip
    said = ("The proof is short.", "Only small lists are tried.", "The gain is 3% (see Table 2).")
    assert model.points == referee.points == said
    assert model.form == referee.form == "neurips2024"
    assert model.questions == QUESTIONS


def test_ratings_come_as_they_are() -> None:
    """An unscored rating must not become a number, nor vanish."""
    ratings = {one.name: one.value for one in of_generated(parse(COMPLETION, FORM, QUESTIONS), "0").ratings}
    assert ratings["Soundness"] == 3.0
    assert ratings["Rating"] is None and ratings["Presentation"] is None


def test_free_text_is_one_section_without_a_heading() -> None:
    """Most older reviews have no sections; they are references all the same."""
    text = "A fine paper.\n\nPros:\n- Short.\n- Clear.\n\nRating: 7: Good paper\nI liked it."
    found = of_human(HumanReview("0", text, (), (Rating("Rating", 7.0),)), load_form("iclr2017"))
    assert found.sections == {"": "A fine paper.\nShort.\nClear.\nI liked it."}
    assert found.points == ("A fine paper.", "Short.", "Clear.", "I liked it.")


@pytest.mark.parametrize("text", ["", "I cannot review this."])
def test_what_did_not_parse_is_an_empty_text(text: str) -> None:
    """It is counted as unscored; scoring the raw completion would reward what no reader sees as a review."""
    found = of_generated(parse(text, FORM), "0")
    assert (found.text, found.points) == ("", ())
    assert found.problems


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("# of parameters is not given", "# of parameters is not given"),
        ("## Minor remarks", ""),
        ("1.5 times faster is little.", "1.5 times faster is little."),
        ("-The claim is wide.", "The claim is wide."),
        ("- 2) Nested marks go.", "Nested marks go."),
        ("W1: The data are few.", "The data are few."),
        ("**Novelty**: it is low.", "**Novelty**: it is low."),
        ("Soundness: 3 of the proofs fail, as shown.", "Soundness: 3 of the proofs fail, as shown."),
        ("Soundness: 3 good", ""),
        ("- **Soundness:** 3/4", ""),
        ("See [Q1] for why.", "See for why."),
        ("----------", ""),
        (f"# {'x' * 5000}.", f"# {'x' * 5000}."),
    ],
)  # fmt: skip
def test_apparatus_goes_and_words_stay(line: str, kept: str) -> None:
    """One lost sentence of a human review makes every system look worse."""
    assert prose(line, ["Soundness"]) == kept


@given(st.text(st.sampled_from(list("aB1.:)( -*#\nQ[],=_")), max_size=40))
def test_reducing_twice_changes_nothing_more(text: str) -> None:
    """Else the figure would depend on how often a text went through."""
    once = prose(text, ["a"])
    assert prose(once, ["a"]) == once
