"""A record as one HTML page: complete, closed to the outside, and readable."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.types import ChainRecord
from common.views.html import HERE, to_html
from common.views.notice import NOTICE
from common.views.text import one_line
from tests.common.views import records

HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)> ' onmouseover='x",
    "</style></title></pre></details><iframe src=//evil.example>",
    "{{ 7 * 7 }} {% raw %} &lt;b&gt; &amp;",
    "\u202etpecca\u202c \x00\x1b \ud800 \u2028",
    "",
)
VOID = {"meta", "rect"}
TAGS = [
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "a",
    "div",
    "header",
    "p",
    "h1",
    "strong",
    "nav",
    "ul",
    "li",
    "span",
    "main",
    "section",
    "h2",
    "bdi",
    "code",
    "dl",
    "dt",
    "dd",
    "h3",
    "ol",
    "figure",
    "blockquote",
    "figcaption",
    "details",
    "summary",
    "pre",
    "table",
    "caption",
    "thead",
    "tr",
    "th",
    "tbody",
    "td",
    "svg",
    "rect",
    "footer",
]
ATTRIBUTES = [
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "class",
    "href",
    "id",
    "aria-labelledby",
    "aria-label",
    "aria-hidden",
    "dir",
    "scope",
    "width",
    "height",
]


class Page(HTMLParser):
    """What a browser would make of the page: tags, attributes and text, with nesting checked."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def all(self, attribute: str) -> list[str]:
        return [attributes[attribute] or "" for _, attributes in self.tags if attribute in attributes]


def checked(record: ChainRecord) -> Page:
    """The page, which must hold nothing but our own tags and links inside itself."""
    page = Page(to_html(record))
    assert {tag for tag, _ in page.tags} <= set(TAGS)
    assert {name for _, attributes in page.tags for name in attributes} <= set(ATTRIBUTES)
    ids = Counter(page.all("id"))
    assert max(ids.values()) == 1, ids.most_common(3)
    for href in page.all("href"):
        assert href.startswith("#"), href
    return page


def test_everything_a_reader_needs_is_there() -> None:
    """The page is what authors forward to their co-authors."""
    text = checked(records.good()).text
    for part in (
        NOTICE,
        "p. 2Text addressed to a reviewer",
        "Answers Q1Are the baselines tuned with the same effort as the proposed method? (named by the model)",
        "Closest passage · p. 2, Baselines · BM25 score 21.6",
        "✓ found (p. 2)",
        "✗ NOT FOUND in the paper (closest match 58%)",
        "2 · fair (1 to 4)",
        "unscored · written: “between 2 and 3, leaning towards 3” (1 to 4)",
        "Left unanswered: Q7, Q8.",
        "4, finish: 3 stop, 1 length",
        "121 of 268",
        "11,484, of them 8,592 from the prefix cache",
        "Review: Contribution is unscored.",
        "vllm 0.32.0",
        "Raw completion 4, seed 4714, finish: length",
    ):
        assert part in text, part
    assert text.index("Warnings about the paper") < text.index("Strengths P1") < text.index("How this review was made")


def test_points_lead_to_questions_and_back() -> None:
    """Without the links a reader scrolls to find out what was asked."""
    page = checked(records.good())
    ids, links = set(page.all("id")), page.all("href")
    assert {href.removeprefix("#") for href in links} <= ids
    assert links.count("#q-Q2") == 2 and "#r1p4" in links and "#r1p7" in links


def test_reviews_that_did_not_parse_show_their_raw_text() -> None:
    """Hiding them would look as if the model had found nothing."""
    text = checked(records.several()).text
    assert text.count("could not be read into points") == 2
    assert "are <b>weak</b>. I would say six." in text and "The model wrote nothing." in text


def test_a_bare_record_reads_well() -> None:
    """The least a run can leave must not print holes or fail."""
    text = checked(records.bare()).text
    assert "No questions were asked." in text and "notes.md" in text and "Warnings" not in text


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_stays_text(text: str) -> None:
    """A paper could otherwise run a script in its author's browser, or change its verdict's look."""
    page = checked(records.with_text(text))
    assert one_line(text) in page.text
    to_html(records.with_text(text)).encode("utf-8")


@settings(max_examples=60, deadline=None)
@given(st.text(st.one_of(st.characters(), st.sampled_from("<>&\"'/=`{}%#")), max_size=30))
def test_any_text_gives_a_sound_page(text: str) -> None:
    """A strange character in a paper must not end a run that took minutes."""
    checked(records.with_text(text))


def test_the_page_forbids_everything_but_its_own_style() -> None:
    """If an escape ever fails, the browser still refuses to run or load anything."""
    text = to_html(records.good())
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert style and policy
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy[1] == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not re.search(r"url\(|@import|expression", style[1])
    assert text.index("Content-Security-Policy") < text.index("<style>") < text.index("<body>")


def test_it_can_be_used_without_eyes() -> None:
    """A screen reader walks by landmarks and headings; a level left out looks like a part left out."""
    page = checked(records.several())
    names = [tag for tag, _ in page.tags]
    assert [names.count(tag) for tag in ("header", "nav", "main", "footer", "h1")] == [1] * 5
    levels = [int(name[1]) for name in names if re.fullmatch(r"h[1-6]", name)]
    assert levels[0] == 1 and all(after <= before + 1 for before, after in pairwise(levels))
    labelled = set(page.all("aria-labelledby"))
    assert labelled and labelled <= set(page.all("id"))


def luminance(colour: str) -> float:
    """Relative luminance of #rgb or #rrggbb (WCAG 2.2, definition of relative luminance)."""
    digits = colour.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_is_enough_in_light_and_dark() -> None:
    """WCAG AA asks for 4.5 to 1; a grey that looks elegant is unreadable in the sun."""
    style = (HERE / "page.css").read_text(encoding="utf-8")
    palettes = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", part)) for part in style.split(":root")[1:4]]
    assert len(palettes) == 3
    for palette in palettes:
        for ground in ("paper", "panel", "warn-panel", "target"):
            for ink in ("ink", "muted", "accent", "good", "bad", "warn"):
                light, dark = sorted((luminance(palette[ground]), luminance(palette[ink])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (ground, ink)


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 390, 1200])
def test_no_horizontal_scrolling_in_a_browser(tmp_path: Path, width: int) -> None:
    """On a phone a page that is too wide has to be pushed about for every line."""
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("needs chromium on the PATH")
    pages = {
        "good": records.good(),
        "several": records.several(),
        "long": records.with_text("unbreakable" * 30),
    }
    frames = "".join(
        f'<iframe id="{name}" style="border:0;width:{width}px;height:900px" srcdoc="{_attribute(to_html(record))}">'
        "</iframe>"
        for name, record in pages.items()
    )
    script = (
        "<script>onload = () => { document.title = JSON.stringify([...document.querySelectorAll('iframe')].map(f => "
        "[f.id, (d => d.scrollWidth - d.clientWidth)(f.contentDocument.documentElement), "
        "getComputedStyle(f.contentDocument.querySelector('.point')).display])) }</script>"
    )
    (tmp_path / "frames.html").write_text(f"<!DOCTYPE html><title></title>{frames}{script}", encoding="utf-8")
    options = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom")
    command = [browser, *options, (tmp_path / "frames.html").as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    title = re.search(r"<title>(.*?)</title>", dom, re.DOTALL)
    assert title and title[1], dom[:500]
    measured = json.loads(title[1].replace("&quot;", '"'))
    assert measured == [[name, 0, "grid"] for name in pages]  # "grid": the policy let our own style through


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;")
