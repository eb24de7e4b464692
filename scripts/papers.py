"""Reading the papers of a command line: each becomes a Paper or an error that names it; one bad file stops no other."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from common.errors import ReviewError, UnreadablePaper
from common.paper import assess, read_paper
from common.types import Paper
from scripts.options import Reading

TOGETHER = 2
"""Papers read at once. Each PDF is parsed in a process of its own, so threads are enough to wait for them."""


def read_all(paths: Sequence[Path], reading: Reading) -> list[Paper | ReviewError]:
    """In order of `paths`."""

    def read(path: Path) -> Paper | ReviewError:
        try:
            return read_one(path, reading)
        except ReviewError as error:
            return error

    with ThreadPoolExecutor(max_workers=TOGETHER) as pool:
        return list(pool.map(read, paths))


def read_one(path: Path, reading: Reading) -> Paper:
    """A paper that is fit to be reviewed. Errors: UnreadablePaper, also for text too poor to review unless forced."""
    paper = read_paper(path, backend=reading.backend, grobid=reading.grobid)
    quality = assess(paper)
    if quality.verdict == "poor" and not reading.force:
        raise UnreadablePaper(
            f"The text of {path} is too poor to review: {'; '.join(quality.reasons)}.",
            f"Look at it with `review read {path}`. --force reviews it all the same.",
        )
    return paper
