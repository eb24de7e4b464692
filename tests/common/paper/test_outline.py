"""Heading lines taken apart. If this breaks, levels, references and appendices are mistaken."""

from __future__ import annotations

import pytest

from common.paper.outline import parse


@pytest.mark.parametrize(
    ("line", "number", "name", "depth"),
    [
        ("3.1 Set-up", "3.1", "Set-up", 2),
        ("**1. Introduction**", "1", "Introduction", 1),
        ("III. METHOD", "III", "METHOD", 1),
        ("B. Training", "B", "Training", 2),
        ("A.2 Lemmas", "A.2", "Lemmas", 2),
        ("Appendix B: Proofs", "B", "Proofs", 1),
        ("A Simple Method", "", "A Simple Method", 0),
        ("3D Reconstruction", "", "3D Reconstruction", 0),
        ("Mixed Models", "", "Mixed Models", 0),
        ("Appendix A", "", "Appendix A", 0),
    ],
)
def test_numbers_are_told_from_words(line: str, number: str, name: str, depth: int) -> None:
    """A letter that is a word must not become a section number, nor a number stay in the name."""
    heading = parse(line)
    assert (heading.number, heading.name, heading.depth) == (number, name, depth)


def test_a_letter_after_the_references_is_a_number() -> None:
    """Appendices are usually "A Proofs", without the word."""
    heading = parse("A Proofs", after_references=True)
    assert (heading.number, heading.name, heading.appendix) == ("A", "Proofs", True)


@pytest.mark.parametrize("line", ["References", "REFERENCES", "6 Bibliography", "**Literature Cited**", "References:"])
def test_references_are_known_by_their_names(line: str) -> None:
    """Otherwise the bibliography would be spent tokens on and quoted as text."""
    assert parse(line).is_references


@pytest.mark.parametrize("line", ["Reference Models", "Zero-Reference Loss Functions", "Preferences"])
def test_other_headings_are_no_references(line: str) -> None:
    """A body section must not be taken for the bibliography: all after it would become appendix."""
    assert not parse(line).is_references
