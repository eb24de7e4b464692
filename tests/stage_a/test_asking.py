"""Stage A in batches, and the file between the stages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from common.engines.scripted import ScriptedEngine
from common.errors import BadConfig, ReviewError
from common.forms import load_form
from common.types import Paper, Question, Sampling, Source
from stage_a_questioner import questions_file
from stage_a_questioner.asking import Asked, AskOptions, Subject, ask
from stage_a_questioner.questions_file import QuestionsFile, user_questions

FORM = load_form("neurips2024")
SAMPLING = Sampling(max_tokens=50, seed=7)
PAPER = Paper("A Title", "An abstract.", (), Source("paper.pdf", "a" * 64, "test"))


def two(first: str, second: str) -> str:
    return f"1. (soundness) {first}\n2. {second}"


def test_every_paper_gets_its_own_questions_in_one_batch() -> None:
    """Sets of one paper must not leak into another's list."""
    engine = ScriptedEngine(
        [
            two("Is the first claim proved?", "Why is the test set small?"),
            two("Is the first claim proved?", "Which seeds were used?"),
            two("Does it converge at all?", "Is code available for it?"),
            two("Who labelled the data?", "What about other languages?"),
        ]
    )
    subjects = [Subject("paper one", "1"), Subject("paper two", "2")]
    first, second = ask(engine, subjects, FORM, SAMPLING, AskOptions(samples=2))
    assert isinstance(first, Asked) and isinstance(second, Asked)
    assert [q.text for q in first.questions] == [
        "Is the first claim proved?",
        "Why is the test set small?",
        "Which seeds were used?",
    ]
    assert len(second.questions) == 4
    assert first.record.batch == 2


def test_seeds_do_not_depend_on_the_batch() -> None:
    """A paper reviewed alone and among others must give the same review for the same --seed."""
    alone, among = (ScriptedEngine([two("Is it right?", "Is it new?")], loop=True) for _ in range(2))
    ask(alone, [Subject("x", "2")], FORM, SAMPLING, AskOptions(samples=2))
    ask(among, [Subject("y", "1"), Subject("x", "2")], FORM, SAMPLING, AskOptions(samples=2))
    assert [p[1].seed for p in alone.prompts] == [p[1].seed for p in among.prompts[2:]]
    assert len({p[1].seed for p in among.prompts}) == 4


def test_a_paper_without_questions_is_asked_again_and_then_an_error() -> None:
    """No default questions are slipped in where a model asked none."""
    engine = ScriptedEngine(["I like it.", two("Is it right?", "Is it new?"), "No.", "No questions."])
    good, bad = ask(engine, [Subject("x", "1"), Subject("y", "2", "Dull")], FORM, SAMPLING, AskOptions(samples=1))
    assert isinstance(bad, Asked)  # "No." came back in the second round: see the order of replies
    assert isinstance(good, ReviewError)
    assert "I like it." in str(good)


def test_what_a_person_asks_comes_first() -> None:
    """--ask questions must be in the list whatever the model asks."""
    engine = ScriptedEngine([two("Is it right?", "Is it new?")])
    (asked,) = ask(
        engine, [Subject("x", "1")], FORM, SAMPLING, AskOptions(samples=1), user_questions(["And the cost?"])
    )
    assert isinstance(asked, Asked)
    assert [(q.id, q.origin) for q in asked.questions] == [("Q1", "user"), ("Q2", "model"), ("Q3", "model")]


def saved(tmp_path: Path) -> tuple[Path, QuestionsFile]:
    engine = ScriptedEngine([two("Is the proof: right?", "Is #1 new?")])
    (asked,) = ask(engine, [Subject("x", "1")], FORM, SAMPLING, AskOptions(samples=1))
    assert isinstance(asked, Asked)
    content = QuestionsFile(asked.questions, FORM.name, PAPER.source.sha256, "digest", asked.record)
    path = tmp_path / "paper.questions.yaml"
    questions_file.save(path, PAPER, content)
    return path, content


def test_the_questions_file_comes_back_as_it_went(tmp_path: Path) -> None:
    """`ask` and `write` together must equal `chain`: record, seeds and text included."""
    path, content = saved(tmp_path)
    assert questions_file.load(path) == content


def test_an_edited_question_is_no_longer_the_models(tmp_path: Path) -> None:
    """The record must not credit the model with what a person wrote."""
    path, _ = saved(tmp_path)
    text = path.read_text().replace("right?", "complete?", 1)
    path.write_text(text.replace("questions:", "questions:\n- What of cost?", 1))
    loaded = questions_file.load(path)
    assert [(q.text, q.origin) for q in loaded.questions] == [
        ("What of cost?", "user"),
        ("Is the proof: complete?", "user"),
        ("Is #1 new?", "model"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("questions: 3", "no list"),
        ("questions: []", "holds no question"),
        ("questions: [{text: ''}]", "has no text"),
        ("questions: [{text: 'Why?', aspekt: x}]", "aspekt"),
        ("questions: [{text: 'Why?', aspect: taste}]", "taste"),
        ("questions: [{text: 'Why?', origin: god}]", "god"),
        ("questions: [", "not valid YAML"),
        ("questions: ['Why so?']\nasked: {stage: {stage: 3}}", "damaged"),
    ],
)
def test_a_bad_questions_file_is_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    """A typing slip in a hand-edited file must name the file and the slip."""
    path = tmp_path / "q.yaml"
    path.write_text(text)
    with pytest.raises(BadConfig, match=said) as caught:
        questions_file.load(path)
    assert str(path) in str(caught.value)


def test_plain_lines_are_a_questions_file_too(tmp_path: Path) -> None:
    """A list typed in any editor is enough."""
    path = tmp_path / "mine.txt"
    path.write_text("# My questions\n1. Is it sound?\n- Is it really new?\n")
    assert [(q.id, q.text, q.origin) for q in questions_file.load(path).questions] == [
        ("Q1", "Is it sound?", "user"),
        ("Q2", "Is it really new?", "user"),
    ]


def test_an_empty_ask_is_refused() -> None:
    """An empty --ask is a slip in a shell script, not a question."""
    with pytest.raises(BadConfig):
        user_questions(["  "])


def test_questions_are_frozen_data() -> None:
    """Two runs must not share a question that one of them changes."""
    question = Question("Q1", "Is it sound?")
    assert replace(question, text="x") != question
