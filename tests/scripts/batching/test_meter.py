"""The figures that a person decides by: how long it still takes, and whether the engine is kept busy."""

from __future__ import annotations

import pytest

from scripts.batching.meter import Meter
from scripts.batching.progress import duration, figures


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_idle_time_is_what_lies_between_requests_while_papers_wait() -> None:
    """Half a minute of loading is no idleness, a pause after a failure is the server's, the last write is nobody's."""
    clock = Clock()
    meter = Meter(10, clock)
    clock.now = 1030.0
    meter.begun(2, 0.0)  # the engine took 30 s to start
    clock.now = 1040.0
    meter.landed(100, 50)
    clock.now = 1050.0
    meter.landed(100, 50)
    clock.now = 1052.0
    meter.begun(1, 0.0)  # 2 s without a request
    clock.now = 1060.0
    meter.gone(1)
    clock.now = 1065.0
    meter.begun(1, 4.0)  # 5 s without, 4 of them a pause
    clock.now = 1080.0
    meter.landed(100, 100)
    meter.done = 2
    clock.now = 1090.0  # the last record is written
    found = meter.figures()
    assert (found["idle_seconds"], found["paused_seconds"], found["engine_seconds"]) == (3.0, 4.0, 50.0)
    assert found["idle_share"] == pytest.approx(3 / 50)
    assert found["papers_per_hour"] == 3600 * 2 / 50
    assert found["tokens_per_second"] == 200 / 50
    assert (found["seconds"], found["most_in_flight"]) == (90.0, 2)
    assert meter.seconds_left == 8 * 25


def test_the_line_says_how_far_how_fast_and_how_long() -> None:
    """What everybody wants to know of a run of a week."""
    clock = Clock()
    meter = Meter(5000, clock)
    assert figures(meter) == "0 of 5,000 papers, 0 in flight"
    meter.begun(64, 0.0)
    clock.now += 3600.0
    meter.landed(8000, 720_000)
    meter.done, meter.failed = 200, 2
    said = figures(meter)
    assert said == ("200 of 5,000 papers, 2 failed, 200 papers/hour, 200 tokens/s, 63 in flight, about 24 h left")
    assert [duration(seconds) for seconds in (59, 119, 120, 7200, 3 * 86400)] == [
        "59 s",
        "119 s",
        "2 min",
        "2 h",
        "3 days",
    ]
