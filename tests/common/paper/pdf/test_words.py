"""Characters, fonts and hyphens: the small rules that words depend on."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.jsonio import to_json
from common.paper.pdf.characters import accented
from common.paper.pdf.fonts import face
from common.paper.pdf.headings import split_number
from common.paper.pdf.hyphens import Vocabulary
from common.paper.pdf.reader import read_pdf_here
from common.paper.reader import read_paper
from tests.common.paper.pdf.documents import line, prose, with_characters


@pytest.mark.parametrize(
    ("left", "right", "whole"),
    [
        ("an esti-", "mation of it", "an estimation of it"),
        ("state-of-the-", "art models", "state-of-the-art models"),
        ("a well-", "known fact", "a well-known fact"),
        ("the GPT-", "4 model", "the GPT-4 model"),
        ("see Newton–", "Raphson", "see Newton–Raphson"),
        ("no hyphen", "here", "no hyphen here"),
        ("end -", "to end", "end - to end"),
    ],
)
def test_line_ends_are_joined(left: str, right: str, whole: str) -> None:
    """Words would be cut in two, or compounds fused."""
    words = Vocabulary(["the estimation is state-of-the-art and well-known", "a fact"])
    assert words.joined(left, right) == whole


@given(st.text(alphabet="abc -", max_size=12), st.text(alphabet="abc -", max_size=12))
def test_joining_loses_no_letter(left: str, right: str) -> None:
    """Text would disappear at the ends of lines."""
    joined = Vocabulary([]).joined(left, right)
    assert [char for char in joined if char.isalpha()] == [char for char in left + right if char.isalpha()]


@pytest.mark.parametrize(
    ("name", "bold", "italic", "math"),
    [
        ("ABCDEF+NimbusRomNo9L-Medi", True, False, False),
        ("ABCDEF+NimbusRomNo9L-MediItal", True, True, False),
        ("ABCDEF+NimbusRomNo9L-Regu", False, False, False),
        ("CMBX12", True, False, False),
        ("CMTI10", False, True, False),
        ("CMMI10", False, False, True),
        ("ABCDEF+LinLibertineTB", True, False, False),
        ("TimesNewRomanPS-BoldItalicMT", True, True, False),
        ("Helvetica", False, False, False),
    ],
)
def test_fonts_say_what_they_are(name: str, bold: bool, italic: bool, math: bool) -> None:
    """Headings would not be told from text."""
    read = face(name)
    assert (read.bold, read.italic, read.math) == (bold, italic, math)


@pytest.mark.parametrize(
    ("text", "number", "name"),
    [
        ("3.1 Data", "3.1", "Data"),
        ("IV. Results", "IV", "Results"),
        ("A Proofs", "A", "Proofs"),
        ("Appendix B: Proofs", "B", "Proofs"),
        ("2. Method", "2", "Method"),
        ("Introduction", "", "Introduction"),
        ("a simple idea", "", "a simple idea"),
    ],
)
def test_numbers_part_from_headings(text: str, number: str, name: str) -> None:
    """Sections would lose their level, or headings a word."""
    assert split_number(text) == (number, name)


def test_accents_join_their_letter() -> None:
    """Names in the bibliography would not be found."""
    assert accented("¨", "u") == "ü"
    assert accented("´", "x") == ""


def test_zero_width_characters_reach_the_check_and_no_further(tmp_path: Path) -> None:
    """An order written in characters of no width would pass the check, or stay in the text that the model reads."""
    path = tmp_path / "paper.pdf"
    page = prose() + line("The method ~~~~~~~~ works on every one of the sets that were tried.", 300)
    path.write_bytes(with_characters(page, {"~": "200B"}))
    assert "\u200b" in read_pdf_here(path).sections[0].text
    paper = read_paper(path)
    assert [notice.code for notice in paper.warnings if notice.code == "instruction"]
    assert all("\u200b" not in passage.text for passage in paper.passages)


@pytest.mark.parametrize("half", ["D800", "DC00"])
def test_half_characters_are_dropped(tmp_path: Path, half: str) -> None:
    """The record of a run could not be written."""
    path = tmp_path / "paper.pdf"
    page = prose() + line("The method w~orks on every one of the sets that were tried.", 300)
    path.write_bytes(with_characters(page, {"~": half}))
    assert "The method" in to_json(read_pdf_here(path))
