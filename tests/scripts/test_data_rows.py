"""`review data rows`: what goes in comes out in a row or in the list of what did not, and fits the context."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from common.chat import IGNORED, Chat
from common.config import ChainConfig
from common.corpora.question_sets import QuestionSet, save
from common.corpora.schema import CorpusPaper, HumanReview, Rejection
from common.corpora.splits import Recipe, make_split, save_split
from common.corpora.store import open_corpus, write
from common.engines.base import JOINT
from common.engines.scripted import ScriptedEngine
from common.errors import BadConfig, ReviewError
from common.forms import load_form
from common.rows.card import load_card
from common.rows.folder import read_rows
from common.store import ModelPath
from common.types import Question, Rating, ReviewSection
from scripts.data_rows import command
from scripts.pipeline import review_prompt
from scripts.row_inputs import weights
from stage_a_questioner import prompt as prompt_a
from stage_b_reviewer import prompt as prompt_b

TOPICS = ("cache", "index", "kernel", "parser")
BODY = (
    "The {0} keeps a counter for every reader and evicts what nobody reads. We measure its throughput on {1} traces. "
)


@dataclass(frozen=True)
class Readings:
    """A corpus of made-up papers. name: as a reader has one."""

    name: str = "made-up"

    def __iter__(self) -> Iterator[CorpusPaper | Rejection]:
        for number, topic in enumerate(TOPICS):
            sections = (
                ReviewSection("Summary", f"It proposes a {topic} for many readers."),
                ReviewSection("Strengths", f"- The {topic} is simple and its counters are sound."),
                ReviewSection("Weaknesses", f"- The throughput of the {topic} is measured on synthetic traces alone."),
                ReviewSection("Questions", f"1. How large may the {topic} grow before its counters overflow?\n2. Why?"),
            )
            text = f"# A {topic}\n\n## Abstract\n\nA {topic}.\n\n## Method\n\n" + "\n\n".join(
                BODY.format(topic, n) * 6 for n in range(60)
            )
            reviews = tuple(
                HumanReview(str(n), "\n".join(part.text for part in sections), sections, (Rating("Rating", 6.0 - n),))
                for n in range(2)
            )
            yield CorpusPaper(
                f"p{number}", "neurips_2024", 2024, f"A {topic}", f"A {topic}.", text, "current", "neurips2024",
                reviews, suggested_split="val" if number == 3 else "train",
            )  # fmt: skip


@dataclass(frozen=True)
class Place:
    corpus: Path
    split: Path
    sets: Path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A corpus, its split, and question sets: two good ones a paper, one judged 4, one of an unknown paper."""
    folder = tmp_path_factory.mktemp("rows")
    write(Readings(), folder / "corpus")
    opened = open_corpus(folder / "corpus")
    save_split(folder / "split.json", make_split(opened, Recipe("suggested"), "test", workers=1))
    questions = tuple(
        Question(f"Q{n}", text, aspect)
        for n, (text, aspect) in enumerate(
            [
                ("What does the paper propose for many readers?", "summary"),
                ("How sound are the counters of the design?", "soundness"),
                ("On which traces is the throughput measured?", "experiments"),
            ],
            start=1,
        )
    )
    sets = [QuestionSet("neurips_2024", f"p{n}", str(review), questions, 5) for n in range(4) for review in range(2)]
    sets[0] = QuestionSet("neurips_2024", "p0", "0", questions, 4)
    save(folder / "sets.jsonl", [*sets, QuestionSet("neurips_2024", "gone", "0", questions, 5)])
    return Place(folder / "corpus", folder / "split.json", folder / "sets.jsonl")


def rows(place: Place, out: Path, *options: str) -> Result:
    arguments = [str(place.corpus), "--split", str(place.split), "--out", str(out), "--workers", "1", "--quiet"]
    return CliRunner().invoke(command, [*arguments, *options], catch_exceptions=True)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_rows_of_stage_a_are_whole_and_accounted_for(
    place: Place, tmp_path: Path, base_model: ModelPath, kind: str
) -> None:
    """A row longer than the context loses its answer in training; a set lost in silence is lost for good."""
    done = rows(
        place,
        tmp_path / "out",
        "--stage",
        "a",
        "--question-sets",
        str(place.sets),
        "--context",
        "2048",
        "--format",
        kind,
    )
    assert done.exception is None, done.output
    card = load_card(tmp_path / "out")
    assert card.rejections == {"low-score": 1, "unknown-paper": 1}
    assert (card.sets_in, card.sets_used, card.rows) == (9, 7, {"train": 5, "val": 2})
    chat = Chat.load(str(base_model.path), base_model.preset.template_arguments)
    for part in card.rows:
        for row in read_rows(tmp_path / "out", part):
            ids, labels = chat.ids_and_labels(row.chat, row.answer)
            assert len(ids) == row.total_tokens <= 2048
            assert sum(label != IGNORED for label in labels) == row.answer_tokens > 0
            assert len(prompt_a.parse(row.answer).questions) == 3
            paper = row.messages[1].content.partition("<paper>\n")[2].partition("\n</paper>")[0]
            assert row.chat == prompt_a.messages(paper, load_form("neurips2024"))
            assert row.cuts and "words left out" in paper
    listed = [json.loads(line) for line in (tmp_path / "out" / "rejected.jsonl").read_text().splitlines()]
    assert {one["where"] for one in listed} == {"neurips_2024/p0#0", "neurips_2024/gone#0"}


@pytest.mark.slow
def test_rows_of_stage_b_load_with_datasets_and_repeat_to_the_byte(
    place: Place, tmp_path: Path, base_model: ModelPath
) -> None:
    """What the trainer opens; and the same inputs give the same rows, however many processes make them."""
    import datasets

    options = ("--stage", "b", "--question-sets", str(place.sets), "--context", "4096")
    assert rows(place, tmp_path / "one", *options).exception is None
    assert rows(place, tmp_path / "two", *options, "--workers", "2").exception is None
    assert load_card(tmp_path / "one").files == load_card(tmp_path / "two").files
    loaded = datasets.Dataset.from_parquet(str(tmp_path / "one" / "train.parquet"), cache_dir=str(tmp_path / "cache"))
    assert loaded.num_rows == 5
    assert loaded[0]["messages"][1]["role"] == "user"
    assert "## Weaknesses\n- The throughput of the cache" in loaded[0]["answer"]
    assert "before its counters overflow? [Q2]" in loaded[0]["answer"]


@pytest.mark.slow
def test_an_answer_that_leaves_no_room_is_no_row(place: Place, tmp_path: Path, base_model: ModelPath) -> None:
    """A review shown beside a scrap of its paper teaches to review papers nobody read."""
    long = "- " + " ".join(f"The {n}th trace is measured without its variance." for n in range(300))

    class Long(Readings):
        def __iter__(self) -> Iterator[CorpusPaper | Rejection]:
            for paper in super().__iter__():
                review = HumanReview("0", long, (ReviewSection("Weaknesses", long),))
                yield CorpusPaper(
                    paper.id, paper.venue, 2024, paper.title, "", paper.text, "current", "neurips2024",
                    (review, paper.reviews[1]), suggested_split="train",
                )  # fmt: skip

    write(Long(), tmp_path / "corpus")
    save_split(tmp_path / "split", make_split(open_corpus(tmp_path / "corpus"), Recipe("suggested"), "x", workers=1))
    where = Place(tmp_path / "corpus", tmp_path / "split", place.sets)
    done = rows(where, tmp_path / "out", "--stage", "b", "--question-sets", str(place.sets), "--context", "4096")
    assert done.exception is None, done.output
    card = load_card(tmp_path / "out")
    assert card.rejections["answer-too-long"] == 3
    assert card.rows == {"train": 4}


@pytest.mark.slow
def test_a_mix_is_drawn_by_hash_and_what_is_not_drawn_is_listed(
    place: Place, tmp_path: Path, base_model: ModelPath
) -> None:
    """Shares of a mix must be what was asked for, and the same on every machine."""
    options = ("--stage", "b", "--questions", "mixed", "--question-sets", str(place.sets), "--context", "4096")
    assert rows(place, tmp_path / "out", *options, "--mix", "human=1").exception is None
    card = load_card(tmp_path / "out")
    assert card.by_questions == {"human": 8}
    assert card.rejections == {"low-score": 1, "not-drawn": 7, "unknown-paper": 1}
    assert rows(place, tmp_path / "half", *options, "--mix", "human=1,distilled=1").exception is None
    assert set(load_card(tmp_path / "half").by_questions) == {"human", "distilled"}


@pytest.mark.slow
def test_a_split_of_another_corpus_is_refused_and_nothing_is_written(
    place: Place, tmp_path: Path, base_model: ModelPath
) -> None:
    """Rows of a test paper in the training part would make every later figure a lie."""
    write(Readings(), tmp_path / "other")
    split = json.loads(place.split.read_text())
    split["corpus_digest"] = "0" * 64
    (tmp_path / "split.json").write_text(json.dumps(split))
    where = Place(place.corpus, tmp_path / "split.json", place.sets)
    done = rows(where, tmp_path / "out", "--stage", "a", "--question-sets", str(place.sets))
    assert isinstance(done.exception, ReviewError)
    assert not list(tmp_path.glob("*out*"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--stage", "a"), "no distilled questions"),
        (("--stage", "a", "--questions", "model-a"), "asked by stage A"),
        (("--stage", "b", "--questions", "human", "--pool"), "--pool"),
        (("--stage", "b", "--questions", "human", "--target", "merged"), "--target merged"),
        (("--stage", "b", "--questions", "human", "--question-sets", "x"), "does not use"),
    ],
)
def test_options_that_do_not_go_together_are_said(
    place: Place, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    """An option that is ignored in silence makes rows nobody asked for."""
    done = rows(place, tmp_path / "out", *options)
    assert isinstance(done.exception, BadConfig)
    assert said in done.exception.message


@pytest.mark.parametrize("text", ["", "human", "human=x", "other=1", "human=-1", "human=nan", "human=0"])
def test_weights_that_are_none_are_refused(text: str) -> None:
    """A typo in a weight must not become a share of 0 or of everything."""
    with pytest.raises(BadConfig):
        weights(text)


@pytest.mark.slow
def test_a_joint_row_is_the_conversation_the_chain_holds(place: Place, tmp_path: Path, base_model: ModelPath) -> None:
    """One adapter for both turns: stage A's own prompt and answer, then the review that answers those questions."""
    options = ("--stage", "joint", "--question-sets", str(place.sets), "--context", "4096")
    done = rows(place, tmp_path / "out", *options)
    assert done.exception is None, done.output
    card = load_card(tmp_path / "out")
    assert card.origin.prompt_version == f"{prompt_a.PROMPT_VERSION}+{prompt_b.PROMPT_VERSION}"
    chat = Chat.load(str(base_model.path), base_model.preset.template_arguments)
    engine = ScriptedEngine([], adapters={JOINT: ""})
    for row in read_rows(tmp_path / "out", "train"):
        questions = prompt_a.parse(row.messages[2].content).questions
        review = prompt_b.parse(row.answer, load_form("neurips2024"), questions)
        assert any(point.question_ids for point in review.points)
        paper = row.messages[1].content.partition("<paper>\n")[2].partition("\n</paper>")[0]
        form = load_form("neurips2024")
        asked = replace(form, ratings=tuple(scale for scale in form.ratings if scale.name == "Rating"))
        served = review_prompt(engine, paper, asked, questions, ChainConfig())
        assert row.chat == list(served)
        ids, labels = chat.ids_and_labels(row.chat, row.answer)
        assert len(ids) == row.total_tokens <= 4096
        learnt = chat.tokenizer.decode([label for label in labels if label != IGNORED])
        assert learnt == f"{row.messages[2].content}<|im_end|>\n{row.answer}<|im_end|>\n"
