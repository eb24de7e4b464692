"""The page without a mouse, on a small screen, and for eyes that need contrast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.common.serving.page.scripted import Site
from tests.common.serving.page.using import NARROW, done, drawn, reviewed, start, tab_to, texts
from tests.common.views import records
from tests.conftest import SAMPLE

pytestmark = pytest.mark.slow
Visit = Callable[..., Any]
Serve = Callable[..., Site]


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
    page = visit(color_scheme=scheme, reduced_motion="reduce")  # or a ground is measured on its way to another colour
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
