"""`review predict` as a user types it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from common.corpora import store
from common.corpora.schema import CorpusPaper
from common.corpora.splits import Recipe, make_split, save_split
from common.errors import ReviewError
from common.jsonio import from_json
from scripts import predict
from scripts.predict_tables import Report
from tests.common.corpora.examples import Given
from tests.common.prediction.made_up import corpus_paper


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.corpora.checks.pool.cpu", lambda: type("One", (), {"cores": 1}))


def build(folder: Path, *papers: CorpusPaper) -> str:
    store.write(Given(papers), folder)
    return str(folder)


@pytest.fixture(scope="module")
def two_venues(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One venue that marks its accepted papers, and one that marks by chance."""
    draw = random.Random(2)
    papers = [corpus_paper(n, n % 2 == 0, n % 2 == 0, "neurips_2024") for n in range(30)]
    papers += [corpus_paper(n, n % 2 == 0, draw.random() < 0.5, "iclr_2017") for n in range(30)]
    return build(tmp_path_factory.mktemp("data") / "corpus", *papers)


def run(*options: str) -> str:
    ran = CliRunner().invoke(
        predict.command, [*options, "--folds", "3"], catch_exceptions=False, env={"COLUMNS": "160"}
    )
    assert ran.exit_code == 0, ran.output
    return ran.stdout


def test_a_venue_that_gives_itself_away_is_left_out_and_said(two_venues: str, tmp_path: Path) -> None:
    """The best figure of the table would be the worthless one. What is shown is also in the file."""
    page = run(two_venues, "--out", str(tmp_path / "out.json"), "--plot", str(tmp_path / "plot.svg"))
    assert "Acceptance, iclr_2017: 30 papers, 15 accepted" in page and "Acceptance, neurips_2024" not in page
    assert "Not predicted: acceptance at neurips_2024" in page and "--venue neurips_2024" in page
    report = from_json((tmp_path / "out.json").read_bytes(), Report)
    assert [one.venue for one in report.acceptance] == ["iclr_2017"] and len(report.acceptance[0].guesses) == 30
    assert {one.venue: one.found for one in report.leaks} == {"iclr_2017": False, "neurips_2024": True}
    assert "share accepted" in (tmp_path / "plot.svg").read_text()


def test_asked_for_it_stands_under_its_warning(two_venues: str) -> None:
    """A figure that is copied takes the sentence above it along."""
    page = run(two_venues, "--venue", "neurips_2024")
    assert page.index("Warning: neurips_2024: the texts give the decision away") < page.index(
        "Acceptance, neurips_2024"
    )


def test_scores_stand_beside_mean_and_human(two_venues: str, tmp_path: Path) -> None:
    """Ratings go with the decision, so the warning stands there too."""
    page = run(two_venues, "--task", "aspects", "--out", str(tmp_path / "out.json"))
    assert "Rating, iclr_2017" in page and "Warning: neurips_2024" in page and "human, left out" in page
    report = from_json((tmp_path / "out.json").read_bytes(), Report)
    assert {(one.venue, one.rating, one.papers) for one in report.aspects} == {
        ("neurips_2024", "Rating", 30), ("iclr_2017", "Rating", 30),
    }  # fmt: skip
    human = report.aspects[0].singles[-1]
    assert human.name == "human, left out" and human.figures["MAE"].value == pytest.approx(1)


def test_a_split_is_followed(two_venues: str, tmp_path: Path) -> None:
    """Learnt from train, told on the part that was named; an empty one is not taken for an empty result."""
    opened = store.open_corpus(Path(two_venues))
    file = tmp_path / "split.json"
    save_split(file, make_split(opened, Recipe("paper", (0.7, 0.3, 0.0)), "s", workers=1))
    options = (two_venues, "--split", str(file), "--venue", "iclr_2017")
    page = run(*options, "--part", "val")
    assert "learnt from train, told on val" in page and "Acceptance, iclr_2017: 9 papers" in page
    assert "Abstention cannot be tried" in page
    with pytest.raises(ReviewError, match=r"has no paper in test.*\n.*--part val"):
        run(*options)


@pytest.mark.parametrize(
    ("fates", "said"),
    [
        ([None] * 12, "of no paper is it known"),
        ([True] * 12, "were accepted"),
        ([True, False], "2 papers to learn from"),
    ],
)
def test_what_cannot_be_predicted_is_an_error_with_its_reason(
    tmp_path: Path, fates: list[bool | None], said: str
) -> None:
    """An empty table would look like a result."""
    folder = build(tmp_path / "corpus", *(corpus_paper(n, fate) for n, fate in enumerate(fates)))
    with pytest.raises(ReviewError, match=said):
        run(folder)


def test_options_that_make_no_sense_are_refused(two_venues: str, tmp_path: Path) -> None:
    with pytest.raises(ReviewError, match="No such venue here: icml"):
        run(two_venues, "--venue", "icml_2020")
    with pytest.raises(ReviewError, match="draws probabilities"):
        run(two_venues, "--task", "aspects", "--plot", str(tmp_path / "x.svg"))
