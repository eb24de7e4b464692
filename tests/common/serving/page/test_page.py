"""The page in a real browser over the real service: what a researcher does there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.common.serving.page.conftest import QUOTE
from tests.common.serving.page.scripted import ScriptedChain, Site
from tests.common.serving.page.using import done, drawn, reviewed, start, texts, with_quote
from tests.common.views import records

pytestmark = pytest.mark.slow
Visit = Callable[..., Any]
Serve = Callable[..., Site]


WARNED = "3 warnings about the paper, 298 words not read by the model."

UNDER_MARKS = """() => [...document.querySelectorAll(".marks > div")].map((mark) => {
  const box = mark.getBoundingClientRect();
  const element = document.elementsFromPoint(box.left + box.width / 2, box.top + box.height / 2)
    .find((one) => one.closest(".textLayer") && one.tagName === "SPAN");
  return element ? element.textContent : "";
}).join(" ")"""


def test_from_a_pdf_to_a_passage(serve: Serve, visit: Visit) -> None:
    """The page's whole purpose: pages beside growing questions, the review as it is written, and where to look."""
    chain = ScriptedChain()
    chain.asking.clear()
    chain.writing.clear()
    page, here = visit(), serve(chain)
    start(page, here.address)
    page.wait_for_selector(".question")
    drawn(page)
    assert page.inner_text(".pagebar").startswith("Page 1 of 4")
    assert texts(page, ".question bdi")[0] == records.QUESTIONS[0].text
    assert len(texts(page, ".question")) < len(records.QUESTIONS)
    chain.asking.set()
    page.wait_for_selector(".writing h3")
    assert page.get_attribute("#tab-review", "aria-selected") == "true"
    assert "two low-rank probes" in page.inner_text(".writing").lower()
    chain.writing.set()
    page.wait_for_selector(".point")
    assert texts(page, ".point > .label") == [f"P{n}" for n in range(1, 10)]
    assert texts(page, ".ratings dd")[0].startswith("2 · fair") and "unscored" in texts(page, ".ratings dd")[2]
    page.click("[data-point=P3] .label")
    page.wait_for_selector(".said")
    assert page.inner_text(".said") == "Marked on page 2."
    assert records.QUESTIONS[0].text in page.inner_text(".point.open .answers")
    assert page.evaluate("[...document.querySelectorAll('.sheet:has(.marks)')].map((s) => s.dataset.page)") == ["2"]
    marked = re.sub(r"\W", "", page.evaluate(UNDER_MARKS))
    assert "hyperparametersrecommended" in marked and "trainingstepsofthefinalmodel" in marked
    frame, mark = page.locator(".pages").bounding_box(), page.locator(".marks > div").first.bounding_box()
    assert frame["y"] < mark["y"] < frame["y"] + frame["height"]
    assert page.inner_text("#panel-review .strip").startswith(WARNED)
    page.click("text=See the notes")
    assert "C Filtering by Task" in page.inner_text("#panel-notes table")
    page.click("#tab-questions")
    assert texts(page, ".question .bad") == ["Unanswered"] * 2
    page.click(".remarks .link >> nth=0")
    assert page.get_attribute("#tab-review", "aria-selected") == "true"
    other = visit()
    other.goto(page.url)
    done(other)
    other.goto(f"{here.address}/#{'0' * 32}")
    other.wait_for_selector("text=There is no such review of yours.")


def test_a_passage_that_is_not_there_is_not_pretended(serve: Serve, visit: Visit) -> None:
    """A mark on the wrong lines would be taken for evidence."""
    page = visit()
    reviewed(page, serve(with_quote("Nobody ever wrote these words into that particular manuscript about probes.", 3)))
    page.click("[data-point=P1] .label")
    page.wait_for_selector(".said")
    assert "not found in the text of page 3" in page.inner_text(".said")
    assert page.get_attribute(".sheet.whole", "data-page") == "3"
    assert page.locator(".marks").count() == 0


def test_a_paper_without_pages(serve: Serve, visit: Visit, notes: Path) -> None:
    """Markdown has no pages; the passage is then marked in the text."""
    page = visit()
    reviewed(page, serve(with_quote(QUOTE, 0)), notes)
    page.click("[data-point=P1] .label")
    page.wait_for_selector("mark")
    assert "".join(texts(page, "mark")).rstrip(".") == QUOTE.rstrip(".")
    assert page.inner_text(".said") == "Marked in the text."


def test_questions_are_edited_and_answered_again(serve: Serve, visit: Visit) -> None:
    """Who knows the paper asks better; asking the model again would lose their questions."""
    here, page = serve(), visit()
    reviewed(page, here)
    first = page.url
    page.click("#tab-questions")
    assert page.is_hidden("text=Undo changes")
    page.click("[data-question=Q1] .text")
    page.fill(".question textarea", "Was every baseline tuned?")
    page.keyboard.press("Enter")
    page.hover("[data-question=Q2]")
    page.click("[data-question=Q2] .delete")
    page.hover("[data-question=Q4]")
    page.click("[data-question=Q4] .up")
    page.fill("#add", "Is <b>anything</b> new?")
    page.click(".add button")
    assert page.is_visible("text=Undo changes")
    page.click("text=All papers")
    page.click(".history li a")  # a look elsewhere loses no edits
    done(page)
    page.click("#tab-questions")
    assert len(texts(page, ".question")) == 8 and page.is_visible("text=Undo changes")
    page.select_option("#rerun-form", "stanford4")
    page.click("text=Write the review again")
    page.wait_for_url(lambda url: url != first)
    done(page)
    order = here.chain.orders[-1]
    before = [one.text for one in records.QUESTIONS]
    expected = ["Was every baseline tuned?", before[3], before[2], *before[4:], "Is <b>anything</b> new?"]
    assert [one.text for one in order.questions] == expected
    assert order.form == "stanford4" and len(here.chain.orders) == 2
    page.click("#tab-questions")
    assert texts(page, ".question .text") == expected
    page.click("text=earlier version")
    page.wait_for_url(first)
    done(page)
    page.click("#tab-questions")
    assert texts(page, ".question .text") == before


def test_downloads(serve: Serve, visit: Visit, notes: Path) -> None:
    """A review that cannot be taken along cannot be worked with."""
    page = visit(accept_downloads=True)
    reviewed(page, serve(), notes)
    for name, kind, begins in (("Markdown", "md", "# "), ("HTML", "html", "<!DOCTYPE"), ("JSON", "json", "{")):
        with page.expect_download() as waiting:
            page.click(f".downloads >> text={name}")
        assert waiting.value.suggested_filename == f"notes.review.{kind}"
        text = Path(waiting.value.path()).read_text("utf-8")
        assert text.startswith(begins) and "Only DOFT is tuned" in text
    assert len(json.loads(text)["reviews"][0]["points"]) == 9


def test_deleting(serve: Serve, visit: Visit, notes: Path) -> None:
    """Papers are confidential; what its owner deletes has to go, and nothing without being asked."""
    here, page = serve(), visit()
    reviewed(page, here, notes)
    address = page.url.replace("#", "v1/reviews/")
    page.click("text=All papers")
    page.click(".history li .icon")
    page.click("dialog >> text=Keep")
    assert page.locator(".history li").count() == 1
    page.click(".history li .icon")
    page.click("dialog button.danger")
    page.wait_for_selector(".history li", state="detached")
    assert page.request.get(address).status == 404
