"""Which figures `review evaluate` can show, by group, and how each is called. A module is imported when it is used."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from common.errors import BadConfig
from common.metrics.baselines import RATED, equal_references
from common.metrics.figures import Scores
from common.metrics.material import System
from common.strict_yaml import closest
from common.types import ReviewForm

if TYPE_CHECKING:
    from common.encoder import Encoder
    from common.metrics.bertscore import BertScore
    from common.metrics.matching import Vectors
    from common.metrics.similarity import Similarity

NOT_A_NUMBER = "not-a-number"
EQUAL = "mean over subsets lacking one reference"
LIKENESS = ("rouge1", "rougeL", "bertscore")


@dataclass(frozen=True, slots=True)
class Group:
    """where: "module:function" of `scores(system, ...)`. needs: its keyword -> the field of
    `Tools` that fills it. references: it holds reviews against references, so that their number matters. alone: a
    paper's value depends on that paper only. prose: it reads a review's sections alone, so that it can be had for one
    of them."""

    where: str
    needs: Mapping[str, str]
    references: bool = True
    alone: bool = True
    prose: bool = False


GROUPS: dict[str, Group] = {
    "overlap": Group("common.metrics.overlap:scores", {"progress": "progress", "workers": "workers"}, prose=True),
    "similarity": Group("common.metrics.bertscore:scores", {"scorer": "scorer"}, prose=True),
    "specificity": Group(
        "common.metrics.specificity:scores", {"similarity": "likeness", "seed": "seed"}, alone=False, prose=True
    ),
    "coverage": Group("common.metrics.coverage:scores", {"similarity": "likeness"}, references=False),
    "control": Group("common.metrics.control:scores", {"similarity": "likeness"}, prose=True),
    "points": Group("common.metrics.hit_rate:scores", {"vectors": "vectors", "seed": "seed"}, alone=False),
    "grounding": Group("common.metrics.grounded:scores", {"pool": "pool", "seed": "seed"}, references=False),
    "form": Group("common.metrics.form:scores", {"forms": "forms"}, references=False),
    "ratings": Group("common.metrics.ratings:scores", {"forms": "forms"}),
}
"""In the order in which they are shown."""
QUESTIONS = "questions"
"""Not a group of GROUPS, which score reviews: what was asked before them, in a table of its own (`evaluate_questions`).
"""
NAMES = (*GROUPS, QUESTIONS)
DEFAULT = ("overlap", "form", "grounding")
_RATED = "common.metrics.ratings:baseline"


@dataclass
class Tools:
    """What groups need beside a system. forms: by name, of both sides. pool: paper key -> its text. encoder: a name,
    folder or hub id, "default" for the one that comes along. likeness_name: what specificity, coverage and control
    compare texts with. workers: processes. progress: told how many papers of a group are done, encoding: how many of
    the texts that are being encoded, each with how many there are. rated: figure -> the rating that
    stands for all in the row "constant rating". layer, whole, idf: of BERTScore, as `TokenEncoder.load` and `BertScore`
    have them. Models load when first used."""

    forms: Mapping[str, ReviewForm]
    pool: Mapping[str, Callable[[], str]]
    encoder: str = "default"
    likeness_name: str = "rouge1"
    seed: int = 0
    workers: int = 1
    progress: Callable[[int, int], None] | None = None
    encoding: Callable[[int, int], None] | None = None
    rated: Mapping[str, float] = field(default_factory=dict)
    layer: int | None = None
    whole: bool = False
    idf: Sequence[str] = ()

    @cached_property
    def sentences(self) -> Encoder:
        from common.encoder import Encoder

        return Encoder.load(self.encoder)

    @cached_property
    def vectors(self) -> Vectors:
        from common.metrics.matching import Vectors

        return Vectors(self.sentences)

    @cached_property
    def scorer(self) -> BertScore:
        from common.metrics.bertscore import BertScore
        from common.metrics.token_vectors import TokenEncoder

        encoder = TokenEncoder.load(self.encoder, self.layer, whole=self.whole)
        encoder.progress = self.encoding
        return BertScore(encoder, self.idf)

    @cached_property
    def likeness(self) -> Similarity:
        from common.metrics.similarity import Rouge

        return self.scorer if self.likeness_name == "bertscore" else Rouge(self.likeness_name)


def parse_groups(text: str) -> tuple[str, ...]:
    """ "overlap,form" -> names, "all" for every one, in the order of NAMES. Errors: BadConfig."""
    asked = {name.strip() for name in text.split(",") if name.strip()}
    for name in sorted(asked - {"all"}):
        if name not in NAMES:
            raise BadConfig(f"There is no group of figures '{name}'.", closest(name, NAMES))
    if not asked:
        raise BadConfig("--metrics names no group of figures.", f"There are {', '.join(NAMES)}, and all.")
    return tuple(name for name in NAMES if name in asked or "all" in asked)


def of_reviews(groups: Sequence[str]) -> tuple[str, ...]:
    """Those of GROUPS."""
    return tuple(group for group in groups if group in GROUPS)


def groups_for(system: System, groups: Sequence[str]) -> tuple[str, ...]:
    """Those of the groups that say something of the system: the row "constant rating" has ratings and no text."""
    return tuple(group for group in groups if system.name != RATED or GROUPS[group].where.endswith("ratings:scores"))


def measure(group: str, system: System, tools: Tools, equal: bool = False, left_out: bool = False) -> list[Scores]:
    """The group's figures of a system. equal: held against every subset of its references that lacks one, where the
    group looks at references; left_out: it is referees left out themselves, who have one less already. A value that is
    no number is unscored. Errors: ReviewError for a model or package that is missing."""
    asked = GROUPS[group]
    equal = equal and asked.references
    where, given = asked.where, {keyword: getattr(tools, name) for keyword, name in asked.needs.items()}
    if system.name == RATED:
        where, given = _RATED, {"forms": tools.forms, "rated": tools.rated}
    module, _, name = where.partition(":")
    scored: Sequence[Scores] = getattr(import_module(module), name)(
        equal_references(system) if equal and not left_out else system, **given
    )
    found = [finite(one) for one in scored]
    return [replace(one, settings="; ".join(filter(None, (one.settings, EQUAL)))) for one in found] if equal else found


def finite(scores: Scores) -> Scores:
    """A value that is no number is a paper without a value: a mean with one in it is none."""
    bad = [key for key, value in scores.values.items() if not math.isfinite(value)]
    if not bad:
        return scores
    values = {key: value for key, value in scores.values.items() if key not in bad}
    return replace(scores, values=values, unscored={**scores.unscored, **dict.fromkeys(bad, NOT_A_NUMBER)})
