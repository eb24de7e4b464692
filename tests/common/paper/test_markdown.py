"""Markdown, plain text and Nougat into papers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.paper.markdown import read_markdown
from common.paper.nougat import looks_like_nougat, read_nougat
from common.paper.reader import read_paper
from common.types import Paper, Source

SOURCE = Source("paper.md", "0" * 64, "markdown")
TEXT = """# A Title in
 
## Abstract

We show
it.

# 1 Introduction

First para-
graph of two lines, which goes on

after a page break. It has \\(x\\) as follows:

\\[x = 1\\]

where one is a number.

- an item
- another item

## 2.1 Set-up

| a | b |
|---|---|
| 1 | 2 |

Table 1: Two
numbers.

Figure 2 shows them.

![](figure.png)

(a)

Footnote 1: A note.

```python
# not a heading
x = 1
```

# REFERENCES

[1] A. Author. A work. 2001.
[2] B. Author. Another
work. 2002.

# A Proofs

Proof of all.
"""


def read(text: str) -> Paper:
    return read_markdown(text, SOURCE)


def test_the_parts_of_a_paper_are_told_apart() -> None:
    """Title, abstract, levels, captions, notes, references and appendix each reach their place."""
    paper = read(TEXT)
    assert paper.title == "A Title in"
    assert paper.abstract == "We show it."
    outline = [(section.number, section.heading, section.level, section.appendix) for section in paper.sections]
    assert outline == [("1", "Introduction", 1, False), ("2.1", "Set-up", 2, False), ("A", "Proofs", 1, True)]
    assert [caption.text for caption in paper.captions] == ["Table 1: Two numbers."]
    assert [note.text for note in paper.footnotes] == ["A note."]
    assert [entry.text for entry in paper.references] == [
        "[1] A. Author. A work. 2001.",
        "[2] B. Author. Another work. 2002.",
    ]
    assert paper.pages == 0 and {passage.page for passage in paper.passages} == {0}


def test_sentences_survive_page_breaks_and_formulas() -> None:
    """A sentence torn by a page break or a displayed formula is one passage; list items are passages of their own."""
    introduction, setup = read(TEXT).sections[:2]
    assert [passage.text for passage in introduction.passages] == [
        "First paragraph of two lines, which goes on after a page break. It has \\(x\\) as follows: \\[x = 1\\] "
        "where one is a number.",
        "- an item",
        "- another item",
    ]
    assert [passage.text for passage in setup.passages] == [
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "Figure 2 shows them.",
        "```python\n# not a heading\nx = 1\n```",
    ]


def test_plain_text_without_marks() -> None:
    """A .txt made by pdftotext or by hand still has a title, an abstract and sections."""
    paper = read(
        "On the Length\nof Titles\n\nA. Author\n\nAbstract\nShort titles win.\n\n1 Introduction\n\nMany words.\n\n"
        "2 Method\n\nWe count. 3 of them.\n\nReferences\n\n[1] X. 2001.\n"
    )
    assert paper.title == "On the Length of Titles"
    assert paper.abstract == "Short titles win."
    assert [section.heading for section in paper.sections] == ["Introduction", "Method"]
    assert [entry.text for entry in paper.references] == ["[1] X. 2001."]


def test_front_matter_and_underlined_headings() -> None:
    """Pandoc's forms are Markdown too."""
    paper = read(
        '---\ntitle: "The Title"\nauthor: X\n---\n\nIntroduction\n============\n\nText here.\n\nPart\n----\n\nB.\n'
    )
    assert paper.title == "The Title"
    assert [(section.heading, section.level) for section in paper.sections] == [("Introduction", 1), ("Part", 2)]


def test_an_open_fence_does_not_swallow_the_paper() -> None:
    """Converters leave code fences open; a paper must not end there."""
    paper = read(
        "# T\n\n## Abstract\n\nA.\n\n## 1 M\n\n```\n1: loop\n2: end ```\n\nText.\n\n```\n\nMore.\n\n## 2 N\n\nLast.\n"
    )
    assert [section.heading for section in paper.sections] == ["M", "N"]
    assert paper.sections[1].text == "Last."


def test_pages_nougat_lost_become_warnings() -> None:
    """A reviewer must know that a page is missing, and a model must not read the mark."""
    paper = read_nougat(
        "# T\n\nAuthor One, University\n\n###### Abstract\n\nA.\n\n## 1 Introduction\n\nText one.\n\n"
        "[MISSING_PAGE_FAIL:3]\n\n[MISSING_PAGE_EMPTY:5]Set-up of all.We train it.\n\n[MISSING_PAGE_POST]\n",
        SOURCE,
    )
    assert [(notice.code, notice.page) for notice in paper.warnings] == [
        ("missing-page", 3),
        ("missing-page", 5),
        ("missing-page", 0),
    ]
    assert paper.abstract == "A."
    text = "".join(section.text for section in paper.sections)
    assert "MISSING" not in text and "University" not in text
    assert "Set-up of all. We train it." in text


def test_nougat_is_known_by_its_marks() -> None:
    """Its output is often saved as .md."""
    assert looks_like_nougat("a [MISSING_PAGE_FAIL:1]") and looks_like_nougat("has \\(x\\) only")
    assert not looks_like_nougat("costs $x$ and \\(y\\)")


@given(st.text(alphabet=st.sampled_from("#ab \n|`-=*[]()!$\\1.A:_<>{}"), max_size=300))
def test_any_text_is_read_without_losing_letters(text: str) -> None:
    """No input crashes the reader, and what is not mark-up stays."""
    read(text)


@pytest.mark.parametrize("text", ["#" * 100_000, "```\n" * 20_000, "| a\n" * 50_000, "![" * 50_000, "<!--" * 50_000])
def test_hostile_markdown_takes_bounded_time(text: str) -> None:
    """A crafted file must not hang the reader; the suite's own timeout is the judge."""
    read(text)


def check(path: Path) -> None:
    paper = read_paper(path)
    assert path.read_text(encoding="utf-8").startswith(f"# {paper.title}"[:40]) or paper.title
    assert len(paper.abstract.split()) > 30, path
    assert len([section for section in paper.sections if section.level == 1]) >= 2, path
    assert sum(section.words for section in paper.sections) > 400, path


def test_real_papers_have_title_abstract_and_sections(corpus: Path) -> None:
    """A sample of real texts is understood."""
    for path in sorted(corpus.glob("peer_reviews/*/papers/*.md"))[::40]:
        check(path)


@pytest.mark.slow
def test_all_real_papers_have_title_abstract_and_sections(corpus: Path) -> None:
    """Every real text is understood."""
    paths = sorted(corpus.glob("peer_reviews/*/papers/*.md"))
    assert len(paths) > 1000
    for path in paths:
        check(path)
