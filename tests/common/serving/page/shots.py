"""Pictures of the page on the sample paper: `python -m tests.common.serving.page.shots FOLDER` (needs chromium).

docs/page.png is FOLDER/done-light.png.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.common.serving.page.scripted import ScriptedChain, site
from tests.common.serving.page.using import ARGUMENTS, NARROW, WIDE, drawn, start


def main(folder: Path) -> None:
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as state, sync_playwright() as play:
        chain = ScriptedChain()
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        with site(Path(state), chain) as here:
            _wide(browser, here.address, chain, folder, "light")
            _wide(browser, here.address, chain, folder, "dark")
            _narrow(browser, here.address, folder)
        browser.close()


def _wide(browser: Any, address: str, chain: ScriptedChain, folder: Path, scheme: str) -> None:
    page = browser.new_page(viewport=WIDE, color_scheme=scheme)
    page.on("console", lambda message: print(message.type, message.text))
    page.on("pageerror", lambda error: print("ERROR", error))

    def shot(name: str) -> None:
        page.screenshot(path=folder / f"{name}-{scheme}.png")

    page.goto(address)
    page.wait_for_selector("#form option:nth-child(2)", state="attached")
    shot("start")
    chain.asking.clear()
    chain.writing.clear()
    start(page, address)
    drawn(page)
    page.wait_for_selector(".question")
    shot("asking")
    chain.asking.set()
    page.wait_for_selector(".writing")
    shot("writing")
    chain.writing.set()
    page.wait_for_selector(".point")
    page.click("[data-point=P3] .label")
    page.wait_for_selector(".marks", state="attached")
    page.wait_for_selector(".said")
    page.wait_for_timeout(300)
    shot("done")
    page.click("#tab-questions")
    page.hover(".question:nth-child(2)")
    shot("questions")
    page.click("#tab-notes")
    shot("notes")
    page.keyboard.press("?")
    shot("keys")
    page.close()


def _narrow(browser: Any, address: str, folder: Path) -> None:
    page = browser.new_page(viewport=NARROW, has_touch=True, device_scale_factor=2)
    page.goto(address)
    page.wait_for_selector(".history li")
    page.screenshot(path=folder / "start-narrow.png")
    page.click(".history li a")
    page.wait_for_selector(".point")
    page.screenshot(path=folder / "review-narrow.png")
    page.click("[data-point=P3] .label")
    page.screenshot(path=folder / "point-narrow.png")
    page.click("text=Show in the paper")
    page.wait_for_selector(".marks", state="attached")
    page.wait_for_timeout(300)
    page.screenshot(path=folder / "paper-narrow.png")
    page.click("#tab-questions")
    page.screenshot(path=folder / "questions-narrow.png")
    page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
