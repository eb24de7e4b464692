"""What the checks say of a corpus: findings, the table of traces of the decision, and the report that holds them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from common.metrics.intervals import wilson

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at.

    check: the family ("papers", "reviews", "copying", "traces", "form", "split"). code: a stable word for programs.
    severity: error, it makes a result wrong (the same text in training and test); warning, it probably matters;
    note, to be known. places: keys of papers, or "KEY review ID", as a person finds them. message: a sentence.
    """

    check: str
    severity: Severity
    code: str
    places: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`, and the Wilson score interval of that share at 95% (`common.metrics.intervals.wilson`).

    An empty whole has no share: low 0, high 1."""

    part: int
    whole: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class TraceRow:
    """How often one trace stands in the texts of a venue's accepted and of its rejected papers.

    telling: the two intervals do not overlap, so the text alone gives something of the decision away.
    """

    venue: str
    trace: str
    accepted: Share
    rejected: Share

    @property
    def telling(self) -> bool:
        return self.accepted.low > self.rejected.high or self.rejected.low > self.accepted.high


@dataclass(frozen=True, slots=True)
class VersionRow:
    """Papers of a venue by the mark of the version their text is (see `schema.VersionMark`)."""

    venue: str
    version: str
    papers: int


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Everything one run found, worst first. split: name of the split it was checked with, or ""."""

    papers: int
    reviews: int
    split: str
    findings: tuple[Finding, ...]
    traces: tuple[TraceRow, ...]
    versions: tuple[VersionRow, ...]

    def count(self, severity: Severity) -> int:
        return sum(finding.severity == severity for finding in self.findings)

    def passes(self, strict: bool = False) -> bool:
        """No errors; strict: and no warnings."""
        return not self.count("error") and not (strict and self.count("warning"))

    def tally(self) -> Counter[tuple[Severity, str, str]]:
        """(severity, check, code) -> findings, in the findings' order."""
        return Counter((one.severity, one.check, one.code) for one in self.findings)


def share(part: int, whole: int) -> Share:
    """A share with its interval."""
    interval = wilson(part, whole)
    return Share(part, whole, interval.low, interval.high)
