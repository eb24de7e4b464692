"""Packed rows must learn what the same rows learn alone: a leak between papers would never show in a loss curve."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from common.chat import IGNORED  # noqa: E402
from common.errors import BadConfig, ReviewError  # noqa: E402
from common.training import packing, shifted  # noqa: E402
from common.training.batches import Collator, Encoded, supervised_loss  # noqa: E402
from common.training.settings import TrainSettings  # noqa: E402


def rows(lengths: list[int], seed: int = 0) -> list[Encoded]:
    chance = random.Random(seed)
    found = []
    for number, length in enumerate(lengths):
        ids = [chance.randrange(2, 60) for _ in range(length)]
        answer = max(1, length // 3)
        found.append(Encoded(str(number), ids, [IGNORED] * (length - answer) + ids[length - answer :]))
    return found


def network(kind: str = "llama", **more: Any) -> Any:
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(0)
    config = AutoConfig.for_model(
        kind, vocab_size=60, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=128, head_dim=8, use_cache=False, **more,
    )  # fmt: skip
    return AutoModelForCausalLM.from_config(config)


def gradients(model: Any, batch: dict[str, Any], count: int) -> tuple[float, dict[str, Any]]:
    """Of the loss over `count` supervised tokens."""
    model.zero_grad()
    labels = batch.pop("labels")
    loss = supervised_loss(model(**batch), labels, count)
    loss.backward()
    return loss.item(), {name: weights.grad.clone() for name, weights in model.named_parameters()}


@pytest.mark.parametrize("kind", ["llama", "mistral"])
@pytest.mark.parametrize("backend", ["sdpa", "eager"])
def test_a_pack_gives_the_loss_and_the_gradients_of_its_rows(kind: str, backend: str) -> None:
    """Two packs of unequal length, so that padding is there too, against the rows one by one."""
    model = network(kind, **({"sliding_window": 7} if kind == "mistral" else {}))
    model.set_attn_implementation(backend)
    given_rows = rows([13, 9, 5, 11, 6])
    count = sum(row.supervised for row in given_rows)
    packs = packing.pack(given_rows, 24)
    assert 1 < len(packs) < len(given_rows) and len({sum(len(row.ids) for row in one) for one in packs}) > 1
    packing.check(model)
    packed = Collator(0)([packing.joined(one) for one in packs])
    assert packed["logits_to_keep"].numel() < packed["input_ids"].shape[1]
    loss, grads = gradients(model, packed, count)
    single, sums = 0.0, {}
    for row in given_rows:
        part, one = gradients(model, Collator(0)([{"input_ids": row.ids, "labels": row.labels}]), count)
        single += part
        sums = {name: sums.get(name, 0) + grad for name, grad in one.items()}
    assert loss == pytest.approx(single, rel=1e-5)
    for name, grad in grads.items():
        torch.testing.assert_close(grad, sums[name], rtol=1e-4, atol=1e-6)


@given(lengths=st.lists(st.integers(1, 30), min_size=1, max_size=20))
def test_every_row_is_in_one_pack_that_holds_it(lengths: list[int]) -> None:
    """A row left out is data paid for and not learnt; one too many breaks the memory that was planned."""
    given_rows = rows(lengths)
    packs = packing.pack(given_rows, 30)
    assert sorted(row.id for one in packs for row in one) == sorted(row.id for row in given_rows)
    assert all(sum(len(row.ids) for row in one) <= 30 for one in packs)


def test_a_row_longer_than_a_pack_is_named() -> None:
    """Cut, it would lose its answer."""
    with pytest.raises(ReviewError, match="Row 0 has 31 tokens, but a pack has 30"):
        packing.pack(rows([31]), 30)


def test_what_cannot_keep_rows_apart_is_refused() -> None:
    """Shifted attention groups tokens without regard to rows, in the settings and under the model alike."""
    with pytest.raises(BadConfig, match="exclude each other"):
        TrainSettings(packing=64, attention="shifted")
    shifted.register(share=0.25)
    model = network()
    model.set_attn_implementation(shifted.NAME)
    with pytest.raises(BadConfig, match="makes no mask from positions"):
        packing.check(model)
    with pytest.raises(BadConfig, match="recurrent"):
        hybrid = network()
        hybrid.config.layer_types = ["full_attention", "recurrent"]
        packing.check(hybrid)


def test_a_window_hides_what_is_further_away_in_training() -> None:
    """A Mistral trained with full attention and served under its window would read papers it never learnt to read:
    a change of a token reaches two layers of windows, and nothing beyond."""
    model = network("mistral", sliding_window=4).train()
    ids = torch.randint(2, 60, (1, 20), generator=torch.Generator().manual_seed(0))
    changed = ids.clone()
    changed[0, 2] = (changed[0, 2] + 1) % 60
    moved = ~torch.isclose(model(ids).logits, model(changed).logits, atol=1e-6).all(dim=-1)[0]
    assert moved.nonzero().flatten().tolist() == list(range(2, 2 + 2 * (4 - 1) + 1))
