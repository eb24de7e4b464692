"""The engine seam: messages in, completions out, in the same order.

An engine batches, retries and limits concurrency on its own; callers hand it everything they have. Messages cross the
seam, never prompt strings, so that chat templates are rendered in one place (`common.chat`) or on the server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from common.types import Completion, Sampling

Messages = Sequence[dict[str, str]]
"""Chat messages: [{"role": "system" | "user" | "assistant", "content": text}, ...]."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A running batch. done, total: requests; prefilled: prompt tokens read; generated: tokens written so far;
    texts: the partial completion of each request, in order."""

    done: int
    total: int
    prefilled: int
    generated: int
    texts: tuple[str, ...] = ()


class Engine(Protocol):
    """A language model that completes chats.

    name: what it is, for the record ("vllm 0.32.0 cpu"). base: the model id or path.
    context: tokens of prompt and completion together.
    """

    name: str
    base: str
    context: int

    def count(self, messages: Messages) -> int:
        """Tokens of the rendered prompt, the assistant's opening included."""

    def generate(
        self,
        prompts: Sequence[Messages],
        sampling: Sampling,
        adapter: str | None = None,
        on_done: Callable[[int, Completion], None] | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> list[Completion]:
        """Complete every prompt; result i belongs to prompt i.

        adapter: "questioner" or "reviewer" to use that stage's adapter, None for the base.
        on_done: called as soon as one prompt is finished, in any order.
        Errors: EngineFailure; a prompt with no room for a completion is an error before anything runs.
        """

    def close(self) -> None:
        """Free the model. The engine cannot be used afterwards."""
