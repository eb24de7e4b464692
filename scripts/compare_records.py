"""The lines of a comparison's journal: what was asked, what was written, and what it took.

{"did": "asked", "questioner": "...", "samples": 4, "paper": "neurips_2024/01qa", "questions": [...], ...}
{"did": "done", "arm": "chain", "paper": "neurips_2024/01qa", "replies": [...]}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from common.errors import ReviewError
from common.journal import Journal
from common.types import Question, Review


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions of a paper. questioner: SHA-256 of the adapter, "" for the base. No questions: it asked none.

    prompt_tokens: of the one prompt that all sets share; completion_tokens: of all sets together."""

    questioner: str
    samples: int
    paper: str
    questions: tuple[Question, ...]
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Reply:
    """One review. source: id of the human review its questions come from, "" for none."""

    source: str
    questions: tuple[Question, ...]
    review: Review
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Done:
    """An arm has finished a paper. missing: a stable word for why it has no review there, with the reason."""

    arm: str
    paper: str
    replies: tuple[Reply, ...]
    missing: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Worked:
    """One call of the engine. seconds: of the wall. meter: tokens and seconds by kind of step, as
    `common.engines.vllm_steps.Speedometer` has them; empty where the engine does not tell."""

    stage: str
    requests: int
    seconds: float
    meter: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Known:
    """A journal, read. definitions: arm -> what it was when it was first written."""

    definitions: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    worked: list[Worked] = field(default_factory=list)


def entry(record: Asked | Done | Worked) -> dict[str, Any]:
    """The journal's line."""
    return {"did": type(record).__name__.lower(), **msgspec.to_builtins(record)}


def load(journal: Journal) -> Known:
    """Errors: ReviewError for a line that is none of these."""
    known = Known()
    for number, line in enumerate(journal.entries, start=2):
        _take(known, line, f"{journal.path}, line {number}")
    return known


def _take(known: Known, line: Mapping[str, Any], where: str) -> None:
    try:
        body = {key: value for key, value in line.items() if key != "did"}
        if line.get("did") == "asked":
            known.asked.append(msgspec.convert(body, Asked))
        elif line.get("did") == "done":
            known.done.append(msgspec.convert(body, Done))
        elif line.get("did") == "worked":
            known.worked.append(msgspec.convert(body, Worked))
        elif line.get("did") == "defined":
            known.definitions[line["arm"]] = line["as"]
        else:
            raise ReviewError(f"{where} is not a comparison's.")
    except (msgspec.ValidationError, KeyError) as error:
        raise ReviewError(f"{where} is damaged: {error}", "Begin anew with another --out.") from error
