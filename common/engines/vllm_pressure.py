"""How full vLLM's engine core is, read from its scheduler where it lives in this process.

vLLM publishes these figures to its own logger alone; these attributes are those of 0.32.
"""

from __future__ import annotations

from typing import Any

from common.engines.in_flight import Pressure


def pressure_of(engine: Any) -> Pressure | None:
    """engine: vLLM's LLMEngine. None when its core is in another process, out of reach."""
    core = getattr(engine.engine_core, "engine_core", None)
    if core is None:
        return None
    scheduler = core.scheduler
    _, waiting = scheduler.get_request_counts()
    preempted = sum(request.num_preemptions for request in scheduler.requests.values())
    return Pressure(scheduler.kv_cache_manager.usage, waiting, preempted)
