"""What goes wrong, said on the page in sentences; and what must not happen to whoever opens a paper there."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common.serving.keys import load_keys
from common.serving.limits import ServiceLimits
from tests.common.serving.page.scripted import ScriptedChain, Site
from tests.common.serving.page.using import reviewed, start
from tests.common.views import records
from tests.conftest import SAMPLE

pytestmark = pytest.mark.slow
Visit = Callable[..., Any]
Serve = Callable[..., Site]


def test_a_key_is_asked_for_and_kept_in_this_tab(serve: Serve, visit: Visit, tmp_path: Path, notes: Path) -> None:
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
    reviewed(page, here, notes)
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
    ended(page, here)
    assert "The engine ran out of memory." in page.inner_text(".alert")
    assert "Start it anew." in page.inner_text(".alert")
    assert page.inner_text("#panel-review") != "The review will appear here as it is written."
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
    shown(page, here, "Review")
    shown(page, here, "Waiting, number 1 in the queue")
    start(page, here.address)
    page.wait_for_selector(".alert")
    assert "waiting already" in page.inner_text(".alert")
    assert re.search(r"Try again in \d+ s", page.inner_text(".alert button"))


def ended(page: Any, here: Site) -> None:
    """A paper given and come to an end, good or bad."""
    start(page, here.address)
    page.wait_for_selector(".head .state button:has-text('Delete')")


def shown(page: Any, here: Site, said: str) -> None:
    """A paper given, and this said of its progress."""
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


def test_a_broken_connection_is_taken_up_again(serve: Serve, visit: Visit, notes: Path) -> None:
    """A laptop that slept would lose the review it was waiting for."""
    page, tries = visit(), []
    page.route("**/events", lambda route: (tries.append(1), route.abort() if len(tries) < 2 else route.continue_()))
    reviewed(page, serve(), notes)
    assert len(tries) == 2
    assert page.locator(".right > .strip").count() == 0


def test_stopped_and_started_again(serve: Serve, visit: Visit, notes: Path) -> None:
    """The engine is shared: who gave the wrong paper should not have to wait for its review."""
    chain = ScriptedChain()
    chain.asking.clear()
    page = visit()
    start(page, serve(chain).address, notes)
    page.click(".state >> text=Cancel")
    page.wait_for_selector("text=This was stopped.")
    chain.asking.set()
    page.click("text=Start again")
    page.wait_for_selector(".point")


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
