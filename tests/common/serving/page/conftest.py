"""A browser, and a page that notices whatever a strict policy forbids."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.common.serving.page.scripted import ScriptedChain, Site, site
from tests.common.serving.page.using import ARGUMENTS, WIDE

QUOTE = "Every number of this section comes from a single run of the program."
WATCH = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective + event.blockedURI));
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One for a module: playwright keeps an event loop in this thread, which other modules' tests must not meet."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("needs chromium on the PATH")
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    with playwright.sync_playwright() as play:
        found = play.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """A new page; at the end none may have broken the policy, asked another address, or met an error of its script."""
    contexts, found = [], []

    def make(**options: Any) -> Any:
        context = browser.new_context(**{"viewport": WIDE, **options})
        contexts.append(context)
        context.add_init_script(WATCH)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: found.append(f"error: {error}"))
        page.on("console", lambda said: "Content Security Policy" in said.text and found.append(said.text))
        page.on("request", lambda asked: _foreign(asked.url, page.url) and found.append(f"foreign: {asked.url}"))
        return page

    yield make
    for context in contexts:
        for page in context.pages:
            found += page.evaluate("window.violations ?? []")
        context.close()
    assert found == []


def _foreign(url: str, page: str) -> bool:
    own = "/".join(page.split("/")[:3])
    return page != "about:blank" and not url.startswith((f"{own}/", f"blob:{own}/"))


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Start the app over a scripted chain."""
    with ExitStack() as stack:

        def make(chain: ScriptedChain | None = None, **options: Any) -> Site:
            return stack.enter_context(site(tmp_path / "state", chain or ScriptedChain(), **options))

        yield make


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A paper without pages: read and shown in no time."""
    paper = tmp_path / "notes.md"
    body = "This paper compares several methods of the field and finds that they differ in many ways. " * 30
    paper.write_text(f"# Notes\n\n## Abstract\n\nShort.\n\n## Results\n\n{body}\n\nFirst words. {QUOTE} Last words.\n")
    return paper
