"""Top-k with top-p: vLLM's result, from a fraction of its work."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
sampler = pytest.importorskip("vllm.v1.sample.ops.topk_topp_sampler")

from common.engines.vllm_plugin.truncation import install, top_k_top_p  # noqa: E402

STOCK = sampler.apply_top_k_top_p_pytorch


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 2**31),
    st.lists(st.tuples(st.integers(1, 40), st.floats(0.01, 1.0)), min_size=1, max_size=6),
    st.booleans(),
)
def test_the_same_tokens_survive_as_in_vllm(seed: int, rows: list[tuple[int, float]], coarse: bool) -> None:
    """Another set of candidates is another sampling: results would no longer be those of the settings."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(len(rows), 500, generator=generator) * 3
    if coarse:
        logits = logits.round()  # many equal logits, as in bf16
    k = torch.tensor([row[0] for row in rows])
    p = torch.tensor([row[1] for row in rows])
    expected = STOCK(logits.clone(), k, p)
    found = top_k_top_p(logits.clone(), k, p)
    kept, wanted = (torch.isfinite(one) for one in (found, expected))
    assert torch.equal(found[kept], logits[kept])
    # Among equal logits at the edge either may stay, and a sum in another order may move the edge by one.
    assert ((kept.sum(dim=1) - wanted.sum(dim=1)).abs() <= 1).all()
    ordered = [torch.where(mask, logits, -torch.inf).sort(dim=1).values for mask in (kept, wanted)]
    counts = torch.minimum(kept.sum(dim=1), wanted.sum(dim=1))
    for row, count in enumerate(counts.tolist()):
        assert torch.equal(ordered[0][row, -count:], ordered[1][row, -count:])


def test_it_is_installed_once_and_leaves_other_cases_to_vllm(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request without a top-k must get vLLM's own operation, not a wrong shortcut."""
    monkeypatch.setattr(sampler, "apply_top_k_top_p_pytorch", STOCK)
    install()
    once = sampler.apply_top_k_top_p_pytorch
    install()
    assert sampler.apply_top_k_top_p_pytorch is once
    logits = torch.randn(2, 300)
    cases = [(None, torch.tensor([0.5, 0.9])), (torch.tensor([3, 300]), torch.tensor([0.5, 0.9]))]
    for k, p in cases:
        assert torch.equal(once(logits.clone(), k, p), STOCK(logits.clone(), k, p))
