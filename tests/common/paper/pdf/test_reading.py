"""Reading made-up papers whose every sentence is known, in the styles that venues ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from common.jsonio import to_json
from common.paper.pdf.reader import read_pdf, read_pdf_here
from common.types import Paper
from scripts.reading_scores import Score, score
from scripts.specimens import write
from scripts.typesetting import STYLES, typeset

LEAST = {
    "title": 1.0, "abstract": 1.0, "heading_recall": 0.95, "heading_precision": 0.95, "sentences": 0.98, "pages": 0.98,
    "references": 0.95, "clean": 1.0,
}  # fmt: skip


@pytest.fixture(scope="module", params=sorted(STYLES))
def read(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Score, Paper, Path]:
    specimen = write(7, references=20, parts=3)
    path = tmp_path_factory.mktemp("papers") / f"{request.param}.pdf"
    begin = typeset(specimen, STYLES[request.param], path)
    paper = read_pdf_here(path)
    return score(paper, specimen, begin), paper, path


@pytest.mark.parametrize("metric", sorted(LEAST))
def test_styles_are_read(read: tuple[Score, Paper, Path], metric: str) -> None:
    """A whole venue's papers would be reviewed from broken sentences, wrong pages or another paper's title."""
    result, _, _ = read
    assert result.values[metric] >= LEAST[metric], result.wrong


def test_spans_cover_every_passage(read: tuple[Score, Paper, Path]) -> None:
    """Evidence would be shown on a page where it does not stand."""
    for passage in read[1].passages:
        assert passage.spans[0].start == 0
        assert passage.spans[-1].end == len(passage.text)
        assert all(a.end == b.start for a, b in zip(passage.spans, passage.spans[1:], strict=False))
        assert all(1 <= span.page <= read[1].pages and span.start < span.end for span in passage.spans)


def test_appendix_follows_the_references(read: tuple[Score, Paper, Path]) -> None:
    """A budget would be spent on the appendix instead of the body."""
    flags = [section.appendix for section in read[1].sections]
    assert flags == sorted(flags)
    assert any(flags)


def test_the_child_process_reads_the_same(tmp_path: Path) -> None:
    """What tests see would not be what users get."""
    path = tmp_path / "paper.pdf"
    typeset(write(3, references=5, parts=1), STYLES["two-columns"], path)
    assert to_json(read_pdf(path)) == to_json(read_pdf_here(path))
