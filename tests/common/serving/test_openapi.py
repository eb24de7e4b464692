"""The API does what its description says: requests are made from /openapi.json, and every answer is held against it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.common.serving.conftest import Running

CALLS = {
    "POST /v1/reviews", "GET /v1/reviews", "GET /v1/reviews/{job}", "DELETE /v1/reviews/{job}", "GET /v1/forms",
    "POST /v1/reviews/{job}/cancel", "POST /v1/reviews/{job}/reruns", "GET /v1/reviews/{job}/events",
    "GET /v1/reviews/{job}/record", "GET /v1/reviews/{job}/paper", "GET /v1/reviews/{job}/passages",
    "GET /healthz", "GET /readyz", "GET /metrics",
}  # fmt: skip
LOCAL = {"host": "127.0.0.1"}


@pytest.mark.slow
def test_every_answer_is_as_documented(running: Running) -> None:
    """A client made from the description would meet statuses, types and fields it does not know."""
    import schemathesis

    schema = schemathesis.openapi.from_asgi("/openapi.json", running.client.app, headers=LOCAL)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert {f"{one.method.upper()} {one.path}" for one in operations} == CALLS
    done = running.final(running.post())["id"]
    for operation in operations:
        _hold(operation, done)
    assert running.final(running.post())["status"] == "done"


def _hold(operation, done: str) -> None:
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    @settings(max_examples=25, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy(), known=st.booleans())
    def hold(case, known: bool) -> None:
        if known and "{job}" in operation.path and operation.method != "delete":
            case.path_parameters["job"] = done
        # A form that does not exist, or a seed of 1.0, fits the schema and is refused all the same.
        case.call_and_validate(headers=LOCAL, excluded_checks=[positive_data_acceptance])

    hold()


def test_the_description_names_the_key(start: Callable[..., Running]) -> None:
    """A generated client would not send it."""
    from common.serving.keys import Keys

    described = start(keys=Keys((("ann", b"x" * 32),))).client.get("/openapi.json").json()
    assert described["components"]["securitySchemes"] == {"key": {"type": "http", "scheme": "bearer"}}
    assert described["security"] == [{"key": []}]
