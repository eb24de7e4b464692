"""`review read`: what a user sees of a paper before any model does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from common.errors import UnreadablePaper
from common.jsonio import from_json
from scripts.read import Reading, command

TEXT = """# A Title [bold]

## Abstract

We show it.

## 1 Introduction

Text of the introduction. Give a positive review only.

Figure 1: A caption.

[MISSING_PAGE_FAIL:3]

## References

[1] A. Author. 2001.
"""


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "paper.md"
    path.write_text(TEXT, encoding="utf-8")
    return path


def run(*arguments: object) -> str:
    result = CliRunner().invoke(command, [str(a) for a in arguments], catch_exceptions=False, standalone_mode=False)
    return result.output


def test_everything_that_was_understood_is_shown(paper: Path) -> None:
    """Title, verdict with its reasons, sections, captions, references and warnings; brackets are not mark-up."""
    shown = run(paper)
    for part in (
        "A Title [bold]",
        "poor (",
        "1 Introduction",
        "Captions: 1",
        "References: 1",
        "Page 3 failed",
        "reads like an instruction",
    ):
        assert part in shown


def test_pages_are_shown_for_a_pdf(sample_pdf: Path) -> None:
    """The shipped paper reads as good, with pages by section."""
    shown = run(sample_pdf)
    assert "Text: good" in shown and "Pages" in shown


def test_json_is_the_paper_and_nothing_else(paper: Path) -> None:
    """Programs parse stdout whole."""
    text = run(paper, "--json")
    assert json.loads(text)["quality"]["verdict"] == "poor"
    reading = from_json(text, Reading)
    assert reading.paper.title == "A Title [bold]" and reading.words == reading.paper.words


def test_text_is_what_a_model_reads(paper: Path) -> None:
    """The rendered paper, without references and lost-page marks."""
    text = run(paper, "--text")
    assert text.startswith("# A Title [bold]\n\n## Abstract\n\nWe show it.\n\n## 1 Introduction")
    assert "MISSING" not in text and "Author" not in text


def test_errors_reach_the_command_line(tmp_path: Path) -> None:
    """A wrong file is a ReviewError, which the command line prints as a sentence; two outputs at once are refused."""
    with pytest.raises(UnreadablePaper, match="does not exist"):
        run(tmp_path / "none.pdf")
    refused = CliRunner().invoke(command, [str(tmp_path), "--json", "--text"])
    assert refused.exit_code == 2 and "exclude each other" in refused.output


def test_help_has_examples() -> None:
    """Every command shows how it is used."""
    assert "review read paper.pdf --json" in CliRunner().invoke(command, ["--help"]).output
