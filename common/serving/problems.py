"""What the API answers when it does not do what was asked: one shape, for people and programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from starlette.responses import JSONResponse


class ProblemBody(BaseModel):
    """message: what happened. hint: what to do, or "". code: a stable word."""

    message: str
    hint: str
    code: str


class ProblemReply(BaseModel):
    error: ProblemBody


class Problem(Exception):
    """Raised anywhere in the API."""

    def __init__(
        self, status: int, code: str, message: str, hint: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.hint, self.headers = status, code, message, hint, headers

    def reply(self) -> JSONResponse:
        content = {"error": {"message": self.message, "hint": self.hint, "code": self.code}}
        return JSONResponse(content, self.status, dict(self.headers or {}))


MEANINGS = {
    400: "The request is malformed.",
    401: "A key is needed, or this one is not known.",
    403: "The request came for another host or from another site.",
    404: "No such job of yours, or no such page.",
    405: "Not with this method.",
    406: "Not in a format that was asked for.",
    408: "The body took too long to arrive.",
    409: "Not yet, or not any more.",
    413: "Too large.",
    415: "Not a content type that is read here.",
    422: "Understood, but not something that can be done.",
    429: "The queue is full; Retry-After says when to come back.",
    500: "A defect of the service.",
    503: "The engine or the page is not there.",
    507: "The disk is full, or what one user may keep.",
}
ALWAYS = (401, 403, 405, 408, 413, 500)
"""What any call may answer."""


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI document of one call."""
    known: dict[int | str, dict[str, Any]] = {}
    for status in sorted({*ALWAYS, *statuses}):
        known[status] = {"model": ProblemReply, "description": MEANINGS[status]}
    if 429 in known:
        known[429]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return known
