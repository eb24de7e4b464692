"""The simulation against what queueing theory knows exactly, and against what may never happen."""

from __future__ import annotations

import random
from itertools import accumulate
from math import exp, factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.cluster.simulation import Fleet, before_deadline, simulate

PAPERS = 40_000


def poisson(rate: float, count: int = PAPERS, seed: int = 1) -> list[float]:
    chance = random.Random(seed)
    return list(accumulate(chance.expovariate(rate) for _ in range(count)))


def exponential(mean: float, count: int = PAPERS, seed: int = 2) -> list[float]:
    chance = random.Random(seed)
    return [chance.expovariate(1 / mean) for _ in range(count)]


def mean_wait(fleet: Fleet, arrivals: list[float], seconds: list[float]) -> float:
    """From arrival to the end of service, the first tenth left out."""
    waits = simulate(fleet, arrivals, seconds).waits
    return float(np.mean(waits[len(waits) // 10 :]))


def erlang_c(servers: int, load: float) -> float:
    """The chance of having to wait in M/M/c (Kleinrock, Queueing Systems I, equation 3.40). load: c times the busy
    share."""
    last = load**servers / factorial(servers) / (1 - load / servers)
    return last / (sum(load**k / factorial(k) for k in range(servers)) + last)


def deterministic(servers: int, rate: float, seconds: float) -> float:
    """Mean time in M/D/c: the number there at times `seconds` apart is a Markov chain, whoever is served now has left
    by then (Crommelin 1932); its mean gives the time by Little's law."""
    size, load = 200, rate * seconds
    arrivals = [exp(-load)]
    for count in range(1, size):
        arrivals.append(arrivals[-1] * load / count)
    share = np.zeros(size)
    share[0] = 1.0
    for _ in range(1_000):
        share = np.convolve(np.concatenate([[share[: servers + 1].sum()], share[servers + 1 :]]), arrivals)[:size]
    return float(np.arange(size) @ share) / rate


@pytest.mark.parametrize("servers", [1, 4])
def test_exponential_service_waits_as_erlang_says(servers: int) -> None:
    """Every figure about a deadline rests on how long papers queue."""
    rate = 0.8 * servers
    expected = 1 + erlang_c(servers, 0.8 * servers) / (servers - rate)
    found = mean_wait(Fleet(servers), poisson(rate), exponential(1.0))
    assert found == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize("servers", [1, 8])
def test_equal_papers_wait_as_crommelin_says(servers: int) -> None:
    """Papers that are all cut to one context take the same time; they wait half as long as random ones."""
    rate = 0.8 * servers
    expected = deterministic(servers, rate, 1.0)
    if servers == 1:
        assert expected == pytest.approx(1 + 0.8 / (2 * (1 - 0.8)))  # Pollaczek and Khinchine
    assert mean_wait(Fleet(servers), poisson(rate), [1.0] * PAPERS) == pytest.approx(expected, rel=0.04)


def test_papers_that_share_a_replica_wait_as_processor_sharing_says() -> None:
    """A batch of an engine is no queue: the mean time is E[S] / (1 - busy), whatever the distribution."""
    seconds = random.Random(5).choices([0.2, 1.8], k=PAPERS)
    found = mean_wait(Fleet(1, speeds=(1.0,) * 400), poisson(0.7), seconds)
    assert found == pytest.approx(1 / (1 - 0.7), rel=0.06)


def test_a_batch_is_worth_what_its_speeds_say() -> None:
    """Two papers side by side at full speed take as long as one after the other; alone at half speed, each takes
    twice as long."""
    together = simulate(Fleet(1, speeds=(0.5, 1.0)), [0.0, 0.0], [3.0, 3.0])
    assert together.finished == [6.0, 6.0]
    apart = simulate(Fleet(1, speeds=(0.5, 1.0)), [0.0, 100.0], [3.0, 3.0])
    assert apart.waits == [6.0, 6.0]
    # 3 s at half speed leave 1.5 s of the first; then both advance at 0.5 each: it needs 3 s more, the other 3 s alone.
    staggered = simulate(Fleet(1, speeds=(0.5, 1.0)), [0.0, 3.0], [3.0, 3.0])
    assert staggered.finished == pytest.approx([6.0, 9.0])


def test_a_lost_replica_loses_its_work_but_no_paper() -> None:
    """Sizing for machines that never fail is sizing for a bad surprise."""
    calm = simulate(Fleet(4), [0.0] * 400, [60.0] * 400)
    rough = simulate(Fleet(4, hours=0.25, back=300.0), [0.0] * 400, [60.0] * 400)
    assert calm.end == 6_000.0 and calm.restarts == 0 and calm.busy == 1.0
    assert rough.restarts > 0 and rough.end > calm.end and min(rough.finished) >= 60.0
    # A replica works 900 s of every 1,200; of an attempt's 60 s a loss takes about half, once in 15 attempts.
    assert rough.end == pytest.approx(6_000 * 1_200 / 900 * (1 + 30 / 900), rel=0.15)


def test_stragglers_take_their_time() -> None:
    """One slow paper in a hundred must show in the longest wait, not in the mean alone."""
    outcome = simulate(Fleet(1, straggling=0.25, slowness=5.0), [0.0] * 4_000, [1.0] * 4_000)
    assert outcome.end == pytest.approx(4_000 * (0.75 + 0.25 * 5), rel=0.05)


@given(
    st.integers(1, 5),
    st.lists(st.tuples(st.floats(0, 50), st.floats(0.01, 20)), min_size=1, max_size=40),
    st.sampled_from([0.0, 0.01]),
    st.integers(0, 5),
)
def test_every_paper_is_finished_once_and_no_sooner_than_it_can(
    replicas: int, papers: list[tuple[float, float]], hours: float, seed: int
) -> None:
    """A simulation that drops a paper flatters whoever trusts it."""
    arrivals, seconds = [one for one, _ in papers], [one for _, one in papers]
    outcome = simulate(Fleet(replicas, (0.6, 1.0), hours, 5.0, 0.1, 2.0), arrivals, seconds, seed)
    assert len(outcome.finished) == len(papers)
    assert all(wait >= second - 1e-6 for wait, second in zip(outcome.waits, seconds, strict=True))
    assert 0 < outcome.busy <= 1 + 1e-9
    assert outcome == simulate(Fleet(replicas, (0.6, 1.0), hours, 5.0, 0.1, 2.0), arrivals, seconds, seed)


def test_half_of_the_papers_come_in_the_last_hours() -> None:
    """The wave before a deadline is what a service is sized for."""
    times = before_deadline(20_000, 6.0, 72.0, seed=3)
    assert times == sorted(times) and times[0] >= 0 and times[-1] <= 72
    assert sum(time > 66 for time in times) / 20_000 == pytest.approx(0.5, abs=0.01)
    assert sum(time > 60 for time in times) / 20_000 == pytest.approx(0.75, abs=0.01)
