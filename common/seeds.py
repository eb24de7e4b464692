"""One seed a run, and from it one seed a request.

A request's seed depends on the run's seed, the paper, the stage and its number alone: not on which other papers are in
the batch, nor on whether a killed run was resumed. The same command repeats to the letter on the same machine. In
another batch the same draws are made, but bf16 sums over other shapes can differ in the last bit and, now and then, in
a token.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace

from common.types import Sampling

LIMIT = 2**31
"""Seeds are below this: what every backend takes."""


def fresh() -> int:
    """A seed nobody chose; it goes into the record, so that the run can be repeated."""
    return secrets.randbelow(LIMIT)


def derived(seed: int, paper_sha256: str, stage: str, number: int) -> int:
    """The seed of one request."""
    digest = hashlib.sha256(f"{seed}/{paper_sha256}/{stage}/{number}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % LIMIT


def spread(sampling: Sampling, paper_sha256: str, stage: str, numbers: Sequence[int]) -> list[Sampling]:
    """One Sampling a request of one paper. Errors: ValueError when the run's seed has not been drawn yet."""
    if sampling.seed is None:
        raise ValueError("draw the run's seed first")
    return [replace(sampling, seed=derived(sampling.seed, paper_sha256, stage, number)) for number in numbers]
