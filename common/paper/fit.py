"""Make a paper fit a token budget without hiding what was left out.

Every sentence of the paper is put in one fixed order of importance (`common.paper.importance`); a fitted paper is the
title and the longest beginning of that order whose rendering fits. Read backwards, this is the order of shrinking:
acknowledgements, appendix, footnotes, body, captions, then conclusion and introduction, the abstract last.

The caller's `count` is a black box: tokens of a text, not additive, perhaps not even monotone. It is called on whole
renderings alone, at most `MAX_COUNTS` times, and no text is returned that it did not accept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from common.errors import ReviewError
from common.paper.importance import Block, Step, order
from common.paper.importance import blocks as important_blocks
from common.paper.render import title_line
from common.types import Cut, FittedPaper, Paper

MAX_COUNTS = 48
_CLOSE_ENOUGH = 0.005  # of the budget: stop searching when less than this is unused
_GAP_WORTH_FILLING = 0.03  # of the budget: skip a sentence too long to fit when it leaves more than this unused


def fit(paper: Paper, budget: int, count: Callable[[str], int]) -> FittedPaper:
    """The most important part of `paper` that costs at most `budget` tokens by `count`.

    Where something is missing the text says `[... 312 words left out ...]`, and `cuts` says it by section; the
    numbers agree and add up. A cut never falls inside a sentence. Errors: ReviewError when the budget cannot hold
    even the title and that mark.
    """
    blocks = important_blocks(paper)
    title = title_line(paper)
    meter = _Meter(count)
    steps = order(blocks)
    kept, text, tokens = _longest(title, blocks, steps, budget, meter)
    if text is None:
        need = f"{tokens} tokens are needed for the title alone"
        raise ReviewError(
            f"A budget of {budget} tokens cannot hold even the title of “{paper.title[:80]}”: {need}.",
            "Use a model with a longer context, or ask for shorter answers.",
        )
    return FittedPaper(text, tokens, budget, _cuts(blocks, kept))


def _longest(
    title: str, blocks: list[Block], steps: list[Step], budget: int, meter: _Meter
) -> tuple[list[int], str | None, int]:
    """Sentences kept by block, the text and its tokens; no text when even nothing but the title is too much.

    One sentence too long for what is left would block everything after it: its section is closed and the search
    repeated, a few times at most.
    """
    best: tuple[list[int], str | None, int] = ([], None, 0)
    for _ in range(4):
        done, text, tokens = _search(title, blocks, steps, budget, meter)
        if text is None:
            return ([], None, tokens)
        if best[1] is None or tokens >= best[2]:
            best = (_kept(blocks, steps[:done]), text, tokens)
        if done == len(steps) or budget - tokens <= budget * _GAP_WORTH_FILLING or meter.calls >= MAX_COUNTS:
            break
        blocked = steps[done].block
        steps = steps[:done] + [step for step in steps[done:] if step.block != blocked]
    return best


def _search(
    title: str, blocks: list[Block], steps: list[Step], budget: int, meter: _Meter
) -> tuple[int, str | None, int]:
    """The largest number of steps that fits, by interpolation between a fitting and a failing number.

    Returns (steps, text, tokens), or (0, None, tokens needed) when nothing fits.
    """
    sizes = [0, *accumulate(step.size for step in steps)]

    def measure(done: int) -> tuple[str, int]:
        text = _compose(title, blocks, _kept(blocks, steps[:done]))
        return text, meter(text)

    low, (text, tokens) = 0, measure(0)
    if tokens > budget:
        return 0, None, tokens
    # A paper is about a quarter as many tokens as characters: look there first, and at the whole only if it may fit.
    high, high_tokens = len(steps) + 1, max(tokens + 1, len(title) + sizes[-1])
    guess = len(steps) if sizes[-1] <= budget * 5 else bisect_right(sizes, budget * 3.5) - 1
    turn = 0
    while low + 1 < high and meter.calls < MAX_COUNTS:
        guess = min(max(guess, low + 1), high - 1)
        candidate, cost = measure(guess)
        if cost <= budget:
            low, text, tokens = guess, candidate, cost
        else:
            high, high_tokens = guess, cost
        if budget - tokens <= budget * _CLOSE_ENOUGH and high <= len(steps):
            break
        turn += 1
        guess = _between(sizes, low, tokens, high, high_tokens, budget, halve=turn % 4 == 0)
    return low, text, tokens


def _between(
    sizes: Sequence[int], low: int, low_tokens: int, high: int, high_tokens: int, budget: int, halve: bool
) -> int:
    """Where between two counted numbers of steps the budget should fall; now and then the middle, to be sure."""
    if high > len(sizes) - 1:  # nothing failed yet: go on at the rate seen so far
        rate = low_tokens / max(1, sizes[low]) or 0.3
        return bisect_right(sizes, sizes[low] + (budget - low_tokens) / rate) - 1
    if halve or high_tokens <= low_tokens:
        return (low + high) // 2
    share = (budget - low_tokens) / (high_tokens - low_tokens)
    return bisect_right(sizes, sizes[low] + share * (sizes[high] - sizes[low])) - 1


class _Meter:
    """Counts how often `count` was asked."""

    def __init__(self, count: Callable[[str], int]) -> None:
        self._count = count
        self.calls = 0

    def __call__(self, text: str) -> int:
        self.calls += 1
        return self._count(text)


def _kept(blocks: list[Block], steps: Sequence[Step]) -> list[int]:
    """How much of each block these steps keep: -1 nothing, 0 its heading, n its first n sentences."""
    kept = [-1] * len(blocks)
    for step in steps:
        kept[step.block] = step.sentence + 1
    return kept


def _compose(title: str, blocks: list[Block], kept: list[int]) -> str:
    """The text with a mark wherever words are missing; what is dropped in a row shares one mark."""
    parts = [title] if title else []
    missing = 0
    for block, number in zip(blocks, kept, strict=True):
        if number >= 0:
            parts += [part for part in (mark(missing) if missing else "", block.heading, block.shown(number)) if part]
            missing = 0
        missing += block.missing(number)
    return "\n\n".join([*parts, mark(missing)] if missing else parts)


def mark(words: int) -> str:
    """What stands in the text where `words` words are missing."""
    return f"[... {words} word{'' if words == 1 else 's'} left out ...]"


def _cuts(blocks: list[Block], kept: list[int]) -> tuple[Cut, ...]:
    return tuple(
        Cut(block.name, block.words[max(0, number)], block.words[-1])
        for block, number in zip(blocks, kept, strict=True)
        if block.missing(number)
    )
