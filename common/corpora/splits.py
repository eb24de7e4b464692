"""Which papers a model learns from and which it is tested on: a file with ids and hashes, never a draw at training
time.

Papers that belong together (versions of one work, texts with shared parts, one title twice: `checks.near.groups`)
always stay in one part, except under "suggested", which repeats what the source says. The same corpus, rule, shares and
seed give the same file on every machine.

paper: at random, stratified by venue and decision; the shares are met as nearly as whole groups allow. The whole
corpus decides, so another paper can move others.
hash: at random, each group by the hash of its first key alone. Shares are met on average only, but a corpus that grows
keeps every paper where it was, unless the new one belongs together with an old one.
time: what is trained on is older than what is validated on, and that than the test. A paper's time is the day of its
first review, or its year; a group's is that of its latest paper. Papers of one day stay together.
suggested: as the source says; papers it says nothing of are unlisted.
venue: the held-out venues are test only, as in Reviewer2 (arXiv 2402.10886, section 3); the others as under "paper".
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from common.corpora.checks.near import groups
from common.corpora.checks.outline import Outline, outline
from common.corpora.checks.pool import spread
from common.errors import BadConfig, ReviewError
from common.jsonio import from_json, to_json, write_text

if TYPE_CHECKING:
    from common.corpora.store import Corpus

Rule = Literal["paper", "hash", "time", "suggested", "venue"]
RULES: tuple[Rule, ...] = get_args(Rule)
PARTS = ("train", "val", "test")
SHARES = (0.8, 0.1, 0.1)
Group = tuple[Outline, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """parts: "train", "val", "test" -> keys, sorted. unlisted: keys of the corpus in no part.

    corpus_digest: of the corpus it was made for. held_out: venues, under the rule "venue". sha256: of everything else
    here, as compact JSON.
    """

    name: str
    corpus_digest: str
    rule: Rule
    seed: int
    shares: tuple[float, float, float]
    parts: dict[str, tuple[str, ...]]
    held_out: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    sha256: str = ""

    @property
    def part_of(self) -> dict[str, str]:
        """Key -> part."""
        return {key: part for part, keys in self.parts.items() for key in keys}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to divide. Errors on making one: ReviewError for shares that are none."""

    rule: Rule
    shares: tuple[float, float, float] = SHARES
    seed: int = 0
    held_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if min(self.shares) < 0 or abs(sum(self.shares) - 1) > 1e-6 or not self.shares[0]:
            raise ReviewError(
                f"The shares {', '.join(f'{share:g}' for share in self.shares)} are not those of a split.",
                "Give three that sum to 1, for train, val and test; the first above 0: --shares 0.8,0.1,0.1",
            )
        if bool(self.held_out) != (self.rule == "venue"):
            raise ReviewError("Held-out venues and the rule 'venue' go together.", "--by venue --held-out acl_2017")


def make_split(corpus: Corpus, recipe: Recipe, name: str, workers: int = 0) -> Split:
    """Divide a corpus: one pass over its texts. Errors: ReviewError when the rule cannot be followed."""
    parts = divide(spread(outline, corpus.papers(), workers), recipe)
    listed = {key for keys in parts.values() for key in keys}
    split = Split(
        name,
        corpus.digest,
        recipe.rule,
        recipe.seed,
        recipe.shares,
        parts,
        recipe.held_out,
        tuple(sorted(set(corpus.keys) - listed)),
    )
    return replace(split, sha256=_digest(split))


def divide(outlines: Iterable[Outline], recipe: Recipe) -> dict[str, tuple[str, ...]]:
    """Part -> keys, sorted. Errors: ReviewError when the rule cannot be followed."""
    known = sorted(outlines, key=lambda one: one.key)
    chosen = _suggested(known) if recipe.rule == "suggested" else _RULES[recipe.rule](groups(known), recipe)
    return {part: tuple(sorted(one.key for one in chosen[part])) for part in PARTS}


def _suggested(outlines: Sequence[Outline]) -> dict[str, list[Outline]]:
    parts = {part: [one for one in outlines if one.suggested == part] for part in PARTS}
    if not any(parts.values()):
        raise ReviewError("The corpus's source suggests no split.", "Divide it --by paper, hash, time or venue.")
    return parts


def _paper(families: Sequence[Group], recipe: Recipe) -> dict[str, list[Outline]]:
    """Stratum by stratum, in the order of hashes, each group goes to the part that is furthest below its share."""
    order = sorted(families, key=lambda group: (group[0].venue, str(group[0].accepted), _draw(group, recipe.seed)))
    parts: dict[str, list[Outline]] = {part: [] for part in PARTS}
    wanted = dict(zip(PARTS, recipe.shares, strict=True))
    total = 0
    for group in order:
        total += len(group)
        open_parts = [part for part in PARTS if wanted[part]]
        parts[max(open_parts, key=lambda part: wanted[part] * total - len(parts[part]))] += group
    return parts


def _hash(families: Sequence[Group], recipe: Recipe) -> dict[str, list[Outline]]:
    parts: dict[str, list[Outline]] = {part: [] for part in PARTS}
    train, val, _ = recipe.shares
    for group in families:
        drawn = _draw(group, recipe.seed)
        parts["train" if drawn < train else "val" if drawn < train + val else "test"] += group
    return parts


def _time(families: Sequence[Group], recipe: Recipe) -> dict[str, list[Outline]]:
    days: dict[str, list[Outline]] = {}
    for group in sorted(families, key=_latest):
        days.setdefault(_latest(group), []).extend(group)
    parts: dict[str, list[Outline]] = {part: [] for part in PARTS}
    total, placed, reached = sum(map(len, days.values())), 0, 0.0
    left = list(days.values())
    last = [part for part, share in zip(PARTS, recipe.shares, strict=True) if share][-1]
    for part, share in zip(PARTS, recipe.shares, strict=True):
        reached += share
        while left and share and (part == last or placed + len(left[0]) / 2 <= reached * total):
            placed += len(left[0])
            parts[part] += left.pop(0)
        if share and not parts[part]:
            raise ReviewError(
                f"By time nothing is left for '{part}': the corpus has {len(days)} different days, and the largest "
                f"holds {max(map(len, days.values()))} of {total} papers.",
                "Choose other shares, or divide it --by venue or paper.",
            )
    return parts


def _venue(families: Sequence[Group], recipe: Recipe) -> dict[str, list[Outline]]:
    venues = {one.venue for group in families for one in group}
    unknown = sorted(set(recipe.held_out) - venues)
    if unknown or not venues - set(recipe.held_out):
        what = f"There is no venue {unknown[0]} in the corpus." if unknown else "No venue is left to train on."
        raise ReviewError(what, f"Its venues: {', '.join(sorted(venues))}.")
    held = [group for group in families if any(one.venue in recipe.held_out for one in group)]
    parts = _paper([group for group in families if group not in held], recipe)
    parts["test"] += [one for group in held for one in group]
    return parts


_RULES: dict[str, Callable[[Sequence[Group], Recipe], dict[str, list[Outline]]]] = {
    "paper": _paper,
    "hash": _hash,
    "time": _time,
    "venue": _venue,
}


def _draw(group: Group, seed: int) -> float:
    """In [0, 1), by the seed and the group's first key alone."""
    first = min(one.key for one in group)
    return int.from_bytes(hashlib.sha256(f"{seed}/{first}".encode()).digest()[:6], "big") / 2**48


def _latest(group: Group) -> str:
    return max(one.since for one in group)


def save_split(path: Path, split: Split) -> None:
    write_text(path, to_json(split) + "\n")


def load_split(path: Path, corpus: Corpus) -> Split:
    """Errors: ReviewError when it is damaged, was edited, names a paper twice or one that is not there, or was made
    for another state of the corpus."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ReviewError(f"Cannot read the split {path}: {error.strerror or error}.") from error
    split = from_json(text, Split, str(path))
    if _digest(split) != split.sha256:
        raise ReviewError(f"The split {path} was edited: its hash does not agree.", _AGAIN)
    keys = [key for part in split.parts.values() for key in part]
    if len(set(keys)) < len(keys) or set(split.parts) != set(PARTS):
        raise ReviewError(f"The split {path} has a paper in two parts, or other parts than {', '.join(PARTS)}.", _AGAIN)
    if split.corpus_digest != corpus.digest:
        raise ReviewError(f"The split {path} was made for another corpus: {_changes(split, corpus)}.", _AGAIN)
    if gone := set(keys) - set(corpus.keys):
        raise ReviewError(f"The split {path} names {min(gone)}, which the corpus does not have.", _AGAIN)
    return split


def load_part(path: Path, part: str, corpus: Corpus) -> tuple[str, ...]:
    """The papers of one part. Errors: BadConfig for a part it has not, and those of `load_split`."""
    parts = load_split(path, corpus).parts
    if part not in parts:
        raise BadConfig(f"The split {path} has no part '{part}'.", f"Its parts: {', '.join(parts)}.")
    return parts[part]


def draw(keys: Sequence[str], most: int | None, seed: int) -> tuple[str, ...]:
    """`most` of the keys, drawn by the seed, in their own order; all of them where there are no more, or for None."""
    if not most or most >= len(keys):
        return tuple(keys)
    drawn = set(random.Random(seed).sample(keys, most))
    return tuple(key for key in keys if key in drawn)


_AGAIN = "Make it again with 'review data split'; --by hash keeps papers where they were when a corpus grows."


def _changes(split: Split, corpus: Corpus) -> str:
    known, there = {*split.part_of, *split.unlisted}, set(corpus.keys)
    said = [
        f"{len(keys)} papers {what} ({min(keys)}{', ...' if len(keys) > 1 else ''})"
        for keys, what in ((known - there, "are gone"), (there - known, "are new"))
        if keys
    ]
    return " and ".join(said) or "the papers are the same, but their content changed"


def _digest(split: Split) -> str:
    return hashlib.sha256(to_json(replace(split, sha256=""), indent=0).encode()).hexdigest()
