"""The arithmetic of sizing, by hand."""

from __future__ import annotations

import pytest

from common.cluster.hardware import GPUS, find_gpu
from common.cluster.rates import GIB, NoRoom, Replica, Shares, choices
from common.cluster.work import MEASURED, Demand, Lengths, Work
from common.config import ChainConfig
from common.errors import BadConfig, ReviewError
from common.store.presets import ModelPreset, load_preset
from common.types import Sampling

TOY = ModelPreset(
    "toy", "toy", parameters=12 * 10 * 1000**2, layers=10, kv_heads=4, head_dim=125, dtype="bfloat16", context=4096
)
"""A hidden size of 1,000; 2 x 10 x 4 x 125 x 2 = 20,000 bytes of cache a token; weights of 240 MB."""
WORK = Work(read_a=1000, read_b=2000, sets=4, set_tokens=100, reviews=1, review_tokens=300)
GPU = GPUS["h100"]


def test_a_paper_takes_what_the_formulas_say() -> None:
    """Whoever rents GPUs by these figures must be able to follow every step."""
    replica = Replica(TOY, GPU, 2, Shares(compute=0.5, bandwidth=0.6, memory=0.9, spread=0.9, floor=0), places=64)
    assert replica.hidden == pytest.approx(1000)
    assert replica.weights == 240e6
    assert replica.room == pytest.approx(0.9 * 2 * 80 * GIB - 240e6)
    # 2 x 120e6 x 3,000 and, for attention, 2 x 10 x 1,000 x (1e6 + 4e6).
    assert replica.reading(WORK) == pytest.approx((720e9 + 100e9) / (2 * 989e12 * 0.5 * 0.9))
    # 400 steps; 4 sequences of 1,050 tokens over 100 of them, one of 2,150 over 300: 2,662.5 tokens in the mean.
    assert (WORK.steps, WORK.written, WORK.together) == (400, 700, 1.75)
    step = (240e6 + 10 * 2662.5 * 20_000) / (2 * 3.35e12 * 0.6 * 0.9)
    assert replica.step(WORK, 10) == pytest.approx(step)
    assert replica.seconds(WORK, 10) == pytest.approx(replica.reading(WORK) + 400 * step / 10)
    # A paper holds 2,300 tokens at most; 64 places are 36 papers of 1.75 answers.
    assert replica.cache(WORK) == 2300 * 20_000
    assert replica.papers(WORK) == 36
    assert replica.per_hour(WORK) == pytest.approx(3600 / replica.seconds(WORK, 36))


def test_a_copy_on_more_gpus_is_not_faster_for_nothing() -> None:
    """Without the exchange between GPUs a copy on eight of them would always seem as good as eight copies."""
    ways = choices(load_preset("llama3.1-8b"), GPUS["h200"], 8, Shares(), WORK, 4096)
    assert ways[0].parallel == 1
    assert Replica(TOY, GPU, 8, Shares()).operations == pytest.approx(8 * 989e12 * 0.5 * 0.95**3)


def test_a_large_batch_is_bound_by_arithmetic() -> None:
    """Memory alone would promise ever more papers from one GPU."""
    replica = Replica(TOY, GPU, 1, Shares(floor=0.001), places=10**6)
    short = Work(10, 10, 1, 10, 1, 10)
    assert replica.step(short, 1) == 0.001
    assert replica.step(short, 100_000) == pytest.approx(100_000 * 2 * 120e6 / (989e12 * 0.5))


def test_speeds_grow_to_one() -> None:
    """They are what the simulation runs on."""
    speeds = Replica(TOY, GPU, 1, Shares()).speeds(WORK)
    assert len(speeds) == 36 and list(speeds) == sorted(speeds) and speeds[-1] == 1.0 and 0 < speeds[0] < 0.5


def test_a_mixture_of_experts_reads_with_those_a_token_uses() -> None:
    """With all 47 billion the reading of Mixtral would be 3.6 times too slow; its memory does hold them all."""
    replica = Replica(load_preset("mixtral-8x7b"), GPU, 2, Shares())
    assert replica.active == 12_879_925_248
    assert replica.weights == 46_702_792_704 * 2


def test_the_ways_to_spread_a_model_are_those_that_fit() -> None:
    """A plan for hardware on which the model does not start is worse than none."""
    preset = load_preset("llama2-70b")
    ways = choices(preset, GPU, 8, Shares(), WORK, 4096)
    assert sorted(way.parallel for way in ways) == [2, 4, 8]
    hours = [8 // way.parallel * way.per_hour(WORK) for way in ways]
    assert hours == sorted(hours, reverse=True)
    with pytest.raises(NoRoom, match=r"llama2-70b needs 129\.7 GiB .* 1 x NVIDIA H100 SXM give 72\.0 GiB"):
        choices(preset, GPU, 1, Shares(), WORK, 4096)
    # 32 key and value heads cannot be divided by 64.
    assert max(way.parallel for way in choices(load_preset("llama2-7b"), GPU, 64, Shares(), WORK, 4096)) == 32


LENGTHS = Lengths("toy", "made up", 3, (100.0, 200.0, 1000.0), 50, 80)


def test_papers_are_cut_as_the_chain_cuts_them() -> None:
    """The work must be that of the papers as they are sent, not of those that were submitted."""
    config = ChainConfig(
        samples=2, max_questions=5, questioner=Sampling(max_tokens=100), reviewer=Sampling(max_tokens=200)
    )
    demand = Demand(config, 1000, LENGTHS, answers=0.5)
    # A: 1,000 - 50 - 100 = 850; B: 1,000 - 80 - 200 - 5 x 25 = 595.
    assert demand.budget == 595
    assert demand.of(150) == Work(200, 355, 2, 50.0, 1, 100.0)
    assert demand.of(5000) == Work(645, 800, 2, 50.0, 1, 100.0)
    # Half of the papers run from 100 to 200 tokens, half from 200 to 1,000; of these those above 595 are cut.
    assert demand.mean().read_a - 50 == pytest.approx(0.5 * 150 + 0.5 * (395 / 800 * 397.5 + 405 / 800 * 595), rel=1e-3)
    assert demand.draw(50, 1) == demand.draw(50, 1) != demand.draw(50, 2)
    with pytest.raises(ReviewError, match="leaves no room"):
        _ = Demand(config, 400, LENGTHS).budget


def test_lengths_between_their_quantiles_are_on_a_line() -> None:
    assert [LENGTHS.at(share) for share in (0, 0.25, 0.5, 0.75, 1)] == [100, 150, 200, 600, 1000]
    assert list(MEASURED.quantiles) == sorted(MEASURED.quantiles)


def test_an_unknown_gpu_names_the_closest() -> None:
    with pytest.raises(BadConfig) as error:
        find_gpu("h10")
    assert "h100" in error.value.hint
