"""Reading real papers, against facts checked on their outlines and rendered pages (`truth.json`, docs/READING.md).

Each entry: the title; the abstract's first and last six words; the level-1 headings with their pages, in order;
`either`: unnumbered headings that are printed like a lower level, right at any; the pages on which the first and the
last reference begin; how many references bear a number; running heads that must not be in the text.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from common.paper.pdf.reader import read_pdf_here
from common.paper.sentences import sentences
from common.types import Paper
from scripts.reading_scores import common_run, plain

TRUTH = json.loads(Path(__file__).with_name("truth.json").read_text(encoding="utf-8"))
STOP = re.compile(r"[.!?:;][\"”’')\]]*(?:\s?\[[\d, –-]+\])?$")
SUSPECTS = 0.02  # of all sentences; most of these are list items without a full stop and formulas


@pytest.fixture(scope="module")
def papers(corpus: Path) -> dict[str, Paper]:
    found = {key: corpus / "peer_reviews" / key.replace("/", "/pdfs/", 1) for key in TRUTH}
    return {key: read_pdf_here(path.with_name(path.name + ".pdf")) for key, path in found.items()}


def test_titles(papers: dict[str, Paper]) -> None:
    """A review would name another paper."""
    assert {key: plain(paper.title) for key, paper in papers.items()} == {
        key: plain(fact["title"]) for key, fact in TRUTH.items()
    }


def test_abstracts_begin_and_end_where_they_do(papers: dict[str, Paper]) -> None:
    """Authors, keywords or the introduction would be summarised as the abstract."""
    for key, paper in papers.items():
        words = paper.abstract.split()
        assert [" ".join(words[:6]), " ".join(words[-6:])] == TRUTH[key]["abstract"], key


def test_headings(papers: dict[str, Paper]) -> None:
    """Sections would be missing, or a bold word would be called one, and the budget would be shared out wrongly."""
    right = found = truth = 0
    for key, paper in papers.items():
        fact = TRUTH[key]
        either = {plain(name) for name in fact["either"]}
        want = [f"{page} {plain(name)}" for name, page in fact["headings"] if plain(name) not in either]
        got = [
            f"{section.page} {plain(section.heading)}"
            for section in paper.sections
            if section.level == 1 and plain(section.heading) not in either
        ]
        right, found, truth = right + common_run(got, want), found + len(got), truth + len(want)
    assert right / truth >= 0.99
    assert right / found >= 0.99


def test_references(papers: dict[str, Paper]) -> None:
    """The body would end too soon or too late, or entries would be torn apart."""
    for key, paper in papers.items():
        fact = TRUTH[key]
        assert [paper.references[0].page, paper.references[-1].page] == fact["references"], key
        if fact["numbered"]:
            labels = [re.match(r"\[(\d+)\]", entry.text) for entry in paper.references]
            assert [int(label[1]) for label in labels if label] == list(range(1, fact["numbered"] + 1)), key


def test_no_running_heads(papers: dict[str, Paper]) -> None:
    """A venue's name or the title would stand in the middle of sentences, and be quoted in a review."""
    for key, paper in papers.items():
        text = " ".join(passage.text for passage in paper.passages)
        assert not [words for words in TRUTH[key]["furniture"] if words in text], key


def test_sentences_are_whole(papers: dict[str, Paper]) -> None:
    """Half sentences would be quoted as evidence, and a question would be asked of a torn claim.

    Suspect is what begins with a small letter, or ends a paragraph without a stop.
    """
    suspects = total = 0
    for paper in papers.values():
        for passage in (item for section in paper.sections if not section.appendix for item in section.passages):
            cuts = [passage.text[a:b].strip() for a, b in sentences(passage.text)]
            total += len(cuts)
            suspects += sum(cut[:1].islower() and not re.match(r"[a-z]{1,2}[-A-Z)]", cut) for cut in cuts)
            suspects += not STOP.search(cuts[-1])
    assert suspects / total <= SUSPECTS
