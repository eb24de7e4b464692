"""What `review distill` works on: human reviews of a corpus folder or of a JSONL file, all of them or a part."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from common.corpora.schema import CorpusPaper, Rejection
from common.errors import BadConfig, ReviewError
from stage_a_questioner.pge.records import Subject


@dataclass(frozen=True, slots=True)
class Reviews:
    """subjects: in the corpus's order, keys unique. rejections: what the source holds that is no review of its own."""

    subjects: tuple[Subject, ...]
    rejections: tuple[Rejection, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over what is distilled: a resumed run compares it."""
        hashed = hashlib.sha256()
        for subject in self.subjects:
            hashed.update(f"{subject.key} {subject.digest}\n".encode())
        return hashed.hexdigest()


def read_reviews(source: Path, keys: Collection[str] | None = None, most: int | None = None) -> Reviews:
    """The first `most` reviews of the papers called `keys`; None for all. Errors: ReviewError, also for none at all."""
    subjects: dict[str, Subject] = {}
    rejections: list[Rejection] = []
    for item in papers(source, keys):
        if isinstance(item, Rejection):
            rejections.append(item)
            continue
        for review in item.reviews:
            subject = Subject(item.venue, item.id, review.id, review.text)
            if subject.key in subjects:
                reason = "Another review of this paper has the same id."
                rejections.append(Rejection("review", subject.key, "duplicate", reason))
            elif most is None or len(subjects) < most:
                subjects[subject.key] = subject
        if most is not None and len(subjects) >= most:
            break
    if not subjects and most != 0:
        raise ReviewError(f"{source} holds no review to distil.", "`review data check` says what is in it.")
    return Reviews(tuple(subjects.values()), tuple(rejections))


def split_keys(source: Path, split: Path, part: str) -> tuple[str, ...]:
    """Papers of one part of a split. Errors: BadConfig for a part it has not; ReviewError."""
    from common.corpora.splits import load_part
    from common.corpora.store import open_corpus

    return load_part(split, part, open_corpus(source))


def papers(source: Path, keys: Collection[str] | None = None) -> Iterator[CorpusPaper | Rejection]:
    """A corpus folder's papers, or those of a JSONL file as `review data build --from jsonl` takes it."""
    if source.is_dir():
        from common.corpora.store import open_corpus

        yield from open_corpus(source).papers(keys)
        return
    if source.suffix != ".jsonl":
        raise BadConfig(
            f"{source} is neither a corpus folder nor a .jsonl file.", "`review data build` makes a corpus."
        )
    from common.corpora.own_reviews import OwnReviews

    for item in OwnReviews(source):
        if isinstance(item, Rejection) or keys is None or item.key in keys:
            yield item
