"""Our row beside Reviewer2's: on data in its published format, with its figures as published."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from common.metrics.figures import Scores
from common.metrics.tables import Row, tabulate
from scripts import reviewer2_tables
from scripts.reviewer2_tables import FIGURES, PUBLISHED, main, table_4, table_5

A, B, C = "iclr_2022/a", "nips_2016/b", "coling_2020/c"


def row(name: str, **values: dict[str, float]) -> Row:
    found = {figure: Scores(figure, values.get(figure.partition(".")[0].replace("-f1", ""), {})) for figure in FIGURES}
    found["cov.bertscore"] = Scores("cov.bertscore", values.get("cov", {}))
    return Row(name, "", found, 2, {}, {})


def test_every_venue_holds_its_own_papers() -> None:
    """Two venues pooled, or one of none of theirs, would stand beside a figure that is about other papers."""
    values = {A: 10.0, B: 20.0, C: 90.0}
    table = tabulate("all", [row("mine", bleu=values, rouge1=values, rouge2=values, rougeL=values, bertscore=values)])
    ours = {line.venue: line.cells[0] for line in table_4(table) if line.system == "mine"}
    assert ours == {"ICLR": "10.00", "NeurIPS": "20.00"}
    assert {line.n for line in table_4(table) if line.system == "mine"} == {"1"}


def test_published_figures_are_in_the_order_of_the_columns() -> None:
    """A BLEU under ROUGE-1 would be believed."""
    for venue, systems in PUBLISHED.items():
        for figures in systems.values():
            bleu, one, two, longest, bert = figures
            assert bert > one > longest > two > bleu or (venue in ("ICLR", "NeurIPS") and bert > one > longest > two)
    (first, *_) = table_4(tabulate("all", [row("mine")]))
    assert (first.venue, first.system, first.n) == ("ICLR", "single stage, published", "-")
    assert first.cells == ("15.08", "40.77", "11.78", "21.09", "81.18")


def test_cov_is_shown_where_a_paper_has_several_reviews() -> None:
    """A system with one review a paper has no COV, and must not be given one."""
    lines = table_5(tabulate("all", [row("mine", cov={A: 4.0}), row("human")]))
    assert [(one.venue, one.system, one.cells) for one in lines] == [
        ("ICLR", "extract, published", ("13.55",)),
        ("ICLR", "full paper, published", ("4.22",)),
        ("ICLR", "mine", ("4.00",)),
        ("NeurIPS", "extract, published", ("12.66",)),
        ("NeurIPS", "full paper, published", ("3.99",)),
    ]


@pytest.mark.slow
def test_the_published_format_is_scored_as_it_is(tmp_path: Path) -> None:
    """What a scientist downloads goes in, and what cannot be known of the other side is said."""
    from tests.common.corpora.test_reviewer2 import PLAIN, row, save

    headed = "Summary Of The Paper\nIt sorts lists.\nStrengths And Weaknesses\nFast, but only three seeds."
    other = PLAIN.replace("sorting", "heaps")
    source = save(
        tmp_path / "test.parquet",
        row(PLAIN, headed),
        row(PLAIN, "It is slow."),
        row(other, "It heaps.", venue="ACL_17"),
    )
    mine = tmp_path / "mine.jsonl"
    lines = [{"paper": "x", "title": "On sorting", "review": text} for text in ("It sorts lists.", "It is slow.")]
    mine.write_text("".join(json.dumps(line | {"id": str(n)}) + "\n" for n, line in enumerate(lines)))
    options = [str(source), "--reviews", f"mine={mine}", "--out", str(tmp_path / "out.md"), "--quiet"]
    done = CliRunner().invoke(main, options, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    text = (tmp_path / "out.md").read_text()
    assert "| ICLR | Reviewer2, published | - | 16.94 | 44.58 | 13.56 | 22.62 | 83.61 |" in text
    found = next(line for line in text.splitlines() if line.startswith("| ICLR | mine | 1 |"))
    # "It sorts lists." is all of one reference's words but six; "It is slow." is a reference.
    assert found.split(" | ")[4] == f"{(100 * 2 * 3 / (3 + 8) + 100) / 2:.2f}"
    assert "all-MiniLM" in text and "not known here" in text and "| NeurIPS | mine" not in text
    assert reviewer2_tables.CONTROL in text
