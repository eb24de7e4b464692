"""How often a point is linked to a question rightly and wrongly, by threshold: `python -m scripts.calibrate_links`.

Points are those of human reviews; right is a link to a question distilled from the same review, wrong is a link to one
distilled from a review of another paper. Needs the corpus folder ($REVIEW_DATA or ../shared/data).
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import click

from common.paper import read_paper
from common.types import Question, ReviewSection
from stage_b_reviewer.linking import Linker
from stage_b_reviewer.points import points_of

THRESHOLDS = (0.05, 0.1, 0.12, 0.15, 0.18, 0.2, 0.25, 0.3)
_HEADING = re.compile(r"^(SUMMARY|STRENGTHS|WEAKNESSES|QUESTIONS|LIMITATIONS):\s*$", re.MULTILINE)
_DEFAULT = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


@click.command()
@click.option("--data", type=click.Path(exists=True, path_type=Path), default=os.environ.get("REVIEW_DATA", _DEFAULT))
@click.option("--reviews", default=200, show_default=True, help="Reviews with distilled questions to use.")
def main(data: Path, reviews: int) -> None:
    """Print, for each threshold, the share of points linked to own and to foreign questions."""
    rows = [json.loads(line) for line in (data / "questions" / "train.jsonl").read_text().splitlines()]
    rows = [row for row in rows if row["venue"].startswith("neurips")][:reviews]
    own, foreign = [], []
    for place, row in enumerate(rows):
        other = rows[(place + len(rows) // 2) % len(rows)]
        if other["id"] == row["id"]:
            continue
        paper = read_paper(data / "peer_reviews" / row["venue"] / "papers" / f"{row['id']}.md")
        linkers = [Linker(paper, questions(one)) for one in (row, other)]
        for text in points(data, row):
            own.append(max(linkers[0].score(text)))
            foreign.append(max(linkers[1].score(text)))
    click.echo(f"{len(own)} points of {len(rows)} reviews\nthreshold  own    foreign")
    for threshold in THRESHOLDS:
        shares = [sum(score >= threshold for score in scores) / len(scores) for scores in (own, foreign)]
        click.echo(f"{threshold:9.2f}  {shares[0]:.3f}  {shares[1]:.3f}")


def questions(row: dict) -> list[Question]:
    return [Question(f"Q{number}", one["text"]) for number, one in enumerate(row["questions"], start=1)]


def points(data: Path, row: dict) -> list[str]:
    """The points of one human review, summary left out, fragments of fewer than five words too."""
    record = json.loads((data / "peer_reviews" / row["venue"] / "reviews" / f"{row['id']}.json").read_text())
    parts = _HEADING.split(record["reviews"][row["review"]]["comments"])
    sections = [ReviewSection(name, text) for name, text in zip(parts[1::2], parts[2::2], strict=True)]
    wanted = [section for section in sections if section.name in ("STRENGTHS", "WEAKNESSES", "QUESTIONS")]
    found = [point.text for section in wanted for point in points_of(section, frozenset(), [])]
    return [text for text in found if len(text.split()) > 4]


if __name__ == "__main__":
    main()
