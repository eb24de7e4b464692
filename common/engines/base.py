"""The engine seam: messages in, completions out, in the same order.

An engine batches, retries and limits concurrency on its own; callers hand it everything they have. Messages cross the
seam, never prompt strings, so that chat templates are rendered in one place (`common.chat`) or on the server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from common.errors import EngineFailure
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


@dataclass(frozen=True, slots=True)
class Request:
    """One prompt of a flow. key: the caller's own name for it, unique among those in flight."""

    key: str
    messages: Messages
    sampling: Sampling
    adapter: str | None = None


More = Callable[[int], Sequence[Request]]
"""Asked with the number of free places; answers with at most so many requests, or none for now."""
Answered = Callable[[Request, Completion], None]
Failed = Callable[[Request, EngineFailure], None]
OnDone = Callable[[int, Completion], None]
OnProgress = Callable[[Progress], None]


JOINT = "joint"
"""Name of an adapter that does both stages' work, in one conversation."""


class Engine(Protocol):
    """A language model that completes chats.

    name: what it is, for the record ("vllm 0.32.0 on cpu"). base: the model id or path.
    context: tokens of prompt and completion together.
    adapters: name -> SHA-256 (or "" where a server does not tell) of the adapters it can apply.
    concurrent: all methods may be called from several threads at once, and what is in flight from all of them shares
    the engine; where not, callers take turns.
    """

    name: str
    base: str
    context: int
    adapters: Mapping[str, str]
    concurrent: bool

    def count(self, messages: Messages) -> int:
        """Tokens of the rendered prompt, the assistant's opening included."""

    def generate(
        self,
        prompts: Sequence[Messages],
        sampling: Sampling | Sequence[Sampling],
        adapter: str | None = None,
        on_done: OnDone | None = None,
        on_progress: OnProgress | None = None,
    ) -> list[Completion]:
        """Complete every prompt; result i belongs to prompt i.

        sampling: one for all, or one a prompt (each with its own seed, so that a paper's result does not depend on
        what else is in the batch). adapter: "questioner" or "reviewer" to use that stage's adapter, None for the base.
        on_done: called as soon as one prompt is finished, in any order.
        Errors: EngineFailure; a prompt with no room for a completion is an error before anything runs.
        """

    def flow(self, more: More, answered: Answered, places: int = 64, failed: Failed | None = None) -> None:
        """Keep up to `places` requests in flight until there are none left: for work whose next prompt depends on an
        earlier answer, as when one request writes and another judges.

        `more`, `answered` and `failed` are called in the caller's thread, never at the same time; `more` again and
        again while places are free, so that work which others make ready is fetched soon. It ends when nothing is in
        flight and `more` has nothing. failed: one request failed where others may go on (a server's time-out); without
        it that error is raised. An error in a callback, Ctrl-C included, cancels what is in flight and is raised.
        Callbacks may `count`, but not start work.
        Errors: EngineFailure; a request with no room for its completion is one, so callers count first.
        """

    def alive(self) -> bool:
        """Requests can be begun, as far as can be seen."""

    def close(self) -> None:
        """Free the model. The engine cannot be used afterwards."""


def sampling_for_each(prompts: Sequence[Messages], sampling: Sampling | Sequence[Sampling]) -> list[Sampling]:
    """One Sampling a prompt. A single one that has a seed gives prompt i the seed + i, so that no two are equal.

    Errors: ValueError when a list has another length than the prompts.
    """
    if not isinstance(sampling, Sampling):
        if len(sampling) != len(prompts):
            raise ValueError(f"{len(prompts)} prompts but {len(sampling)} samplings")
        return list(sampling)
    if sampling.seed is None:
        return [sampling] * len(prompts)
    return [replace(sampling, seed=sampling.seed + index) for index in range(len(prompts))]


def adapter_for(engine: Engine, stage: str) -> str | None:
    """The stage's adapter where the engine has one, else the one of both stages, else the base alone."""
    return next((name for name in (stage, JOINT) if name in engine.adapters), None)
