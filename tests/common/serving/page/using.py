"""What a user does on the page, for the tests and the pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.common.serving.page.scripted import ScriptedChain, Site
from tests.common.views import records
from tests.conftest import SAMPLE

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


def start(page: Any, address: str, paper: Path = SAMPLE) -> None:
    """Choose the paper and send it."""
    page.goto(address)
    page.set_input_files("#paper", paper)
    page.click("text=Ask and review")


def drawn(page: Any) -> None:
    page.wait_for_selector(".sheet canvas")


def reviewed(page: Any, here: Site, paper: Path = SAMPLE) -> None:
    """A paper given and its review shown."""
    start(page, here.address, paper)
    page.wait_for_url("**/#*")
    done(page)


def done(page: Any) -> None:
    """The job in the address has come to its end, and the page shows it."""
    page.wait_for_selector(f"main[data-job='{page.url.split('#')[1]}'][data-status=done] .point", state="attached")


def texts(page: Any, selector: str) -> list[str]:
    return [one.strip() for one in page.locator(selector).all_inner_texts()]


def tab_to(page: Any, selector: str) -> None:
    """Press Tab until the focus is there, seen at every stop."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab never came to {selector}")


def with_quote(quote: str, page: int) -> ScriptedChain:
    """A chain whose first point rests on this passage."""
    record = records.good()
    point = replace(record.reviews[0].points[0], evidence=(records.passage(quote, page, "Somewhere", 3.0),))
    review = replace(record.reviews[0], points=(point, *record.reviews[0].points[1:]))
    return ScriptedChain(replace(record, reviews=(review,)))
