"""Two systems' reviews of the same papers before a judge, a pair at a time, each pair in both orders.

A judge that prefers what it reads first would decide nothing: a pair whose two orders disagree is a tie, counted apart
as inconsistent (the conservative approach of Zheng et al. 2023, arXiv 2306.05685). What a judge says is an opinion
about reviews, not about papers; `spread` says how far two judges share it. The prompt and its parser are
`common.metrics.duel_prompt`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Literal

from common.engines.base import Engine, Messages, OnDone
from common.journal import Journal
from common.metrics import duel_prompt
from common.metrics.agreement import kappa
from common.metrics.duel_prompt import Verdict
from common.metrics.figures import Difference, Scores, difference
from common.metrics.intervals import Interval, bootstrap
from common.metrics.material import Item, System, Text
from common.paper import fit
from common.paper.markdown import read_markdown
from common.seeds import derived
from common.types import Completion, Sampling, Source

SAMPLING = Sampling(temperature=0, repetition_penalty=1, max_tokens=256, seed=0)
LEAST_PAPER = 200
"""Tokens: where less of the paper would fit, the reviews are too long to be judged."""

NO_OPPONENT, NO_REVIEW, EMPTY, TOO_LONG = "no-opponent", "no-review", "empty-review", "too-long"
UNPARSED, UNDECIDED = "unparsed-verdict", "no-decision"

Outcome = Literal["first", "second", "tie", "inconsistent", "unparsed"]
Order = Literal["straight", "swapped"]
_POINTS: dict[Outcome, float] = {"first": 1.0, "second": 0.0, "tie": 0.5, "inconsistent": 0.5}


@dataclass(frozen=True, slots=True)
class Duel:
    """One pair. first, second: ids of the reviews. straight: the verdict with the first as A; swapped: as B."""

    paper: str
    first: str
    second: str
    straight: Verdict
    swapped: Verdict

    @property
    def outcome(self) -> Outcome:
        sides = (self.straight.side, self.swapped.side)
        if None in sides:
            return "unparsed"
        decided: dict[tuple[str | None, str | None], Outcome] = {
            ("A", "B"): "first",
            ("B", "A"): "second",
            ("tie", "tie"): "tie",
        }
        return decided.get(sides, "inconsistent")


@dataclass(frozen=True, slots=True)
class Contest:
    """All duels of two systems before one judge. unjudged: paper -> why none of its pairs was put to the judge."""

    judge: str
    duels: tuple[Duel, ...]
    unjudged: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spread:
    """Two judges over n pairs both gave a verdict on. same: share with the same winner, no winner being one outcome.
    kappa: Cohen's, None where chance could not disagree; interval: 95%, papers resampled. win: the difference of the
    two win rates."""

    n: int
    same: float | None
    kappa: float | None
    interval: Interval | None
    win: Difference


@dataclass(frozen=True, slots=True)
class _Asked:
    paper: str
    first: str
    second: str
    order: Order
    prompt: Messages

    @property
    def key(self) -> tuple[str, str, str, str]:
        return (self.paper, self.first, self.second, self.order)


def contest(
    first: System,
    second: System,
    engine: Engine,
    journal: Journal,
    sampling: Sampling = SAMPLING,
    on_done: OnDone | None = None,
) -> Contest:
    """Put every pair to the judge in both orders. Answers go to the journal as they come, and those it holds are not
    asked for again; its header says which systems, judge, prompt version and sampling they belong to.

    A paper both systems have several reviews of is a round in which each review meets at least one of the other side.
    Errors: EngineFailure; ValueError for a sampling without a seed.
    """
    if sampling.seed is None:
        raise ValueError("draw the run's seed first")
    asked, unjudged = _questions(first, second, engine, engine.context - sampling.max_tokens)
    known = {tuple(entry["key"]): entry for entry in journal.entries}
    missing = [one for one in asked if one.key not in known]

    def keep(index: int, completion: Completion) -> None:
        entry = {"key": missing[index].key, "text": completion.text, "finish": completion.finish}
        known[missing[index].key] = entry
        journal.append(entry)
        if on_done:
            on_done(index, completion)

    if missing:
        samplings = [
            replace(sampling, seed=derived(sampling.seed, one.paper, f"duel/{one.first}/{one.second}/{one.order}", 0))
            for one in missing
        ]
        engine.generate([one.prompt for one in missing], samplings, on_done=keep)
    said = {key: duel_prompt.parse(entry["text"], entry["finish"]) for key, entry in known.items()}
    duels = [
        Duel(one.paper, one.first, one.second, said[one.key], said[*one.key[:3], "swapped"])
        for one in asked
        if one.order == "straight"
    ]
    return Contest(f"{engine.base}, prompt {duel_prompt.PROMPT_VERSION}", tuple(duels), unjudged)


def pairs(first: Sequence[Text], second: Sequence[Text]) -> list[tuple[Text, Text]]:
    """Each review of the longer side against one of the other, which take turns. None where a side has none."""
    if not first or not second:
        return []
    rounds = range(max(len(first), len(second)))
    return [(first[place % len(first)], second[place % len(second)]) for place in rounds]


def _questions(first: System, second: System, engine: Engine, room: int) -> tuple[list[_Asked], dict[str, str]]:
    asked: list[_Asked] = []
    unjudged = {key: NO_OPPONENT for key in second.items} | dict(second.missing) | dict(first.missing)
    for item in first:
        unjudged.pop(item.key, None)
        other = second.items.get(item.key)
        if other is None:
            unjudged[item.key] = second.missing.get(item.key, NO_OPPONENT)
            continue
        met = pairs([one.review for one in item.trials], [one.review for one in other.trials])
        told = [(one, two) for one, two in met if one.text.strip() and two.text.strip()]
        found = list(_paper_questions(item, told, engine, room))
        asked += found
        if not found:
            unjudged[item.key] = TOO_LONG if told else EMPTY if met else NO_REVIEW
    return asked, unjudged


def _paper_questions(item: Item, told: Sequence[tuple[Text, Text]], engine: Engine, room: int) -> Iterator[_Asked]:
    """Both orders of every pair that leaves the paper LEAST_PAPER tokens; all see the same part of the paper."""
    bare = [engine.count(duel_prompt.messages("?", one.text, two.text)) for one, two in told]
    least = LEAST_PAPER if item.load_paper else 0
    fitting = [(pair, tokens) for pair, tokens in zip(told, bare, strict=True) if tokens + least <= room]
    if not fitting:
        return
    paper = _fitted(item.load_paper, engine, room - max(tokens for _, tokens in fitting)) if item.load_paper else ""
    for (one, two), _ in fitting:
        yield _Asked(item.key, one.id, two.id, "straight", duel_prompt.messages(paper, one.text, two.text))
        yield _Asked(item.key, one.id, two.id, "swapped", duel_prompt.messages(paper, two.text, one.text))


def _fitted(load: Callable[[], str], engine: Engine, budget: int) -> str:
    paper = read_markdown(load(), Source("paper.md", "", "markdown"))
    # A text counted alone and inside a prompt may differ by a few tokens where they join.
    return fit(paper, budget - 16, lambda text: engine.count([{"role": "user", "content": text}])).text


def scores(found: Contest) -> list[Scores]:
    """Of the first system, a value a paper, the mean over its pairs:

    duels.win: 1 for a win, 0 for a loss, 0.5 for a tie or an inconsistent pair; a pair without two verdicts is left
    out. duels.tie, duels.inconsistent: shares of the same pairs. duels.first_shown: the share of verdicts for A among
    those for A or B, 0.5 being no bias. duels.unparsed: the share of answers without a verdict."""
    papers: dict[str, list[Duel]] = {}
    for duel in found.duels:
        papers.setdefault(duel.paper, []).append(duel)

    def figure(name: str, better: Literal["higher", "lower", ""], value: Callable[[Duel], list[float]]) -> Scores:
        each = {key: [one for duel in duels for one in value(duel)] for key, duels in papers.items()}
        reason = UNDECIDED if name == "first_shown" else UNPARSED
        return Scores(
            f"duels.{name}",
            {key: fmean(values) for key, values in each.items() if values},
            found.unjudged | {key: reason for key, values in each.items() if not values},
            "share",
            better,
            found.judge,
        )

    def judged(value: Callable[[Outcome], float]) -> Callable[[Duel], list[float]]:
        return lambda duel: [] if duel.outcome == "unparsed" else [value(duel.outcome)]

    return [
        figure("win", "higher", judged(_POINTS.__getitem__)),
        figure("tie", "", judged(lambda outcome: float(outcome == "tie"))),
        figure("inconsistent", "lower", judged(lambda outcome: float(outcome == "inconsistent"))),
        figure("first_shown", "", lambda duel: [float(s == "A") for s in _sides(duel) if s in ("A", "B")]),
        figure("unparsed", "lower", lambda duel: [float(side is None) for side in _sides(duel)]),
    ]


def _sides(duel: Duel) -> tuple[str | None, str | None]:
    return duel.straight.side, duel.swapped.side


def spread(one: Contest, other: Contest, seed: int = 0) -> Spread:
    """How far two judges agree on the same two systems."""
    grades = [_winners(one), _winners(other)]
    groups: dict[str, list[tuple[int, int]]] = {}
    for key in grades[0].keys() & grades[1].keys():
        groups.setdefault(key[0], []).append((grades[0][key], grades[1][key]))
    papers = [groups[key] for key in sorted(groups)]
    both = [pair for paper in papers for pair in paper]
    win = [replace(scores(judge)[0], settings="") for judge in (one, other)]
    return Spread(
        len(both),
        fmean(left == right for left, right in both) if both else None,
        kappa(both),
        bootstrap(papers, lambda drawn: kappa([pair for paper in drawn for pair in paper]), seed),
        difference(win[0], win[1], seed),
    )


def _winners(found: Contest) -> Mapping[tuple[str, str, str], int]:
    """Pair -> 1 first, -1 second, 0 neither."""
    return {
        (duel.paper, duel.first, duel.second): round(2 * _POINTS[duel.outcome] - 1)
        for duel in found.duels
        if duel.outcome != "unparsed"
    }
