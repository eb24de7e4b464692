"""Memory and seconds a paper takes on given GPUs: arithmetic on stated peaks, nothing measured.

Reading is bound by arithmetic: 2 operations a parameter and token, and 2 x layers x hidden x tokens^2 for causal
attention over a prompt (Kaplan et al. 2020, arXiv 2001.08361, table 1). Writing is bound by
memory: every step reads all weights once and the cache of every sequence (Pope et al. 2022, arXiv 2211.05102, section
2.1), or by arithmetic where the batch is large. Batches of different stages share a replica; what reading and writing
gain by overlapping is not counted, nor are stops for scheduling: both stand in the shares.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from common.cluster.hardware import Gpu
from common.cluster.work import Work
from common.errors import ReviewError
from common.store.presets import ModelPreset, kv_bytes

GIB = 2**30


class NoRoom(ReviewError):
    """A model does not fit the GPUs it is given."""


@dataclass(frozen=True, slots=True)
class Shares:
    """What is reached of a GPU's peaks. compute: of its operations while reading; bandwidth: of its memory's while
    writing; memory: that the engine may fill. spread: what is left of both when a copy stands on twice as many GPUs,
    which exchange the result of every layer. floor: seconds a step takes at least: scheduling, starting kernels."""

    compute: float = 0.5
    bandwidth: float = 0.6
    memory: float = 0.9
    spread: float = 0.95
    floor: float = 0.005


@dataclass(frozen=True, slots=True)
class Replica:
    """One copy of a model over `parallel` GPUs. places: requests it runs at once. active: parameters a token uses."""

    preset: ModelPreset
    gpu: Gpu
    parallel: int
    shares: Shares
    places: int = 64

    @property
    def weights(self) -> float:
        """Bytes."""
        width = 4 if self.preset.dtype == "float32" else 2
        return float(self.preset.parameters * width)

    @property
    def room(self) -> float:
        """Bytes left for keys and values. Negative: the weights do not fit."""
        return self.shares.memory * self.parallel * self.gpu.memory_gib * GIB - self.weights

    @property
    def spread(self) -> float:
        return self.shares.spread ** math.log2(self.parallel)

    @property
    def operations(self) -> float:
        """A second."""
        return self.parallel * self.gpu.tflops * 1e12 * self.shares.compute * self.spread

    @property
    def bytes(self) -> float:
        """A second, read from memory."""
        return self.parallel * self.gpu.bandwidth * 1e12 * self.shares.bandwidth * self.spread

    @property
    def active(self) -> int:
        return self.preset.active_parameters or self.preset.parameters

    @property
    def hidden(self) -> float:
        """Of the model, from its parameters: 12 x layers x hidden^2 (arXiv 2001.08361, table 1)."""
        return math.sqrt(self.active / (12 * self.preset.layers))

    def cache(self, work: Work) -> float:
        """Bytes of keys and values a paper holds at most: one prompt, shared by its answers, and the answers."""
        a = work.read_a + work.sets * work.set_tokens
        b = work.read_b + work.reviews * work.review_tokens
        return kv_bytes(self.preset) * max(a, b)

    def papers(self, work: Work) -> int:
        """Papers in flight: as many as the cache holds and the places allow, over both stages; at least 1."""
        return max(1, min(int(self.room / self.cache(work)), int(self.places / work.together)))

    def reading(self, work: Work) -> float:
        """Seconds to read a paper's prompts, one for each stage."""
        dense = 2 * self.active * work.read
        attention = 2 * self.preset.layers * self.hidden * (work.read_a**2 + work.read_b**2)
        return (dense + attention) / self.operations

    def step(self, work: Work, papers: int) -> float:
        """Seconds of one decoding step with so many papers in flight, in the mean over their two stages."""
        tokens_a = work.sets * (work.read_a + work.set_tokens / 2)
        tokens_b = work.reviews * (work.read_b + work.review_tokens / 2)
        tokens = (tokens_a * work.set_tokens + tokens_b * work.review_tokens) / work.steps
        by_memory = (self.weights + papers * tokens * kv_bytes(self.preset)) / self.bytes
        by_arithmetic = papers * work.together * 2 * self.active / self.operations
        return max(by_memory, by_arithmetic, self.shares.floor)

    def seconds(self, work: Work, papers: int | None = None) -> float:
        """A paper's share of the replica's time with so many in flight; by default as many as there is room for."""
        count = papers or self.papers(work)
        return self.reading(work) + work.steps * self.step(work, count) / count

    def speeds(self, work: Work) -> tuple[float, ...]:
        """How fast the replica works with 1, 2, ... papers in flight, 1 being its speed when it is full."""
        full = self.papers(work)
        best = self.seconds(work, full)
        return tuple(best / self.seconds(work, count) for count in range(1, full + 1))

    def per_hour(self, work: Work) -> float:
        """Papers."""
        return 3600 / self.seconds(work)


def choices(preset: ModelPreset, gpu: Gpu, gpus: int, shares: Shares, work: Work, context: int) -> Sequence[Replica]:
    """The ways to spread one copy: over 1, 2, 4, ... GPUs, as long as that divides the key and value heads and the
    weights leave room for one full context; the one with the most papers an hour on all GPUs together first.

    Errors: NoRoom when no way fits, with what it would take.
    """
    ways = [1 << power for power in range(gpus.bit_length()) if preset.kv_heads % (1 << power) == 0]
    replicas = [Replica(preset, gpu, way, shares) for way in ways]
    fitting = [one for one in replicas if one.room >= kv_bytes(preset) * context]
    if not fitting:
        need = (replicas[-1].weights + kv_bytes(preset) * context) / GIB
        have = shares.memory * ways[-1] * gpu.memory_gib
        raise NoRoom(
            f"{preset.name} needs {need:,.1f} GiB for weights and one full context; {ways[-1]} x {gpu.title} give "
            f"{have:,.1f} GiB.",
            "Give more --gpus, a --gpu with more memory, or a smaller model.",
        )
    return sorted(fitting, key=lambda one: -(gpus // one.parallel) * one.per_hour(work))
