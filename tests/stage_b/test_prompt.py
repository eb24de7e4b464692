"""Stage B's prompt and parser: nothing a model writes is lost, and nothing is read into it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.forms import form_names, load_form
from common.rows.design import all_designs
from common.types import Question, Rating, ReviewForm, ReviewSection
from stage_b_reviewer.prompt import grammar, messages, parse, render
from tests.grammars import admits

FORM = load_form("neurips2024")
QUESTIONS = (Question("Q1", "Is it sound?"), Question("Q2", "Is it new?"))
LINES = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp"), blacklist_characters="\u0085\x0b\x0c\x1c\x1d\x1e"),
    max_size=60,
)
TRAPS = st.sampled_from(
    ["Questions:", "## Weaknesses", "**Summary:** again", "Limitations", "\\escaped", "Ratings: none", "- a"]
)
BLOCKS = (
    st.lists(st.one_of(LINES, TRAPS), min_size=1, max_size=6).map(lambda lines: "\n".join(lines).strip()).filter(bool)
)


@given(st.lists(BLOCKS, min_size=5, max_size=5), st.integers(1, 4), st.integers(1, 10))
def test_what_is_rendered_is_parsed_back(texts: list[str], soundness: int, rating: int) -> None:
    """Training targets must be readable by the chain, even where a reviewer wrote a heading inside a section."""
    sections = [ReviewSection(section.name, text) for section, text in zip(FORM.sections, texts, strict=True)]
    ratings = [Rating("Soundness", soundness), Rating("Rating", rating)]
    review = parse(render(sections, ratings), FORM)
    assert list(review.sections) == sections
    assert {r.name: r.value for r in review.ratings if r.value is not None} == {
        "Soundness": soundness,
        "Rating": rating,
    }


@given(st.text(), st.sampled_from(form_names()))
def test_any_text_is_parsed_without_a_guess(text: str, name: str) -> None:
    """A model's nonsense becomes a review full of problems, never an exception or a made-up rating."""
    form = load_form(name)
    review = parse(text, form)
    assert review.raw == text
    for scale, rating in zip(form.ratings, review.ratings, strict=True):
        assert rating.value is None or rating.value in {float(label) for label in scale.labels}


@pytest.mark.parametrize(
    "heading", ["## Weaknesses", "**Weaknesses**", "**Weaknesses:**", "WEAKNESSES:", "Weaknesses", "### 3. Weaknesses"]
)
def test_headings_are_read_as_models_write_them(heading: str) -> None:
    """A review must not be lost because its headings are bold instead of marked with #."""
    review = parse(f"Summary: It adapts the batch.\n{heading}\n- No ablation of the filter.", FORM)
    assert [(s.name, s.text) for s in review.sections] == [
        ("Summary", "It adapts the batch."),
        ("Weaknesses", "- No ablation of the filter."),
    ]


def test_a_word_in_a_sentence_is_no_heading() -> None:
    """'Limitations are not discussed' is a remark, not the start of a section."""
    review = parse("## Weaknesses\n- Limitations are not discussed.\nlimitations\nQuestions remain about cost.", FORM)
    assert [section.name for section in review.sections] == ["Weaknesses"]


def test_points_name_their_questions_and_invented_numbers_are_said() -> None:
    """The link from a point to its question is what makes a review checkable."""
    text = "## Strengths\n- Clear proof. [Q1, Q2]\n## Weaknesses\n1. Cost is not given (Q2).\n2. Other. [Q7]\n- None"
    review = parse(text, FORM, QUESTIONS)
    assert [(p.text, p.question_ids, p.linked_by) for p in review.points] == [
        ("Clear proof.", ("Q1", "Q2"), "model"),
        ("Cost is not given.", ("Q2",), "model"),
        ("Other.", (), ""),
    ]
    assert "a point names Q7, which was not asked" in review.problems


def test_a_summary_is_not_a_list_of_points() -> None:
    """A summary restates the paper; counting it as criticism would fill the review with praise nobody gave."""
    review = parse(
        "## Summary\nIt works.\n\nIt is fast.\n## Weaknesses\nFirst remark here.\n\nSecond remark here.", FORM
    )
    assert [point.text for point in review.points] == ["First remark here.", "Second remark here."]


def test_repeated_points_are_counted_once() -> None:
    """Small models fall into loops; a reader should see the point once and be told."""
    review = parse("## Weaknesses\n" + "- The baseline is weak.\n" * 9, FORM)
    assert len(review.points) == 1
    assert "8 repeated points left out" in review.problems


def test_ratings_are_read_from_the_scale_or_not_at_all() -> None:
    """10 must not read as 1, and two different ratings under one name are none."""
    review = parse("## Ratings\nSoundness: 3 good\nRating: 10: strong accept\nConfidence: 4\nConfidence: 2", FORM)
    values = {rating.name: rating.value for rating in review.ratings}
    assert values["Soundness"] == 3
    assert values["Confidence"] is None
    assert values["Presentation"] is None
    assert "Presentation is unscored" in review.problems


def test_a_cut_completion_is_reported() -> None:
    """A review that ends in the middle must say so."""
    assert "the answer was cut off at its length limit" in parse("## Summary\nIt", FORM, finish="length").problems


@pytest.mark.parametrize("name", form_names())
def test_the_prompt_asks_for_the_form_and_puts_questions_last(name: str) -> None:
    """Questions differ between samples, so anything after them would be read anew for each."""
    form = load_form(name)
    one, other = (messages("THE PAPER", form, [Question("Q1", text)])[1]["content"] for text in ("Why so?", "How so?"))
    common_prefix = next(i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    assert one.index("</paper>") < common_prefix
    assert all(section.name in one for section in form.sections)
    assert all(scale.name in one for scale in form.ratings)


def test_without_questions_the_prompt_does_not_speak_of_any() -> None:
    """The single-stage baseline must not be told to answer questions that are not there."""
    assert "question" not in messages("PAPER", load_form("july7"), ())[1]["content"].lower().replace("questions:", "")


def review_of(form: ReviewForm, count: int) -> str:
    """With so many points under every heading that has any."""
    text = "\n".join(f"- The experiments do not separate change {number} from the other." for number in range(count))
    summary = "It adapts the order of the training examples to what its probes disagree about."
    sections = [ReviewSection(section.name, text if section.points else summary) for section in form.sections]
    ratings = [Rating(scale.name, float(next(iter(scale.labels)))) for scale in form.ratings]
    return render(sections, ratings) + ("" if form.ratings else "\n")


@pytest.mark.parametrize(
    ("name", "least", "most"), [("iclr2017", 4, 20), ("neurips2024", 1, 6), ("stanford4", 1, 6), ("july7", 1, 6)]
)
def test_a_form_of_one_heading_has_all_points_under_it(name: str, least: int, most: int) -> None:
    """One sentence passed as a review of ICLR's form, and its seventh point was refused."""
    form = load_form(name)
    found = [count for count in range(25) if admits(grammar(form), review_of(form, count))]
    assert found == list(range(least, most + 1))


@pytest.mark.parametrize("name", form_names())
def test_what_the_grammar_admits_is_parsed_without_a_problem(name: str) -> None:
    """Under the grammar even a small model's review must be readable; that is what the grammar is for."""
    form = load_form(name)
    admitted = review_of(form, 4)
    assert admits(grammar(form), admitted)
    assert [one for one in parse(admitted, form).problems if "repeated" not in one] == []
    assert not admits(grammar(form), f"Sure! Here is the review.\n{admitted}")
    assert not admits(grammar(form), admitted.replace(form.sections[-1].name, "Conclusion"))


@pytest.mark.parametrize("name", ["neurips2024", "july7"])
def test_the_grammar_admits_what_every_design_renders(name: str) -> None:
    """An adapter trained on a design must be free to write it, also where a section has nothing to say."""
    form = load_form(name)
    text = "- The experiments do not separate the two changes.\n- Costs are given nowhere in the paper."
    summary = "It adapts the order of the training examples to what its probes disagree about."
    sections = [ReviewSection(section.name, text if section.points else summary) for section in form.sections]
    ratings = [Rating(scale.name, float(next(iter(scale.labels)))) for scale in form.ratings]
    for design in all_designs():
        given_sections = sections[:-1] if design.absent == "placeholder" else sections
        written = render(given_sections, ratings, form, design, "points are Weaknesses 2.")
        admitted = written if form.ratings else written + "\n"
        assert admits(grammar(form, design=design), admitted), design
        assert [one for one in parse(admitted, form, design=design).problems if "repeated" not in one] == []


def test_the_grammar_lets_a_point_name_the_questions_that_were_asked_and_no_others() -> None:
    """A point that answers question 13 of 12 answers nothing; a model must not be able to write it. Citations and
    intervals stand in the same brackets and stay free."""
    form = load_form("stanford4")

    def written(ending: str) -> str:
        body = [ReviewSection(one.name, f"- It keeps the order of the examples fixed{ending}") for one in form.sections]
        return render(body) + "\n"

    twelve = [f"Q{number}" for number in range(1, 13)]
    for ending in (
        ".",
        ". [Q1]",
        ". [Q12]",
        ". [Q1, Q12]",
        ". [Q1][Q2]",
        " in [0, 1] as in [12]. [Q3]",
        " [Q2] or not",
    ):
        assert admits(grammar(form, asked=twelve), written(ending)), ending
    for ending in (". [Q13]", ". [Q1, Q13]", ". [Q]", ". [Q1", " in [0, 1]. [Q30]"):
        assert not admits(grammar(form, asked=twelve), written(ending)), ending
        assert admits(grammar(form), written(ending)), ending
    assert not admits(grammar(form, asked=()), written(". [Q1]"))
    assert admits(grammar(form, asked=()), written(", see [3]."))
