"""What counts as a question by its form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from common.metrics.questions import form
from common.metrics.questions.form import is_question
from tests.common.metrics.examples import by_name
from tests.common.metrics.questions.examples import questions


@pytest.mark.parametrize(
    "text",
    [
        "Does the cache scale with the context?",
        "To what extent do the results depend on the seed?",
        "Given a larger model, would the gain remain?",
        "The paper claims linear time, but is this shown?",
        "Isn't the baseline undertuned?",
        '**"How is the loss weighted?"**',
        "Could the authors say whether (and why) it fails (as in Table 2)?",
    ],
)
def test_questions_in_the_shapes_reviewers_use(text: str) -> None:
    """A question that is not counted as one would make a good set look broken."""
    assert is_question(text)


@pytest.mark.parametrize(
    "text",
    [
        "The proof is right?",
        "Discuss the limits of the method.",
        "How is the loss weighted",
        "Really good?",
        "Why?",
        "",
        "Why " + "so " * 80 + "long?",
    ],
)
def test_what_is_no_question(text: str) -> None:
    """A question mark alone does not ask anything; a parser that ran away is not one question."""
    assert not is_question(text)


def test_the_figures_by_hand() -> None:
    """One of two is a question; seven words together."""
    found = form.scores({"v/1": questions("Why is it so?", "It is so."), "v/2": ()})
    assert by_name(found, "questions.form").values == {"v/1": 0.5}
    assert by_name(found, "questions.count").values == {"v/1": 2.0}
    assert by_name(found, "questions.words").values == {"v/1": 3.5}
    assert by_name(found, "questions.form").unscored == {"v/2": "no-questions"}


def test_distilled_questions_are_nearly_all_questions(corpus: Path) -> None:
    """The rule must not reject what a good questioner writes."""
    lines = (corpus / "questions" / "val.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [one["text"] for line in lines for one in json.loads(line)["questions"]]
    assert len(texts) > 400 and sum(map(is_question, texts)) / len(texts) > 0.99
