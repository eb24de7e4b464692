"""Typed JSON and files that are written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from common.errors import ReviewError
from common.jsonio import from_json, to_json, write_text
from common.seeds import LIMIT, derived, spread
from common.types import Paper, Passage, Question, Sampling, Section, Source, Span

PAPER = Paper(
    "T",
    "A",
    (Section("S", 1, 1, (Passage("x y", 1, "S", spans=(Span(1, 0, 1), Span(2, 1, 3))),)),),
    Source("n", "s", "r"),
)


def test_a_paper_comes_back_as_it_went() -> None:
    """`review read --json` is a file format that other programs use."""
    assert from_json(to_json(PAPER), Paper) == PAPER


def test_a_wrong_field_is_named() -> None:
    """'Invalid input' would leave a person searching."""
    with pytest.raises(ReviewError, match=r"saved\.json is not a valid Question.*\$\.text"):
        from_json('{"id": "Q1", "text": 3}', Question, "saved.json")


def test_half_a_character_is_a_sentence() -> None:
    """A damaged PDF must not end in a traceback when its record is written."""
    with pytest.raises(ReviewError, match="half of a character"):
        to_json(Question("Q1", "\ud800"))


def test_an_old_file_survives_a_failed_write(tmp_path: Path) -> None:
    """The result of yesterday must not be lost to the full disk of today."""
    path = tmp_path / "r.json"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "new \ud800")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["r.json"]
    with pytest.raises(ReviewError, match="Cannot write"):
        write_text(path / "below" / "a-file.json", "x")


def test_seeds_differ_by_stage_and_number_and_repeat() -> None:
    """Two samples with one seed would be one sample."""
    seeds = [one.seed for one in spread(Sampling(seed=1), "paper", "questioner", range(64))]
    assert len(set(seeds)) == 64 and all(seed is not None and 0 <= seed < LIMIT for seed in seeds)
    assert seeds[3] == derived(1, "paper", "questioner", 3) != derived(1, "paper", "reviewer", 3)
    with pytest.raises(ValueError):
        spread(Sampling(), "paper", "questioner", [0])


def test_pages_of_a_passage_over_a_break() -> None:
    """A point must name the page its words stand on."""
    passage = PAPER.sections[0].passages[0]
    assert passage.pages == (1, 2)
    assert [passage.page_at(offset) for offset in (0, 1, 2, 99)] == [1, 2, 2, 1]
