"""The loop on a tiny random model: what a killed or a diverging run would cost whoever waits for it."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from common.chat import IGNORED  # noqa: E402
from common.errors import BadConfig, EngineFailure, ReviewError  # noqa: E402
from common.training import loop, model  # noqa: E402
from common.training.batches import Collator, Encoded, supervised_loss  # noqa: E402
from common.training.settings import LoraSettings, TrainSettings  # noqa: E402

pytestmark = pytest.mark.slow
VOCABULARY = 60
SETTINGS = TrainSettings(
    lora=LoraSettings(rank=4, dropout=0.1), batch=2, accumulate=2, epochs=3, learning_rate=1e-2, warmup=1,
    dtype="float32", evaluate_every=2, patience=0, seed=3,
)  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A two-layer Llama of random weights, saved as any base is."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=128,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("base")
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def rows(count: int, seed: int = 0) -> list[Encoded]:
    """Prompts of random tokens whose answer repeats their first token: something that can be learnt."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        prompt = [chance.randrange(2, VOCABULARY) for _ in range(chance.randrange(5, 20))]
        answer = [prompt[0]] * 4 + [1]
        found.append(Encoded(str(number), prompt + answer, [IGNORED] * len(prompt) + answer))
    return found


def losses(folder: Path, key: str = "loss") -> dict[int, float]:
    lines = [json.loads(line) for line in (folder / loop.LOSSES).read_text().splitlines()]
    return {line["step"]: line[key] for line in lines if key in line}


def run(base: Path, folder: Path, settings: TrainSettings = SETTINGS, **named: object) -> loop.Trained:
    torch.manual_seed(settings.seed)
    folder.mkdir(exist_ok=True)
    return loop.train(model.load(base, settings), rows(24), rows(6, seed=9), 0, settings, folder, **named)


def test_the_loss_of_kept_positions_is_the_models_own(base: Path) -> None:
    """Logits at supervised positions alone must teach what logits everywhere teach, padding included."""
    from transformers import LlamaForCausalLM

    network = LlamaForCausalLM.from_pretrained(base).eval()
    encoded = rows(5)
    batch = Collator(0)([{"input_ids": one.ids, "labels": one.labels} for one in encoded])
    assert batch["logits_to_keep"].numel() < batch["input_ids"].shape[1]
    labels = batch.pop("labels")
    with torch.no_grad():
        kept = supervised_loss(network(**batch), labels)
        sums = [
            network(input_ids=torch.tensor([one.ids]), labels=torch.tensor([one.labels])).loss * one.supervised
            for one in encoded
        ]
    assert kept.item() == pytest.approx(sum(sums).item() / sum(one.supervised for one in encoded), rel=1e-4)


def test_training_lowers_both_losses_and_keeps_the_best(base: Path, tmp_path: Path) -> None:
    """The adapter that ships is the one that did best on validation, not the last one."""
    outcome = run(base, tmp_path)
    found, val = losses(tmp_path), losses(tmp_path, "eval_loss")
    assert sorted(found) == list(range(1, outcome.steps + 1))
    assert found[outcome.steps] < found[1]
    assert outcome.val_loss == min(val.values()) and val[outcome.best_step] == outcome.val_loss


class Killed(Exception):
    """In place of kill -9: nothing after it runs."""


def test_a_killed_run_goes_on_to_the_same_losses(base: Path, tmp_path: Path) -> None:
    """Dropout, data order, optimiser and schedule must come back, or a resumed run is another experiment."""
    run(base, tmp_path / "whole")

    def die(step: loop.Step) -> None:
        if step.step == 7:
            raise Killed

    with pytest.raises(Killed):
        run(base, tmp_path / "killed", on_step=die)
    assert loop.last_whole(tmp_path / "killed").name == "checkpoint-6"
    run(base, tmp_path / "killed", resume=True)
    expected, found = losses(tmp_path / "whole"), losses(tmp_path / "killed")
    assert found == pytest.approx(expected, rel=1e-5)


def test_a_checkpoint_cut_short_is_not_used(base: Path, tmp_path: Path) -> None:
    """A kill while the weights are written leaves a folder that looks like a checkpoint."""
    run(base, tmp_path)
    newest = loop.last_whole(tmp_path)
    (newest / loop.WHOLE).unlink()
    assert loop.last_whole(tmp_path) != newest


def test_a_loss_that_is_no_number_stops_the_run(base: Path, tmp_path: Path) -> None:
    """Hours of training on NaN end in an adapter that writes nothing."""
    from dataclasses import replace

    network = model.load(base, SETTINGS)
    with torch.no_grad():
        next(weight for name, weight in network.named_parameters() if "lora_A" in name).fill_(float("nan"))
    with pytest.raises(EngineFailure, match="no number at step 1"):
        loop.train(network, rows(8), [], 0, replace(SETTINGS, steps=2), tmp_path)


def test_no_rows_is_an_error(base: Path, tmp_path: Path) -> None:
    """An empty split must be named, not become a division by zero."""
    with pytest.raises(ReviewError, match="no row"):
        loop.train(model.load(base, SETTINGS), [], [], 0, SETTINGS, tmp_path)


@pytest.mark.parametrize(
    "change",
    [{"method": "full"}, {"method": "lora+"}, {"attention": "shifted"}, {"checkpointing": True}, {"rope": "linear",
     "rope_factor": 2.0}, {"rope": "yarn", "rope_factor": 2.0}, {"dtype": "bfloat16"}, {"packing": 64}],
    ids=lambda change: "-".join(f"{key}={value}" for key, value in change.items()),
)  # fmt: skip
def test_every_option_learns(base: Path, tmp_path: Path, change: dict) -> None:
    """An option that trains nothing would be found out after the run."""
    from dataclasses import replace

    run(base, tmp_path, replace(SETTINGS, steps=14, **change))
    found = losses(tmp_path)
    assert found[14] < found[1]


def test_a_window_is_not_replaced_by_groups(tmp_path: Path) -> None:
    """Groups reach further than a window: the base would be trained to read what it cannot see when it serves."""
    from dataclasses import replace

    from transformers import MistralConfig, MistralForCausalLM

    config = MistralConfig(
        vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=4,
        num_key_value_heads=2, sliding_window=8,
    )  # fmt: skip
    MistralForCausalLM(config).save_pretrained(tmp_path)
    with pytest.raises(BadConfig, match="sliding window of its own"):
        model.load(tmp_path, replace(SETTINGS, attention="shifted"))
    assert model.load(tmp_path, SETTINGS).config.sliding_window == 8
