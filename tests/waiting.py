"""Waiting for something to become true, with a bound."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

BOUND = 60.0


def until(condition: Callable[[], Any], bound: float = BOUND) -> Any:
    """What the condition gives once it is true. Errors: AssertionError when it never is."""
    end = time.monotonic() + bound
    while not (value := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return value
