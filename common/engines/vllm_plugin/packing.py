"""LoRA weights of one layer, packed so that any number of slices takes two matrix products.

A fused layer (q, k, v; gate, up) has one pair A_i, B_i a slice. With A = [A_1; A_2; ...] and B block-diagonal,
    delta = (x A^T) B
holds for all slices at once, and one adapter costs two products instead of two a slice. Rows of A and columns of B
that are zero (an adapter of a smaller rank than the engine's maximum; a module it does not adapt) are left out.

A second copy in float32 serves steps of few tokens: there a bfloat16 product costs some 20 microseconds before it
computes anything (oneDNN), and a float32 one about 3 (MKL); decoding does 240 of them a token in a model of 30 layers.
Large layers do without that copy: their cost is reading the weights, and float32 doubles it.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

FEW_TOKENS = 32
"""Steps of at most this many tokens take the float32 copy."""

SMALL_LAYER = 1 << 18
"""A layer whose packed A and B hold more numbers than this has no float32 copy of its own."""


class Packed(NamedTuple):
    """A (in, rank) and B (rank, out) of one or several adapters; ranks: columns of A by adapter, in order."""

    a: torch.Tensor
    b: torch.Tensor
    few_a: torch.Tensor | None
    few_b: torch.Tensor | None
    ranks: tuple[int, ...]


def pack(a: torch.Tensor, b: torch.Tensor, ranks: tuple[int, ...]) -> Packed:
    small = a.numel() + b.numel() <= SMALL_LAYER
    return Packed(a, b, a.float() if small else None, b.float() if small else None, ranks)


class PackedLayer:
    """The packed weights of every slot of one layer, made when first used and again when vLLM rewrites a slot.

    a_stacked, b_stacked: vLLM's, one tensor a slice: (slots, 1, rank, in) and (slots, 1, out_i, rank). An empty
    a_stacked stands for the identity (the embedding layer, where A is a table and vLLM has looked it up).
    """

    def __init__(self, a_stacked: tuple[torch.Tensor, ...], b_stacked: tuple[torch.Tensor, ...]) -> None:
        self._a = a_stacked
        self._b = b_stacked
        self._all = a_stacked + b_stacked
        self._version = -1
        self._one: dict[int, Packed | None] = {}
        self._several: dict[tuple[int, ...], tuple[tuple[int, ...], Packed | None]] = {}

    def _refresh(self) -> None:
        # Every in-place write raises a tensor's version, so an unchanged sum means unchanged weights.
        version = 0
        for tensor in self._all:
            version += tensor._version
        if version != self._version:
            self._one.clear()
            self._several.clear()
            self._version = version

    def one(self, slot: int) -> Packed | None:
        """Weights of one slot, or None when the adapter there does not touch this layer."""
        self._refresh()
        try:
            return self._one[slot]
        except KeyError:
            return self._one.setdefault(slot, self._pack(slot))

    def several(self, slots: tuple[int, ...]) -> tuple[tuple[int, ...], Packed | None]:
        """Weights of several slots side by side, and the slots that touch this layer."""
        self._refresh()
        if slots not in self._several:
            parts = [(slot, part) for slot in slots if (part := self.one(slot)) is not None]
            joined = None
            if parts:
                a = torch.cat([part.a for _, part in parts], dim=1)
                b = torch.cat([part.b for _, part in parts])
                joined = pack(a, b, tuple(part.b.shape[0] for _, part in parts))
            self._several[slots] = tuple(slot for slot, _ in parts), joined
        return self._several[slots]

    def _pack(self, slot: int) -> Packed | None:
        bs = [b[slot, 0] for b in self._b]
        as_ = [a[slot, 0] for a in self._a] or [torch.eye(bs[0].shape[1], dtype=bs[0].dtype)]
        used = [(a != 0).any(1) & (b != 0).any(0) for a, b in zip(as_, bs, strict=True)]
        if not torch.cat(used).any():
            return None
        a = torch.cat([a[use] for a, use in zip(as_, used, strict=True)]).t().contiguous()
        b = torch.block_diag(*[b[:, use].t() for b, use in zip(bs, used, strict=True)]).contiguous()
        return pack(a, b, (b.shape[0],))
