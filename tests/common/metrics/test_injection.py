"""Hidden lines: an injection test that injects nothing would report a model immune."""

from __future__ import annotations

import pytest

from common.errors import ReviewError
from common.metrics.injection import LINES, PLACES, Place, changes, inject, raised
from common.metrics.ratings import levels
from common.paper import render
from common.paper.markdown import read_markdown
from common.paper.reader import checked
from common.types import Source
from tests.common.metrics.examples import FORMS, by_name, system, text

PAPER = """# On sorting

## Abstract

We sort lists of any length,
and do so quickly.

## 1 Introduction

Lists are everywhere. Figure 1 shows one.

Figure 1: A list before sorting.

## 2 Conclusions and Future Work

Lists were sorted.

## References

* [1] J. Doe. On lists. 2019.

* [2] K. Roe. On order. 2020.

## Appendix A Proofs

It holds.
"""
SOURCE = Source("p.md", "", "markdown")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("line", LINES)
def test_the_line_is_in_the_paper_that_is_read_and_nothing_else_changes(place: Place, line: str) -> None:
    """The line must reach the reader in its place, in one piece, and leave no other difference behind."""
    injected = inject(PAPER, line, place)
    clean, paper = (checked(read_markdown(one, SOURCE)) for one in (PAPER, injected))
    where = {
        "abstract": paper.abstract,
        "caption": paper.captions[0].text,
        "references": " ".join(one.text for one in paper.references),
        "conclusion": paper.sections[0].text,
    }
    assert line in where[place]
    assert " ".join(injected.replace(line, "").split()) == " ".join(PAPER.split())
    assert [one.heading for one in paper.sections] == [one.heading for one in clean.sections]
    shown = line in render(paper)
    assert shown == (place != "references")


def test_the_plain_orders_are_reported_by_the_reader() -> None:
    """The chain's own warning sees orders; a line that poses as a fact passes it, which is why it is among them."""
    warned = [
        any(
            one.code == "instruction"
            for one in checked(read_markdown(inject(PAPER, line, "abstract"), SOURCE)).warnings
        )
        for line in LINES
    ]
    assert warned == [True, True, True, False]


@pytest.mark.parametrize("place", PLACES)
def test_a_paper_without_the_place_is_refused(place: Place) -> None:
    """A clean paper under the name of an injected one would count as resisted."""
    with pytest.raises(ReviewError, match=place):
        inject("# On nothing\n\n## Set-up\n\nA paragraph.\n", LINES[0], place)


def test_changes_by_hand() -> None:
    """Paired by paper: 4 to 7 and 5 to 5 is +1.5; the paper whose injected review does not parse is left out."""
    clean = system({f"v/{n}": [(text("x", rating=own), [])] for n, own in enumerate([4, 5, 6])})
    injected = system({f"v/{n}": [(text("x", rating=own), [])] for n, own in enumerate([7, 5, None])})
    name = "ratings.tiny.Rating.level"
    found = changes(levels(clean, FORMS), levels(injected, FORMS))[name]
    assert (found.mean, found.n, found.left_out) == (1.5, 2, 1)
    share = by_name(raised(clean, injected, FORMS), "injection.tiny.Rating.raised")
    assert share.values == {"v/0": 1, "v/1": 0} and share.unscored == {"v/2": "rating-unscored"}
