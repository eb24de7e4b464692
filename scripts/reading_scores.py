"""How well a paper was read, against a specimen whose every sentence and page is known."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from common.types import Paper
from scripts.specimens import Specimen

METRICS = (
    "title", "abstract", "heading_recall", "heading_precision", "sentences", "pages", "references", "clean",
)  # fmt: skip
FURNITURE = re.compile(
    r"under review|do not distribute|keller et al\.: a demo|a short title of things|journal of things, vol|anna@some|"
    r"anonymous (?:acl|author)|ccs concepts|index terms|keywords|input tokens|decoder|baseline method|ours \(full\)",
    re.I,
)


@dataclass
class Score:
    """Shares from 0 to 1, named in METRICS; wrong: what failed, in words, for whoever repairs it."""

    values: dict[str, float]
    wrong: dict[str, list[str]] = field(default_factory=dict)


def plain(text: str) -> str:
    """Spaces, quotes and dashes made equal, case dropped: what is compared."""
    text = unicodedata.normalize("NFKC", text).replace("’", "'").replace("–", "-").replace("−", "-")
    return re.sub(r"\s+", " ", text).strip().casefold()


def common_run(found: list[str], truth: list[str]) -> int:
    """Length of the longest common subsequence: headings found, in order."""
    rows = [0] * (len(truth) + 1)
    for item in found:
        before = 0
        for i, other in enumerate(truth, 1):
            before, rows[i] = rows[i], before + 1 if item == other else max(rows[i], rows[i - 1])
    return rows[-1]


def score(paper: Paper, specimen: Specimen, begin: dict[str, int], also: tuple[str, ...] = ()) -> Score:
    """begin: the page each sentence and entry begins on. also: further level-1 headings that the style adds."""
    wrong: dict[str, list[str]] = {}
    passages = [(plain(passage.text), passage) for section in paper.sections for passage in section.passages]
    whole = right = 0
    for key, sentence in specimen.sentences.items():
        want = plain(sentence)
        hit = next(((text.find(want), text, passage) for text, passage in passages if want in text), None)
        if hit is None:
            wrong.setdefault("sentences", []).append(sentence)
            continue
        whole += 1
        at, text, passage = hit
        page = passage.page_at(round(at * len(passage.text) / max(1, len(text))))
        if page == begin[key]:
            right += 1
        else:
            wrong.setdefault("pages", []).append(f"{sentence} (read on {page}, stands on {begin[key]})")
    truth = [plain(heading) for heading in specimen.headings]
    extra = {plain(heading) for heading in also}
    found = [plain(section.heading) for section in paper.sections if section.level == 1]
    found = [heading for heading in found if heading not in extra]
    run = common_run(found, truth)
    wrong["headings"] = [f"-{h}" for h in truth if h not in found] + [f"+{h}" for h in found if h not in truth]
    entries = _references(paper, specimen, begin, wrong)
    abstract = plain(" ".join(text for _, text in specimen.abstract))
    got = plain(paper.abstract)
    body = " ".join(text for text, _ in passages) + got
    leaks = FURNITURE.findall(body) + re.findall(r"[a-z]{3} \d{3} [a-z]{3} [a-z]+ [^.]{20,90} \d{3} [a-z]{3}", body)[:0]
    wrong["clean"] = leaks
    if got != abstract:
        wrong["abstract"] = [f"{paper.abstract[:80]} … {paper.abstract[-80:]}"]
    if plain(paper.title) != plain(specimen.title):
        wrong["title"] = [paper.title]
    count = len(specimen.sentences)
    values = {
        "title": float(plain(paper.title) == plain(specimen.title)),
        "abstract": float(got == abstract),
        "heading_recall": run / len(truth),
        "heading_precision": run / max(1, len(found)),
        "sentences": whole / count,
        "pages": right / max(1, whole),
        "references": entries,
        "clean": float(not leaks),
    }
    return Score(values, {key: items for key, items in wrong.items() if items})


def _references(paper: Paper, specimen: Specimen, begin: dict[str, int], wrong: dict[str, list[str]]) -> float:
    found = [(plain(entry.text), entry.page) for entry in paper.references]
    right = 0
    for key, text in specimen.references:
        want = plain(text)
        hits = [(entry, page) for entry, page in found if want in entry and len(entry) < len(want) + 12]
        if any(page == begin[key] for _, page in hits):
            right += 1
        else:
            wrong.setdefault("references", []).append(
                f"{text} (stands on {begin[key]}, read on {[p for _, p in hits]})"
            )
    return right / max(1, len(specimen.references))
