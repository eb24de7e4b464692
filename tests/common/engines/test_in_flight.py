"""How many requests are kept in flight, against engines whose best number is known."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.engines.in_flight import HOLD, LONGEST_PAUSE, InFlight, Pressure


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def served(curve: Callable[[int], float], most: int, answers: int, seed: int = 0) -> list[int]:
    """The limit after each answer of a server that writes curve(n) tokens a second with n requests in flight.

    Requests have 50 to 150 tokens; all in flight share the speed. Work never runs out."""
    clock, luck, limits = Clock(), random.Random(seed), []
    control = InFlight(most, 4, clock)
    flying: list[tuple[float, int]] = []  # (tokens of everybody's share at which it ends, its tokens)
    share = 0.0
    while len(limits) < answers:
        for _ in range(control.allowed(len(flying))):
            tokens = luck.randint(50, 150)
            heapq.heappush(flying, (share + tokens, tokens))
        end, tokens = flying[0]
        clock.now += (end - share) * len(flying) / curve(len(flying))
        share = end
        heapq.heappop(flying)
        control.landed(tokens)
        limits.append(control.limit)
    return limits


@pytest.mark.parametrize("knee", [4, 16, 40])
@pytest.mark.parametrize("seed", range(3))
def test_a_server_is_given_what_it_can_use_and_not_much_more(knee: int, seed: int) -> None:
    """Too few waste the server, too many only wait inside it and time out."""
    limits = served(lambda n: 100.0 * min(n, knee), 256, 6000, seed)
    settled = limits[3000:]
    mean = sum(settled) / len(settled)
    assert 0.9 * knee <= mean <= 2.2 * knee
    assert min(settled) >= 0.75 * knee


def test_a_server_that_gets_slower_under_load_is_not_flooded() -> None:
    """Where 32 are served faster than 64, 32 is where it stays."""
    limits = served(lambda n: 100.0 * min(n, 32) / (1 + max(0, n - 32) / 32), 256, 6000)
    assert max(limits[3000:]) <= 64
    assert sum(limits[3000:]) / 3000 <= 44


def test_a_server_that_takes_everything_gets_everything() -> None:
    """The first doublings must not stop half-way to a big server."""
    assert served(lambda n: 100.0 * n, 128, 4000)[-1] == 128


def test_an_engine_that_tells_is_filled_at_once_as_far_as_its_cache_goes() -> None:
    """On a GPU every minute of growing slowly is a minute of an idle card."""
    control = InFlight(64, 8, Clock())
    flying = 0
    for _ in range(6):
        flying += control.allowed(flying, Pressure(flying / 100, 0, 0))
    assert flying == 64
    control = InFlight(64, 8, Clock())
    flying = 0
    for _ in range(20):
        flying += control.allowed(flying, Pressure(flying / 20, 0, 0))
    assert flying == 32  # 16 used 0.8 of the cache, 32 are more than it holds: no step beyond


def test_what_waits_inside_the_engine_stops_the_growth() -> None:
    """It would wait there as well as here, and here other papers' reviews may go first."""
    control = InFlight(64, 8, Clock())
    assert control.allowed(0, Pressure(0.0, 0, 0)) == 8
    assert control.allowed(8, Pressure(0.3, 3, 0)) == 0
    assert control.allowed(8, Pressure(0.3, 0, 0)) == 8


def test_a_preemption_halves_and_is_counted_once() -> None:
    """Thrown out of the cache, a request's work is done twice; but one squeeze must not lead down to a single place."""
    control = InFlight(64, 32, Clock())
    assert control.allowed(32, Pressure(0.99, 0, 3)) == 0
    assert control.limit == 16
    for seen in (5, 6, 7):
        assert control.allowed(30, Pressure(0.99, 4, seen)) == 0
    assert control.limit == 16
    assert control.allowed(16, Pressure(0.6, 0, 7)) == 0  # not grown again at once
    for _ in range(HOLD * 16):
        control.landed(10, measured=False)
    assert control.allowed(16, Pressure(0.6, 0, 7)) == 2  # and then by an eighth


def test_failures_halve_pause_and_are_counted_once_a_crowd() -> None:
    """Forty requests that time out together are one event; a server that is down is asked once a minute."""
    clock = Clock()
    control = InFlight(64, 40, clock)
    clock.now = 130.0
    for _ in range(40):
        control.failed(begun=110.0)
    assert (control.limit, control.failures) == (20, 1)
    assert control.allowed(0) == 0 and control.pause == pytest.approx(1.0)
    pauses = []
    for _ in range(8):
        clock.now += control.pause
        assert control.allowed(0) == control.limit
        control.failed(begun=clock.now)
        pauses.append(control.pause)
    assert pauses == [2.0, 4.0, 8.0, 16.0, 32.0, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]
    assert control.limit == 1
    clock.now += 100
    control.landed(10)
    assert control.failures == 0


@given(st.integers(1, 300), st.integers(1, 300), st.lists(st.sampled_from("lfpaw"), max_size=200))
def test_the_limit_stays_between_one_and_most(most: int, first: int, events: list[str]) -> None:
    """Zero places would stop a run for ever; too many are refused by the flow."""
    clock = Clock()
    control = InFlight(most, first, clock)
    preempted = 0
    for event in events:
        clock.now += 0.3
        if event == "l":
            control.landed(10)
        elif event == "f":
            control.failed(clock.now)
        elif event == "p":
            preempted += 1
            control.allowed(0, Pressure(0.5, 0, preempted))
        else:
            control.allowed(control.limit, Pressure(0.5, event == "w", preempted) if preempted else None, event == "a")
        assert 1 <= control.limit <= most
        assert 0 <= control.allowed(0) <= most
