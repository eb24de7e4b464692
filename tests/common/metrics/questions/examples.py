"""Questions of invented papers."""

from __future__ import annotations

from common.types import Question


def questions(*texts: str, aspects: tuple[str, ...] = ()) -> tuple[Question, ...]:
    """Numbered; the first ones have the given aspects."""
    named = [*aspects, *[""] * len(texts)]
    return tuple(Question(f"Q{number}", text, named[number - 1]) for number, text in enumerate(texts, start=1))


def directed(*directions: str) -> tuple[Question, ...]:
    """Questions for the encoder of `tests.common.metrics.planes`."""
    return questions(*(f"{one} is asked about here?" for one in directions))
