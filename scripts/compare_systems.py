"""A comparison's journal as systems: what metrics score, and what each arm cost and asked.

Scoring is `compare_report`'s; every arm's reviews are held against all human reviews of their paper, also those whose
questions came from one of them: what that is worth is told apart by the metric `control`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from common.metrics.baselines import Panel, written
from common.metrics.control import Sources
from common.metrics.material import System, Text
from common.views.comparison.content import Cost
from scripts.compare_arms import Arm, note
from scripts.compare_engine import Bench
from scripts.compare_plan import Plan
from scripts.compare_records import Done, Known, Reply
from stage_b_reviewer.material import of_generated

Rates = tuple[float, float]
"""Tokens a second: read and written."""


def system_of(arm: Arm, plan: Plan, known: Known, shown: Sequence[Panel]) -> System:
    """An arm's reviews, those of the papers that are compared."""
    done = done_of(arm, plan, known)
    texts = {one.paper: [text for _, text in named(one)] for one in done}
    found = written(arm.name, shown, texts, f"{note(arm)}.")
    why = {one.paper: one.missing for one in done if one.missing}
    return replace(found, missing={key: why.get(key, reason) for key, reason in found.missing.items()})


def done_of(arm: Arm, plan: Plan, known: Known) -> list[Done]:
    keys = set(plan.keys)
    return [one for one in known.done if one.arm == arm.name and one.paper in keys]


def named(done: Done) -> list[tuple[Reply, Text]]:
    """A paper's replies with their texts; ids are unique: the human review's where the questions came from one."""
    seen: Counter[str] = Counter()
    found = []
    for reply in done.replies:
        name = reply.source or "review"
        seen[name] += 1
        id = name if seen[name] == 1 else f"{name}.{seen[name]}"
        found.append((reply, of_generated(reply.review, id, reply.questions)))
    return found


def sources(arm: Arm, plan: Plan, known: Known) -> Sources:
    """(paper, review) -> the human review its questions came from."""
    pairs = ((one, reply, text) for one in done_of(arm, plan, known) for reply, text in named(one))
    return {(one.paper, text.id): reply.source for one, reply, text in pairs if reply.source}


def aspects(arm: Arm, plan: Plan, known: Known) -> dict[str, float]:
    """Aspect -> share of the arm's reviews that were asked about it; empty where no question names one."""
    replies = [reply for one in done_of(arm, plan, known) for reply in one.replies]
    found: Counter[str] = Counter()
    for reply in replies:
        found.update({question.aspect for question in reply.questions if question.aspect})
    return {aspect: count / len(replies) for aspect, count in found.items()}


def cost(arm: Arm, plan: Plan, known: Known, bench: Bench) -> Cost | None:
    """Means a review; what stage A took is shared among the reviews of its paper."""
    done = [one for one in done_of(arm, plan, known) if one.replies]
    reviews = sum(len(one.replies) for one in done)
    if not reviews:
        return None
    read = sum(reply.prompt_tokens for one in done for reply in one.replies)
    wrote = sum(reply.completion_tokens for one in done for reply in one.replies)
    if arm.kind == "chain":
        questioner = bench.questioner(arm)
        papers = {one.paper for one in done}
        for asked in known.asked:
            if (asked.questioner, asked.samples) == (questioner, arm.samples) and asked.paper in papers:
                read += asked.prompt_tokens
                wrote += asked.completion_tokens
    found = rates(known)
    seconds = (read / found[0] + wrote / found[1]) / reviews if found else None
    return Cost(reviews, read / reviews, wrote / reviews, seconds)


def rates(known: Known) -> Rates | None:
    """Over all of the journal's engine calls that ended; None where the engine does not tell."""
    meter: Counter[str] = Counter()
    for one in known.worked:
        meter.update(one.meter)
    if not all(meter.get(f"{kind}_{what}") for kind in ("prefill", "decode") for what in ("tokens", "seconds")):
        return None
    return meter["prefill_tokens"] / meter["prefill_seconds"], meter["decode_tokens"] / meter["decode_seconds"]


def wall(known: Known) -> Mapping[str, float]:
    """Stage -> seconds of the wall, of the calls that ended."""
    found: Counter[str] = Counter()
    for one in known.worked:
        found[one.stage] += one.seconds
    return found
