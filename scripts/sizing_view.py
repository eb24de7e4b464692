"""The parts of what `review sizing` prints: each a text that shows its own arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles

from common.cluster.hardware import Gpu
from common.cluster.rates import GIB, Replica
from common.cluster.simulation import Fleet, Outcome, before_deadline, simulate
from common.cluster.work import QUESTION, Demand
from common.store.presets import ModelPreset, kv_bytes

WINDOW = 72 * 3600.0
"""Seconds over which the papers of a conference arrive, the last ones at the deadline."""
SEED = 1


@dataclass(frozen=True, slots=True)
class Row:
    """A model on several numbers of GPUs, None where it does not fit."""

    preset: ModelPreset
    demand: Demand
    ways: Mapping[int, Replica | None]


def work(preset: ModelPreset, demand: Demand) -> str:
    one, lengths, config = demand.mean(), demand.lengths, demand.config
    whole = sum(lengths.at((n + 0.5) / 1000) for n in range(1000)) / 1000
    paper = one.read_a - lengths.instruction_a
    cut = sum(lengths.at((n + 0.5) / 1000) > demand.budget for n in range(1000)) / 1000
    return "\n".join(
        [
            f"One paper, {preset.name} at {demand.context:,} tokens of context",
            f"  lengths   {lengths.papers:,} papers ({lengths.source}), by the tokenizer of {lengths.tokenizer}",
            f"  paper     {whole:,.0f} tokens in the mean, room for {demand.budget:,.0f}: {cut:.0%} are cut, "
            f"{paper:,.0f} are read in the mean",
            f"  stage A   reads {lengths.instruction_a} + {paper:,.0f} = {one.read_a:,.0f}, writes {one.sets} sets x "
            f"{one.set_tokens:,.0f}",
            f"  stage B   reads {lengths.instruction_b} + {paper:,.0f} + {config.max_questions} questions x {QUESTION} "
            f"= {one.read_b:,.0f}, writes {one.reviews} x {one.review_tokens:,.0f}",
            f"  together  {one.read:,.0f} tokens read, {one.written:,.0f} written, in {one.steps:,.0f} steps",
        ]
    )


def assumptions(replica: Replica, demand: Demand) -> str:
    gpu, shares = replica.gpu, replica.shares
    return "\n".join(
        [
            "Assumed",
            f"  {gpu.title}: {gpu.tflops:,g} TFLOP/s dense bf16, {gpu.bandwidth:g} TB/s, {gpu.memory_gib:g} GiB: peaks "
            f"by the {gpu.source}",
            f"  reached of them: {shares.compute:.0%} of the operations while reading, {shares.bandwidth:.0%} of the "
            f"bandwidth while writing; {shares.memory:.0%} of the memory may be filled",
            f"  answers fill {demand.answers:.0%} of max_tokens" + (": an upper bound" if demand.answers == 1 else ""),
            f"  {replica.places} requests at once in a replica; each doubling of its GPUs leaves {shares.spread:.0%} "
            f"of both shares: {replica.spread:.3f} at {replica.parallel}; a step takes "
            f"{shares.floor * 1000:g} ms at least",
        ]
    )


def memory(replica: Replica, demand: Demand) -> str:
    one, preset, gpus = demand.mean(), replica.preset, replica.parallel
    cache = replica.cache(one)
    return "\n".join(
        [
            f"Memory of a replica over {gpus} GPUs",
            f"  weights   {preset.parameters:,} x {replica.weights / preset.parameters:g} bytes = "
            f"{replica.weights / GIB:,.1f} GiB, {replica.weights / GIB / gpus:,.1f} on each",
            f"  room      {replica.shares.memory:g} x {gpus} x {replica.gpu.memory_gib:g} - "
            f"{replica.weights / GIB:,.1f} = {replica.room / GIB:,.1f} GiB for keys and values",
            f"  a paper   {cache / kv_bytes(preset):,.0f} tokens x {kv_bytes(preset):,} bytes = {cache / GIB:,.2f} GiB "
            "(its answers share one prompt)",
            f"  in flight {int(replica.room / cache):,} papers by memory, {replica.places} / "
            f"{one.together:.2f} answers at a time = {int(replica.places / one.together)} by places: "
            f"{replica.papers(one)}",
        ]
    )


def seconds(replica: Replica, demand: Demand, gpus: int, papers: int) -> str:
    one, active = demand.mean(), replica.active
    count, replicas = replica.papers(one), gpus // replica.parallel
    dense = 2 * active * one.read
    attention = replica.reading(one) * replica.operations - dense
    step, hour = replica.step(one, count), replica.per_hour(one)
    alone = replica.reading(one) + one.steps * replica.step(one, 1)
    return "\n".join(
        [
            f"Seconds of a paper on a replica with {count} in flight",
            f"  reading   (2 x {active:,} x {one.read:,.0f} + {attention:.2e} for attention) / ({replica.parallel} x "
            f"{replica.gpu.tflops:g}e12 x {replica.shares.compute:g} x {replica.spread:.3f}) = "
            f"{replica.reading(one):.2f} s",
            f"  a step    weights and cache of {count} papers, at {replica.parallel} x {replica.gpu.bandwidth:g}e12 x "
            f"{replica.shares.bandwidth:g} x {replica.spread:.3f} bytes/s = {step * 1000:.1f} ms",
            f"  writing   {one.steps:,.0f} steps x {step * 1000:.1f} ms / {count} papers = "
            f"{one.steps * step / count:.2f} s",
            f"  a paper   {replica.seconds(one):.2f} s of the replica's time; alone it would wait {alone:,.0f} s",
            f"  an hour   3,600 / {replica.seconds(one):.2f} = {hour:,.0f} papers x {replicas} replicas = "
            f"{hour * replicas:,.0f}" + (f" ({gpus % replica.parallel} GPUs idle)" if gpus % replica.parallel else ""),
            f"  in all    {papers:,} papers / {hour * replicas:,.0f} = {papers / (hour * replicas):,.1f} hours",
        ]
    )


def ways(replicas: Sequence[Replica], demand: Demand, gpus: int) -> str:
    one = demand.mean()
    rows = [
        [
            str(way.parallel),
            str(gpus // way.parallel),
            f"{way.weights / GIB / way.parallel:,.1f}",
            f"{way.room / GIB / way.parallel:,.1f}",
            str(way.papers(one)),
            f"{gpus // way.parallel * way.per_hour(one):,.0f}",
        ]
        for way in sorted(replicas, key=lambda way: way.parallel)
    ]
    head = ["GPUs a copy", "replicas", "weights a GPU, GiB", "cache a GPU, GiB", "papers in flight", "papers/hour"]
    return f"Ways to spread it over {gpus} GPUs\n" + _table(head, rows)


def models(rows: Sequence[Row], gpu: Gpu, counts: Sequence[int]) -> str:
    """Papers an hour of every model; in brackets the GPUs of a copy."""
    body = []
    for row in rows:
        one = row.demand.mean()
        cells = []
        for count, way in row.ways.items():
            made = f"{count // way.parallel * way.per_hour(one):,.0f} ({way.parallel})" if way else "-"
            cells.append(made)
        weights = row.preset.parameters * (4 if row.preset.dtype == "float32" else 2) / GIB
        held = max(one.read_a + one.sets * one.set_tokens, one.read_b + one.reviews * one.review_tokens)
        cache = held * kv_bytes(row.preset) / GIB
        body.append([row.preset.name, f"{one.read_a:,.0f}", f"{weights:,.1f}", f"{cache:,.2f}", *cells])
    head = ["model", "prompt A", "weights, GiB", "a paper, GiB", *(f"{count} GPUs" for count in counts)]
    title = f"Papers an hour on {gpu.title}; in brackets the GPUs of one copy, - where no copy fits"
    return f"{title}\n{_table(head, body)}"


def simulated(replica: Replica, demand: Demand, fleets: Sequence[Fleet], papers: int, half_within: float) -> str:
    """All papers at once, and as they come before a deadline."""
    full = replica.papers(demand.mean())
    service = [replica.seconds(one, full) for one in demand.draw(papers, SEED)]
    arrivals = before_deadline(papers, half_within * 3600, WINDOW, SEED)
    first = fleets[0]
    loss = f"a replica lost every {first.hours:g} h, back after {first.back:g} s" if first.hours else "none lost"
    at_once = [_at_once(one, simulate(one, [0.0] * papers, service, SEED), service) for one in fleets]
    in_time = [_in_time(one, simulate(one, arrivals, service, SEED)) for one in fleets]
    return "\n".join(
        [
            f"Simulated with replicas of {replica.parallel} GPUs, {len(first.speeds)} papers in flight on each; "
            f"{loss}; {first.straggling:.0%} of attempts take {first.slowness:g} times as long",
            f"  all {papers:,} papers there at the start",
            _table(["replicas", "GPUs", "papers/hour", "of the ideal", "hours in all", "begun again"],
                   [[row[0], str(int(row[0]) * replica.parallel), *row[1:]] for row in at_once]),
            f"  a conference: {papers:,} papers over {WINDOW / 3600:g} hours, half of them in the last {half_within:g}",
            _table(["replicas", "minutes from submission to review: median", "95%", "99%", "longest",
                    "minutes after the deadline", "queue at most", "busy", "begun again"], in_time),
        ]
    )  # fmt: skip


def _at_once(fleet: Fleet, outcome: Outcome, service: Sequence[float]) -> list[str]:
    rate, ideal = 3600 * len(service) / outcome.end, 3600 * len(service) * fleet.replicas / sum(service)
    hours = f"{outcome.end / 3600:,.1f}"
    return [str(fleet.replicas), f"{rate:,.0f}", f"{rate / ideal:.1%}", hours, f"{outcome.restarts:,}"]


def _in_time(fleet: Fleet, outcome: Outcome) -> list[str]:
    waits = [seconds / 60 for seconds in outcome.waits]
    cuts = quantiles(waits, n=100) if len(waits) > 1 else [waits[0]] * 99
    after = max(0.0, outcome.end - WINDOW) / 60
    times = [f"{minutes:,.1f}" for minutes in (cuts[49], cuts[94], cuts[98], max(waits), after)]
    return [str(fleet.replicas), *times, f"{outcome.longest:,}", f"{outcome.busy:.0%}", f"{outcome.restarts:,}"]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown, so that what is printed can stand in a page."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
