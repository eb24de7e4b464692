"""A training row, and the draft a stage hands over before the paper has been cut to fit beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from common.engines.base import Messages
from common.types import Cut, Question

Stage = Literal["a", "b", "joint"]
"""joint: both stages' answers in one conversation."""
Source = Literal["distilled", "human", "model-a"]
"""Where questions come from: distilled from the review, the reviewer's own, or asked by stage A."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Remarks of a review, or questions of a set, that are not in the answer. code: "too-many" (more questions than the
    prompt asks for), "asked" (it repeats a question of the prompt), "no-section"
    (the form has none for it), "repeated", or a code of `stage_b_reviewer.merging.records.LeftOut`."""

    code: str
    count: int


@dataclass(frozen=True, slots=True)
class Message:
    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Row:
    """One chat to learn from, with its answer.

    id: unique in its folder. part: "train", "val" or "test". paper: key in the corpus; version: its version mark.
    reviews: ids of the reviews behind it, several where they were pooled. form: name of the review form. messages:
    the prompt, as the same renderer gives it when serving; an assistant's turn among them is learnt as well. answer:
    what is learnt, whole. questions: their source. aspects: of the questions, in their order. paper_tokens: of the
    fitted paper's text. prompt_tokens, answer_tokens: as `common.chat.Chat.ids_and_labels` gives them, the template's
    own tokens and the end mark included; answer_tokens are the supervised ones. total_tokens: their sum, at most the
    context. cuts: what of the paper did not fit. left_out: remarks of the review that are not in the answer. design:
    digest of the RowDesign. sets: how many question sets went into it.
    """

    id: str
    stage: Stage
    part: str
    paper: str
    reviews: tuple[str, ...]
    venue: str
    version: str
    form: str
    messages: tuple[Message, ...]
    answer: str
    prompt_version: str
    questions: str
    aspects: tuple[str, ...]
    paper_tokens: int
    prompt_tokens: int
    answer_tokens: int
    total_tokens: int
    cuts: tuple[Cut, ...]
    left_out: tuple[LeftOut, ...]
    design: str
    sets: int

    @property
    def chat(self) -> Messages:
        """The prompt as engines and `Chat` take it."""
        return [{"role": message.role, "content": message.content} for message in self.messages]


@dataclass(frozen=True, slots=True)
class Posed:
    """Questions for one row, numbered Q1, Q2, ... reviews: those they were asked of. sets: question sets among them."""

    source: Source
    reviews: tuple[str, ...]
    questions: tuple[Question, ...]
    sets: int = 1


@dataclass(frozen=True, slots=True)
class Draft:
    """A row without its paper. prompt: the fitted paper's text -> messages.

    The stage has made sure that its parser reads the target back from `answer`.
    """

    stage: Stage
    reviews: tuple[str, ...]
    questions: Source
    form: str
    prompt: Callable[[str], Messages]
    answer: str
    prompt_version: str
    aspects: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()
    sets: int = 1


def counted(codes: Sequence[str]) -> tuple[LeftOut, ...]:
    """Codes of what was left out, counted, in alphabetic order."""
    return tuple(LeftOut(code, count) for code, count in sorted(Counter(codes).items()))
