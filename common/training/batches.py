"""Rows -> token ids with labels -> batches whose logits are taken at supervised positions alone.

The vocabulary is the largest matrix of a small model. An answer is a tenth of a row, so logits at its positions cost a
tenth of logits everywhere; `logits_to_keep` of transformers' models takes exactly those.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from common.chat import IGNORED, Chat
from common.errors import ReviewError
from common.rows.record import Row


@dataclass(frozen=True, slots=True)
class Encoded:
    """One row as a model sees it. ids, labels: (T,); labels are IGNORED on the prompt."""

    id: str
    ids: list[int]
    labels: list[int]

    @property
    def supervised(self) -> int:
        return sum(label != IGNORED for label in self.labels)

    @property
    def columns(self) -> dict[str, list[int]]:
        """As the collator takes it."""
        return {"input_ids": self.ids, "labels": self.labels}


def encode(rows: Iterable[Row], chat: Chat, context: int) -> list[Encoded]:
    """Errors: ReviewError for a row longer than the context or without a supervised token: nothing is ever cut."""
    found = []
    for row in rows:
        ids, labels = chat.ids_and_labels(row.chat, row.answer)
        one = Encoded(row.id, ids, labels)
        if not one.supervised:
            raise ReviewError(f"Row {row.id} has no supervised token.", "Write the rows again.")
        if len(ids) > context:
            raise ReviewError(
                f"Row {row.id} has {len(ids)} tokens, but the context is {context}.",
                "Write the rows for this context (`review data rows --context`), or train with a longer one.",
            )
        found.append(one)
    return found


class Collator:
    """Encoded rows -> what the model takes.

    input_ids, attention_mask: (B, T), padded on the right. logits_to_keep: (K,), the positions whose next token is
    supervised in any row. labels: (B, 1 + K): a column of IGNORED, then the next tokens at those positions; the first
    column is there because Trainer counts supervised tokens from the second on. position_ids: (B, T), for packed rows
    (`packing`) in place of the mask; the padding is then a row of its own.
    """

    def __init__(self, padding: int) -> None:
        self._padding = padding

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        import torch

        width = max(len(row["input_ids"]) for row in rows)
        ids = torch.full((len(rows), width), self._padding)
        labels = torch.full((len(rows), width), IGNORED)
        mask = torch.zeros((len(rows), width), dtype=torch.long)
        for place, row in enumerate(rows):
            length = len(row["input_ids"])
            ids[place, :length] = torch.tensor(row["input_ids"])
            labels[place, :length] = torch.tensor(row["labels"])
            mask[place, :length] = 1
        following = labels[:, 1:]
        keep = (following != IGNORED).any(dim=0).nonzero().squeeze(1)
        blank = torch.full((len(rows), 1), IGNORED)
        batch = {"input_ids": ids, "logits_to_keep": keep, "labels": torch.cat([blank, following[:, keep]], dim=1)}
        if "position_ids" in rows[0]:
            return {**batch, "position_ids": torch.stack([_positions(row["position_ids"], width) for row in rows])}
        # Without padding the model takes its causal path, which needs no mask and is the faster one.
        return batch if bool(mask.all()) else {**batch, "attention_mask": mask}


def _positions(known: Sequence[int], width: int) -> Any:
    import torch

    return torch.cat([torch.tensor(known), torch.arange(width - len(known))])


def supervised_loss(outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
    """Mean cross-entropy in nats over supervised tokens: of the whole step, over all devices and accumulated batches,
    where their number is given; else of this batch. outputs.logits: (B, K, V)."""
    from torch.nn.functional import cross_entropy

    targets = labels[:, 1:]
    logits = outputs.logits.float()
    total = cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum")
    return total / (num_items_in_batch if num_items_in_batch is not None else (targets != IGNORED).sum())
