"""`review duel` as a person runs it, with judges that always say the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from common.errors import BadConfig, ReviewError
from scripts.duel import command
from tests.scripts import comparing
from tests.scripts.comparing import Made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return comparing.write(tmp_path_factory.mktemp("made"))


def reviews(path: Path, name: str, *papers: str) -> str:
    lines = ({"paper": paper, "review": f"{name} says that {paper} has few seeds."} for paper in papers)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return f"{name}={path}"


def judge(path: Path, *verdicts: str) -> str:
    path.write_text(json.dumps([f"Reason: It is checked.\nVerdict: {one}" for one in verdicts]))
    return f"script:{path}"


def duel(made: Made, out: Path, *more: str) -> Result:
    given = ["--human", str(made.corpus), "--judge", "server", "--out", str(out), "--quiet"]
    return CliRunner().invoke(command, [*given, *more], catch_exceptions=False)


def test_a_judge_that_prefers_what_it_reads_first_decides_nothing(made: Made, tmp_path: Path) -> None:
    """Half of such a judge's verdicts would be called wins; a second run asks nothing again."""
    first = reviews(tmp_path / "a.jsonl", "mine", "p0", "p1", "p2")
    second = reviews(tmp_path / "b.jsonl", "other", "p0", "p1")
    given = ("--reviews", first, "--reviews", second, "--server", judge(tmp_path / "judge.json", "A"))
    done = duel(made, tmp_path / "out", *given)
    assert done.exit_code == 0, done.output
    text = (tmp_path / "out" / "report.md").read_text()
    assert "# mine against other" in text and "| pairs | 2 |" in text
    assert "| duels.win | 0.500 [0.500, 0.500], n 2 |" in text
    assert "| duels.inconsistent | 1.000 [1.000, 1.000], n 2 |" in text
    assert "| duels.first_shown | 1.000 [1.000, 1.000], n 2 |" in text
    assert "not judged: iclr_2017/p2: no-opponent" in text
    journal = (tmp_path / "out" / "journal-1.jsonl").read_bytes()
    assert journal.count(b"\n") == 1 + 4
    duel(made, tmp_path / "out", *given)
    assert (tmp_path / "out" / "journal-1.jsonl").read_bytes() == journal


def test_two_judges_and_how_far_they_agree(made: Made, tmp_path: Path) -> None:
    """One judge's opinion is no finding; referees stand on the other side, each in a pair of its own."""
    first = reviews(tmp_path / "a.jsonl", "mine", "p0")
    scripts = (judge(tmp_path / "one.json", "A", "B"), judge(tmp_path / "two.json", "tie"))
    servers = [word for one in scripts for word in ("--server", one)]
    done = duel(made, tmp_path / "out", "--reviews", first, "--against-humans", "--judge", "server", *servers)
    assert done.exit_code == 0, done.output
    text = (tmp_path / "out" / "report.md").read_text()
    assert "| pairs | 3 | 3 |" in text and "| duels.win | 1.000, n 1 | 0.500, n 1 |" in text
    assert "in 0.000 of 3 pairs" in text and "+0.500" in text


def test_other_reviews_are_not_judged_on_with_these_answers(made: Made, tmp_path: Path) -> None:
    """Verdicts on one text would be counted for another."""
    server = ("--server", judge(tmp_path / "judge.json", "A"))
    one, two = reviews(tmp_path / "a.jsonl", "mine", "p0"), reviews(tmp_path / "b.jsonl", "other", "p0")
    duel(made, tmp_path / "out", "--reviews", one, "--reviews", two, *server)
    two = reviews(tmp_path / "b.jsonl", "other", "p0", "p1")
    with pytest.raises(ReviewError, match="differs in sides"):
        duel(made, tmp_path / "out", "--reviews", one, "--reviews", two, *server)


def test_one_side_alone_is_refused(made: Made, tmp_path: Path) -> None:
    """Before a judge is started."""
    with pytest.raises(BadConfig, match="two sides"):
        duel(made, tmp_path / "out", "--reviews", reviews(tmp_path / "a.jsonl", "mine", "p0"))
