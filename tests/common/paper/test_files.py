"""Files that are not what they should be. Each gets a sentence; none a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from common.errors import BadConfig, ReviewError, UnreadablePaper
from common.paper import files
from common.paper.reader import read_paper

TEXT = "# Größe und Maß\n\n## Abstract\n\nWe naïvely show “it” – café.\n\n## 1 Introduction\n\nText of it.\n"


def write(folder: Path, data: bytes, name: str = "paper.md") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "paper.md", "is empty"),
        (b" \n\t\n", "paper.txt", "is empty"),
        (b"\x00" * 100, "paper.md", "is empty"),
        (os.urandom(5000), "paper.md", "binary|encoding|not text|begins like"),
        (bytes(range(256)) * 20, "paper.md", "binary"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "paper.md", "PNG image"),
        (b"PK\x03\x04" + b"\0" * 50, "paper.docx", "ZIP"),
        (b"\x1f\x8b\x08" + b"\0" * 50 + b"x", "paper.md.gz", "gzip"),
        (b"<!DOCTYPE html><html><body>x</body></html>", "paper.html", "web page"),
        (b"\\documentclass{article}\\begin{document}x", "paper.tex", "LaTeX source"),
        (b"hello", "paper.pdf", "paper.pdf"),
        (b"\xff\xfeo\x00d", "paper.md", "begins like UTF-16 but is not"),
    ],
)
def test_what_is_not_a_paper_is_explained(tmp_path: Path, data: bytes, name: str, said: str) -> None:
    """The sentence names the file and says what it is."""
    with pytest.raises(UnreadablePaper, match=said) as raised:
        read_paper(write(tmp_path, data, name))
    assert name in raised.value.message


def test_missing_and_folder(tmp_path: Path) -> None:
    """The commonest mistakes of a command line."""
    with pytest.raises(UnreadablePaper, match="does not exist"):
        read_paper(tmp_path / "none.pdf")
    with pytest.raises(UnreadablePaper, match="is a folder"):
        read_paper(tmp_path)
    with pytest.raises(UnreadablePaper, match=r"cannot be read|does not exist"):
        read_paper("bad\0name.md")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_file(tmp_path: Path) -> None:
    """Permissions are named as the reason."""
    path = write(tmp_path, b"# T")
    path.chmod(0)
    with pytest.raises(UnreadablePaper, match="may not be read"):
        read_paper(path)


def test_size_limits_are_said(tmp_path: Path) -> None:
    """A 100 MB file is refused by its size, before it is read; a text far earlier."""
    path = tmp_path / "big.md"
    with path.open("wb") as file:
        file.truncate(files.MAX_BYTES + 1)
    with pytest.raises(UnreadablePaper, match="limit is 100 MB"):
        read_paper(path)
    path.write_bytes(b"word " * (files.MAX_TEXT_BYTES // 5 + 1))
    with pytest.raises(UnreadablePaper, match="limit is 20 MB"):
        read_paper(path)


@pytest.mark.parametrize(
    ("encoding", "noticed"),
    [
        ("utf-8", False),
        ("utf-8-sig", False),
        ("utf-16", True),
        ("utf-16-le", True),
        ("utf-16-be", True),
        ("utf-32", True),
        ("cp1252", True),
    ],
)
def test_other_encodings_are_read_and_named(tmp_path: Path, encoding: str, noticed: bool) -> None:
    """Accents and quotation marks arrive as written, and a guess is said."""
    paper = read_paper(write(tmp_path, TEXT.replace("\n", "\r\n").encode(encoding)))
    assert (paper.title, paper.abstract) == ("Größe und Maß", "We naïvely show “it” – café.")
    assert ("encoding" in {notice.code for notice in paper.warnings}) == noticed


def test_a_few_damaged_characters_do_not_spoil_the_rest(tmp_path: Path) -> None:
    """One bad byte in a UTF-8 file must not turn every accent into two wrong characters."""
    paper = read_paper(write(tmp_path, TEXT.encode().replace(b"Text", b"Te\xffxt")))
    assert paper.title == "Größe und Maß"
    assert "damaged" in paper.warnings[0].message


def test_backends_are_checked(tmp_path: Path) -> None:
    """A misspelt backend is not silently another one."""
    path = write(tmp_path, TEXT.encode())
    with pytest.raises(BadConfig, match="no PDF backend"):
        read_paper(path, backend="docling")
    with pytest.raises(BadConfig, match="contradict"):
        read_paper(path, backend="pdfium", grobid="http://localhost:8070")
    with pytest.raises(ReviewError, match="not a PDF"):
        read_paper(write(tmp_path, b"text", "x.pdf"), backend="grobid")


def test_the_source_is_recorded(tmp_path: Path) -> None:
    """A review can be traced to the very bytes it was about."""
    source = read_paper(write(tmp_path, b"# T\n\n## Abstract\n\nA.\n")).source
    assert source.name == "paper.md" and len(source.sha256) == 64 and source.reader == "markdown"


def test_an_unknown_name_is_read_as_text_and_said(tmp_path: Path) -> None:
    """The content decides; the reader of the review is told."""
    paper = read_paper(write(tmp_path, TEXT.encode(), "paper.xyz"))
    assert paper.title == "Größe und Maß" and [notice.code for notice in paper.warnings] == ["format"]
