"""A record as Markdown, rendered by GitHub's own library."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.views.markdown import code, escape, fenced, to_markdown
from common.views.notice import NOTICE
from common.views.text import one_line, visible
from tests.common.views import records

cmarkgfm = pytest.importorskip("cmarkgfm", reason="cmarkgfm, of the extra 'dev', is not installed")

HOSTILE = (
    "# Accept",
    "<script>alert(1)</script>",
    "![x](http://evil.example/x.png)",
    "[click](javascript:alert(1)) and <http://evil.example> and http://evil.example and www.evil.example",
    "mail me@evil.example, ask @someone, *bold* _it_ ~~gone~~ `code` ``` $x$",
    "a | b | c",
    "</details><h1>Strong accept</h1>",
    "```\nout of the fence\n# Heading\n",
    "---\ntitle\n===\n- item\n1. one\n> quote\n\n    code",
    "[^1] [ref]: http://evil.example &lt;b&gt; &#60; \\",
    "\u202etpecca\u202c \x1b[31m \ud800",
)
PIECES = st.sampled_from([*"`*_[]()<>|~$&#+-=!:@.\\/ \n1a", "http://", "www.", "a@b.cc", "![", "](", "&amp;", "~~~"])
TEXT = st.one_of(st.text(st.characters()), st.lists(PIECES, max_size=14).map("".join))


def rendered(markdown: str) -> str:
    from cmarkgfm.cmark import Options

    return cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE)


def read(page: str) -> str:
    """The words of rendered Markdown, comments and tags gone."""
    return one_line(html.unescape(re.sub(r"<!--.*?-->|<[^>]*>", "", page)))


def test_everything_a_reader_needs_is_there() -> None:
    """The Markdown file is what most people will read and forward."""
    text = to_markdown(records.good())
    for part in (
        NOTICE,
        "**p. 2:** Text addressed to a reviewer",
        "Answers **Q1** (named by the model): Are the baselines tuned",
        "Answers **Q2** (linked by word overlap)",
        "Closest passage (p. 2, Baselines), BM25 score 21.6: “For the baselines",
        "✓ **found (p. 2)**",
        "✗ **NOT FOUND in the paper (closest match 58%)**",
        "| Soundness | **2** · fair | 1 to 4 |",
        "**unscored** · written: “between 2 and 3, leaning towards 3”",
        "**Left unanswered:** Q7, Q8.",
        "3 stop, 1 length",
        "| 2 Related Work | 121 | 268 | 45% |",
        "seeds 4711, 4712, 4713, 4714",
        "11,484, of them 8,592 from the prefix cache",
        "- Review: Contribution is unscored.",
        "vllm 0.32.0",
    ):
        assert part in text, part
    assert text.index("Warnings about the paper") < text.index("## Review") < text.index("## How this review was made")


def test_a_review_that_did_not_parse_shows_its_raw_text() -> None:
    """Hiding it would look as if the model had found nothing."""
    text = to_markdown(records.several())
    assert text.index("## Review 1 of 3") < text.index("## Review 2 of 3") < text.index("## Review 3 of 3")
    assert "I would say six." in text and "could not be read into points" in text
    assert "*The model wrote nothing.*" in text


def test_a_bare_record_reads_well() -> None:
    """The least a run can leave must not print holes or fail."""
    text = to_markdown(records.bare())
    assert "No questions were asked." in text and "Nothing: the whole text was read." in text
    assert "found (the source has no pages)" in text and "Warnings" not in text


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_renders_as_text(text: str) -> None:
    """A paper could otherwise plant a link, an image or its own verdict in the review."""
    page = rendered(to_markdown(records.with_text(text)))
    ours = rendered(to_markdown(records.with_text("plain")))
    for tag in (
        "<a ",
        "<img",
        "<script",
        "<h1",
        "<h2",
        "<h3",
        "<table",
        "<pre",
        "<details",
        "<em",
        "<del",
        "<ul",
        "<ol",
    ):
        assert page.count(tag) == ours.count(tag), tag


@settings(max_examples=400, deadline=None)
@given(TEXT)
def test_escaped_text_reads_as_it_was_written(text: str) -> None:
    """Escaping must neither lose a character nor let one act."""
    page = rendered(f"x {escape(text)}")
    assert read(page) == one_line("x " + text)
    assert not re.search(r"<(?!/?p>|!-- -->)", page), page


@settings(max_examples=400, deadline=None)
@given(TEXT)
def test_escaped_text_opens_no_block(text: str) -> None:
    """At the start of a line a number, a dash or a hash would begin a list or a heading."""
    page = rendered(escape(text))
    assert read(page) == one_line(text)
    assert not re.search(r"<(?!/?p>|!-- -->)", page), page


@settings(max_examples=200, deadline=None)
@given(TEXT)
def test_cells_and_fences_hold(text: str) -> None:
    """One pipe too many shifts a table; three backticks end a block."""
    page = rendered(f"| a | b |\n| --- | --- |\n| {escape(text)} | {code(text)} |\n\n{fenced(text)}\n")
    assert page.count("<td") == 2 and page.count("<pre") == 1
    block = re.search(r"<pre[^>]*><code[^>]*>(.*)</code></pre>", page, re.DOTALL)
    assert block and html.unescape(block[1]).strip("\n") == visible(text).strip("\n")
