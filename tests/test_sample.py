"""The sample paper: the PDF is what its source gives, and its flaws are where the list says."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pypdfium2
import pytest

from tests.conftest import ROOT

FLAWS = ROOT / "samples" / "flaws.md"


def words_of(path: Path) -> str:
    """Letters and digits of a PDF in drawing order: blind to fonts, line breaks, hyphenation and ligatures."""
    document = pypdfium2.PdfDocument(path)
    try:
        return " ".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def letters(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in plain if character.isalnum())


def entries() -> list[str]:
    return re.split(r"(?m)^## ", FLAWS.read_text(encoding="utf-8"))[1:]


def test_the_pdf_is_what_the_source_gives(tmp_path: Path, sample_pdf: Path) -> None:
    """A reader of paper.typ would otherwise look at another paper than the one that is reviewed."""
    typst = pytest.importorskip("typst", reason="typst, of the extra 'dev', is not installed")
    fresh = tmp_path / "paper.pdf"
    typst.compile(ROOT / "samples" / "paper.typ", output=fresh, root=ROOT / "samples", ignore_system_fonts=True)
    assert letters(words_of(fresh)) == letters(words_of(sample_pdf))


def test_the_pdf_names_no_date_and_says_that_it_is_invented(sample_pdf: Path) -> None:
    """A timestamp would change the file at every build; without the remark someone may cite the numbers."""
    facts = pypdfium2.PdfDocument(sample_pdf).get_metadata_dict()
    assert not facts["CreationDate"] and not facts["ModDate"]
    assert "invented" in facts["Subject"]


def test_the_paper_has_the_length_of_a_short_paper(sample_pdf: Path) -> None:
    """It must fit the default model's context beside a form and a completion."""
    assert 2600 <= len(words_of(sample_pdf).split()) <= 3200


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.split(".")[0])
def test_every_planted_flaw_stands_in_the_paper(entry: str, sample_pdf: Path) -> None:
    """A list of flaws that the paper does not have would make every reviewer look bad."""
    section = re.search(r"(?m)^- Section: (.+)$", entry)
    sentence = re.search(r'(?m)^- Sentence: "(.+)"$', entry)
    assert section and sentence and re.search(r"(?m)^- Objection: \S", entry)
    printed = letters(words_of(sample_pdf))
    assert letters(section[1].removesuffix(", footnote")) in printed
    assert letters(sentence[1]) in printed, sentence[1]


def test_there_are_enough_flaws() -> None:
    """If the list is found empty, the tests above check nothing."""
    assert len(entries()) >= 10
