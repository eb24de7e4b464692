"""What goes into rows beside the corpus: files of question sets and of merged reviews, with their hashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from common.corpora import question_sets
from common.corpora.question_sets import QuestionSet
from common.corpora.schema import Rejection
from common.errors import BadConfig
from common.jsonio import file_sha256
from common.rows.record import Source
from stage_b_reviewer.merging import records
from stage_b_reviewer.merging.records import MergedReview

SOURCES: tuple[Source, ...] = ("distilled", "human", "model-a")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What goes in beside the corpus. sets: paper key -> its sets by source. digests: file -> SHA-256."""

    sets: dict[str, list[tuple[Source, QuestionSet]]]
    rejections: tuple[Rejection, ...]
    merged: dict[str, MergedReview]
    digests: dict[str, str]
    merged_sha256: str = ""


def load_inputs(files: Sequence[Path], asked: Sequence[Path], merged: Path | None) -> Inputs:
    """Read the files a plan needs. A second set of one source for one review is a rejection. Errors: ReviewError."""
    sets: dict[str, list[tuple[Source, QuestionSet]]] = {}
    rejections: list[Rejection] = []
    digests: dict[str, str] = {}
    seen: set[tuple[Source, str, str]] = set()
    given: list[tuple[Source, Path]] = [("distilled", path) for path in files]
    given += [("model-a", path) for path in asked]
    for source, path in given:
        loaded = question_sets.load(path)
        digests[f"{source}:{path.name}:{len(digests)}"] = file_sha256(path)
        rejections += loaded.rejections
        for one in loaded.sets:
            if (source, one.key, one.review) in seen:
                where = f"{path.name}: {one.key}#{one.review}"
                rejections.append(Rejection("question set", where, "duplicate", "An earlier file has a set for it."))
                continue
            seen.add((source, one.key, one.review))
            sets.setdefault(one.key, []).append((source, one))
    reviews = {one.key: one for one in records.load(merged)} if merged else {}
    return Inputs(sets, tuple(rejections), reviews, digests, file_sha256(merged) if merged else "")


def weights(text: str) -> dict[str, float]:
    """ "distilled=2,human=1" -> weights. Errors: BadConfig."""
    found: dict[str, float] = {}
    for part in text.split(","):
        name, equals, number = part.strip().partition("=")
        try:
            value = float(number)
        except ValueError:
            value = -1.0
        if not equals or name not in SOURCES or not 0 <= value < float("inf"):
            raise BadConfig(f"'{part}' is no weight.", f"Write --mix {SOURCES[0]}=2,{SOURCES[1]}=1.")
        found[name] = value
    if not sum(found.values()):
        raise BadConfig("All weights of --mix are 0.")
    return found
