"""To a Ray cluster and back: a running one by its address, or one of this machine that ends with its user.

Nothing is sent anywhere but to the cluster: Ray's usage statistics are off.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from common.errors import BadConfig, EngineFailure

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
    """address: "local", "auto" (the cluster this machine belongs to), or HOST:PORT. variables: environment of this
    process and of every one that works for it. cpus: of a local cluster, None for the cores there are.

    Errors: EngineFailure when Ray is not installed or no cluster answers.
    """
    for name, value in (QUIET | dict(variables or {})).items():
        os.environ.setdefault(name, value)
    _knock(address)
    try:
        import ray
    except ImportError as error:
        raise EngineFailure("Ray is not installed.", INSTALL) from error
    if address == LOCAL:  # its processes inherit this one's environment
        more: dict[str, Any] = {"num_cpus": cpus, "include_dashboard": False, "object_store_memory": STORE}
    else:
        more = {"runtime_env": {"env_vars": dict(variables or {})}}
    try:
        ray.init(address=address, log_to_driver=False, logging_level="error", **more)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise _silent(address, error) from error
    try:
        yield
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Ray itself waits a minute and a half for a head that is not there."""
    if address in (LOCAL, "auto"):
        return
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdigit():
        raise BadConfig(f"'{address}' is no address of a cluster.", "Use local, auto, or HOST:PORT of its head.", 2)
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except (OSError, OverflowError) as error:
        raise _silent(address, error) from error


def _silent(address: str, error: Exception) -> EngineFailure:
    return EngineFailure(
        f"No Ray cluster answers at {address}: {str(error).strip().splitlines()[0]}",
        "Start one with `ray start --head` and give HOST:PORT of its head, or use --ray local. A cluster with a token "
        "(Ray's default) wants RAY_AUTH_MODE=token here and the head's ~/.ray/auth_token on every node.",
    )
