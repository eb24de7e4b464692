"""The page in a real browser over the real service: what a researcher does there, and what must not happen to them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from common.serving.keys import load_keys
from common.serving.limits import ServiceLimits
from tests.common.serving.page.scripted import ScriptedChain, Site
from tests.common.serving.page.shots import NARROW, drawn, start
from tests.common.views import records
from tests.conftest import SAMPLE

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


def texts(page: Any, selector: str) -> list[str]:
    return [one.strip() for one in page.locator(selector).all_inner_texts()]


def reviewed(page: Any, here: Site, paper: Path = SAMPLE) -> None:
    """A paper given and its review shown."""
    start(page, here.address, paper)
    page.wait_for_url("**/#*")
    done(page)


def done(page: Any) -> None:
    """The job in the address has come to its end, and the page shows it."""
    page.wait_for_selector(f"main[data-job='{page.url.split('#')[1]}'][data-status=done] .point", state="attached")


def with_quote(quote: str, page: int) -> ScriptedChain:
    """A chain whose first point rests on this passage."""
    record = records.good()
    point = replace(record.reviews[0].points[0], evidence=(records.passage(quote, page, "Somewhere", 3.0),))
    review = replace(record.reviews[0], points=(point, *record.reviews[0].points[1:]))
    return ScriptedChain(replace(record, reviews=(review,)))


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


@pytest.mark.parametrize(
    ("name", "kind", "begins"), [("Markdown", "md", "# "), ("HTML", "html", "<!DOCTYPE"), ("JSON", "json", "{")]
)
def test_downloads(serve: Serve, visit: Visit, name: str, kind: str, begins: str) -> None:
    """A review that cannot be taken along cannot be worked with."""
    page = visit(accept_downloads=True)
    reviewed(page, serve())
    with page.expect_download() as waiting:
        page.click(f".downloads >> text={name}")
    assert waiting.value.suggested_filename == f"paper.review.{kind}"
    text = Path(waiting.value.path()).read_text("utf-8")
    assert text.startswith(begins) and "Only DOFT is tuned" in text
    if kind == "json":
        assert len(json.loads(text)["reviews"][0]["points"]) == 9


def test_a_key_is_asked_for_and_kept_in_this_tab(serve: Serve, visit: Visit, tmp_path: Path) -> None:
    """A key in an address or a cookie ends up in logs and with other sites."""
    key = "k" * 24
    (tmp_path / "keys").write_text(f"ada {key}\n")
    here, page = serve(keys=load_keys(tmp_path / "keys", {})), visit()
    addresses: list[str] = []
    page.on("request", lambda asked: addresses.append(asked.url))
    page.goto(here.address)
    page.fill("#key", "not the key at all, surely")
    page.click("text=Use this key")
    page.wait_for_selector("text=does not know this key")
    page.fill("#key", key)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=None yet.")
    reviewed(page, here)
    assert page.evaluate("[sessionStorage.length, localStorage.length, document.cookie]") == [1, 0, ""]
    assert not [url for url in addresses if key in url]
    page.click("text=Forget key")
    page.wait_for_selector("#key")


def test_failures_are_sentences(serve: Serve, visit: Visit, tmp_path: Path) -> None:
    """A researcher who reads "Error 413" or nothing at all does not know what to do."""
    chain = ScriptedChain(fails="The engine ran out of memory.")
    here, page = serve(chain, limits=ServiceLimits(queue=1, queue_per_user=1, upload_mb=1)), visit()
    large = tmp_path / "large.pdf"
    large.write_bytes(b"%PDF-" + b"0" * 2**22)
    start(page, here.address, large)
    page.wait_for_selector(".alert")
    # The service may close the connection before the browser has read why.
    assert re.search(r"has more than \d+ MB|broke the upload off", page.inner_text(".alert"))
    reviewed_or_failed(page, here)
    assert "The engine ran out of memory." in page.inner_text(".alert")
    assert "Start it anew." in page.inner_text(".alert")
    damaged = tmp_path / "damaged.pdf"
    damaged.write_bytes(b"%PDF-1.7 and no more")
    start(page, here.address, damaged)
    page.wait_for_selector(".head .state button:has-text('Delete')")
    assert "damaged.pdf" in page.inner_text(".alert") and "Traceback" not in page.inner_text("main")
    page.wait_for_selector(".pagebar :text('The pages cannot be shown')")
    page.click("text=All papers")
    page.click(".history li:has-text('paper.pdf') a")
    page.wait_for_selector("text=The engine ran out of memory.")
    chain.fails = ""
    page.click(".alert >> text=Try again")
    page.wait_for_selector(".point")
    chain.writing.clear()
    reviewed_or_waiting(page, here, "Review")
    reviewed_or_waiting(page, here, "Waiting, number 1 in the queue")
    start(page, here.address)
    page.wait_for_selector(".alert")
    assert "waiting already" in page.inner_text(".alert")
    assert re.search(r"Try again in \d+ s", page.inner_text(".alert button"))


def reviewed_or_failed(page: Any, here: Site) -> None:
    start(page, here.address)
    page.wait_for_selector(".head .state button:has-text('Delete')")


def reviewed_or_waiting(page: Any, here: Site, said: str) -> None:
    start(page, here.address)
    page.wait_for_selector(f".state :text('{said}')")


def test_a_server_that_is_gone(serve: Serve, visit: Visit) -> None:
    """A page that waits in silence for a dead server wastes an afternoon."""
    chain = ScriptedChain()
    chain.writing.clear()
    here, page = serve(chain), visit()
    start(page, here.address)
    page.wait_for_selector(".writing")
    other = visit()
    other.goto(here.address)
    other.wait_for_selector(".history li")
    here.stop()
    page.wait_for_selector(".right > .strip")
    assert "does not answer" in page.inner_text(".right > .strip")
    other.set_input_files("#paper", SAMPLE)
    other.click("text=Ask and review")
    other.wait_for_selector(".alert")
    assert "The service does not answer. See whether `review serve` is still running" in other.inner_text(".alert")


def test_a_broken_connection_is_taken_up_again(serve: Serve, visit: Visit) -> None:
    """A laptop that slept would lose the review it was waiting for."""
    page, tries = visit(), []
    page.route("**/events", lambda route: (tries.append(1), route.abort() if len(tries) < 2 else route.continue_()))
    reviewed(page, serve())
    assert len(tries) == 2
    assert page.locator(".right > .strip").count() == 0


def test_stopped_and_started_again(serve: Serve, visit: Visit) -> None:
    """The engine is shared: who gave the wrong paper should not have to wait for its review."""
    chain = ScriptedChain()
    chain.asking.clear()
    page = visit()
    start(page, serve(chain).address)
    page.click(".state >> text=Cancel")
    page.wait_for_selector("text=This was stopped.")
    chain.asking.set()
    page.click("text=Start again")
    page.wait_for_selector(".point")


def test_deleting(serve: Serve, visit: Visit) -> None:
    """Papers are confidential; what its owner deletes has to go, and nothing without being asked."""
    here, page = serve(), visit()
    reviewed(page, here)
    address = page.url.replace("#", "v1/reviews/")
    page.click("text=All papers")
    page.click(".history li .icon")
    page.click("dialog >> text=Keep")
    assert page.locator(".history li").count() == 1
    page.click(".history li .icon")
    page.click("dialog button.danger")
    page.wait_for_selector(".history li", state="detached")
    assert page.request.get(address).status == 404


def test_by_keyboard_alone(serve: Serve, visit: Visit) -> None:
    """Some cannot use a mouse, and others are faster without."""
    here, page = serve(), visit()
    page.goto(here.address)
    page.wait_for_selector("#form option:nth-child(2)", state="attached")
    keys = page.keyboard
    tab_to(page, "#paper")
    with page.expect_file_chooser() as chooser:
        keys.press("Space")
    chooser.value.set_files(SAMPLE)
    tab_to(page, "button.large")
    keys.press("Enter")
    page.wait_for_selector(".point")
    drawn(page)
    keys.press("j")
    keys.press("j")
    page.wait_for_selector("[data-point=P2] .said")
    keys.press("ArrowDown")
    page.wait_for_selector("[data-point=P3] .said")
    assert page.evaluate("document.activeElement.closest('[data-point]').dataset.point") == "P3"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    keys.press("k")
    page.wait_for_selector("[data-point=P2] .said")
    keys.press("Escape")
    assert page.locator(".point.open, .marks").count() == 0
    keys.press("1")
    tab_to(page, "[data-question=Q1] .text")
    keys.press("Enter")
    keys.type(" Really?")
    keys.press("Escape")
    keys.press("Enter")
    keys.type(" Truly?")
    keys.press("Enter")
    keys.press("Alt+ArrowDown")
    assert texts(page, ".question .text")[:2] == [records.QUESTIONS[1].text, records.QUESTIONS[0].text + " Truly?"]
    assert page.evaluate("document.activeElement.closest('li').dataset.question") == "Q1"
    tab_to(page, ".rerun .primary")
    first = page.url
    keys.press("Enter")
    page.wait_for_url(lambda url: url != first)
    done(page)
    assert here.chain.orders[-1].questions[1].text.endswith(" Truly?")
    keys.press("?")
    page.wait_for_selector("dialog[open]")
    keys.press("Escape")
    page.wait_for_selector("dialog[open]", state="detached")


def tab_to(page: Any, selector: str) -> None:
    """Press Tab until the focus is there, seen at every stop."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab never came to {selector}")


def test_on_a_narrow_screen(serve: Serve, visit: Visit) -> None:
    """On a phone two columns are two columns of nothing."""
    page = visit(viewport=NARROW, has_touch=True)
    start(page, serve().address)
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0
    page.wait_for_selector(".point")
    assert page.is_hidden(".left")
    page.tap("[data-point=P3] .label")
    page.tap("text=Show in the paper")
    page.wait_for_selector(".marks > div")
    assert page.is_visible(".left") and page.is_hidden("#panel-review")
    assert page.evaluate(overflow) == 0
    page.tap("text=Back to P3")
    page.wait_for_selector("[data-point=P3] .said")
    for tab in ("questions", "notes"):
        page.tap(f"#tab-{tab}")
        assert page.evaluate(overflow) == 0


HOSTILE = "<script>window.hacked=1</script><img src=x onerror=window.hacked=1>\u202egnp.exe\u2066 **b** javascript:1"


UNSEEN = """() => [...document.querySelectorAll("body *")].flatMap((element) => {
  const texts = [...element.childNodes].filter((one) => one.nodeType === 3).map((one) => one.data);
  const all = [...texts, element.getAttribute("aria-label") ?? "", element.title];
  return all.filter((text) => /[\\u202e\\u2066]/.test(text)).map((text) => `${element.className}: ${text}`);
})"""


def test_hostile_text_is_text(serve: Serve, visit: Visit, tmp_path: Path) -> None:
    """Whoever writes the paper would run a script in the reviewer's browser, or show other words than there are."""
    paper = tmp_path / "x<img src=x onerror=window.hacked=1>.md"
    body = "This paper compares several methods of the field and finds that they differ in many ways. " * 30
    paper.write_text(f"# {HOSTILE}\n\n## Abstract\n\n{HOSTILE}\n\n## {HOSTILE}\n\n{body}\n", "utf-8")
    page = visit()
    page.on("dialog", lambda dialog: pytest.fail("a script of the paper's ran"))
    reviewed(page, serve(ScriptedChain(records.with_text(HOSTILE))), paper)
    for selector in ("[data-point] .label >> nth=0", "#tab-questions", "#tab-notes"):
        page.click(selector)
    assert page.locator("main img, main script, main iframe, main [onerror], main a[href^=javascript]").count() == 0
    shown = page.inner_text("main") + page.inner_text("#panel-notes") + page.text_content("#panel-review")
    assert "<script>window.hacked=1</script>" in shown and "⟨U+202E⟩gnp.exe⟨U+2066⟩" in shown
    assert page.evaluate(UNSEEN) == []
    page.click("text=All papers")
    page.wait_for_selector(".history li")
    assert page.evaluate(UNSEEN) == []
    assert page.evaluate("window.hacked") is None


def test_a_paper_without_pages(serve: Serve, visit: Visit, tmp_path: Path) -> None:
    """Markdown has no pages; the passage is then marked in the text."""
    quote = "Every number of this section comes from a single run of the program."
    paper = tmp_path / "notes.md"
    body = "This paper compares several methods of the field and finds that they differ in many ways. " * 30
    paper.write_text(f"# Notes\n\n## Abstract\n\nShort.\n\n## Results\n\n{body}\n\nFirst words. {quote} Last words.\n")
    page = visit()
    reviewed(page, serve(with_quote(quote, 0)), paper)
    page.click("[data-point=P1] .label")
    page.wait_for_selector("mark")
    assert "".join(texts(page, "mark")).rstrip(".") == quote.rstrip(".")
    assert page.inner_text(".said") == "Marked in the text."


CONTRASTS = """() => {
  const parse = (color) => { const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
  const light = ([r, g, b]) => { const [x, y, z] = [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z; };
  const ground = (element) => { for (let one = element; one; one = one.parentElement) {
    const color = parse(getComputedStyle(one).backgroundColor); if (color[3] === 1) return color; } };
  const low = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
    if (!text || !element.checkVisibility({ opacityProperty: true })) continue;
    if (element.closest(".sheet, :disabled, .unseen")) continue;
    const [one, other] = [light(parse(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) low.push(`${element.className} ${element.textContent.slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return low;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(serve: Serve, visit: Visit, scheme: str) -> None:
    """WCAG 2.2, 1.4.3 (AA): 4.5 to 1, in either colours, wherever a user comes."""
    page = visit(color_scheme=scheme)
    here = serve()
    page.goto(here.address)
    page.wait_for_selector("text=None yet.")
    assert page.evaluate(CONTRASTS) == []
    reviewed(page, here)
    page.click("[data-point=P5] .label")
    page.wait_for_selector(".said")
    assert page.evaluate(CONTRASTS) == []
    for tab in ("questions", "notes"):
        page.click(f"#tab-{tab}")
        assert page.evaluate(CONTRASTS) == []
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == scheme
    page.click("[aria-label^=Colours]")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    page.click("[aria-label^=Colours]")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
