"""What is compared: papers, arms and settings, and what must be the same for a comparison to be continued."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from common.config import ChainConfig
from common.corpora.question_sets import QuestionSet
from common.corpora.schema import CorpusPaper, Rejection
from common.corpora.store import Corpus
from common.errors import ReviewError
from common.journal import Journal
from common.jsonio import to_json
from scripts.compare_arms import GENERIC, Arm, from_reviews
from scripts.compare_engine import Bench
from stage_a_questioner import prompt as prompt_a
from stage_b_reviewer import prompt as prompt_b

VENUE = "venue"
"""--form: each paper's own."""
WINDOW = 16
"""Papers that share a batch: with five arms 80 requests, which is more than an engine runs at once."""


@dataclass(frozen=True)
class Plan:
    """What is compared. listed: keys of the part's papers, whose reviews stand in for another paper's. keys: of those
    that are compared, in order. config: its samplings hold the run's seed. sets: paper key -> its distilled question
    sets; unused: those that were given and cannot be used."""

    corpus: Corpus
    part: str
    listed: tuple[str, ...]
    keys: tuple[str, ...]
    arms: tuple[Arm, ...]
    config: ChainConfig
    sets: Mapping[str, Sequence[QuestionSet]]
    unused: tuple[Rejection, ...] = ()

    @property
    def seed(self) -> int:
        return self.config.reviewer.seed or 0

    def form_of(self, paper: CorpusPaper) -> str:
        return paper.form if self.config.form == VENUE else self.config.form

    def definition(self, arm: Arm, bench: Bench) -> dict[str, Any]:
        """All that decides what an arm writes besides what all arms share."""
        given: object = {"generic": GENERIC, "oracle": sorted(self.sets.items())}.get(arm.kind, ())
        return {**bench.definition(arm), "questions": hashlib.sha256(to_json(given, indent=0).encode()).hexdigest()}


def header_of(plan: Plan, bench: Bench) -> dict[str, Any]:
    """Whatever a review depends on and all arms share. Papers are not part of it: a longer run may continue a shorter
    one; nor are the arms, which the journal defines one by one."""
    plain = replace(plan.config, adapter_a=None, adapter_b=None, adapter_joint=None, server=None, samples=1)
    return {
        "run": "compare",
        "corpus": plan.corpus.digest,
        "part": plan.part,
        "settings": asdict(plain),
        "prompts": [prompt_a.PROMPT_VERSION, prompt_b.PROMPT_VERSION],
        "base": bench.base.name,
        "base_sha256": bench.base.sha256,
        "context": bench.context,
    }


def define(arm: Arm, definition: Mapping[str, Any], definitions: Mapping[str, Any], journal: Journal) -> None:
    """Say in the journal what the arm is. Errors: ReviewError where it was something else before."""
    before = definitions.get(arm.name)
    if before is None:
        journal.append({"did": "defined", "arm": arm.name, "as": definition})
    elif before != definition:
        differing = ", ".join(key for key in definition if definition[key] != before.get(key))
        raise ReviewError(
            f"The arm {arm.name} of {journal.path} was made with another {differing}.",
            "Give the arm another name, or another --out to begin anew.",
        )


def windows(plan: Plan, keys: Iterable[str]) -> Iterator[tuple[str, list[CorpusPaper]]]:
    """The papers in the corpus's order, those of one form together, few in memory at a time."""
    open_windows: dict[str, list[CorpusPaper]] = {}
    for paper in plan.corpus.papers(set(keys)):
        window = open_windows.setdefault(plan.form_of(paper), [])
        window.append(paper)
        if len(window) == WINDOW:
            yield plan.form_of(paper), open_windows.pop(plan.form_of(paper))
    yield from open_windows.items()


def answerable(plan: Plan) -> tuple[str, ...]:
    """The papers on which every arm whose questions come from human reviews has some."""
    kinds = {arm.kind for arm in plan.arms} & {"oracle", "human"}
    return tuple(
        paper.key
        for paper in plan.corpus.papers(plan.keys)
        if all(from_reviews(kind, paper, plan.sets.get(paper.key, ())) for kind in kinds)
    )
