"""summary.json in the output folder (summary-I-of-N.json for a shard): what a session did, and how all papers stand.

Written whole at the end of a session, also of one that was interrupted; the journal has every detail.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from common.jsonio import write_text
from scripts.batching.journal import BatchJournal, Shard
from scripts.batching.plan import Plan
from scripts.live import Display


def summary(plan: Plan, journal: BatchJournal, session: dict[str, Any], ended: str) -> dict[str, Any]:
    """session: the meter's figures and what else is known of it. ended: "complete" or "interrupted"."""
    every = [one for task in plan.tasks for one in (task, *task.also)]
    standings = {one.id: journal.standing(one) for one in every}
    failures = [
        {"paper": one.id, "path": str(one.path), **{key: failed[key] for key in ("kind", "message", "hint")}}
        for one in every
        if (failed := standings[one.id].failed)
    ]
    return {
        "ended": ended,
        "papers": len(every),
        "done": sum(one.done is not None for one in standings.values()),
        "failed": len(failures),
        "failures_by_kind": dict(Counter(one["kind"] for one in failures)),
        "session": session,
        "same_bytes": [[task.id, *(one.id for one in task.also)] for task in plan.tasks if task.also],
        "passed_over": plan.passed_over,
        "failures": failures,
    }


def save(out: Path, shard: Shard, content: dict[str, Any]) -> Path:
    """Errors: ReviewError when it cannot be written."""
    path = out / f"summary{shard.mark}.json"
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    return path


def say(content: dict[str, Any], path: Path, display: Display) -> None:
    """The end of a run, for people."""
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(content["failures_by_kind"].items()))
    display.say(f"{content['done']:,} of {content['papers']:,} papers have a review.", "green", always=True)
    if content["failed"]:
        display.say(f"{content['failed']:,} have none ({kinds}); {path} says why.", "red", always=True)
    if content["same_bytes"]:
        twins = sum(len(group) - 1 for group in content["same_bytes"])
        display.say(f"{twins:,} are copies of others: run once, written under each name.")
    if content["passed_over"]:
        kinds = ", ".join(f"{suffix} {count:,}" for suffix, count in sorted(content["passed_over"].items()))
        display.say(f"Passed over, being no papers by their names: {kinds}.")
    idle = content["session"].get("idle_share")
    if idle is not None:
        held = content["session"]["held_share"]
        display.say(f"The engine was without a request for {idle:.1%} of its time, held up by us for {held:.1%}.")
