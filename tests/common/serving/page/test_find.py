"""Finding a passage in a page's text: the shipped script, called in the browser it is made for."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from http.server import HTTPServer, SimpleHTTPRequestHandler
from threading import Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.serving.assets import DIST

pytestmark = pytest.mark.slow
CALL = """([quote, items]) => {
  const { stretches, share } = window.find_(quote, window.letters_(items));
  return { share, marked: stretches.map(({ part, start, end }) => items[part].slice(start, end)).join(""),
           parts: stretches.map((one) => one.part) };
}"""
Find = Callable[[str, list[str]], dict[str, Any]]


@pytest.fixture(scope="module")
def find(browser: Any) -> Iterator[Find]:
    """The shipped function: quotation and text items in, share and marked text out."""

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given, directory=str(DIST))

        def log_message(self, *given: Any) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Quiet)
    thread = Thread(target=server.serve_forever)
    thread.start()
    page = browser.new_page()
    try:
        page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
        name = next(path.name for path in (DIST / "assets").glob("find-*.js"))
        page.evaluate(
            "(name) => import(`/assets/${name}`).then((m) => { window.find_ = m.find; window.letters_ = m.letters; })",
            name,
        )
        yield lambda quote, items: page.evaluate(CALL, [quote, items])
    finally:
        page.close()
        server.shutdown()
        thread.join()
        server.server_close()


def test_two_printings_of_the_same_words(find: Find) -> None:
    """Ligatures, hyphens at line ends, accents and quotes differ between a PDF's text and the text as it was read."""
    items = [
        "2 Method",
        "We \ufb01rst de\ufb01ne the dif-",
        "",
        "\ufb01culty of Na\u00efve \u201cBayes\u201d, which",
        "is 3.1 \u00d7 larger.",
    ]
    found = find('We first define the difficulty of Nai\u0308ve "Bayes", which is 3.1 × larger…', items)
    assert found["share"] == 1.0
    assert found["parts"] == [1, 3, 4]
    assert (
        found["marked"]
        == "We \ufb01rst de\ufb01ne the dif\ufb01culty of Na\u00efve \u201cBayes\u201d, whichis 3.1 \u00d7 larger"
    )


def test_a_footnote_between_two_lines(find: Find) -> None:
    """What stands between the lines of a passage in the file is not part of it."""
    items = ["The probes are trained on", "1 Supported by nobody in particular, ever.", "one half of the data each."]
    found = find("The probes are trained on one half of the data each.", items)
    assert (found["share"], found["parts"]) == (1.0, [0, 2])


def test_other_words_are_not_found(find: Find) -> None:
    """A page that merely uses the same words must not be marked as the source."""
    items = ["The baselines were not tuned, and the method was searched over 48 configurations for each of the tasks."]
    assert (
        find("We tune the method with a search; the configurations of baselines are not the task here.", items)["share"]
        < 0.4
    )
    assert find("", items)["share"] == 0.0
    assert find("…", [])["share"] == 0.0


def test_the_nearer_of_two_equal_runs(find: Find) -> None:
    """A running head repeats the title's words; the passage goes on where it was."""
    items = [
        "order and weight act together",
        "in all our experiments",
        "Some other text here.",
        "in all our experiments",
    ]
    assert find("Order and weight act together in all our experiments.", items)["parts"] == [0, 1]


WORDS = [
    chr(97 + a) * 1 + chr(97 + b) + chr(97 + c) + chr(97 + d)
    for a in range(5)
    for b in range(7)
    for c in range(5)
    for d in range(3)
]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), start=st.integers(0, 60), length=st.integers(6, 40), line=st.integers(3, 12))
def test_any_run_of_a_page_is_found_and_nothing_else_is_marked(
    find: Find, seed: int, start: int, length: int, line: int
) -> None:
    """However lines are broken and hyphenated, exactly the quotation's letters are marked."""
    chance = random.Random(seed)
    words = chance.sample(WORDS, 100)
    quote = words[start : start + length]
    text = " ".join(words)
    items, place = [], 0
    while place < len(text):
        end = place + line + chance.randrange(20)
        piece = text[place:end]
        items.append(piece + "-" if end < len(text) and piece[-1].isalpha() and text[end].isalpha() else piece)
        place = end
    found = find(" ".join(quote).upper(), items)
    assert found["share"] == 1.0
    assert "".join(filter(str.isalpha, found["marked"])) == "".join(quote)
