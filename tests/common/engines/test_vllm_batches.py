"""What is in a batch depends on the requests alone: a busy machine must not change what a seed gives."""

from __future__ import annotations

import time
from typing import Any

import pytest

from common.engines.vllm import VllmEngine
from common.types import Sampling
from tests.common.engines.standin import chat

GRAMMAR = 'root ::= "- " [a-z ]+ "\\n"'


@pytest.mark.slow
def test_a_grammar_that_compiles_slowly_delays_nobody_else(
    vllm_engine: VllmEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compiled beside the steps, the second request would miss the first one's batch on a busy machine, and the same
    command would now and then give another text."""
    core = vllm_engine._engine.engine_core.engine_core
    compile_grammar, schedule = core.structured_output_manager._create_grammar, core.scheduler.schedule
    compiled: list[str] = []
    batches: list[int] = []

    def slow(request: Any) -> Any:
        compiled.append(request.request_id)
        time.sleep(0.5 * (len(compiled) > 1))
        return compile_grammar(request)

    def spied(*arguments: Any, **named: Any) -> Any:
        output = schedule(*arguments, **named)
        batches.append(len(output.num_scheduled_tokens))
        return output

    monkeypatch.setattr(core.structured_output_manager, "_create_grammar", slow)
    monkeypatch.setattr(core.scheduler, "schedule", spied)
    sampling = Sampling(seed=1, max_tokens=8, grammar=GRAMMAR)
    vllm_engine.generate([chat("Write a line."), chat("Write one more.")], sampling)
    assert len(compiled) == 2
    assert batches[0] == 2 and 0 not in batches
