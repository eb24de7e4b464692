"""/v1/reviews. A job of somebody else does not exist here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Depends, Header, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from common.jsonio import from_json
from common.serving.bodies import JobReply, JobsReply, PassageReply, RerunBody, job_reply, numbered
from common.serving.chain import Order
from common.serving.guard import OWNER
from common.serving.jobs import Job
from common.serving.jobs.job import FINAL
from common.serving.jobs.rows import compact
from common.serving.policies import PAPER
from common.serving.problems import Problem, documented
from common.serving.records import FORMATS, Format, attachment, chosen, rendered
from common.serving.service import Service
from common.serving.streams import EVENT, stream
from common.serving.uploads import json_body, receive
from common.types import Paper

routes = APIRouter(prefix="/v1")


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def owner_of(request: Request) -> str:
    return str(request.scope[OWNER])


Serving = Annotated[Service, Depends(service_of)]
Owner = Annotated[str, Depends(owner_of)]


def job_here(
    service: Serving,
    owner: Owner,
    job: Annotated[str, Path(description="A job's id.", pattern="^[0-9a-f]{32}$")],
) -> Job:
    found = service.store.find(owner, job)
    if found is None:
        raise _gone()
    return found


Here = Annotated[Job, Depends(job_here)]


def _gone() -> Problem:
    return Problem(404, "not-found", "There is no such review of yours.")


def _json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(compact(value), status, headers, "application/json")


def _accepted(job: Job) -> Response:
    return _json(job_reply(job), 202, {"location": f"/v1/reviews/{job.id}"})


def _body(**models: str) -> dict[str, Any]:
    """Documentation of a body that is read by hand, so that its bounds hold while it arrives."""
    names = {"json": "application/json", "multipart": "multipart/form-data"}
    content = {names[kind]: {"schema": {"$ref": f"#/components/schemas/{one}"}} for kind, one in models.items()}
    return {"requestBody": {"required": True, "content": content}}


@routes.post(
    "/reviews",
    status_code=202,
    response_model=JobReply,
    responses=documented(400, 413, 415, 422, 429, 507),
    openapi_extra=_body(multipart="UploadForm", json="ReviewBody"),
)
async def accept(request: Request, service: Serving, owner: Owner) -> Response:
    """Give a paper to be reviewed. Once this answers, the job survives a restart."""
    await run_in_threadpool(service.store.check_room, owner)
    try:
        upload, order = await receive(request, service.store.papers, service.limits)
        try:
            await run_in_threadpool(service.chain.check, order)
            return _accepted(await run_in_threadpool(service.accept, owner, upload, order))
        finally:
            upload.discard()
    except OSError as error:
        raise Problem(507, "disk", "The paper could not be stored; nothing was accepted.") from error


@routes.get("/reviews", response_model=JobsReply, responses=documented(422))
def listed(
    service: Serving,
    owner: Owner,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str | None, Query(pattern="^[0-9a-f]{32}$")] = None,
) -> Response:
    """One's own jobs, the newest first."""
    jobs = service.store.listed(owner, limit + 1, before)
    more = jobs[limit - 1].id if len(jobs) > limit else None
    return _json({"reviews": [job_reply(job) for job in jobs[:limit]], "next": more})


@routes.get("/reviews/{job}", response_model=JobReply, responses=documented(404, 422))
def show(job: Here) -> Response:
    return _json(job_reply(job))


@routes.delete("/reviews/{job}", status_code=204, responses=documented(404, 422))
def delete(service: Serving, job: Here) -> Response:
    """Cancel it, then delete the paper and everything that was made of it: nothing of it stays on the disk."""
    service.delete([job])
    return Response(status_code=204)


@routes.post("/reviews/{job}/cancel", response_model=JobReply, responses=documented(404, 422))
def cancel(service: Serving, job: Here) -> Response:
    """Stop it; one that has ended stays as it is."""
    service.cancel(job)
    now = service.store.find(job.owner, job.id)
    if now is None:
        raise _gone()
    return _json(job_reply(now))


@routes.post(
    "/reviews/{job}/reruns",
    status_code=202,
    response_model=JobReply,
    responses=documented(400, 404, 413, 415, 422, 429, 507),
    openapi_extra=_body(json="RerunBody"),
)
async def rerun(request: Request, service: Serving, job: Here) -> Response:
    """A new job on the same paper that writes a review from these questions alone."""
    body = await json_body(request, RerunBody)
    order = _rerun_order(job, body)
    await run_in_threadpool(service.chain.check, order)
    try:
        return _accepted(await run_in_threadpool(service.rerun, job, order))
    except FileNotFoundError as error:
        raise _gone() from error
    except OSError as error:
        raise Problem(507, "disk", "The paper could not be stored; nothing was accepted.") from error


def _rerun_order(parent: Job, body: RerunBody) -> Order:
    """The parent's order with what the body changes. A question taken over word for word keeps where it came from."""
    known = {one.text: one for one in parent.questions}
    questions = tuple(
        replace(one, origin=known[one.text].origin, aspect=one.aspect or known[one.text].aspect)
        if one.text in known
        else one
        for one in numbered(body.questions)
    )
    changes = body.order.model_dump(exclude_unset=True) if body.order else {}
    if changes.pop("questions", None) or changes.pop("ask", None):
        raise Problem(422, "field", "A rerun's questions stand beside its order, not in it.")
    kept = any(one.origin == "model" for one in questions)
    return replace(parent.order, **changes, questions=questions, ask=(), asked=parent.asked if kept else None)


@routes.get(
    "/reviews/{job}/events",
    responses=documented(400, 404, 422, 429)
    | {
        200: {"description": "Server-sent events.", "content": {"text/event-stream": {"schema": EVENT}}},
        204: {"description": "The job has ended and there is nothing after Last-Event-ID."},
    },
    response_class=StreamingResponse,
)
def events(service: Serving, job: Here, last_event_id: Annotated[str, Header()] = "0") -> Response:
    """Follow it: what has happened, then what happens, until it ends."""
    if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 10):
        raise Problem(400, "event-id", "Last-Event-ID is the number of an event.")
    if service.hub.streams(job.owner) >= service.limits.streams_per_user:
        raise Problem(429, "streams", "Too many of your event streams are open.", "Close some.", {"retry-after": "15"})
    after = int(last_event_id)
    if job.status in FINAL and not service.store.events(job, after):
        return Response(status_code=204)
    return StreamingResponse(stream(service, job, after), media_type="text/event-stream")


_VIEWS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The record, or a view of it.",
        "content": {kind: {"schema": {"type": "object" if "json" in kind else "string"}} for kind in FORMATS.values()},
    }
}


@routes.get("/reviews/{job}/record", responses=documented(404, 406, 409, 422) | _VIEWS, response_class=Response)
def record(
    request: Request,
    service: Serving,
    job: Here,
    format: Annotated[Format | None, Query()] = None,
    download: Annotated[bool, Query()] = False,
) -> Response:
    """Everything the run did. Without `format`, as the Accept header prefers."""
    kind = format or chosen(request.headers.get("accept", "*/*"))
    text = service.store.record(job)
    if text is None:
        raise Problem(409, "not-done", f"This review is {job.status}; it has no record.")
    reply = rendered(text, kind)
    if download:
        reply.headers["content-disposition"] = attachment(job.name, f".review.{kind}")
    return reply


@routes.get(
    "/reviews/{job}/paper",
    responses=documented(404, 422)
    | {
        200: {
            "description": "The file as it was given.",
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
    response_class=Response,
)
def paper(service: Serving, job: Here) -> Response:
    try:
        file = service.store.papers.path(job.id, job.suffix).open("rb")
    except FileNotFoundError as error:
        raise _gone() from error
    headers = {
        "content-security-policy": PAPER,
        "content-disposition": attachment(job.name),
        "content-length": str(os.fstat(file.fileno()).st_size),
    }
    return StreamingResponse(_chunks(file), headers=headers, media_type=job.type)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while data := file.read(2**18):
            yield data


@routes.get("/reviews/{job}/passages", response_model=list[PassageReply], responses=documented(404, 409, 422))
def passages(service: Serving, job: Here) -> Response:
    """The paper as read: what points are anchored to. Characters [start, end) of a span stand on its page."""
    text = service.store.reading(job)
    if text is None:
        raise Problem(409, "not-read", f"This review is {job.status}; its paper has not been read.")
    return _json(from_json(text, Paper, "the paper").passages)
