"""The comparison's page, its Markdown and its plots, on rows nobody measured."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.metrics.figures import Scores, difference
from common.metrics.intervals import Interval
from common.views.comparison import plots
from common.views.comparison.cells import chance_note, gain_cell, mean_cell, unscored
from common.views.comparison.content import Comparison, Cost, Example, Row, Shown
from common.views.comparison.markdown import to_markdown
from common.views.comparison.page import HERE, to_page
from common.views.comparison.svg import SERIES
from tests.common.views.test_html import luminance

KEYS = tuple(f"{venue}/p{number}" for venue in ("iclr_2017", "neurips_2024") for number in range(6))


def scores(name: str, first: float, unit: str = "0-100", better: str = "higher", missing: int = 0) -> Scores:
    """Values that rise by 1 from paper to paper; the first `missing` papers are unscored."""
    values = {key: first + place for place, key in enumerate(KEYS) if place >= missing}
    return Scores(name, values, dict.fromkeys(KEYS[:missing], "empty-review"), unit, better, "stems")


def row(name: str, first: float, arm: bool = True, missing: int = 0) -> Row:
    found = [scores("rouge1.max", first, missing=missing), scores("form.words", 300 + first, "words", "")]
    cost = Cost(12, 5000.0, 400.0 + first, 4.0) if arm else None
    asked = {"soundness": 1.0, "clarity": first / 100} if arm and name != "single" else {}
    return Row(name, f"How {name} is made.", arm, {one.name: one for one in found}, {}, cost, asked)


def content(**changes: object) -> Comparison:
    rows = (row("single", 30), row("chain", 32.5, missing=2), row("one for all", 20, arm=False))
    parts = {
        name: {one.name: replace(one.scores["rouge1.max"], settings=name) for one in rows}
        for name in ("Summary", "Weaknesses")
    }
    example = Example(
        "best", KEYS[0], "On caches", "rouge1.max of chain less that of single", 2.5,
        (Shown("single", "Short.", 30.0), Shown("chain", "It is long.\n\nVery.", 32.5), Shown("human review 0", "")),
    )  # fmt: skip
    venues = {
        venue: {one.name: replace(one.scores["rouge1.max"], values=_of(venue, one)) for one in rows}
        for venue in ("iclr_2017", "neurips_2024")
    }
    made = Comparison(
        "2 ways to review 12 papers", rows, "single", ("rouge1.max", "form.words"), venues, parts, "form.words",
        (row("oracle", 40),), (example,), ("review compare corpus --out out",), {"Papers": "12"}, {"Versions": "1"},
        ("Odd.",),
    )  # fmt: skip
    return replace(made, **changes)


def _of(venue: str, one: Row) -> dict[str, float]:
    return {key: value for key, value in one.scores["rouge1.max"].values.items() if key.startswith(venue)}


def pictures(shown: Comparison) -> dict[str, str]:
    return {
        "distributions": plots.distributions(shown),
        "venue": plots.gains(shown, shown.by_venue, "venue"),
        "section": plots.gains(shown, shown.by_section, "section"),
        "cost": plots.cost(shown),
        "lengths": plots.lengths(shown),
        "aspects": plots.aspects(shown),
    }


class Page(HTMLParser):
    """Tags with their attributes, and the text outside of styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_a_difference_says_what_it_is_worth() -> None:
    """A reader takes a number without its interval for a fact."""
    first, second = scores("rouge1.max", 32.5, missing=2), scores("rouge1.max", 30)
    found = difference(first, second)
    assert (found.mean, found.interval, found.n, found.left_out) == (2.5, Interval(2.5, 2.5), 10, 2)
    assert str(gain_cell(found, first)) == "+2.50 [+2.50, +2.50] (n=10)" and gain_cell(found, first).verdict == "better"
    lower = replace(first, better="lower")
    assert gain_cell(found, lower).verdict == "worse"
    assert gain_cell(found, replace(first, better="")).verdict == "differs"
    none = difference(second, second)
    assert str(gain_cell(none, second)) == "+0.00 [+0.00, +0.00] (n=12, not significant)"
    assert gain_cell(none, second).verdict == "same"
    one = replace(first, values={KEYS[5]: 1.0})
    assert "one paper has no interval" in str(gain_cell(difference(one, second), one))
    assert str(gain_cell(difference(replace(one, values={}), second), one)) == "– (no paper has both)"


def test_a_mean_says_how_many_it_is_of() -> None:
    """Two papers left out in silence can turn a ranking."""
    assert str(mean_cell(scores("rouge1.max", 0, missing=11))) == "11.00 (n=1, 11 unscored)"
    assert str(mean_cell(scores("x", 0, missing=12))) == "– (n=0, 12 unscored)"
    assert str(mean_cell(None)) == "– (not scored here)"
    assert str(mean_cell(replace(scores("x", 0), values={"a": -0.0001, "b": -0.0001}))).startswith("0.00 [0.00, 0.00]")
    assert unscored(row("chain", 1, missing=2), ("rouge1.max", "form.words", "other")) == [
        ("empty-review", 2, ("rouge1.max",))
    ]


def test_chance_is_told_with_the_number_of_comparisons() -> None:
    """Of twenty differences one is significant by chance."""
    assert chance_note(content()).startswith("4 of 4 differences") and "about 0.2" in chance_note(content())
    assert "could be tested" in chance_note(content(rows=(row("single", 1),)))


def test_differences_by_venue_and_section_are_over_their_papers() -> None:
    """A venue's gain taken over all papers would be the same in every venue."""
    shown = content()
    found = {(gain.group, gain.row): (gain.difference.n, gain.difference.mean) for gain in shown.by_venue}
    assert found == {("all", "chain"): (10, 2.5), ("iclr_2017", "chain"): (4, 2.5), ("neurips_2024", "chain"): (6, 2.5)}
    assert {gain.group for gain in shown.by_section} == {"Summary", "Weaknesses"}
    other = replace(shown.rows[1].scores["rouge1.max"], settings="another encoder")
    uneven = replace(shown.rows[1], scores={**shown.rows[1].scores, "rouge1.max": other})
    mixed = content(rows=(shown.rows[0], uneven))
    assert ("chain", "rouge1.max") not in mixed.gains and not [one for one in mixed.by_venue if one.group == "all"]


def test_every_plot_is_there_and_stands_alone() -> None:
    """A plot that names a colour, style or id of its own breaks the page's dark mode, its policy or its other plots."""
    drawn = pictures(content())
    ids: list[str] = []
    for name, picture in drawn.items():
        tree = ET.fromstring(picture)
        assert tree.get("role") == "img" and tree.get("aria-label"), name
        assert " style=" not in picture and "<style" not in picture and "http://www.w3.org/1999/02" not in picture
        assert not re.findall(r"#[0-9a-f]{6}\b", picture), name
        found = [element.get("id") for element in tree.iter() if element.get("id")]
        used = set(re.findall(r'(?:href="|url\()#([\w.-]+)', picture))
        assert set(found) == used, name
        ids += found
    assert len(set(ids)) == len(ids)
    assert drawn == pictures(content())


def test_a_difference_that_is_not_significant_is_hollow() -> None:
    """The eye reads a filled mark as a finding."""
    same = content(rows=(row("single", 30), row("chain", 30)), venues={})
    better = content(rows=(row("single", 30), row("chain", 33)), venues={})
    hollow, filled = (plots.gains(one, one.by_venue, "venue") for one in (same, better))
    assert 'fill="var(--paper)"' in hollow and 'fill="var(--paper)"' not in filled


def test_nothing_to_plot_is_no_plot() -> None:
    """An empty frame reads as a failure of the page."""
    bare = Row("single", "", True, {"rouge1.max": Scores("rouge1.max", {}, dict.fromkeys(KEYS, "no-reference"))})
    empty = content(rows=(bare,), figures=("rouge1.max",), venues={}, sections={}, length="", controls=(), examples=())
    assert set(pictures(empty).values()) == {""}
    page = to_page(empty)
    assert "no-reference" in page and "<svg" not in page and "No paper has a value in every arm" in page
    assert "no-reference" in to_markdown(empty)


def test_rank_correlation_by_hand() -> None:
    """Spearman's of (1, 2, 3, 4) with (10, 30, 20, 40): 1 - 6 x 2 / (4 x 15) = 0.8."""
    words = Scores("form.words", dict(zip("abcd", (1.0, 2.0, 3.0, 4.0), strict=True)), unit="words", better="")
    values = Scores("rouge1.max", dict(zip("abcd", (10.0, 30.0, 20.0, 40.0), strict=True)))
    one = Row("single", "", True, {"form.words": words, "rouge1.max": values})
    shown = content(rows=(one,))
    assert plots.rank_correlation(shown, one) == pytest.approx(0.8)
    flat = replace(one, scores={**one.scores, "form.words": replace(words, values=dict.fromkeys("abcd", 5.0))})
    assert plots.rank_correlation(shown, flat) is None


def test_series_can_be_told_from_the_page() -> None:
    """WCAG asks for 3 to 1 between a mark and its ground, in light and in dark."""
    own, shared = ((HERE / name).read_text(encoding="utf-8") for name in ("page.css", "../page.css"))
    grounds = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", part)) for part in shared.split(":root")[1:3]]
    inks = [dict(re.findall(r"--(s\d): (#[0-9a-f]{6})", part)) for part in own.split(":root")[1:3]]
    for ground, found in zip(grounds, inks, strict=True):
        assert set(found) == {f"s{number}" for number in range(len(SERIES))}
        for ink in found.values():
            light, dark = sorted((luminance(ground["paper"]), luminance(ink)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 3, ink


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12) | st.sampled_from(
    [
        '<script>alert("x")</script>',
        '"><img src=x onerror=y>',
        "{{ 7 * 7 }}",
        "$x_1$",
        "a|b`c",
        "\u202egnp.exe",
        "&amp;",
    ]
)


@settings(max_examples=8)
@given(TEXTS, TEXTS)
@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.slow
def test_foreign_text_is_shown_and_does_nothing(first: str, second: str) -> None:
    """Titles, venues, sections and reviews are other people's: shown as they are, on the page and on its plots."""
    known = Page(to_page(content()))
    base = content()
    shown = content(
        title=first, venues={second: base.venues["iclr_2017"], "b": base.venues["iclr_2017"]},
        sections={first: base.sections["Summary"], second + "b": base.sections["Summary"]},
        examples=(replace(base.examples[0], title=second, texts=(Shown(first, second), *base.examples[0].texts[1:])),),
        commands=(first,), facts={"Papers": second}, notes=(second,),
    )  # fmt: skip
    page = to_page(shown)
    found = Page(page)
    allowed = {tag for tag, _ in known.tags}
    assert {tag for tag, _ in found.tags} <= allowed
    names = {name for _, attributes in known.tags for name in attributes}
    assert {name for _, attributes in found.tags for name in attributes} <= names
    assert not any(name.startswith("on") for name in names) and "49" not in "".join(found.text).replace(first, "")[:200]
    for picture in pictures(shown).values():
        ET.fromstring(picture)
    lines = [line for line in to_markdown(shown).split("\n") if line.startswith("|")]
    assert all(re.search(r"(?<!\\)(?:\\\\)*\|$", line) for line in lines)


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    """A report is opened from a mail or a repository: it must not call anyone."""
    page = to_page(content())
    found = Page(page)
    assert not {tag for tag, _ in found.tags} & {"script", "link", "img", "iframe", "object", "form"}
    assert not [
        url for _, values in found.tags for key, url in values.items() if key in ("src", "href") and url[0] != "#"
    ]
    policy = next(
        values["content"] for _, values in found.tags if values.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy and policy.startswith("default-src 'none'; style-src 'sha256-")
    anchors = {values["id"] for _, values in found.tags if "id" in values}
    assert {url[1:] for tag, values in found.tags if tag == "a" and (url := values["href"])} <= anchors
    assert "review compare corpus --out out" in page and "2 unscored" in page
    hidden = to_page(content(examples=None))
    assert "It is long." in page and "It is long." not in hidden and "Left out on purpose" in hidden


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 1300])
def test_the_page_in_a_browser(tmp_path: Path, width: int) -> None:
    """Its style must get past its own policy, colours must be the page's, and a phone must not scroll sideways."""
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("needs chromium on the PATH")
    frame = (
        f'<iframe style="border:0;width:{width}px;height:900px" srcdoc="{html.escape(to_page(content()))}"></iframe>'
    )
    script = (
        "<script>onload = () => { const d = document.querySelector('iframe').contentDocument, s = d.documentElement; "
        "const mark = d.querySelector('.plot text'); document.title = JSON.stringify([s.scrollWidth - s.clientWidth, "
        "d.querySelectorAll('.plot').length, getComputedStyle(mark).fontFamily.includes('system-ui'), "
        "getComputedStyle(mark).fill != 'rgb(0, 0, 0)', d.querySelector('.plot').getBoundingClientRect().height > 60])"
        " }</script>"
    )
    (tmp_path / "frame.html").write_text(f"<!DOCTYPE html><title></title>{frame}{script}", encoding="utf-8")
    options = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom")
    command = [browser, *options, (tmp_path / "frame.html").as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    title = re.search(r"<title>(.*?)</title>", dom, re.DOTALL)
    assert title and title[1], dom[:500]
    assert json.loads(title[1]) == [0, 6, True, True, True]
