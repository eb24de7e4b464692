"""Figures for Prometheus, in a registry of their own. No label comes from a request's path, a paper or a user.

What the process and an engine in it (vLLM's batch, cache and tokens) put into the default registry is shown after them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from common.types import ChainRecord

BUCKETS = (0.1, 0.3, 1, 3, 10, 30, 60, 120, 300, 600, 1800, 3600)


class Metrics:
    """counts: jobs by status now. ready: whether the engine is."""

    def __init__(self, counts: Callable[[], Mapping[str, int]], ready: Callable[[], bool]) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Now(counts, ready))
        self._stages = Histogram(
            "review_stage_seconds", "Seconds one paper spent in a stage.", ["stage"], buckets=BUCKETS,
            registry=self.registry,
        )  # fmt: skip
        self._tokens = Counter(
            "review_tokens", "Tokens read (prompt) and written (completion).", ["stage", "kind"], registry=self.registry
        )
        self._requests = Counter(
            "review_http_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )

    def read(self, seconds: float) -> None:
        self._stages.labels("reading").observe(seconds)

    def ran(self, record: ChainRecord) -> None:
        for stage in record.stages:
            self._stages.labels(stage.stage).observe(stage.seconds)
            for one in stage.completions:
                self._tokens.labels(stage.stage, "prompt").inc(one.prompt_tokens)
                self._tokens.labels(stage.stage, "completion").inc(one.completion_tokens)

    def answered(self, method: str, route: str, status: int) -> None:
        self._requests.labels(method, route, str(status)).inc()

    def text(self) -> bytes:
        return generate_latest(self.registry) + generate_latest(REGISTRY)


class _Now(Collector):
    def __init__(self, counts: Callable[[], Mapping[str, int]], ready: Callable[[], bool]) -> None:
        self._counts, self._ready = counts, ready

    def collect(self) -> Iterator[Metric]:
        jobs = GaugeMetricFamily("review_jobs", "Jobs kept, by status.", labels=["status"])
        counts = self._counts()
        for status, number in counts.items():
            jobs.add_metric([status], number)
        yield jobs
        yield GaugeMetricFamily("review_queue_length", "Jobs waiting.", value=counts["queued"])
        yield GaugeMetricFamily("review_engine_ready", "Whether the engine answers.", value=int(self._ready()))

    def describe(self) -> list[Metric]:
        return []  # or registering would count the jobs of a store that is not open yet
