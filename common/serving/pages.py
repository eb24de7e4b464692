"""Routes beside the reviews: the page, the forms, health, figures, and this API's own description."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from common.serving.assets import Assets
from common.serving.bodies import FormReply, HealthReply
from common.serving.problems import Problem, documented
from common.serving.reviews import Serving

routes = APIRouter()


def _of(kind: str, what: str) -> dict[int | str, dict[str, Any]]:
    return documented() | {200: {"content": {kind: {"schema": {"type": "string"}}}, "description": what}}


@routes.get("/v1/forms", response_model=list[FormReply], responses=documented())
def forms(service: Serving) -> list[dict[str, Any]]:
    """The forms an order may name."""
    return [
        {
            "name": form.name,
            "title": form.title,
            "sections": [section.name for section in form.sections],
            "ratings": [{"name": one.name, "labels": one.labels} for one in form.ratings],
        }
        for form in service.chain.forms()
    ]


@routes.get("/healthz", response_model=HealthReply, responses=documented())
def health(service: Serving) -> dict[str, str]:
    """The process answers."""
    return {"status": "alive", "model": service.chain.model}


@routes.get("/readyz", response_model=HealthReply, responses=documented(503))
def ready(service: Serving) -> dict[str, str]:
    """The engine is there. While it is not, jobs are accepted and wait."""
    if not service.chain.ready():
        raise Problem(503, "engine", "The engine does not answer; accepted papers wait.", "See the service's logs.")
    return {"status": "ready", "model": service.chain.model}


@routes.get("/metrics", response_class=Response, responses=_of("text/plain", "Prometheus's format."))
def metrics(service: Serving) -> Response:
    return Response(service.metrics.text(), headers={"content-type": CONTENT_TYPE_LATEST})


@routes.get("/openapi.json", response_model=dict[str, Any], responses=documented())
def description(request: Request) -> JSONResponse:
    return JSONResponse(request.app.openapi())


@routes.get("/", include_in_schema=False)
def page(request: Request) -> Response:
    return _assets(request).reply("index.html")


@routes.get("/page/{name:path}", include_in_schema=False)
def asset(request: Request, name: str) -> Response:
    return _assets(request).reply(name)


def _assets(request: Request) -> Assets:
    assets: Assets = request.app.state.assets
    return assets
