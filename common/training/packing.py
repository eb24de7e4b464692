"""Several rows in one sequence, each blind to the others: no padding, and nothing leaks between them.

The positions of a pack restart at every row. transformers' masks are made from them (`masking_utils`: a token sees its
own row alone; the flash kernels take the rows' bounds instead of a mask), as long as no attention mask is given. What
does not make its mask there cannot pack: shifted sparse attention, and layers with a running state (Mamba and its kin).
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from common.chat import IGNORED
from common.errors import BadConfig, ReviewError
from common.training.batches import Encoded

_BACKENDS = ("eager", "sdpa", "flex_attention", "flash_attention")
"""Beginnings of the names of attention implementations whose masks follow from positions."""
_LAYERS = {"full_attention", "sliding_attention", "chunked_attention"}


def pack(rows: Sequence[Encoded], size: int) -> list[list[Encoded]]:
    """Rows in packs of at most `size` tokens: the longest first, each into the first pack with room for it
    (first-fit decreasing, at most 11/9 of the fewest packs possible). The same rows give the same packs.

    Errors: ReviewError for a row longer than a pack."""
    packs: list[list[Encoded]] = []
    free: list[int] = []
    for row in sorted(rows, key=lambda one: (-len(one.ids), one.id)):
        length = len(row.ids)
        if length > size:
            raise ReviewError(
                f"Row {row.id} has {length} tokens, but a pack has {size}.", "Raise packing, or set packing=0."
            )
        place = next((place for place, room in enumerate(free) if room >= length), len(packs))
        if place == len(packs):
            packs.append([])
            free.append(size)
        packs[place].append(row)
        free[place] -= length
    return packs


def joined(rows: Sequence[Encoded]) -> dict[str, list[int]]:
    """A pack as one sequence: input_ids, labels, position_ids, each (T,). A row's first token is predicted from
    nothing, so it carries no loss."""
    return {
        "input_ids": [token for row in rows for token in row.ids],
        "labels": [label for row in rows for label in [IGNORED, *row.labels[1:]]],
        "position_ids": [place for row in rows for place in range(len(row.ids))],
    }


def check(model: Any) -> None:
    """Errors: BadConfig when this model would let the rows of a pack see each other."""
    plain = model.get_base_model() if hasattr(model, "get_base_model") else model
    backend = str(plain.config._attn_implementation)
    layers = set(getattr(plain.config, "layer_types", None) or ())
    fault = ""
    if not backend.startswith(_BACKENDS):
        fault = f"its attention '{backend}' makes no mask from positions"
    elif layers - _LAYERS:
        fault = f"it has layers of another kind ({', '.join(sorted(layers - _LAYERS))})"
    elif "position_ids" not in inspect.signature(plain.forward).parameters:
        fault = "it takes no positions"
    if fault:
        raise BadConfig(f"This model cannot be trained on packed rows: {fault}.", "Set packing=0.")
