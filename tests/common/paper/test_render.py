"""The text the model reads."""

from __future__ import annotations

from common.paper.render import label, render
from common.types import Paper, Passage, Section, Source


def test_everything_but_the_references_is_shown_in_order() -> None:
    """A part missing here is a part no review can be about."""
    paper = Paper(
        "Title",
        "Abstract text.",
        (
            Section("", 1, 1, (Passage("Preamble.", 1),)),
            Section("Method", 1, 1, (Passage("One.", 1), Passage("Two.", 2)), "2"),
            Section("Loss", 2, 2, (Passage("Three.", 2),), "2.1"),
            Section("Proofs", 1, 3, (Passage("Four.", 3),), "A", appendix=True),
        ),
        Source("p.md", "", ""),
        captions=(Passage("Figure 1: Five.", 2, kind="caption"),),
        footnotes=(Passage("Six.", 2, kind="footnote"),),
    )
    assert render(paper) == (
        "# Title\n\n## Abstract\n\nAbstract text.\n\nPreamble.\n\n## 2 Method\n\nOne.\n\nTwo.\n\n### 2.1 Loss\n\nThree."
        "\n\n## Figures and tables\n\nFigure 1: Five.\n\n## Footnotes\n\nSix.\n\n## Appendix A Proofs\n\nFour."
    )


def test_appendices_are_called_so_once() -> None:
    """A reviewer must not mistake an appendix for the body, nor read "Appendix Appendix"."""
    assert label(Section("Appendix", 1, 1, appendix=True)) == "Appendix"
    assert label(Section("Checklist", 1, 1, appendix=True)) == "Appendix: Checklist"
    assert label(Section("Lemmas", 2, 1, number="A.1", appendix=True)) == "A.1 Lemmas"
