"""From a real PDF and reviews to two trained adapters, and through vLLM: the whole of training, in minutes on a CPU.

The reviews and questions are the pairs that ship for distilling (configs/pge/seeds.yaml), put under the sample paper.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from common.chat import Chat
from common.corpora.question_sets import QuestionSet, save
from common.corpora.schema import CorpusPaper, HumanReview, Rejection
from common.corpora.splits import Recipe, make_split, save_split
from common.corpora.store import open_corpus, write
from common.engines.vllm_plugin import status
from common.paper import read_paper
from common.paper.render import render
from common.rows.folder import read_rows
from common.store import ModelPath
from common.types import ReviewSection
from scripts.review import cli
from stage_a_questioner.pge.seeds import load_examples

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(status().state != "active", reason=f"needs a CPU build of vLLM: {status().message}"),
]
SETS = 6
SETTINGS = ("epochs=3", "accumulate=2", "learning_rate=2e-3", "warmup=1", "patience=0")


@dataclass(frozen=True)
class Sample:
    """The sample paper with the shipped reviews. name: as a reader has one."""

    pdf: Path
    name: str = "sample"

    def __iter__(self) -> Iterator[CorpusPaper | Rejection]:
        paper = read_paper(self.pdf)
        reviews = tuple(
            HumanReview(str(number), one.review, (ReviewSection("Weaknesses", one.review),))
            for number, one in enumerate(load_examples(None)[:SETS])
        )
        yield CorpusPaper(
            "p", "neurips_2024", 2024, paper.title, paper.abstract, render(paper), "exact", "neurips2024", reviews,
            suggested_split="train",
        )  # fmt: skip


@pytest.fixture(scope="module")
def rows(sample_pdf: Path, base_model: ModelPath, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Stage -> its rows."""
    folder = tmp_path_factory.mktemp("smoke")
    write(Sample(sample_pdf), folder / "corpus")
    save_split(folder / "split.json", make_split(open_corpus(folder / "corpus"), Recipe("suggested"), "x", workers=1))
    examples = load_examples(None)[:SETS]
    sets = [QuestionSet("neurips_2024", "p", str(number), one.questions, 5) for number, one in enumerate(examples)]
    save(folder / "sets.jsonl", sets)
    for stage in "ab":
        run(
            *("data", "rows", folder / "corpus", "--stage", stage, "--question-sets", folder / "sets.jsonl"),
            *("--split", folder / "split.json", "--context", 2560, "--out", folder / stage, "--workers", 1, "--quiet"),
        )
    return {stage: folder / stage for stage in "ab"}


def run(*words: object) -> None:
    result = CliRunner().invoke(cli, [str(word) for word in words])
    assert result.exit_code == 0, result.output + str(result.exception)


def in_vllm(base: Path, adapter: Path, prompts: list[list[int]], tokens: int) -> list[tuple[int, ...]]:
    """Greedy tokens of the real engine with the plug-in, in float32 so that rounding decides nothing."""
    from scripts.benchmark_lora import prepare

    prepare()
    from vllm import LLM, SamplingParams
    from vllm.lora.request import LoRARequest

    engine = LLM(
        model=str(base), dtype="float32", enforce_eager=True, enable_lora=True, max_lora_rank=8, max_model_len=2048,
        kv_cache_memory_bytes=1 << 29, disable_log_stats=True,
    )  # fmt: skip
    outputs = engine.generate(
        [{"prompt_token_ids": ids} for ids in prompts],
        SamplingParams(temperature=0, max_tokens=tokens, ignore_eos=True),
        lora_request=LoRARequest("trained", 1, str(adapter)),
        use_tqdm=False,
    )
    return [tuple(one.outputs[0].token_ids) for one in outputs]


def in_peft(base: Path, adapter: Path, prompts: list[list[int]], tokens: int) -> list[tuple[int, ...]]:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, local_files_only=True)
    model = PeftModel.from_pretrained(model, str(adapter), local_files_only=True).eval()
    found = []
    for ids in prompts:
        written = model.generate(
            torch.tensor([ids]), attention_mask=torch.ones(1, len(ids)), do_sample=False, max_new_tokens=tokens,
            min_new_tokens=tokens,
        )  # fmt: skip
        found.append(tuple(written[0, len(ids) :].tolist()))
    return found


@pytest.mark.parametrize("stage", ["a", "b"])
def test_training_lowers_the_loss_and_vllm_serves_what_was_trained(
    rows: dict[str, Path], base_model: ModelPath, tmp_path: Path, stage: str
) -> None:
    """A trainer that learns nothing, or an engine that reads the adapter otherwise than peft, would make every figure
    of a trained reviewer a figure of something else."""
    run("train", stage, "--rows", rows[stage], "--out", tmp_path / "run", *SETTINGS)
    journal = (tmp_path / "run" / "losses.jsonl").read_text().splitlines()
    losses = [one["loss"] for one in map(json.loads, journal) if "loss" in one]
    steps = SETS // 2
    assert sum(losses[-steps:]) < 0.8 * sum(losses[:steps])

    chat = Chat.load(str(base_model.path), base_model.preset.template_arguments)
    prompts = [chat.ids(row.chat) for row in list(read_rows(rows[stage], "train"))[:2]]
    adapter = tmp_path / "run" / "adapter"
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as child:
        served = child.submit(in_vllm, base_model.path, adapter, prompts, 24).result()
    assert served == in_peft(base_model.path, adapter, prompts, 24)
