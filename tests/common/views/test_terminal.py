"""A record on the terminal: it fits, it reads without colour, and no text steers it."""

from __future__ import annotations

import io
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from common.types import ChainRecord
from common.views.notice import NOTICE
from common.views.terminal import to_terminal
from tests.common.views import records


def printed(record: ChainRecord, width: int = 100, colour: bool = False) -> str:
    file = io.StringIO()
    system = "truecolor" if colour else None
    console = Console(file=file, width=width, force_terminal=colour, no_color=not colour, color_system=system)
    console.print(to_terminal(record))
    return file.getvalue()


def words(text: str) -> str:
    return " ".join(text.split())


def test_everything_a_reader_needs_is_there() -> None:
    """The terminal is where most people see their first review."""
    text = words(printed(records.good(), 400))
    for part in (
        words(NOTICE),
        "p. 2: Text addressed to a reviewer",
        "answers Q1 (named by the model): Are the baselines tuned",
        "closest passage (p. 2, Baselines), BM25 score 21.6: “For the baselines",
        "✓ found (p. 2)",
        "✗ NOT FOUND in the paper (closest match 58%)",
        "Soundness ●●○○ 2 · fair (1 to 4)",
        "unscored · written: “between 2 and 3, leaning towards 3”",
        "Left unanswered: Q7, Q8",
        "3 stop, 1 length",
        "2 Related Work: 121 of 268 words kept (45%)",
        "Review: Contribution is unscored.",
        "vllm 0.32.0",
    ):
        assert part in text, part


@pytest.mark.parametrize("width", [60, 72, 80, 100, 120])
@pytest.mark.parametrize("make", [records.good, records.several, records.bare])
def test_no_line_is_wider_than_the_terminal(make: object, width: int) -> None:
    """A line too long breaks the layout of everything below it."""
    lines = printed(make(), width).splitlines()
    assert max(map(cell_len, lines)) <= width


def test_words_carry_the_meaning_without_colour() -> None:
    """NO_COLOR, a log file and a colour-blind reader must see the same review."""
    plain, coloured = printed(records.good()), printed(records.good(), colour=True)
    assert "\x1b" not in plain and "\x1b" in coloured
    assert "".join(part for part in _without_codes(coloured)) == plain


def _without_codes(text: str) -> list[str]:
    first, *rest = text.split("\x1b[")
    return [first, *(part.split("m", 1)[1] for part in rest)]


def test_markup_and_escapes_are_text() -> None:
    """A paper could otherwise colour its verdict or clear the screen."""
    text = printed(records.with_text("[bold red]x[/] [link=http://evil.example]y :smile: \x1b[2J \u202e"), 200)
    assert "[bold red]x[/]" in text and "[link=http://evil.example]" in text and ":smile:" in text
    assert "\x1b" not in text and "\u202e" not in text and "⟨U+001B⟩[2J" in text


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(), max_size=40))
def test_any_text_can_be_shown(text: str) -> None:
    """A strange character in a paper must not end a run that took minutes."""
    shown = printed(records.with_text(text), 80)
    assert not {unicodedata.category(one) for one in shown if one not in "\n\u200c\u200d"} & {"Cc", "Cf", "Cs"}
