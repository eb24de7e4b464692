"""The engines that the contract is held against."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from common.engines.base import Engine
from common.engines.scripted import ScriptedEngine
from common.engines.server import ServerEngine
from tests.common.engines.standin import Behaviour, serving

REAL = [pytest.param(name, marks=pytest.mark.slow) for name in ("vllm", "async_vllm")]


@pytest.fixture(params=["scripted", "server", *REAL])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "scripted":
        reply = "one two three four five six seven eight nine ten eleven twelve thirteen"
        yield ScriptedEngine([reply], adapters={"questioner": "x"}, context=512, loop=True)
    elif request.param == "server":
        words = "one two three four five six seven eight nine ten eleven twelve thirteen"
        with serving(Behaviour(reply=words)) as url:
            yield ServerEngine(url)
    else:
        yield request.getfixturevalue(f"{request.param}_engine")
