"""How a sample is laid out: the switches of sample-design engineering (arXiv 2404.13033, section 3).

A design changes what the prompt asks for and how the answer is written; each stage's prompt module renders and parses
every design as an inverse pair. An adapter is served with the design it was trained on. Which design is best is an
experiment, not decided here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import product
from typing import Literal

from common.jsonio import to_json


@dataclass(frozen=True, slots=True)
class RowDesign:
    """instruction: before the paper or after it. layout: one item a line, or numbered within one paragraph.
    absent: an aspect or section without anything to say is left out, or named with a placeholder.
    ratings: by number or by the scale's words (stage B alone). rationale: one line of reasons before the questions,
    or before the ratings.
    """

    instruction: Literal["first", "last"] = "first"
    layout: Literal["lines", "paragraph"] = "lines"
    absent: Literal["omit", "placeholder"] = "omit"
    ratings: Literal["number", "text"] = "number"
    rationale: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 over the switches, the first 12 digits: what a row is marked with."""
        return hashlib.sha256(to_json(self, indent=0).encode()).hexdigest()[:12]


DEFAULT = RowDesign()


def marked(version: str, design: RowDesign) -> str:
    """A prompt's version as a record names it: with the design's digest where that is not the default."""
    return version if design == DEFAULT else f"{version}/{design.digest}"


RATIONALE = "Rationale:"
"""How the line of reasons begins, in both stages."""


def all_designs() -> tuple[RowDesign, ...]:
    """Every combination of the switches, the default first."""
    choices = (("first", "last"), ("lines", "paragraph"), ("omit", "placeholder"), ("number", "text"), (False, True))
    return tuple(RowDesign(*values) for values in product(*choices))


def one_line(text: str) -> str:
    return " ".join(text.split())
