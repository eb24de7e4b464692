"""To a Ray cluster and back: a running one by its address, or one of this machine that ends with its user.

Nothing is sent anywhere but to the cluster: Ray's usage statistics are off.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from common.errors import EngineFailure

LOCAL = "local"
INSTALL = 'Install it with: pip install "ray[data,serve]"'
STORE = 100 * 2**20
"""Bytes of a local cluster's object store: papers and records are small."""
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
}


@contextmanager
def connected(address: str, variables: Mapping[str, str] | None = None, cpus: int | None = None) -> Iterator[None]:
    """address: "local", "auto" (the cluster this machine belongs to), or HOST:PORT. variables: environment of every
    process that works for this driver. cpus: of a local cluster, None for the cores there are.

    Errors: EngineFailure when Ray is not installed or no cluster answers.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise EngineFailure("Ray is not installed.", INSTALL) from error
    here = address == LOCAL
    local = {"num_cpus": cpus, "include_dashboard": False, "object_store_memory": STORE} if here else {}
    try:
        ray.init(
            address=address,
            runtime_env={"env_vars": dict(variables or {})},
            log_to_driver=False,
            logging_level="error",
            **local,
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise EngineFailure(
            f"No Ray cluster answers at {address}: {str(error).strip().splitlines()[0]}",
            "Start one with `ray start --head` and give HOST:PORT of its head, or use --ray local. A cluster with a "
            "token (Ray's default) wants RAY_AUTH_MODE=token here and the head's ~/.ray/auth_token on every node.",
        ) from error
    try:
        yield
    finally:
        ray.shutdown()
