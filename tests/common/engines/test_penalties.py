"""The repetition penalty: vLLM's result, to the last bit."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
module = pytest.importorskip("vllm.v1.sample.ops.penalties")

from common.engines.vllm_plugin.penalties import install, penalised  # noqa: E402

VOCABULARY = 60
STOCK = module.apply_penalties


@st.composite
def batches(draw: st.DrawFn) -> tuple:
    rows = draw(st.integers(1, 5))

    def tokens(longest: int) -> torch.Tensor:
        width = draw(st.integers(0, longest))
        lists = [draw(st.lists(st.integers(0, VOCABULARY - 1), max_size=width)) for _ in range(rows)]
        padded = [one + [VOCABULARY] * (width - len(one)) for one in lists]
        return torch.tensor(padded, dtype=torch.long).reshape(rows, width)

    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    repetition = torch.tensor([draw(st.sampled_from([1.0, 1.13, 1.5, 0.8])) for _ in range(rows)])
    return torch.randn(rows, VOCABULARY, generator=generator), tokens(12), tokens(5), repetition


@settings(deadline=None)
@given(batches())
def test_it_is_vllms_result(batch: tuple) -> None:
    """Another penalty is another sampling: results would no longer be those of the settings."""
    logits, prompt, output, repetition = batch
    none = torch.zeros(len(logits))
    expected = STOCK(logits.clone(), prompt, output, none, none, repetition)
    assert torch.equal(penalised(logits.clone(), prompt, output, repetition), expected)


def test_other_penalties_are_left_to_vllm(monkeypatch: pytest.MonkeyPatch) -> None:
    """A presence penalty that is quietly ignored would be a wrong result."""
    monkeypatch.setattr(module, "apply_penalties", STOCK)
    install()
    logits, prompt = torch.randn(2, VOCABULARY), torch.tensor([[1, 2], [3, VOCABULARY]])
    arguments = (prompt, prompt, torch.tensor([0.5, 0.0]), torch.zeros(2), torch.ones(2))
    assert torch.equal(module.apply_penalties(logits.clone(), *arguments), STOCK(logits.clone(), *arguments))
