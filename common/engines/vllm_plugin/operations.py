"""The six LoRA operations of `vllm.lora.ops.torch_ops`, as one matrix product per run of tokens of one adapter.

vLLM's own gather the adapter's weights once per token: for n tokens they copy n times A and B. These multiply each
contiguous run of tokens by the weights of its adapter where they lie. Signatures and results are vLLM's, with one
repair: an index of -1 means "no adapter" and adds nothing (vLLM's torch operations index with it, and so apply the
adapter in the last slot to requests of the base).

Shapes: inputs (tokens, in), weights (slots, 1, out, in) or (slots, out, in), output (tokens, width). Errors: ValueError
when the indices are not for as many tokens as there are rows.
"""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

import torch


class Run(NamedTuple):
    """Tokens [start, stop) belong to the adapter in `slot`, never -1."""

    start: int
    stop: int
    slot: int


def runs_of(slots: list[int] | tuple[int, ...]) -> tuple[Run, ...]:
    """Contiguous runs of equal slot, in order; tokens without an adapter (-1) are in none."""
    found, start = [], 0
    for slot, tokens in groupby(slots):
        stop = start + sum(1 for _ in tokens)
        if slot >= 0:
            found.append(Run(start, stop, slot))
        start = stop
    return tuple(found)


def _runs_of_sequences(slots: torch.Tensor, lengths: torch.Tensor, rows: int) -> tuple[Run, ...]:
    found, start = [], 0
    for slot, length in zip(slots.tolist(), lengths.tolist(), strict=True):
        if slot >= 0 and length:
            found.append(Run(start, start + length, slot))
        start += length
    _check(start, rows)
    return tuple(found)


def _runs_of_tokens(slots: torch.Tensor, rows: int) -> tuple[Run, ...]:
    _check(slots.shape[0], rows)
    return runs_of(slots.tolist())


def _check(announced: int, rows: int) -> None:
    if announced != rows:
        raise ValueError(f"LoRA indices for {announced} tokens, but {rows} rows to multiply.")


def _matrix(weights: torch.Tensor, slot: int, dtype: torch.dtype) -> torch.Tensor:
    """(out, in) of one slot."""
    chosen = weights[slot]
    return (chosen.squeeze(0) if chosen.dim() == 3 else chosen).to(dtype)


def _shrink(
    runs: tuple[Run, ...], inputs: torch.Tensor, weights: torch.Tensor, output: torch.Tensor, scale: float
) -> None:
    rank = weights.shape[-2]
    target = output[:, :rank]
    target.zero_()
    for start, stop, slot in runs:
        matrix = _matrix(weights, slot, output.dtype)
        target[start:stop] = torch.mm(inputs[start:stop].to(output.dtype), matrix.t()).mul_(scale)


def _expand(
    runs: tuple[Run, ...], inputs: torch.Tensor, weights: torch.Tensor, target: torch.Tensor, add_inputs: bool
) -> None:
    width = min(weights.shape[-2], target.shape[1])  # the layer may be padded more, or less, than the adapter
    target = target[:, :width]
    if not add_inputs:
        target.zero_()
    for start, stop, slot in runs:
        matrix = _matrix(weights, slot, target.dtype)[:width]
        target[start:stop].addmm_(inputs[start:stop].to(target.dtype), matrix.t())


def sgmv_shrink(
    inputs: torch.Tensor,
    lora_a_weights: torch.Tensor,
    output_tensor: torch.Tensor,
    b_seq_start_loc: torch.Tensor,
    seq_len_tensor: torch.Tensor,
    lora_indices_tensor: torch.Tensor,
    batches: int,
    max_seq_length: int,
    token_nums: int,
    scaling: float,
) -> None:
    """output[:, :rank] = scaling * inputs @ A^T, the adapter given per sequence."""
    runs = _runs_of_sequences(lora_indices_tensor, seq_len_tensor, inputs.shape[0])
    _shrink(runs, inputs, lora_a_weights, output_tensor, scaling)


def sgmv_expand(
    inputs: torch.Tensor,
    lora_b_weights: torch.Tensor,
    output_tensor: torch.Tensor,
    b_seq_start_loc: torch.Tensor,
    seq_len_tensor: torch.Tensor,
    lora_indices_tensor: torch.Tensor,
    batches: int,
    max_seq_length: int,
    token_nums: int,
    add_inputs: bool = False,
) -> None:
    """output (+)= inputs @ B^T, the adapter given per sequence."""
    runs = _runs_of_sequences(lora_indices_tensor, seq_len_tensor, inputs.shape[0])
    _expand(runs, inputs, lora_b_weights, output_tensor, add_inputs)


def sgmv_expand_slice(
    inputs: torch.Tensor,
    lora_b_weights: torch.Tensor,
    output_tensor: torch.Tensor,
    b_seq_start_loc: torch.Tensor,
    seq_len_tensor: torch.Tensor,
    lora_indices_tensor: torch.Tensor,
    batches: int,
    max_seq_length: int,
    token_nums: int,
    slice_offset: int,
    slice_size: int,
    add_inputs: bool = False,
) -> None:
    """output[:, slice_offset : slice_offset + slice_size] (+)= inputs @ B^T, the adapter given per sequence."""
    runs = _runs_of_sequences(lora_indices_tensor, seq_len_tensor, inputs.shape[0])
    _expand(runs, inputs, lora_b_weights, output_tensor[:, slice_offset : slice_offset + slice_size], add_inputs)


def bgmv_shrink(
    inputs: torch.Tensor,
    lora_b_weights: torch.Tensor,
    output_tensor: torch.Tensor,
    lora_indices_tensor: torch.Tensor,
    scaling: float = 1.0,
) -> None:
    """output[:, :rank] = scaling * inputs @ A^T, the adapter given per token. (vLLM calls its A `lora_b_weights`.)"""
    _shrink(_runs_of_tokens(lora_indices_tensor, inputs.shape[0]), inputs, lora_b_weights, output_tensor, scaling)


def bgmv_expand(
    inputs: torch.Tensor,
    lora_b_weights: torch.Tensor,
    output_tensor: torch.Tensor,
    lora_indices_tensor: torch.Tensor,
    add_inputs: bool = True,
) -> None:
    """output (+)= inputs @ B^T, the adapter given per token."""
    _expand(_runs_of_tokens(lora_indices_tensor, inputs.shape[0]), inputs, lora_b_weights, output_tensor, add_inputs)


def bgmv_expand_slice(
    inputs: torch.Tensor,
    lora_b_weights: torch.Tensor,
    output_tensor: torch.Tensor,
    lora_indices_tensor: torch.Tensor,
    slice_offset: int,
    slice_size: int,
    add_inputs: bool = True,
) -> None:
    """output[:, slice_offset : slice_offset + slice_size] (+)= inputs @ B^T, the adapter given per token."""
    runs = _runs_of_tokens(lora_indices_tensor, inputs.shape[0])
    _expand(runs, inputs, lora_b_weights, output_tensor[:, slice_offset : slice_offset + slice_size], add_inputs)
