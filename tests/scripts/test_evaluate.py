"""`review evaluate`: what goes in is scored or listed, and every figure is one that can be worked out by hand."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from common.corpora.schema import CorpusPaper, HumanReview
from common.corpora.splits import Recipe, make_split, save_split
from common.corpora.store import open_corpus, write
from common.errors import BadConfig, ReviewError
from common.jsonio import to_json
from common.types import Rating, ReviewSection
from scripts.evaluate_figures import GROUPS, NAMES, Tools, finite, measure, of_reviews, parse_groups
from scripts.evaluate_record import Evaluation, load_evaluation
from scripts.evaluate_reviews import command
from tests.common.corpora.examples import Given, paper
from tests.common.views.records import good
from tests.scripts.comparing import Words


def referee(id: str, strengths: str, weaknesses: str = "", rating: float | None = 6.0) -> HumanReview:
    sections = (ReviewSection("Strengths", strengths), ReviewSection("Weaknesses", weaknesses))
    return HumanReview(id, strengths, tuple(one for one in sections if one.text), (Rating("Rating", rating),))


def papers() -> list[CorpusPaper]:
    """Words are chosen so that ROUGE-1 can be worked out by hand: a and b share red, c is the other venue's."""
    one = (referee("0", "red green"), referee("1", "red blue", rating=4.0))
    two = (referee("0", "red grey"), referee("1", "pink grey"))
    other = (referee("0", "one two", "three four"),)
    return [
        paper("a", title="On Caches", reviews=one, suggested_split="val", text="# On Caches\n\nred green blue"),
        paper("b", title="On Kernels", reviews=two, suggested_split="val"),
        paper("c", title="On Parsers", venue="iclr_2017", form="iclr2017", reviews=other, suggested_split="train"),
        paper("d", title="Unreviewed", reviews=(HumanReview("0", "-----"),), suggested_split="val"),
    ]


@pytest.fixture(scope="module")
def corpus_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluate")
    write(Given(papers()), folder / "corpus")
    save_split(folder / "split.json", make_split(open_corpus(folder / "corpus"), Recipe("suggested"), "s", workers=1))
    return folder / "corpus"


def lines(path: Path, *found: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in found), encoding="utf-8")
    return path


def run(corpus_folder: Path, *options: object) -> Result:
    arguments = ["--human", str(corpus_folder), "--quiet", *map(str, options)]
    return CliRunner().invoke(command, arguments, standalone_mode=False)


def evaluation(corpus_folder: Path, tmp_path: Path, *options: object) -> Evaluation:
    done = run(corpus_folder, "--out", tmp_path / "out.json", *options)
    assert done.exception is None, done.output
    return load_evaluation(tmp_path / "out.json")


def values(found: Evaluation, row: str, figure: str, table: int = 0) -> dict[str, float]:
    return dict(next(one for one in found.tables[table].rows if one.name == row).scores[figure].values)


def codes(found: Evaluation, side: str) -> dict[str, list[str]]:
    listed: dict[str, list[str]] = {}
    for note in found.notes:
        if note.side == side:
            listed.setdefault(note.code, []).append(note.where)
    return listed


A, B, C = "neurips_2024/a", "neurips_2024/b", "iclr_2017/c"


def test_figures_of_every_row_by_hand(corpus_folder: Path, tmp_path: Path) -> None:
    """The whole command, from JSON Lines to the file that is published."""
    mine = lines(
        tmp_path / "mine.jsonl",
        {"paper": A, "review": {"Strengths": "- red green [Q1]"}, "ratings": {"Rating": 5}},
        {"paper": "b", "review": "pink pink"},
        {"paper": "b", "review": "grey grey"},
    )
    found = evaluation(corpus_folder, tmp_path, "--reviews", f"mine={mine}", "--metrics", "control,ratings")
    assert [row.name for row in found.tables[0].rows] == ["mine", "human", "shuffled", "constant", "constant rating"]
    # a: red green is its first reference, 1 of 2 words of its second. b: 2 x 1 / 4 with either word, a mean of trials.
    assert values(found, "mine", "control.max.rouge1") == {A: 100.0, B: 50.0}
    assert values(found, "mine", "control.avg.rouge1") == {A: 75.0, B: pytest.approx((25 + 50) / 2)}
    assert values(found, "human", "control.max.rouge1") == {A: 50.0, B: 50.0}
    # Of the two papers' reviews the ones with red are half of the other paper's "red ..."; the first drawn is taken.
    constant = values(found, "constant", "control.max.rouge1")
    assert len(constant) == 1 and set(constant.values()) == {50.0}
    assert set(values(found, "shuffled", "control.max.rouge1")) == {A, B}
    # a's mean rating is 5; b's reviews have none.
    rated = next(row for row in found.tables[0].rows if row.name == "mine").scores[
        "ratings.neurips2024.Rating.mae.mean"
    ]
    assert (rated.values, rated.unscored) == ({A: 0.0}, {B: "rating-unscored"})
    # One value for all papers, of targets 5 and 6: 5 is nearest to both as well as 6, the lower is taken.
    assert values(found, "constant rating", "ratings.neurips2024.Rating.mae.mean") == {A: 0.0, B: 1.0}
    assert [row.references for row in found.tables[0].rows] == [{2: 3}, {1: 4}, {2: 2}, {2: 1}, {2: 2}]


def test_equal_references_hold_everyone_against_as_many_as_humans(corpus_folder: Path, tmp_path: Path) -> None:
    """One reference more is worth more than most methods."""
    mine = lines(tmp_path / "mine.jsonl", {"paper": A, "review": "red green"}, {"paper": C, "review": "one two"})
    options = ("--reviews", f"mine={mine}", "--metrics", "control,form", "--equal-references")
    found = evaluation(corpus_folder, tmp_path, *options)
    # Against each of the two alone: 100 and 50. c's only reference is left out, as it is for humans.
    assert values(found, "mine", "control.max.rouge1") == {A: 75.0}
    table = found.tables[0]
    assert table.cells["mine"]["control.max.rouge1"].estimate.unscored == {"no-reference": 1}
    assert table.cells["human"]["control.max.rouge1"].estimate.unscored == {"one-reference": 1}
    assert [row.references for row in table.rows][:2] == [{0: 1, 1: 1}, {1: 2}]
    settings = {row.scores["control.max.rouge1"].settings for row in table.rows}
    assert len(settings) == 1 and "lacking one reference" in settings.pop()
    assert values(found, "mine", "form.words") == {A: 2.0, C: 2.0}


def test_a_folder_of_records_finds_its_papers_by_name_or_title(corpus_folder: Path, tmp_path: Path) -> None:
    """What `review chain papers/*.pdf --out reviews/` writes, whatever the PDFs were called."""
    folder = tmp_path / "reviews"
    folder.mkdir()
    record = good()
    titled = replace(record, paper=replace(record.paper, title="On  KERNELS"), reviews=record.reviews * 2)
    for name, content in {
        "neurips_2024_a.review.json": to_json(record),
        "download-7.review.json": to_json(titled),
        "elsewhere.review.json": to_json(record),
        "torn.review.json": to_json(record)[:500],
        "a.review.md": "not looked at",
    }.items():
        (folder / name).write_text(content, encoding="utf-8")
    found = evaluation(corpus_folder, tmp_path, "--reviews", f"chain={folder}", "--metrics", "form")
    assert set(values(found, "chain", "form.words")) == {A, B}
    assert found.tables[0].rows[0].trials == 3
    listed = codes(found, "chain")
    assert listed["unknown-paper"] == ["elsewhere.review.json"]
    assert listed["unreadable"] == ["torn.review.json"]
    assert listed["title-differs"] == ["neurips_2024_a.review.json"]
    assert listed["same-text"] == [f"{B}#download-7#1"]
    assert sorted(listed["no-review"]) == [C, "neurips_2024/d"]


def test_bad_input_is_counted_listed_and_never_a_number(corpus_folder: Path, tmp_path: Path) -> None:
    """One review lost in silence, or one empty review scored 0, and the table lies."""
    mine = lines(
        tmp_path / "mine.jsonl",
        {"paper": A, "review": "", "id": "x"},
        {"paper": A, "review": "red green", "id": "x"},
        {"paper": B, "review": "grey " * 50_000},
        {"paper": C, "review": {"Strengths": "one"}, "form": "neurips2024"},
        {"paper": "neurips_2024/d", "review": "Nobody reviewed it."},
        {"paper": "nobody", "review": "red", "title": "No such title"},
        {"paper": A, "reviews": "red"},
        {"paper": A, "review": "red", "form": "no-such-form"},
    )
    mine.write_bytes(b"\xef\xbb\xbf" + mine.read_bytes() + b"{not json\n\n\xff\n")
    found = evaluation(corpus_folder, tmp_path, "--reviews", f"mine={mine}", "--metrics", "control")
    listed = codes(found, "mine")
    assert listed["duplicate-id"] == ["mine.jsonl:2"]
    assert listed["empty-review"] == [f"{A}#x"]
    assert listed["long-review"] == [f"{B}#line 3"]
    assert listed["other-form"] == [f"{C}#line 4"]
    assert listed["unknown-paper"] == ["mine.jsonl:6"]
    assert listed["unreadable"] == ["mine.jsonl:7", "mine.jsonl:9", "mine.jsonl:11"]
    assert listed["unknown-form"] == ["mine.jsonl:8"]
    assert codes(found, "human") == {
        "one-review": [C],
        "no-review": ["neurips_2024/d"],
        "empty-review": ["neurips_2024/d#0"],
    }
    cell = found.tables[0].cells["mine"]["control.max.rouge1"]
    assert cell.estimate.unscored == {"empty-review": 1, "no-reference": 1}
    assert cell.estimate.n == 2


def test_a_split_keeps_to_its_part_and_the_constant_may_come_from_another(corpus_folder: Path, tmp_path: Path) -> None:
    """A review of a training paper must not count, and a constant that was chosen elsewhere is no optimist."""
    mine = lines(tmp_path / "m.jsonl", {"paper": A, "review": "red"}, {"paper": C, "review": "one"})
    split = ("--split", corpus_folder.parent / "split.json", "--part", "val")
    found = evaluation(corpus_folder, tmp_path, "--reviews", f"m={mine}", "--metrics", "control", *split)
    assert codes(found, "m")["outside-part"] == ["m.jsonl:2"]
    assert found.part == "val of split.json" and "optimistic" in found.constant
    from_val = evaluation(corpus_folder, tmp_path, "--metrics", "control", *split, "--constant-from", "val")
    assert "on the part 'val'" in from_val.constant and from_val.papers == 3
    none = evaluation(corpus_folder, tmp_path, "--metrics", "control", *split, "--constant-from", "train")
    assert "none" in none.constant and none.tables[0].against == ""


def test_papers_of_one_number_are_told_apart_by_their_title(tmp_path: Path) -> None:
    """ACL and CoNLL number from 1: the wrong paper's references would be a shuffled baseline."""
    both = [paper("7", title="On Caches"), paper("7", title="On Kernels", venue="acl_2017")]
    write(Given(both), tmp_path / "corpus")
    mine = lines(
        tmp_path / "m.jsonl",
        {"paper": "7", "title": "on kernels", "review": "x"},
        {"paper": "7", "review": "y"},
        {"paper": "ACL_2017__7", "review": "z"},
    )
    found = evaluation(tmp_path / "corpus", tmp_path, "--reviews", f"m={mine}", "--metrics", "form")
    assert set(values(found, "m", "form.words")) == {"acl_2017/7"}
    assert codes(found, "m")["ambiguous-paper"] == ["m.jsonl:2"]


def test_tables_by_venue_and_by_section(corpus_folder: Path, tmp_path: Path) -> None:
    """A gain in one venue or one section is not a gain."""
    mine = lines(
        tmp_path / "m.jsonl",
        {"paper": A, "review": {"Strengths": "red green", "Weaknesses": "nothing alike"}},
        {"paper": C, "review": {"Strengths": "no", "Weaknesses": "three four"}},
    )
    options = ("--reviews", f"m={mine}", "--metrics", "control,specificity")
    venues = evaluation(corpus_folder, tmp_path, *options, "--by", "venue")
    assert [table.title for table in venues.tables] == ["all papers", "venue iclr_2017", "venue neurips_2024"]
    assert set(values(venues, "m", "control.max.rouge1", 1)) == {C}
    assert set(values(venues, "m", "control.max.rouge1", 2)) == {A}
    assert set(values(venues, "m", "spe.rouge1")) == {A, C}
    assert venues.tables[1].cells["m"]["spe.rouge1"].estimate.unscored == {"one-paper": 1}
    sections = evaluation(corpus_folder, tmp_path, *options, "--by", "section")
    assert [table.title for table in sections.tables[1:]] == ["section Strengths", "section Weaknesses"]
    assert values(sections, "m", "control.max.rouge1", 1) == {A: 100.0, C: 0.0}
    assert values(sections, "m", "control.max.rouge1", 2) == {C: 100.0}


def test_what_is_printed_fits_a_hundred_columns_and_says_what_is_not_significant(
    corpus_folder: Path, tmp_path: Path
) -> None:
    """A table that wraps is not read; a difference without its interval is believed."""
    mine = lines(tmp_path / "m.jsonl", {"paper": A, "review": "red"}, {"paper": B, "review": "red"})
    out = tmp_path / "out"
    done = run(
        corpus_folder, "--reviews", f"my-own-system={mine}", "--metrics", "control,form,ratings", "--against", "human",
        "--out", f"{out}.json", "--out", f"{out}.md", "--out", f"{out}.csv",
    )  # fmt: skip
    assert (done.exception, done.return_value) == (None, 0)
    assert max(map(len, done.output.splitlines())) <= 100
    assert "vs human" in done.output and "n.s." in done.output and "one of twenty" in done.output
    assert "F1, Porter stems" in done.output and "unscored: my-own-system: 2 papers" in done.output
    markdown = Path(f"{out}.md").read_text(encoding="utf-8")
    assert "| control.max.rouge1 ↑ |" in markdown and "n 2<br>" in markdown
    rows = list(csv.DictReader(io.StringIO(Path(f"{out}.csv").read_text(encoding="utf-8"))))
    first = next(row for row in rows if row["system"] == "my-own-system" and row["figure"] == "control.max.rouge1")
    # "red" and "red ...": 2 x 1 / 3 in both papers; humans 50.
    assert float(first["mean"]) == pytest.approx(200 / 3)
    assert float(first["difference"]) == pytest.approx(200 / 3 - 50)
    assert (first["n"], first["pairs"], first["significant"], first["against"]) == ("2", "2", "True", "human")


def test_nothing_scored_is_a_failure(corpus_folder: Path, tmp_path: Path) -> None:
    """A script must not take an empty table for a result."""
    empty = lines(tmp_path / "m.jsonl", {"paper": A, "review": ""})
    assert run(corpus_folder, "--reviews", f"m={empty}", "--metrics", "control").return_value == 1
    lost = lines(tmp_path / "n.jsonl", {"paper": "nowhere", "review": "red"})
    done = run(corpus_folder, "--reviews", f"m={lost}", "--metrics", "control")
    assert isinstance(done.exception, ReviewError)
    assert done.exception.exit_code == 1 and "nowhere" in done.exception.hint


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--reviews", "x"], "NAME=PATH"),
        (["--reviews", "human=x"], "baseline row"),
        (["--reviews", "m=/no/such/file"], "there is no"),
        (["--metrics", "overlp"], "Did you mean 'overlap'"),
        (["--metrics", ","], "names no group"),
        (["--against", "nobody"], "no such row"),
        (["--part", "val"], "go together"),
        (["--constant-from", "val"], "a part of a split"),
        (["--by", "section", "--metrics", "form"], "goes with overlap"),
        (["--out", "table.xlsx"], ".json, .md, .csv"),
    ],
)
def test_a_wrong_command_line_is_a_sentence(corpus_folder: Path, options: list[str], says: str) -> None:
    """Before a long run begins, not after it."""
    given = options if "--metrics" in options else ["--metrics", "control", *options]
    done = run(corpus_folder, *given)
    assert isinstance(done.exception, BadConfig), done.output
    assert says in str(done.exception)


def test_every_group_is_there_and_a_value_that_is_no_number_is_unscored(
    corpus_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is registered but missing would only be found by whoever asks for it."""
    from importlib import import_module

    from common.metrics.figures import Scores
    from common.metrics.material import System

    assert parse_groups("all") == NAMES and of_reviews(NAMES) == tuple(GROUPS)
    for group in GROUPS.values():
        module, _, name = group.where.partition(":")
        assert callable(getattr(import_module(module), name)), group
        assert set(group.needs.values()) <= {*Tools.__annotations__, *vars(Tools)}, group
    bad = Scores("f", {"a": 1.0, "b": float("nan"), "c": float("inf")}, {"d": "empty-review"})
    assert finite(bad) == Scores("f", {"a": 1.0}, {"d": "empty-review", "b": "not-a-number", "c": "not-a-number"})
    monkeypatch.setattr("common.metrics.form.scores", lambda system, forms: [bad])
    assert measure("form", System("x", {}), Tools({}, {})) == [finite(bad)]


def test_a_record_of_another_version_is_refused(corpus_folder: Path, tmp_path: Path) -> None:
    """Old files must not be read as if they said the same."""
    found = evaluation(corpus_folder, tmp_path, "--metrics", "form")
    old = tmp_path / "old.json"
    old.write_text(to_json(replace(found, schema="evaluation-0")), encoding="utf-8")
    with pytest.raises(ReviewError, match="evaluation-0"):
        load_evaluation(old)


@pytest.mark.slow
def test_what_bertscore_was_told_changes_it_and_is_said(corpus_folder: Path, tmp_path: Path) -> None:
    """A figure of another layer, or of weighted tokens, must never pass for the usual one."""
    text = "The red green cache is never measured on a second machine, and the blue one is."
    mine = lines(tmp_path / "m.jsonl", {"paper": A, "review": text}, {"paper": B, "review": f"{text} A pink kernel."})

    def scored(*options: str) -> tuple[dict[str, float], str]:
        found = evaluation(corpus_folder, tmp_path, "--reviews", f"m={mine}", "--metrics", "similarity", *options)
        scores = next(row for row in found.tables[0].rows if row.name == "m").scores["bertscore-f1.max"]
        return dict(scores.values), scores.settings

    usual, settings = scored()
    for options in (("--layer", "2"), ("--idf",)):
        other, said = scored(*options)
        assert other.keys() == usual.keys() and other != usual, options
        assert said != settings, options
    # Short texts are read to their end either way: the same figures under a setting that says so.
    whole, said = scored("--whole")
    assert whole == pytest.approx(usual) and said != settings


@pytest.mark.slow
def test_all_groups_together_with_the_encoder_that_comes_along(corpus_folder: Path, tmp_path: Path) -> None:
    """Each group's own tests know nothing of how it is called here."""
    mine = lines(
        tmp_path / "m.jsonl",
        {"paper": A, "review": "The red green cache is never measured on a second machine."},
        {"paper": B, "review": "The pink kernel is compared with no other kernel at all."},
    )
    found = evaluation(corpus_folder, tmp_path, "--reviews", f"m={mine}", "--metrics", "all", "--likeness", "bertscore")
    table = found.tables[0]
    figures = {"rouge1.max", "bertscore-f1.max", "spe.bertscore", "cov.bertscore", "points.count", "grounded.numbers"}
    assert figures <= set(table.figures)
    for name in ("rouge1.max", "bertscore-f1.max", "spe.bertscore", "control.max.bertscore", "points.count"):
        assert set(values(found, "m", name)) == {A, B}, name
    assert "MiniLM" in next(row for row in table.rows).scores["bertscore-f1.max"].settings


def test_what_was_asked_is_a_table_of_its_own(
    corpus_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stage A must be held against referees' questions and one list for all, not against referees' reviews."""
    monkeypatch.setattr("common.encoder.Encoder.load", lambda name="default": Words())
    sets = lines(
        tmp_path / "sets.jsonl",
        {"venue": "neurips_2024", "id": "a", "review": 0, "questions": [{"text": "Why is the cache red?"}]},
        {"venue": "neurips_2024", "id": "a", "review": 1, "questions": [{"text": "How large is it?"}]},
        {"venue": "neurips_2024", "id": "b", "review": 0, "questions": [{"text": "Which kernels are grey?"}]},
        {"venue": "neurips_2024", "id": "b", "review": 7, "questions": [{"text": "Of nobody?"}]},
    )
    mine = lines(
        tmp_path / "mine.jsonl",
        {"paper": A, "review": "red", "questions": ["Why is the cache red?", "Is it so?"]},
        {"paper": "b", "review": "grey", "questions": ["Why is the cache red?"]},
    )
    dumb = lines(tmp_path / "dumb.jsonl", {"paper": A, "review": "red"})
    options = ("--metrics", "form,questions", "--question-sets", sets, "--reviews", f"mine={mine}")
    found = evaluation(corpus_folder, tmp_path, *options, "--reviews", f"dumb={dumb}")
    table = found.questions
    assert [row.name for row in table.rows] == ["mine", "referee, left out", "another paper's", "fixed list"]
    assert table.against == "fixed list" and table.rows[0].references == {1: 1, 2: 1}
    row = next(row for row in table.rows if row.name == "mine").scores
    assert row["questions.distilled.precision"].values == {A: 0.5, B: 0.0}
    assert row["questions.count"].values == {A: 2.0, B: 1.0}
    assert not any(name.startswith("questions.own") for name in row), "nobody wrote questions of their own"
    assert not any("questions" in name for name in found.tables[0].figures)
    assert codes(found, "questions") == {"unknown-review": [f"{B}#7"]} and "nothing-asked" in codes(found, "dumb")
    shown = run(corpus_folder, *options, "--out", tmp_path / "out.md", "--out", tmp_path / "out.csv").output
    assert "vs fixed list" in shown and "## questions" in (tmp_path / "out.md").read_text()
    assert "questions,mine,questions.distilled.f1" in (tmp_path / "out.csv").read_text()


def test_referees_alone_say_how_much_questions_can_agree(
    corpus_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows that a figure of questions is read by can be had before any system is there."""
    monkeypatch.setattr("common.encoder.Encoder.load", lambda name="default": Words())
    found = evaluation(corpus_folder, tmp_path, "--metrics", "questions")
    assert [row.name for row in found.questions.rows] == ["fixed list"] and not found.tables[0].figures


def test_decisions_beside_always_saying_the_same(tmp_path: Path) -> None:
    """A system that is right as often as chance must not look like a judge, nor a venue that gives its answers away."""

    def made(id: str, accepted: bool, *given: float, venue: str = "iclr_2017", part: str = "val") -> CorpusPaper:
        reviews = tuple(
            HumanReview(str(n), f"{id} {n}", (ReviewSection("Review", f"{id} {n}"),), (Rating("Rating", value),))
            for n, value in enumerate(given)
        )
        form = "iclr2017" if venue == "iclr_2017" else "neurips2024"
        return paper(id, title=id, venue=venue, form=form, reviews=reviews, accepted=accepted, suggested_split=part)

    found = [made("a", True, 8, 7), made("b", True, 7, 7), made("c", False, 3, 4), made("d", False, 4, 4)]
    leaks = [made("e", True, 9, 9, venue="neurips_2024"), made("f", False, 2, 2, venue="neurips_2024")]
    write(Given([*found, *leaks]), tmp_path / "corpus")
    rated = {"a": 9, "b": 5, "c": 3, "d": 8, "e": 9, "f": 2}
    mine = lines(
        tmp_path / "mine.jsonl", *({"paper": id, "review": "x", "ratings": {"Rating": n}} for id, n in rated.items())
    )
    options = ("--metrics", "ratings,form", "--reviews", f"mine={mine}", "--out", tmp_path / "out.md")
    told = evaluation(tmp_path / "corpus", tmp_path, *options).decisions
    (one,) = told["mine"]
    # Referees' means 7.5 and 7 of accepted papers, 3.5 and 4 of rejected ones: 7 is the lowest that parts them.
    assert (one.threshold, one.majority, one.balanced, one.accepted, one.rejected) == (7.0, 0.5, 0.5, 2, 2)
    assert {key[-1]: value for key, value in one.accuracy.values.items()} == {"a": 1.0, "b": 0.0, "c": 1.0, "d": 0.0}
    assert told["human"][0].balanced == 1.0
    text = (tmp_path / "out.md").read_text()
    assert "decisions.iclr2017.accuracy: mine: 0.500" in text and "decisions.neurips2024" not in text


def test_what_did_not_parse_is_a_table(corpus_folder: Path, tmp_path: Path) -> None:
    """One kind of failure in every review is a bug to be mended, not a low figure."""
    answer = "## Strengths\n- red\n\n## Ratings\nSoundness: 9"
    mine = lines(tmp_path / "mine.jsonl", *({"paper": one, "review": answer, "form": "neurips2024"} for one in (A, B)))
    found = evaluation(corpus_folder, tmp_path, "--reviews", f"mine={mine}", "--out", tmp_path / "out.md")
    assert found.problems["mine"] and set(found.problems["mine"].values()) == {2}
    text = (tmp_path / "out.md").read_text()
    assert "## Did not parse" in text and "2 of 2 |" in text
