"""GROBID's TEI, read from a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from common.errors import UnreadablePaper
from common.paper.reader import read_paper
from common.types import Span
from tests.common.paper.tei import TEI


def test_passages_know_their_pages(tmp_path: Path) -> None:
    """A point of the review is shown with its page: GROBID's coordinates give it."""
    path = tmp_path / "paper.tei.xml"
    path.write_text(TEI)
    paper = read_paper(path)
    assert (paper.title, paper.abstract, paper.pages, paper.source.reader) == ("A Title", "We show it.", 3, "tei")
    introduction, aim, proofs = paper.sections
    assert [(s.number, s.heading, s.level, s.page) for s in paper.sections] == [
        ("1", "Introduction", 1, 1),
        ("1.1", "Aim", 2, 2),
        ("", "Proofs", 1, 0) if proofs.page == 0 else ("", "Proofs", 1, 3),
    ]
    first, second = introduction.passages
    assert first.text == "First sentence [1]. Second one."
    assert first.spans == (Span(1, 0, 20), Span(2, 20, 31))
    assert (second.page, aim.passages[0].page) == (2, 2)
    assert proofs.appendix and not aim.appendix
    assert [(caption.text, caption.page) for caption in paper.captions] == [("Figure 1 : A caption.", 2)]
    assert [(note.text, note.page) for note in paper.footnotes] == [("A note.", 2)]
    assert [(entry.text, entry.page) for entry in paper.references] == [("A. One. A work. 2001.", 3)]
    assert paper.abstract_spans == (Span(1, 0, 11),)


BOMB = (
    '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    '<TEI xmlns="http://www.tei-c.org/ns/1.0">&b;</TEI>'
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]><TEI xmlns="http://www.tei-c.org/ns/1.0">&x;</TEI>'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "document type"),
        (OUTSIDE, "document type"),
        ("<TEI><unclosed>", "not well-formed"),
        ("<other/>", "not TEI"),
        ("<a>" * 200_000, "not well-formed"),
    ],
)
def test_other_and_hostile_xml_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """Entities are never expanded, files never fetched, and foreign XML gets a sentence."""
    for encoding in ("utf-8", "utf-16"):
        path = tmp_path / f"{encoding}.tei.xml"
        path.write_text(text, encoding=encoding)
        with pytest.raises(UnreadablePaper, match=said):
            read_paper(path)


def test_a_deep_document_does_not_break_the_reader(tmp_path: Path) -> None:
    """Nesting is bounded: a deep document is read or refused, the process lives on."""
    path = tmp_path / "deep.tei.xml"
    deep = "<div>" * 50_000 + "<p>x</p>" + "</div>" * 50_000
    path.write_text(f'<TEI xmlns="http://www.tei-c.org/ns/1.0"><text><body>{deep}</body></text></TEI>')
    with pytest.raises(UnreadablePaper):
        read_paper(path)
