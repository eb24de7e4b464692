"""The chain's figures, from one run on the default model: `python -m scripts.benchmark [--only NAME]... [--json]`.

Every figure is a ratio inside this run, since machines differ and drift. Run it on a quiet machine: on a CPU a second
busy process halves the cores and costs a decode step far more than half.

lora       prefill and decode of the bare engine, of stock LoRA and of LoRA with the plug-in (scripts/benchmark_lora.py)
overhead   the chain, from PDF to written review, over the engine's own time for the same prompts and tokens
batch      8 papers in one batch against one by one
reviewer2  both stages as two sequential transformers runs, the way Reviewer2's demo works, over the chain's time
cache      share of stage A's prompt tokens served from the prefix cache with 4 question sets
help       seconds of `review --help`
memory     peak resident memory of the process that ran all of the above but `lora`
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click

from common.config import ChainConfig
from common.forms import load_form
from common.paper import read_paper
from common.types import ChainRecord, Paper, Sampling
from scripts import opening
from scripts.pipeline import Job, paper_budget, prepare
from scripts.windows import Listener, run
from stage_a_questioner import prompt as prompt_a
from stage_b_reviewer import prompt as prompt_b

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "paper.pdf"
PAPERS = 8
FORM = load_form("neurips2024")


CONFIG = ChainConfig(questioner=Sampling(max_tokens=256, seed=1), reviewer=Sampling(max_tokens=320, seed=1))


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. target: what it must reach, at least or (`most`) at most; None for information."""

    name: str
    value: float
    unit: str
    detail: str
    target: float | None = None
    most: bool = False

    def line(self) -> str:
        if self.target is None:
            verdict = ""
        else:
            met = self.value <= self.target if self.most else self.value >= self.target
            verdict = f"{'at most' if self.most else 'at least'} {self.target:g}: {'met' if met else 'MISSED'}"
        return f"{self.name:<10} {self.value:>9.2f} {self.unit:<8} {verdict:<22} {self.detail}"


class Bench:
    """The default model in process, started once."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.model = opening.find_model(CONFIG)
        self.engine: Any = opening.start_vllm(self.model)
        self.base = self.model.base
        self.paper = read_paper(SAMPLE)
        say("warming up")
        self.chain([self.named(0)])

    def named(self, number: int) -> Paper:
        """The sample under another title and digest: nothing of it is shared with the other copies."""
        source = replace(self.paper.source, sha256=f"{number:064d}")
        return replace(self.paper, title=f"Number {number}. {self.paper.title}", source=source)

    def chain(self, papers: Sequence[Paper]) -> list[ChainRecord]:
        """The chain as the command runs it, from read papers to records, on an empty cache."""
        self.engine.forget()
        budget = paper_budget(self.engine, FORM, CONFIG)
        jobs = [prepare(paper, self.engine, FORM, CONFIG, budget) for paper in papers]
        records: dict[int, ChainRecord] = {}
        run(self.engine, jobs, FORM, CONFIG, self.base, listener=Listener(on_record=records.__setitem__))
        return [records[place] for place in range(len(papers))]


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def overhead(bench: Bench) -> list[Row]:
    """Reading, fitting, parsing, linking, grounding and rendering, over what the engine takes alone."""
    whole, (record,) = timed(lambda: bench.chain([read_paper(SAMPLE)]))
    job = prepare(bench.paper, bench.engine, FORM, CONFIG, paper_budget(bench.engine, FORM, CONFIG))
    asked, written = record.stages
    prompts_a = [prompt_a.messages(job.fitted.text, FORM)] * CONFIG.samples
    prompts_b = [prompt_b.messages(job.fitted.text, FORM, record.questions)]
    seeds_a = [replace(asked.sampling, seed=one.seed) for one in asked.completions]
    seeds_b = [replace(written.sampling, seed=one.seed) for one in written.completions]
    bench.engine.forget()
    first, _ = timed(lambda: bench.engine.generate(prompts_a, seeds_a))
    second, _ = timed(lambda: bench.engine.generate(prompts_b, seeds_b))
    detail = f"{whole:.1f} s from PDF to record, {first + second:.1f} s in the engine for the same tokens"
    return [Row("overhead", whole / (first + second), "times", detail, 1.05, most=True)]


def batch(bench: Bench) -> list[Row]:
    papers = [bench.named(number) for number in range(1, PAPERS + 1)]
    alone = sum(timed(lambda one=paper: bench.chain([one]))[0] for paper in papers)
    together, _ = timed(lambda: bench.chain(papers))
    detail = f"{PAPERS} papers: {alone:.1f} s one by one, {together:.1f} s in one batch"
    return [Row("batch", alone / together, "times", detail, 2.5)]


def reviewer2(bench: Bench) -> list[Row]:
    """Reviewer2's demo.py: load the first model, generate, unload; load the second, generate. One question set."""
    config = replace(CONFIG, samples=1)
    job = prepare(bench.paper, bench.engine, FORM, config, paper_budget(bench.engine, FORM, config))
    bench.engine.forget()
    whole, record = timed(lambda: _one(bench, job, config))
    prompts = [prompt_a.messages(job.fitted.text, FORM), prompt_b.messages(job.fitted.text, FORM, record.questions)]
    lengths = [stage.completions[0].completion_tokens for stage in record.stages]
    folder = bench.model.path.path
    first, second = (_transformers(folder, *pair) for pair in zip(prompts, lengths, strict=True))
    detail = f"{first + second:.1f} s as two transformers runs ({first:.1f} + {second:.1f}), {whole:.1f} s here"
    return [Row("reviewer2", (first + second) / whole, "times", f"{detail}; tokens written: {lengths}")]


def _one(bench: Bench, job: Job, config: ChainConfig) -> ChainRecord:
    records: dict[int, ChainRecord] = {}
    run(bench.engine, [job], FORM, config, bench.base, listener=Listener(on_record=records.__setitem__))
    return records[0]


TWO_STEPS = """
import json, sys, time
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
path, tokens, messages = sys.argv[1], int(sys.argv[2]), json.load(sys.stdin)
tokenizer = AutoTokenizer.from_pretrained(path)
model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.bfloat16)
ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)
started = time.perf_counter()
model.generate(**ids, max_new_tokens=tokens, min_new_tokens=tokens, do_sample=True, temperature=0.7, top_p=0.7,
               top_k=50, repetition_penalty=1.13)
print(time.perf_counter() - started)
"""
"""Loading is left out, as it is of the chain's time: with it the difference would be larger."""


def _transformers(model: Path, messages: Any, tokens: int) -> float:
    """Seconds to generate `tokens` tokens with transformers alone, in a process of its own."""
    command = [sys.executable, "-c", TWO_STEPS, str(model), str(tokens)]
    done = subprocess.run(command, input=json.dumps(list(messages)), capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def cache(bench: Bench) -> list[Row]:
    (record,) = bench.chain([bench.paper])
    completions = record.stages[0].completions
    tokens, cached = (sum(getattr(one, name) for one in completions) for name in ("prompt_tokens", "cached_tokens"))
    detail = f"{cached:,} of {tokens:,} prompt tokens of {len(completions)} question sets; the most possible is 0.75"
    return [Row("cache", cached / tokens, "share", detail, 0.7)]


def help_time(bench: Bench) -> list[Row]:
    command = [sys.executable, "-m", "scripts.review", "--help"]
    seconds = min(timed(lambda: subprocess.run(command, capture_output=True, check=True))[0] for _ in range(5))
    return [Row("help", seconds, "seconds", "best of 5", 0.5, most=True)]


def memory(bench: Bench) -> list[Row]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return [Row("memory", peak, "GiB", "peak resident, key/value cache included")]


def lora(bench: Bench) -> list[Row]:
    command = [sys.executable, "-m", "scripts.benchmark_lora", "--model", str(bench.model.path.path), "--json"]
    rows = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return [
        Row(
            "lora",
            row["ratio"],
            "of bare",
            "{measure}, tokens/s: bare {bare:.0f}, stock {stock:.0f}, plug-in {plugin:.0f}".format(**row),
            row["target"],
        )
        for row in rows
    ]


MEASURES: dict[str, Callable[[Bench], list[Row]]] = {
    "overhead": overhead,
    "batch": batch,
    "reviewer2": reviewer2,
    "cache": cache,
    "help": help_time,
    "memory": memory,
    "lora": lora,
}


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(MEASURES)), help="Some of the measures.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def main(only: tuple[str, ...], as_json: bool) -> None:
    """Measure the chain on the default model."""

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    bench = Bench(say)
    rows: list[Row] = []
    for name in only or MEASURES:
        say(f"{name} ...")
        if name == "lora":
            bench.engine.close()
        for row in MEASURES[name](bench):
            rows.append(row)
            say(row.line())
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        print("\n".join(row.line() for row in rows))


if __name__ == "__main__":
    main()
