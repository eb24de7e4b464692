"""The arms of `review compare`: what each one asks before it reviews, and with which adapters.

    chain                                      A's questions, both adapters as the options say
    single,b=none                              no questions, the base alone
    NAME=chain,a=runs/a/adapter,b=none,samples=1
    NAME=chain,joint=runs/joint/adapter        one adapter for both stages' turns of one conversation

Nothing here runs a model: an arm is a name and a choice, and the questions that need no model.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from common.config import ChainConfig
from common.corpora.question_sets import QuestionSet
from common.corpora.schema import CorpusPaper
from common.errors import BadConfig
from common.types import Question
from stage_a_questioner.own_questions import questions_of

Kind = Literal["single", "generic", "chain", "oracle", "human"]
KINDS: tuple[Kind, ...] = get_args(Kind)
DEFAULT_ARMS = ("single", "generic", "chain")

GENERIC = tuple(
    Question(f"Q{number}", text, aspect, "human")
    for number, (aspect, text) in enumerate(
        (
            ("summary", "What problem does the paper address, and what does it contribute?"),
            ("originality", "Which of its ideas are new, and how do they differ from earlier work?"),
            ("soundness", "Are the method and its assumptions sound, and are the claims supported?"),
            ("experiments", "Do the experiments test the claims, and are the results convincing?"),
            ("comparison", "Are the right baselines and related work compared with, and fairly?"),
            ("clarity", "Is the paper clearly written and organised, and what is hard to follow?"),
            ("significance", "Who will build on this work, and how much does it matter?"),
            ("limitations", "Which limitations or risks are there, and does the paper discuss them?"),
        ),
        start=1,
    )
)
"""What any reviewer asks of any paper: the arm that tells what a question must gain by being about this paper."""

_NAME = re.compile(r"[A-Za-z0-9][\w.+-]{0,39}")
_NAMES = {"human": "human-questions"}
"""Where an arm's own name would be taken for something else: people's reviews are in the table, too."""
_ALLOWED: dict[str, tuple[str, ...]] = {kind: ("b", "joint") for kind in KINDS} | {
    "chain": ("a", "b", "joint", "samples")
}


@dataclass(frozen=True, slots=True)
class Arm:
    """One row of the comparison. a, b: adapter folders of questioner and reviewer, "none" for the base alone, None for
    the shipped one where it fits the base; joint: of one for both instead. samples: question sets pooled. Of an arm
    that asks no model, `a` is "none" and samples 0."""

    name: str
    kind: Kind
    a: str | None
    b: str | None
    samples: int = 0
    joint: str | None = None


@dataclass(frozen=True, slots=True)
class Posed:
    """Questions for one review. source: id of the human review they come from, "" for none."""

    source: str
    questions: tuple[Question, ...]


def parse_arms(specs: Sequence[str], config: ChainConfig) -> tuple[Arm, ...]:
    """In the order given. What a spec leaves open is as `config` says. Errors: BadConfig."""
    arms = tuple(_arm(spec, config) for spec in specs)
    for name, count in Counter(arm.name for arm in arms).items():
        if count > 1:
            raise BadConfig(
                f"{count} arms are called '{name}'.", "Name them: --arm tuned=chain --arm bare=chain,a=none"
            )
    return arms


def _arm(spec: str, config: ChainConfig) -> Arm:
    head, *settings = spec.split(",")
    name, _, kind = head.rpartition("=")
    if kind not in KINDS or not _NAME.fullmatch(name or kind):
        raise BadConfig(
            f"'{spec}' is no arm.",
            f"Write [NAME=]KIND[,a=DIR][,b=DIR][,joint=DIR][,samples=K], where KIND is one of {', '.join(KINDS)}.",
        )
    given: dict[str, str] = {}
    for setting in settings:
        key, _, value = setting.partition("=")
        if key not in _ALLOWED[kind] or not value or key in given:
            raise BadConfig(
                f"The arm '{spec}' has no setting '{setting}'.",
                f"A {kind} arm has: {', '.join(_ALLOWED[kind])}, each once, as b=none.",
            )
        given[key] = value
    joint = given.get("joint")
    if joint and given.keys() & {"a", "b"}:
        raise BadConfig(f"The arm '{spec}': a joint adapter does both stages' work.", "Leave out a and b, or joint.")
    b = given.get("b", config.adapter_b)
    name = name or _NAMES.get(kind, kind)
    if kind != "chain":
        return Arm(name, kind, "none", b, 0, joint)
    samples = given.get("samples", str(config.samples))
    if not re.fullmatch(r"[1-9]\d?", samples) or int(samples) > 64:
        raise BadConfig(f"The arm '{spec}': samples must be from 1 to 64, not {samples}.")
    return Arm(name, kind, given.get("a", config.adapter_a), b, int(samples), joint)


def posed(
    arm: Arm, paper: CorpusPaper, sets: Sequence[QuestionSet], asked: Mapping[int, tuple[Question, ...]]
) -> tuple[Posed, ...]:
    """What the arm asks about this paper, one entry a review that it will write; empty where it has nothing to ask.

    sets: the paper's distilled ones. asked: samples -> what the arm's questioner asked."""
    if arm.kind == "single":
        return (Posed("", ()),)
    if arm.kind == "generic":
        return (Posed("", GENERIC),)
    if arm.kind == "chain":
        questions = asked.get(arm.samples, ())
        return (Posed("", questions),) if questions else ()
    return from_reviews(arm.kind, paper, sets)


def from_reviews(kind: Kind, paper: CorpusPaper, sets: Sequence[QuestionSet]) -> tuple[Posed, ...]:
    """Of the two arms whose questions come from human reviews: one entry a review that has some."""
    if kind == "oracle":
        return tuple(Posed(one.review, one.questions) for one in sets)
    own = ((review.id, questions_of(review)) for review in paper.reviews)
    return tuple(Posed(review, questions) for review, questions in own if questions)


def note(arm: Arm) -> str:
    """How the arm's reviews are made, in a sentence."""
    how = {
        "single": "No questions",
        "generic": f"The same {len(GENERIC)} questions for every paper",
        "chain": f"Questions asked by stage A, {arm.samples} set{'s' * (arm.samples > 1)} pooled",
        "oracle": "Questions distilled from each human review, a review for each set",
        "human": "The questions reviewers wrote themselves, a review for each reviewer",
    }
    return how[arm.kind]
