"""A job as server-sent events: what is stored is replayed and numbered, what is being written is sent as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from starlette.concurrency import run_in_threadpool

from common.serving.jobs import Event, Job
from common.serving.jobs.job import FINAL
from common.serving.jobs.rows import compact
from common.serving.service import Service

ALIVE = 15.0
"""Seconds of silence after which a remark is sent, so that no proxy closes the connection."""
WAITING = 2.0
"""Seconds between looks at a waiting job's place, which other jobs change."""

EVENT = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "event": {"enum": ["status", "paper", "asking", "questions", "writing", *FINAL]},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
    "required": ["event", "data"],
}
"""One event, for the OpenAPI document."""


async def stream(service: Service, job: Job, after: int) -> AsyncIterator[bytes]:
    """Until the job has ended, is deleted, or the service stops. after: id of the last event the client has."""
    version, place = 0, job.place
    yield b": \n\n"
    with service.hub.listening(job.id, job.owner) as bell:
        while not service.hub.closing:
            now = await run_in_threadpool(service.store.find, job.owner, job.id)
            if now is None:
                return
            events: list[Event] = await run_in_threadpool(service.store.events, job, after)
            for event in events:
                after, place = event.id, event.data.get("place", place)
                yield message(event.name, event.data, event.id)
            if (events[-1].name if events else now.status) in FINAL:
                return
            if now.place not in (None, place):
                place = now.place
                yield message("status", {"status": now.status, "place": place})
            partial = service.hub.partial(job.id)
            if partial and partial.version > version:
                version = partial.version
                yield message("asking" if partial.stage == "asking" else "writing", {"text": partial.text})
            if not await bell.wait(WAITING if now.place else ALIVE):
                yield b": \n\n"


def message(name: str, data: dict[str, Any], number: int | None = None) -> bytes:
    """JSON has no line ends of its own, so one line of data holds it."""
    identity = "" if number is None else f"id: {number}\n"
    return f"{identity}event: {name}\ndata: {compact(data)}\n\n".encode()
