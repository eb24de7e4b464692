"""How fast a model last ran on this machine: kept in the cache, for the estimate of the next run."""

from __future__ import annotations

from dataclasses import dataclass, field

from common.errors import ReviewError
from common.jsonio import from_json, to_json, write_text
from common.store.cache import cache_dir

FILE = "speeds.json"


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second: prefill of prompt tokens not served from the cache, decode of written tokens over the batch."""

    prefill: float
    decode: float


@dataclass(frozen=True, slots=True)
class Speeds:
    by_base: dict[str, Speed] = field(default_factory=dict)


def recall(base: str) -> Speed | None:
    """The last measurement, or None. A file that cannot be read counts as none: it holds nothing but old timings."""
    path = cache_dir() / FILE
    if not path.is_file():
        return None
    try:
        return from_json(path.read_bytes(), Speeds, str(path)).by_base.get(base)
    except ReviewError:
        return None


def remember(base: str, speed: Speed) -> None:
    """Keep a measurement."""
    path = cache_dir() / FILE
    known = from_json(path.read_bytes(), Speeds, str(path)).by_base if path.is_file() else {}
    write_text(path, to_json(Speeds({**known, base: speed})))
