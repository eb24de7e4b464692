"""What is counted of a paper."""

from __future__ import annotations

import math

import pytest

from common.prediction.features import FEATURES, handmade
from tests.common.corpora.examples import paper

TEXT = r"""# On Sorting

## Abstract

We sort.

## 1 Introduction

Sorting is old (Knuth, 1973). It was solved [1, 2]. See Figure 1, Fig. 2 and Table 3, and Section 4.

\[a < b\]

By Theorem 1 and Eq. (2), it holds. Code: https://github.com/example/sort

Figure 1: A net.

## 2 Related Work

Many sorted before us.

## References

[1] D. Knuth. The Art, volume 3, 1973.

[2] A. Batcher. Nets. In Proceedings, pages 1901–1910, 2014.

[3] B. Later. To appear, 2031.

## A Proofs

Theorem 9 is proved here.
"""


def test_a_paper_counted_by_hand() -> None:
    """Each figure of a table is explained by these names; a count that slips explains nothing."""
    found = handmade(paper(text=TEXT, title="On Sorting", abstract="A novel, state-of-the-art net.", year=2017))
    expected = {
        "title_words": 2, "abstract_words": 4, "abstract_novel": 1, "abstract_state_of_the_art": 1, "abstract_deep": 0,
        "sections": 2, "references": 3, "latest_reference": 3, "recent_references": 0.5, "citations": 2,
        "figure_mentions": 2, "table_mentions": 1, "section_mentions": 1, "equation_mentions": 1,
        "theorem_mentions": 1, "formulas": 1, "captions": 1, "related_work": 1, "conclusion": 0, "appendix": 1,
        "code_link": 1,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert list(found) == list(FEATURES)


def test_what_a_text_does_not_have_is_no_number() -> None:
    """0 years since the newest reference would be praise for a bibliography that was lost."""
    found = handmade(paper(text="# T\n\n## 1 Introduction\n\nWords stand here."))
    for name in ("references", "latest_reference", "recent_references", "unique_words"):
        assert math.isnan(found[name])
    assert found["body_words"] == 3 and found["sentence_words"] == 3


def test_a_bare_text_is_counted_too() -> None:
    """A paper that lost everything but its title must not stop a corpus of thousands."""
    assert math.isnan(handmade(paper(text="#", abstract="", title=""))["word_letters"])
