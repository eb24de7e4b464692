"""Papers made up so that what they tell is known."""

from __future__ import annotations

import random

from common.corpora.schema import CorpusPaper, HumanReview
from common.prediction.papers import PaperFacts
from common.types import Rating
from tests.common.corpora.examples import paper

MARK = "Code is at https://github.com/example/code."


def text(draw: random.Random, words: int = 60, mark: bool = False) -> str:
    """A paper of random words: no two share a run of them."""
    prose = " ".join(f"w{draw.randrange(10**6)}" for _ in range(words))
    return f"# T\n\n## Abstract\n\nWe sort.\n\n## 1 Introduction\n\n{prose}. {MARK if mark else ''}"


def corpus_paper(number: int, accepted: bool | None, mark: bool = False, venue: str = "iclr_2017") -> CorpusPaper:
    """Two reviews whose ratings go with the fate; the text tells it only by the mark."""
    draw = random.Random(f"{venue}{number}")
    better = 2.0 if accepted else 0.0
    reviews = tuple(HumanReview(str(at), "Fine.", (), (Rating("Rating", 4.0 + at + better),)) for at in range(2))
    return paper(
        f"p{number}", venue=venue, form="iclr2017", title=f"On subject {number}", text=text(draw, mark=mark),
        accepted=accepted, reviews=reviews,
    )  # fmt: skip


def facts(number: int, accepted: bool | None, cue: float = 0.0, **features: float) -> PaperFacts:
    """Facts without a text. cue: the value of every cue of the version."""
    from common.prediction.leak import MARKS, SIZES

    cues = dict.fromkeys((*MARKS, *SIZES), cue)
    key = f"v_2024/{number}"
    return PaperFacts(key, "v_2024", accepted, features or {"length": float(number)}, cues, {}, key)
