"""LoRA on CPU by runs of tokens: the plan of one step, and the wrapper that vLLM's LoRA layers call.

vLLM tells the wrapper once a step which token belongs to which adapter (`update_metadata`); the plan is made there,
from Python integers. The layers, 4 to 7 in each of the model's blocks, then only read it: no device synchronisation
and no loop over tokens on that path. Where one adapter serves the step, a layer costs two matrix products; where
several share it, either two products a run, or two for all with the other adapters' columns masked.

Covers linear layers, the output head and the embedding. Fully sharded layers take vLLM's own steps over the
operations of `operations`; modules whose weights an adapter replaces whole (classifier heads) stay vLLM's.
"""

from __future__ import annotations

import functools
import os
from typing import Any

import torch
from vllm.lora.punica_wrapper import punica_cpu

from common.engines.vllm_plugin import STOCK_LORA, operations
from common.engines.vllm_plugin.packing import FEW_TOKENS, Packed, PackedLayer
from common.engines.vllm_plugin.threads import mkl_threads

LONG_RUN = 32
"""Runs of at least this many tokens on average are multiplied one by one; shorter ones together, masked."""


class Plan:
    """Which tokens of a step belong to which slot, and what follows from it.

    tokens: rows of the step. runs: without tokens of the base. slots: those in use, ascending.
    """

    def __init__(self, slots: tuple[int, ...]) -> None:
        self.tokens = len(slots)
        self.runs = operations.runs_of(slots)
        self.slots = tuple(sorted({run.slot for run in self.runs}))
        self.masked = len(self.runs) > 1 and self.tokens < LONG_RUN * len(self.runs)
        self._by_token = torch.tensor(slots) if self.masked else None
        self._masks: dict[tuple[tuple[int, ...], tuple[int, ...]], torch.Tensor] = {}

    def mask(self, slots: tuple[int, ...], ranks: tuple[int, ...]) -> torch.Tensor:
        """(tokens, sum of ranks), true where a column belongs to another adapter than the row's."""
        key = (slots, ranks)
        if key not in self._masks:
            columns = torch.repeat_interleave(torch.tensor(slots), torch.tensor(ranks))
            self._masks[key] = self._by_token[:, None] != columns
        return self._masks[key]


def _rows(tensor: torch.Tensor) -> torch.Tensor:
    return tensor if tensor.dim() == 2 else tensor.view(-1, tensor.shape[-1])


def _add(y: torch.Tensor, x: torch.Tensor, weights: Packed, scale: float, mask: torch.Tensor | None = None) -> None:
    """y += scale * (x A) B, in place; y may be padded to more columns than B has."""
    if y.shape[1] != weights.b.shape[1]:
        y = y[:, : weights.b.shape[1]]
    few = x.shape[0] <= FEW_TOKENS and weights.few_a is not None
    if few or not x.dtype == y.dtype == weights.a.dtype:
        _add_in_float(y, x, weights, scale, mask)
        return
    hidden = torch.mm(x, weights.a)
    if mask is not None:
        hidden.masked_fill_(mask, 0)
    y.addmm_(hidden, weights.b, alpha=scale)


def _add_in_float(y: torch.Tensor, x: torch.Tensor, weights: Packed, scale: float, mask: torch.Tensor | None) -> None:
    a, b = weights.few_a, weights.few_b
    if a is None or b is None:
        a, b = weights.a.float(), weights.b.float()
    one_thread = mkl_threads()
    before = one_thread(1)
    try:
        hidden = torch.mm(x.float(), a)
        if mask is not None:
            hidden.masked_fill_(mask, 0)
        y.add_(torch.mm(hidden, b), alpha=scale)
    finally:
        one_thread(before)


class RunPunicaWrapper(punica_cpu.PunicaWrapperCPU):
    """vLLM's CPU wrapper with its hot paths by runs. Created by vLLM, one for a model."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plan = Plan(())
        self._sampled = Plan(())
        self._layers: dict[tuple[int, int], tuple[PackedLayer, Any, Any]] = {}

    def update_metadata(
        self, mapping: Any, lora_index_to_id: list[int | None], max_loras: int, vocab_size: int, **kwargs: Any
    ) -> None:
        super().update_metadata(mapping, lora_index_to_id, max_loras, vocab_size, **kwargs)
        slot_of = {adapter: slot for slot, adapter in enumerate(lora_index_to_id) if adapter is not None}
        self._plan = Plan(tuple(slot_of[adapter] if adapter > 0 else -1 for adapter in mapping.index_mapping))
        self._sampled = Plan(tuple(slot_of[adapter] if adapter > 0 else -1 for adapter in mapping.prompt_mapping))

    def _layer(self, a_stacked: Any, b_stacked: Any) -> PackedLayer:
        # A layer hands over the same two objects each time, tuples or tensors. They are kept, so that no other object
        # can get their ids.
        key = id(a_stacked), id(b_stacked)
        found = self._layers.get(key)
        if found is None:
            a, b = (part if isinstance(part, tuple) else (part,) for part in (a_stacked, b_stacked))
            found = self._layers[key] = PackedLayer(a, b), a_stacked, b_stacked
        return found[0]

    def _apply(self, plan: Plan, y: torch.Tensor, x: torch.Tensor, layer: PackedLayer, scale: float) -> None:
        if plan.masked:
            slots, weights = layer.several(plan.slots)
            if weights is not None:
                _add(y, x, weights, scale, plan.mask(slots, weights.ranks))
            return
        for start, stop, slot in plan.runs:
            weights = layer.one(slot)
            if weights is None:
                continue
            if stop - start == plan.tokens:
                _add(y, x, weights, scale)
            else:
                _add(y[start:stop], x[start:stop], weights, scale)

    def add_lora_linear(
        self,
        y: torch.Tensor,
        x: torch.Tensor,
        lora_a_stacked: tuple[torch.Tensor, ...],
        lora_b_stacked: tuple[torch.Tensor, ...],
        scale: float,
        output_slices: tuple[int, ...],
        *,
        buffer: tuple[torch.Tensor, ...] | None = None,
        **kwargs: Any,
    ) -> None:
        """y += scale * (x A^T) B^T for every slice, in place."""
        x, y = _rows(x), _rows(y)
        if buffer is not None or kwargs or x.shape[0] != self._plan.tokens:
            super().add_lora_linear(y, x, lora_a_stacked, lora_b_stacked, scale, output_slices, buffer=buffer, **kwargs)
            return
        self._apply(self._plan, y, x, self._layer(lora_a_stacked, lora_b_stacked), scale)

    def add_lora_logits(
        self,
        y: torch.Tensor,
        x: torch.Tensor,
        lora_a_stacked: torch.Tensor,
        lora_b_stacked: torch.Tensor,
        scale: float,
        *,
        buffer: torch.Tensor | None = None,
        **kwargs: Any,
    ) -> None:
        """The same for the output head, whose rows are the sampled tokens."""
        x, y = _rows(x), _rows(y)
        if buffer is not None or kwargs or x.shape[0] != self._sampled.tokens or y.shape[1] < lora_b_stacked.shape[-2]:
            super().add_lora_logits(y, x, lora_a_stacked, lora_b_stacked, scale, buffer=buffer, **kwargs)
            return
        self._apply(self._sampled, y, x, self._layer(lora_a_stacked, lora_b_stacked), scale)

    def add_lora_embedding(
        self, y: torch.Tensor, x: torch.Tensor, lora_b_stacked: torch.Tensor, add_inputs: bool = True, **kwargs: Any
    ) -> None:
        """y += x B^T, where x is the row of A that vLLM has looked up for each token."""
        if not add_inputs or x.shape[0] != self._plan.tokens:
            super().add_lora_embedding(y, x, lora_b_stacked, add_inputs, **kwargs)
            return
        self._apply(self._plan, y, x, self._layer((), lora_b_stacked), 1.0)

    # The six operations, for layers that shrink and expand in steps of their own.

    def _shrink_prefill(self, y: torch.Tensor, x: torch.Tensor, w_t_all: torch.Tensor, scale: float) -> None:
        if not self.no_lora:
            operations.sgmv_shrink(x, w_t_all, y, *self.prefill_metadata, scale)

    def _shrink_decode(self, y: torch.Tensor, x: torch.Tensor, w_t_all: torch.Tensor, scale: float) -> None:
        operations.bgmv_shrink(x, w_t_all, y, self.token_lora_indices, scale)

    def _expand_prefill(self, y: torch.Tensor, x: torch.Tensor, w_t_all: torch.Tensor, add_inputs: bool) -> None:
        if not self.no_lora:
            operations.sgmv_expand(x, w_t_all, y, *self.prefill_metadata, add_inputs)

    def _expand_decode(self, y: torch.Tensor, x: torch.Tensor, w_t_all: torch.Tensor, add_inputs: bool) -> None:
        operations.bgmv_expand(x, w_t_all, y, self.token_lora_indices, add_inputs)

    def _expand_slice_prefill(
        self, y: torch.Tensor, x: torch.Tensor, w_t_all: torch.Tensor, offset: int, size: int, add_inputs: bool
    ) -> None:
        if not self.no_lora:
            operations.sgmv_expand_slice(x, w_t_all, y, *self.prefill_metadata, offset, size, add_inputs)

    def _expand_slice_decode(
        self, y: torch.Tensor, x: torch.Tensor, w_t_all: torch.Tensor, offset: int, size: int, add_inputs: bool
    ) -> None:
        operations.bgmv_expand_slice(x, w_t_all, y, self.token_lora_indices, offset, size, add_inputs)


def install() -> None:
    """Let CPU engines of this process use `RunPunicaWrapper`; harmless to call again. Each engine asks when it is
    made, so that one process can hold an engine of each kind."""
    from vllm.lora.layers import BaseLayerWithLoRA
    from vllm.platforms.cpu import CpuPlatform

    CpuPlatform.get_punica_wrapper = classmethod(lambda cls: _wrapper_name())
    if not getattr(BaseLayerWithLoRA.set_mapping, "_review", False):
        BaseLayerWithLoRA.set_mapping = _with_base_at_hand(BaseLayerWithLoRA.set_mapping)


def _with_base_at_hand(set_mapping: Any) -> Any:
    """A LoRA layer finds its `base_layer`, eight times a call, through a search written in Python; in the layer's own
    dictionary it is found at once. Measured: 0.9 ms of a 39 ms step, 30 layers."""

    @functools.wraps(set_mapping)
    def wrapper(self: Any, punica_wrapper: Any) -> None:
        set_mapping(self, punica_wrapper)
        base = self._modules.get("base_layer")
        if base is not None and isinstance(punica_wrapper, RunPunicaWrapper):
            self.__dict__["base_layer"] = base

    wrapper._review = True
    return wrapper


def _wrapper_name() -> str:
    chosen = punica_cpu.PunicaWrapperCPU if os.environ.get(STOCK_LORA, "") == "1" else RunPunicaWrapper
    return f"{chosen.__module__}.{chosen.__qualname__}"
