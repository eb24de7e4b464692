"""Distilled question sets beside a corpus, for whatever asks or is held against them: options, files, and the check
that they belong to the corpus. What is done with them is the commands'."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from common.corpora import question_sets
from common.corpora.question_sets import QuestionSet
from common.corpora.schema import Rejection
from common.corpora.store import Corpus
from scripts.row_inputs import load_inputs

OPTIONS = (
    click.option(
        "--question-sets",
        "files",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Distilled question sets, JSON lines; may be repeated. [the corpus's own]",
    ),
    click.option("--min-score", type=click.IntRange(1, 5), default=5, show_default=True, help="Of a judged set."),
)


@dataclass(frozen=True, slots=True)
class Distilled:
    """sets: paper key -> those that are good enough. unused: the others, and why."""

    sets: dict[str, list[QuestionSet]] = field(default_factory=dict)
    unused: tuple[Rejection, ...] = ()


def question_set_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --question-sets (as `files`) and --min-score."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def files_of(folder: Path, files: Sequence[Path]) -> tuple[Path, ...]:
    """Those given, otherwise the corpus's own; () where it has none."""
    own = folder / question_sets.FILE
    return tuple(files) or ((own,) if own.is_file() else ())


def load_distilled(corpus: Corpus, files: Sequence[Path], least: int) -> Distilled:
    """Sets that name a review of the corpus and were judged at `least`, or by nobody. Errors: ReviewError."""
    if not files:
        return Distilled()
    loaded = load_inputs(files, (), None)
    checked = question_sets.check([one for pairs in loaded.sets.values() for _, one in pairs], corpus.review_ids())
    found: dict[str, list[QuestionSet]] = {}
    unused = [*loaded.rejections, *checked.rejections]
    for one in checked.sets:
        if one.score is None or one.score >= least:
            found.setdefault(one.key, []).append(one)
        else:
            where, reason = f"{one.key}#{one.review}", f"Its score is {one.score}, below {least}."
            unused.append(Rejection("question set", where, "low-score", reason))
    return Distilled(found, tuple(unused))
