"""How much one service takes on, and how much of the machine one paper may have."""

from __future__ import annotations

from dataclasses import dataclass, field

from common.paper.pdf.limits import Limits


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """queue, queue_per_user: jobs that may wait, in all and of one user. stored_mb_per_user: papers that one
    user may keep, None for no limit. upload_mb: a paper's file. json_mb: any other
    body. body_seconds: a request's body must have arrived by then. streams_per_user: event streams open at once.

    readers: papers parsed at once, each in a process bounded by `reading`. keep_days: jobs that ended longer ago are
    deleted, None keeps them until their owner deletes them.
    """

    queue: int = 64
    queue_per_user: int = 16
    stored_mb_per_user: float | None = 2000.0
    upload_mb: float = 50.0
    json_mb: float = 20.0
    body_seconds: float = 300.0
    streams_per_user: int = 64
    readers: int = 2
    reading: Limits = field(default_factory=Limits)
    keep_days: float | None = 30.0
