"""A draft and its paper become a row that fits the context, counted token by token.

The paper gets what it gets when serving (`shared`), or less where this row's answer is longer than the room a
completion has there. The answer is never cut: where it leaves too little of the paper, there is no row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from common.chat import IGNORED, Chat
from common.corpora.schema import CorpusPaper, Rejection
from common.engines.base import Messages
from common.errors import ReviewError
from common.paper import fit
from common.paper.markdown import read_markdown
from common.rows.record import Draft, Message, Row
from common.types import FittedPaper, Paper, Source

LEAST = 0.5
"""Of the paper's room when serving: a row that shows less of it would teach a review of a paper nobody read."""
_ATTEMPTS = 3


class Ruler:
    """Counts tokens as an engine with this context does, without the engine.

    name, base, adapters: so that what measures with an Engine can measure with this.
    """

    def __init__(self, chat: Chat, context: int, adapters: Mapping[str, str] | None = None) -> None:
        self.chat = chat
        self.context = context
        self.name = self.base = "tokenizer"
        self.adapters: Mapping[str, str] = adapters or {}
        chat.tokenizer.model_max_length = 10**9  # it only makes the tokenizer warn; the limit is `context`

    def count(self, messages: Messages) -> int:
        return len(self.chat.ids(messages))

    def measure(self, messages: Messages, answer: str) -> tuple[int, int]:
        """Tokens of the prompt, and of the answer that carry loss. Errors: ReviewError for a chat template that cannot
        tell the two apart."""
        try:
            _, labels = self.chat.ids_and_labels(messages, answer)
        except ValueError as error:
            raise ReviewError(
                f"No rows can be made with the tokenizer {self.chat.tokenizer.name_or_path}: {error}.",
                "Choose another base, or mend its chat template.",
            ) from error
        supervised = sum(label != IGNORED for label in labels)
        return len(labels) - supervised, supervised


def read_paper(paper: CorpusPaper) -> Paper:
    """The corpus's text as a Paper, under the corpus's title where the text has none."""
    sha256 = hashlib.sha256(paper.text.encode()).hexdigest()
    read = read_markdown(paper.text, Source(f"{paper.id}.md", sha256, "markdown"))
    return read if read.title else replace(read, title=paper.title)


class Fitter:
    """Makes rows of one paper. shared: tokens the paper gets when serving; its fitting is kept for all rows."""

    def __init__(self, ruler: Ruler, paper: CorpusPaper, read: Paper, shared: int) -> None:
        self._ruler, self._paper, self._read, self._shared = ruler, paper, read, shared
        self._fitted: FittedPaper | None = None

    def row(self, draft: Draft, part: str, design: str) -> Row | Rejection:
        """The row, or why there is none."""
        bare, answer = self._ruler.measure(draft.prompt(""), draft.answer)
        budget = min(self._shared, self._ruler.context - bare - answer)
        if answer <= 0:
            return self._rejected(draft, "empty-answer", "The answer has no token to learn from.")
        for _ in range(_ATTEMPTS):
            if budget < LEAST * self._shared:
                return self._rejected(
                    draft,
                    "answer-too-long",
                    f"Its answer has {answer} tokens, which leaves {max(0, budget)} of {self._shared} for the paper.",
                )
            try:
                fitted = self._fit(budget)
            except ReviewError as error:
                return self._rejected(draft, "paper-does-not-fit", error.message)
            messages = draft.prompt(fitted.text)
            prompt, answer = self._ruler.measure(messages, draft.answer)
            over = prompt + answer - self._ruler.context
            if over <= 0:
                return self._finished(draft, part, design, messages, fitted, prompt, answer)
            budget -= over  # the fence around a paper takes tokens too
        return self._rejected(draft, "paper-does-not-fit", f"The prompt stays {over} tokens over the context.")

    def _fit(self, budget: int) -> FittedPaper:
        if budget != self._shared:
            return fit(self._read, budget, self._count)
        if self._fitted is None:
            self._fitted = fit(self._read, budget, self._count)
        return self._fitted

    def _count(self, text: str) -> int:
        return self._ruler.count([{"role": "user", "content": text}])  # as scripts.pipeline.prepare does

    def _finished(
        self, draft: Draft, part: str, design: str, messages: Messages, fitted: FittedPaper, prompt: int, answer: int
    ) -> Row:
        given: dict[str, Any] = {"version": self._paper.version, "venue": self._paper.venue, "paper": self._paper.key}
        return Row(
            id=f"{draft.stage}/{self._paper.key}/{draft.questions}/{'+'.join(draft.reviews)}",
            stage=draft.stage,
            part=part,
            reviews=draft.reviews,
            form=draft.form,
            messages=tuple(Message(one["role"], one["content"]) for one in messages),
            answer=draft.answer,
            prompt_version=draft.prompt_version,
            questions=draft.questions,
            aspects=draft.aspects,
            paper_tokens=fitted.tokens,
            prompt_tokens=prompt,
            answer_tokens=answer,
            total_tokens=prompt + answer,
            cuts=fitted.cuts,
            left_out=draft.left_out,
            design=design,
            sets=draft.sets,
            **given,
        )

    def _rejected(self, draft: Draft, code: str, reason: str) -> Rejection:
        return Rejection("row", f"{self._paper.key}#{'+'.join(draft.reviews)}", code, reason)
