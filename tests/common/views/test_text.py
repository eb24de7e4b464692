"""Text from papers and models, cleaned for display."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from common.views.text import one_line, paragraphs, visible

ANY = st.text(st.characters())


@given(ANY)
def test_nothing_invisible_or_steering_is_left(text: str) -> None:
    """A paper could otherwise reverse the order of a verdict's letters or move the terminal's cursor."""
    left = {unicodedata.category(character) for character in visible(text) if character not in "\n\u200c\u200d"}
    assert not left & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    visible(text).encode("utf-8")


@given(ANY)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    """Views nest: a text that was cleaned by one helper must survive the next unchanged."""
    assert visible(visible(text)) == visible(text)
    assert "\n" not in one_line(text)


def test_a_hidden_character_is_spelled_out_and_not_dropped() -> None:
    """Dropping an override would show a sentence that nobody wrote."""
    assert visible("a\u202eb\x1b[2J\ud800") == "a⟨U+202E⟩b⟨U+001B⟩[2J⟨U+D800⟩"
    assert visible("co\u00adoperate\r\nnext") == "cooperate\nnext"


def test_ordinary_text_of_any_language_stays() -> None:
    """Joiners look like format characters and are letters' glue in Persian, Hindi and emoji."""
    for text in ("Łukasz’s “naïve” κ ≥ 0.5", "می\u200cخواهم", "क्\u200dष", "👩\u200d🔬"):
        assert visible(text) == text


def test_paragraphs_keep_line_ends() -> None:
    """A list inside a summary would otherwise become one long sentence."""
    assert paragraphs("one\n- two\n\n \n three ") == ["one\n- two", "three"]
