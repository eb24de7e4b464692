"""The service as an ASGI app: routes, errors and their documentation. The work is the service's.

`create_app(service, also={path: app})` answers further paths with other apps (vLLM's own API). Their lifespan is their
owner's business. Host, origin, keys and limits are checked for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from common.errors import EngineFailure, ReviewError
from common.serving import pages, reviews
from common.serving.assets import Assets
from common.serving.bodies import RerunBody, ReviewBody, UploadForm
from common.serving.guard import Guard
from common.serving.jobs import QueueFull, StorageFull
from common.serving.problems import Problem
from common.serving.service import Service
from common.serving.workers import code_of

VERSION = "1"


def create_app(service: Service, *, also: Mapping[str, ASGIApp] | None = None) -> FastAPI:
    """Neither starts nor closes the service."""
    app = FastAPI(
        title="Reviews", version=VERSION, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    app.state.service, app.state.assets = service, Assets()
    app.include_router(reviews.routes)
    app.include_router(pages.routes)
    app.openapi = lambda: _openapi(app, bool(service.keys))  # type: ignore[method-assign]
    app.router.default = _Rest(also or {})
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(ReviewError, _refusal)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_middleware(Guard, keys=service.keys, limits=service.limits, metrics=service.metrics)
    return app


class _Rest:
    """What no route of ours matched."""

    def __init__(self, also: Mapping[str, ASGIApp]) -> None:
        self._also = also

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._also.get(scope["path"]) if scope["type"] == "http" else None
        if app is None:
            raise Problem(404, "not-found", "There is nothing at this address.", "GET /openapi.json lists what is.")
        await app(scope, receive, send)


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.reply()


def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, ReviewError)
    if isinstance(error, QueueFull):
        headers = {"retry-after": str(error.retry)}
        return Problem(429, "queue-full", error.message, error.hint, headers).reply()
    if isinstance(error, StorageFull):
        return Problem(507, "storage-full", error.message, error.hint).reply()
    status = 503 if isinstance(error, EngineFailure) else 422
    return Problem(status, code_of(error), error.message, error.hint).reply()


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    codes = {404: "not-found", 405: "method"}
    return Problem(
        error.status_code, codes.get(error.status_code, "http"), f"{error.detail}.", "", error.headers
    ).reply()


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    return Problem(422, "parameter", f"{'.'.join(map(str, first['loc']))}: {first['msg']}.").reply()


def _openapi(app: FastAPI, keys: bool) -> dict[str, Any]:
    if not app.openapi_schema:
        schema = get_openapi(title=app.title, version=app.version, description=__doc__, routes=app.routes)
        bodies = [(model, "validation") for model in (ReviewBody, UploadForm, RerunBody)]
        _, defined = models_json_schema(bodies, ref_template="#/components/schemas/{model}")
        schema["components"]["schemas"] |= defined["$defs"]
        if keys:
            schema["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
            schema["security"] = [{"key": []}]
        app.openapi_schema = schema
    return app.openapi_schema
