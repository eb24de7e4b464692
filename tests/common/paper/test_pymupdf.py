"""The second backend: refused with a licence and a command when absent, equal to the first when there."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from common.errors import ReviewError
from common.paper.pdf.reader import read_pdf_here
from scripts.reading_scores import score
from scripts.specimens import write
from scripts.typesetting import STYLES, typeset

INSTALLED = importlib.util.find_spec("pymupdf") is not None


@pytest.mark.skipif(INSTALLED, reason="pymupdf is installed here")
def test_without_the_extra_it_says_how_to_get_it_and_names_the_licence(tmp_path: Path) -> None:
    """Someone would install AGPL software without knowing, or not know what to install."""
    path = tmp_path / "paper.pdf"
    typeset(write(1, references=2, parts=0), STYLES["one-column"], path)
    with pytest.raises(ReviewError, match="not installed") as caught:
        read_pdf_here(path, "pymupdf")
    assert "AGPL" in caught.value.hint
    assert "pip install" in caught.value.hint


@pytest.mark.skipif(not INSTALLED, reason="needs the pymupdf extra")
@pytest.mark.parametrize("style", ["one-column", "two-columns-line-numbers"])
def test_it_reads_what_the_default_reads(tmp_path: Path, style: str) -> None:
    """Choosing the other backend would change the paper."""
    specimen, path = write(7, references=20, parts=3), tmp_path / "paper.pdf"
    begin = typeset(specimen, STYLES[style], path)
    values = score(read_pdf_here(path, "pymupdf"), specimen, begin).values
    assert min(values[name] for name in ("title", "sentences", "pages", "heading_recall")) >= 0.95
