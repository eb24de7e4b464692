"""Science-Parse JSON: PeerRead's and Reviewer2's papers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from common.errors import UnreadablePaper
from common.paper.reader import read_paper

FIELDS = {
    "title": "A  Title",
    "abstractText": "We show it.",
    "sections": [
        {"heading": None, "text": "A. Author\nUniversity"},
        {"heading": "1 Introduction", "text": "Two lines of a para-\ngraph.\n\nAnother one."},
        {"heading": "1.1 Aim", "text": "Figure 1: A caption.\n\nText."},
        {"heading": "2 Empty", "text": None},
        {"heading": "A. Appendix", "text": "Proofs."},
    ],
    "references": [
        {"title": "A work.", "author": ["A. One", "B. Two"], "venue": "NIPS", "citeRegEx": "One, 2001", "year": 2001},
        "C. Three. Another work. 2002.",
    ],
    "year": 2017,
}


@pytest.mark.parametrize("content", [{"name": "104.pdf", "metadata": {"source": "CRF", **FIELDS}}, FIELDS])
def test_both_forms_are_read(tmp_path: Path, content: dict) -> None:
    """PeerRead nests the fields under metadata, Reviewer2 does not."""
    path = tmp_path / "104.pdf.json"
    path.write_text(json.dumps(content))
    paper = read_paper(path)
    assert (paper.title, paper.abstract, paper.source.reader) == ("A Title", "We show it.", "science-parse")
    assert [(s.number, s.heading, s.level) for s in paper.sections][:3] == [
        ("1", "Introduction", 1),
        ("1.1", "Aim", 2),
        ("2", "Empty", 1),
    ]
    assert [p.text for p in paper.sections[0].passages] == ["Two lines of a paragraph.", "Another one."]
    assert [caption.text for caption in paper.captions] == ["Figure 1: A caption."]
    assert [entry.text for entry in paper.references] == [
        "A. One, B. Two. A work. NIPS. 2001",
        "C. Three. Another work. 2002.",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"title": "x", "sections": [', "not valid JSON"),
        ('{"title": "x"}', "no sections with text"),
        ('{"title": "x", "sections": []}', "no sections with text"),
        ('{"metadata": {"sections": [{"heading": "x", "text": " "}]}}', "no sections with text"),
        ('{"title": 3, "sections": [{"text": "x"}]}', "not a parsed paper"),
        ("[1, 2]", "not a parsed paper"),
        ('{"title": "x", "sections": ' + "[" * 100_000 + "]" * 100_000 + "}", "JSON"),
        ('{"other": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
    ],
)
def test_other_json_is_explained(tmp_path: Path, text: str, said: str) -> None:
    """Malformed, foreign or hostile JSON gets a sentence that names the file."""
    path = tmp_path / "paper.json"
    path.write_text(text)
    with pytest.raises(UnreadablePaper, match=said) as raised:
        read_paper(path)
    assert "paper.json" in raised.value.message
