"""Messages -> token ids, by the tokenizer's own chat template. The only place that renders.

Training and in-process inference both come through here, so a model never meets a prompt it was not trained on. A
template that refuses a system message (Gemma, early Mistral) gets it at the head of the first user message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from common.engines.base import Messages
from common.errors import EngineFailure

IGNORED = -100
"""The label of a token that carries no loss, PyTorch's and transformers' convention."""


class Chat:
    """A tokenizer and its template. tokenizer: a transformers fast tokenizer with a chat template; arguments: what the
    template is given besides the messages (Qwen3: enable_thinking=False)."""

    def __init__(self, tokenizer: Any, arguments: Mapping[str, Any] | None = None) -> None:
        if not getattr(tokenizer, "chat_template", None):
            raise EngineFailure(
                f"The tokenizer of {tokenizer.name_or_path} has no chat template, so prompts cannot be rendered.",
                "Choose an instruction-tuned model, or save a chat_template with the tokenizer.",
            )
        self.tokenizer = tokenizer
        self._arguments = dict(arguments or {})

    @classmethod
    def load(cls, path: str, arguments: Mapping[str, Any] | None = None) -> Chat:
        """From a local folder; never from a network and never with remote code. Errors: EngineFailure."""
        from transformers import AutoTokenizer

        try:
            tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True, trust_remote_code=False)
        except (OSError, ValueError) as error:
            raise EngineFailure(f"Cannot load the tokenizer in {path}: {error}") from error
        return cls(tokenizer, arguments)

    @cached_property
    def takes_system(self) -> bool:
        """Whether the template accepts and prints a system message."""
        from jinja2 import TemplateError

        probe = [{"role": "system", "content": "SYSTEM-PROBE"}, {"role": "user", "content": "x"}]
        try:
            return "SYSTEM-PROBE" in self.tokenizer.apply_chat_template(probe, tokenize=False)
        except TemplateError:
            return False

    def text(self, messages: Messages, opening: bool = True) -> str:
        """The prompt as text. opening: end with the assistant's opening, ready to be completed."""
        return self.tokenizer.apply_chat_template(
            self._fold(messages), tokenize=False, add_generation_prompt=opening, **self._arguments
        )

    def ids(self, messages: Messages, opening: bool = True) -> list[int]:
        """The prompt as token ids; special tokens come from the template alone."""
        return self._tokens(self.text(messages, opening))

    def ids_and_labels(self, messages: Messages, answer: str) -> tuple[list[int], list[int]]:
        """Prompt + answer for training: labels are IGNORED on the prompt and the ids themselves on the answer, as on
        every assistant's turn among the messages.

        An answer ends with whatever the template puts after an assistant's turn (its end mark is learnt).
        Errors: ValueError when the template renders a prompt differently once an answer follows.
        """
        # An answer is harmless for the same reason: only the template may write special tokens.
        turns = [*messages, {"role": "assistant", "content": answer}]
        ids: list[int] = []
        labels: list[int] = []
        done = ""
        for place, turn in enumerate(turns):
            if turn["role"] != "assistant":
                continue
            prompt, whole = self.text(turns[:place]), self.text(turns[: place + 1], opening=False)
            if not (prompt.startswith(done) and whole.startswith(prompt)):
                raise ValueError("the chat template changes the prompt when an answer follows it")
            head, tail = self._tokens(prompt[len(done) :]), self._tokens(whole[len(prompt) :])
            ids += head + tail
            labels += [IGNORED] * len(head) + tail
            done = whole
        return ids, labels

    def _tokens(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    @cached_property
    def _control(self) -> re.Pattern[str] | None:
        """The tokenizer's special tokens, wherever they stand as text."""
        added = [str(token) for token in self.tokenizer.added_tokens_decoder.values() if token.special]
        tokens = sorted({*self.tokenizer.all_special_tokens, *added}, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, tokens))) if tokens else None

    def _harmless(self, text: str) -> str:
        """Text in which no special token stands: a paper that prints <|im_end|> must not end the user's turn."""
        return self._control.sub(lambda match: f"{match[0][0]} {match[0][1:]}", text) if self._control else text

    def _fold(self, messages: Messages) -> Sequence[dict[str, str]]:
        messages = [{**message, "content": self._harmless(message["content"])} for message in messages]
        if self.takes_system or not messages or messages[0]["role"] != "system":
            return messages
        system, first, *rest = messages
        return [{"role": first["role"], "content": f"{system['content']}\n\n{first['content']}"}, *rest]
