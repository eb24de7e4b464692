"""A corpus folder's card: what is in it, from where, under what terms, and the hashes that prove it.

    papers-00000-of-00002.parquet ...   the papers with their reviews
    corpus.json                         the card
    rejected.jsonl                      what the sources held and the corpus does not, each with its reason
    README.md                           the card for people
    questions.jsonl                     question sets that the source brought along, where it did

Nothing in a card depends on when or where it was built: the same sources give the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from common.errors import ReviewError
from common.jsonio import from_json

FORMAT = 1
CARD, REJECTED, README, ARROW = "corpus.json", "rejected.jsonl", "README.md", ".arrow"


@dataclass(frozen=True, slots=True)
class Shard:
    """One Parquet file. papers: rows."""

    name: str
    sha256: str
    papers: int


@dataclass(frozen=True, slots=True)
class VenueCount:
    """accepted, rejected: papers whose decision is known. versions: version mark -> papers."""

    papers: int
    reviews: int
    accepted: int
    rejected: int
    versions: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CorpusCard:
    """digest: SHA-256 over the sorted digests of all papers, one a line: the corpus's identity, whatever its order or
    its shards. rejections: code -> what -> how many. licences: terms as the sources state them. source_papers,
    source_reviews: what the sources held; what is here and what was rejected add up to it."""

    format: int
    reader: str
    sources: tuple[str, ...]
    licences: tuple[str, ...]
    papers: int
    reviews: int
    source_papers: int
    source_reviews: int
    question_sets: int
    venues: dict[str, VenueCount]
    rejections: dict[str, dict[str, int]]
    digest: str
    shards: tuple[Shard, ...]


class _Format(msgspec.Struct):
    format: int


def load_card(folder: Path) -> CorpusCard:
    """Errors: ReviewError when the folder is missing, is no corpus, is damaged or was written by a newer version."""
    if not folder.is_dir():
        raise ReviewError(f"There is no corpus {folder}.", "Build one: review data build SOURCE --from NAME --out DIR")
    path = folder / CARD
    try:
        text = path.read_bytes()
    except FileNotFoundError as error:
        raise ReviewError(
            f"{folder} is no corpus: it has no {CARD}.", "Name a folder `review data build` wrote."
        ) from error
    except OSError as error:
        raise ReviewError(f"Cannot read {path}: {error.strerror or error}.") from error
    try:
        found = msgspec.json.decode(text, type=_Format).format
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise ReviewError(f"{path} is damaged or another program's: {error}.", "Build the corpus again.") from error
    if found != FORMAT:
        hint = "Install a newer version, or build the corpus again." if found > FORMAT else "Build the corpus again."
        raise ReviewError(f"{folder} is a corpus of format {found}; this version reads format {FORMAT}.", hint)
    return from_json(text, CorpusCard, str(path))


def corpus_digest(digests: Iterable[str]) -> str:
    return hashlib.sha256("".join(f"{one}\n" for one in sorted(digests)).encode()).hexdigest()


def readme(card: CorpusCard) -> str:
    """The card for people, with the front matter that dataset viewers read."""
    venues = [
        f"| {name} | {one.papers} | {one.reviews} | {_share(one)} | {_counts(one.versions)} |"
        for name, one in card.venues.items()
    ]
    rejections = [f"| {code} | {_counts(counts)} |" for code, counts in card.rejections.items()] or ["| none | |"]
    return _README.format(
        sources="\n".join(f"- {one}" for one in card.sources),
        licences="\n".join(f"- {one}" for one in card.licences) or "- not stated: ask before you pass anything on",
        venues="\n".join(venues),
        rejections="\n".join(rejections),
        card=card,
    )


def _share(venue: VenueCount) -> str:
    known = venue.accepted + venue.rejected
    return f"{venue.accepted / known:.0%} of {known}" if known else "not known"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


_README = """---
configs:
  - config_name: default
    data_files: "papers-*.parquet"
---

# {card.papers} papers with {card.reviews} human reviews

Written by `review data build`. One row a paper; `corpus.json` has the hashes, `rejected.jsonl` what was left out.
Digest: `{card.digest}`.

## Sources
{sources}

## Terms
{licences}

Reviews belong to those who wrote them. Do not try to find out who they are, and do not hand in a generated review as a
referee's report.

## Venues
| venue | papers | reviews | accepted | version of the text |
|---|---|---|---|---|
{venues}

Version: exact is what the reviewers saw, earliest the first version there is, current what the source holds today, in
which criticised points may be mended.

## Left out
The sources held {card.source_papers} papers and {card.source_reviews} reviews.

| reason | how many |
|---|---|
{rejections}
"""
