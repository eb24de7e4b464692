"""What the engine for many threads adds to the contract: callers at once, one batch, nothing left behind."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from common.engines.base import Progress
from common.engines.vllm_async import AsyncVllmEngine
from common.errors import EngineFailure
from common.types import Completion, Sampling
from tests.common.engines.standin import chat

pytestmark = pytest.mark.slow

SAMPLING = Sampling(max_tokens=24, min_tokens=24, seed=3)


def unfinished(engine: AsyncVllmEngine) -> int:
    return engine.client.get_num_unfinished_requests()


def test_many_threads_share_the_engine(async_vllm_engine: AsyncVllmEngine) -> None:
    """Each user must get their own answer, and none must wait until another's is whole."""
    together = threading.Barrier(8)
    most = [0]

    def ask(number: int) -> tuple[int, list[Completion]]:
        prompts = [chat("word " * (20 * number + 1)), chat("other " * (20 * number + 1))]
        together.wait(60)

        def watch(progress: Progress) -> None:
            most[0] = max(most[0], unfinished(async_vllm_engine))

        adapter = (None, "questioner", "reviewer")[number % 3]
        return number, async_vllm_engine.generate(prompts, SAMPLING, adapter, on_progress=watch)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    for number, (first, second) in answers:
        assert first.prompt_tokens == async_vllm_engine.count(chat("word " * (20 * number + 1)))
        assert second.prompt_tokens == async_vllm_engine.count(chat("other " * (20 * number + 1)))
        assert (first.completion_tokens, second.completion_tokens) == (24, 24)
    assert most[0] > 4, "they ran one after the other"


def test_its_sockets_stand_in_a_folder_that_goes_with_the_process(async_vllm_engine: AsyncVllmEngine) -> None:
    """vLLM leaves them where they are: a service would leave three at every start, for ever."""
    folder = Path(os.environ["VLLM_RPC_BASE_PATH"])
    assert folder.parent == Path(tempfile.gettempdir()) and any(path.is_socket() for path in folder.iterdir())


def test_leaving_from_a_progress_report_frees_the_engine(async_vllm_engine: AsyncVllmEngine) -> None:
    """That is how a cancelled paper ends; its tokens would be written for nobody."""
    seen: list[Progress] = []

    def leave(progress: Progress) -> None:
        seen.append(progress)
        if progress.generated:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        async_vllm_engine.generate(
            [chat("Tell a long story.")] * 3, replace(SAMPLING, max_tokens=400), None, None, leave
        )
    assert unfinished(async_vllm_engine) == 0
    assert len(seen[-1].texts) == 3 and any(seen[-1].texts)


def test_a_request_that_vllm_refuses_fails_alone(async_vllm_engine: AsyncVllmEngine) -> None:
    """A grammar that cannot be compiled is one caller's mistake, not the end of the service."""
    with pytest.raises(EngineFailure, match="vLLM failed on a request"):
        async_vllm_engine.generate([chat("x")], replace(SAMPLING, grammar="root ::= ("))
    assert async_vllm_engine.alive()
    assert (
        async_vllm_engine.generate([chat("x")], replace(SAMPLING, grammar='root ::= "yes"', min_tokens=0))[0].text
        == "yes"
    )


def test_the_plug_in_is_loaded_in_the_engines_process(async_vllm_engine: AsyncVllmEngine) -> None:
    """Without it a seed with a long prompt ends the engine, and Ctrl-C does before the work is put away. What it does
    first can be seen from here: the process ignores interrupts."""
    processes = psutil.Process().children(recursive=True)
    (core,) = [one for one in processes if "EngineCore" in " ".join(one.cmdline())]
    lines = Path(f"/proc/{core.pid}/status").read_text().splitlines()
    ignored = int(next(line for line in lines if line.startswith("SigIgn")).split()[1], 16)
    assert ignored & 1 << (signal.SIGINT - 1)
    prompt = chat("Review this. " + "The method is simple and the results are strong. " * 600)
    (answer,) = async_vllm_engine.generate([prompt], replace(SAMPLING, max_tokens=24), "reviewer")
    assert answer.prompt_tokens > 4096 and answer.completion_tokens == 24
