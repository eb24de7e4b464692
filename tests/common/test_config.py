"""Settings: a wrong key or value is an error that says where; nothing is guessed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.config import ChainConfig, load, names
from common.errors import BadConfig
from common.types import Sampling


@dataclass(frozen=True)
class Inner:
    rate: float = 0.5
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Example:
    name: str = "x"
    count: int = 1
    on: bool = False
    mode: Literal["fast", "slow"] = "fast"
    limit: int | None = None
    either: int | str = 0
    place: Path = Path(".")
    inner: Inner = field(default_factory=lambda: Inner(rate=0.25))
    table: dict[str, float] = field(default_factory=dict)
    parts: tuple[Inner, ...] = ()


@dataclass(frozen=True)
class Needy:
    name: str


def from_text(tmp_path: Path, text: str, *overrides: str) -> Example:
    path = tmp_path / "example.yaml"
    path.write_text(text, encoding="utf-8")
    return load(Example, path, overrides)


def test_defaults_need_no_file() -> None:
    """`review chain paper.pdf` works from any folder with no YAML at all."""
    assert load(Example, None) == Example()
    assert load(ChainConfig, None) == ChainConfig()


def test_values_of_every_kind_are_read(tmp_path: Path) -> None:
    """All that a preset may say arrives as the type its dataclass declares."""
    text = """
name: "7"
count: 1_000
on: true
mode: slow
limit: null
either: 3
place: a/b
inner: {rate: 1e-5, words: [a, "b c"]}
table: {1: 2, 3.5: 4.5}
parts: [{rate: 1}, {}]
"""
    assert from_text(tmp_path, text) == Example(
        name="7",
        count=1000,
        on=True,
        mode="slow",
        either=3,
        place=Path("a/b"),
        inner=Inner(1e-5, ("a", "b c")),
        table={"1": 2.0, "3.5": 4.5},
        parts=(Inner(1.0), Inner()),
    )


def test_setting_one_key_of_a_part_keeps_its_parents_other_defaults(tmp_path: Path) -> None:
    """`questioner.temperature=0` must not quietly restore another class's answer length."""
    assert from_text(tmp_path, "inner: {words: [a]}").inner == Inner(0.25, ("a",))
    changed = load(ChainConfig, None, ["questioner.temperature=0"]).questioner
    assert changed.max_tokens == ChainConfig().questioner.max_tokens != Sampling().max_tokens


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("coutn: 2", "line 1: unknown key 'coutn'"),
        ("name: a\ncount: two", "line 2: 'count' must be a whole number, not text (two)"),
        ("count: 1.5", "'count' must be a whole number, not a number (1.5)"),
        ("count: 0x10", "'count' must be a whole number"),
        ("count: true", "'count' must be a whole number, not true"),
        ("name: 3", "'name' must be text, not a number (3)"),
        ("name: no", "'name' must be text, not no"),
        ("on: yes", "'on' must be true or false, not yes"),
        ("on: 1", "'on' must be true or false"),
        ("mode: medium", "'mode' must be 'fast' or 'slow', not text (medium)"),
        ("inner: 3", "'inner' must be keys and values, not a number (3)"),
        ("inner:\n  rate: fast", "line 2: 'inner.rate' must be a number"),
        ("inner:\n  words: a", "'inner.words' must be a list, not text (a)"),
        ("parts:\n- {}\n- {rate: x}", "line 3: 'parts[1].rate' must be a number"),
        ("table: [1]", "'table' must be keys and values, not a list"),
        ("count: 1\ncount: 2", "line 2: the key 'count' is given twice"),
        ("inner: {rate: 1, rate: 2}", "the key 'inner.rate' is given twice"),
        ("? [a]\n: 1", "must be a plain word"),
        ("- a", "must hold keys and values at its top, not a list"),
        ("a: [", "is not valid YAML"),
        ("limit: .inf", "'limit' must be a whole number"),
        ("inner: {rate: .nan}", "'inner.rate' must be a number"),
        ("name: !!python/object/apply:os.system [ls]", "'name' must be text, not a list"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    """A misspelt or mistyped setting is never ignored and never becomes something else."""
    with pytest.raises(BadConfig) as caught:
        from_text(tmp_path, text)
    assert message in caught.value.message
    assert "example.yaml" in caught.value.message


def test_unknown_key_is_answered_with_the_nearest_one(tmp_path: Path) -> None:
    """The user sees which word was meant."""
    with pytest.raises(BadConfig) as caught:
        from_text(tmp_path, "coutn: 2")
    assert caught.value.hint.startswith("Did you mean 'count'?")


def test_missing_key_is_named(tmp_path: Path) -> None:
    """A preset without its name says so."""
    with pytest.raises(BadConfig, match="the key 'name' is missing"):
        load(Needy, None)


def test_overrides_stand_on_top_and_are_strict(tmp_path: Path) -> None:
    """The command line wins over the file, and its mistakes are told with the text that was typed."""
    got = from_text(tmp_path, "count: 2\ninner: {rate: 1}", "count=3", "inner.words=[a, b]", "name=7", "limit=null")
    assert (got.count, got.inner, got.name, got.limit) == (3, Inner(1.0, ("a", "b")), "7", None)
    for override, message in [
        ("count=x", "override 'count=x': 'count' must be a whole number"),
        ("inner.rat=1", "override 'inner.rat=1': unknown key 'inner.rat'"),
        ("nothing", "'nothing' is not an override"),
        ("=1", "'=1' is not an override"),
        ("inner..rate=1", "'inner..rate=1' is not an override"),
        ("inner={rate: 1, rate: 2}", "given twice"),
        ("count=[", "not valid YAML"),
    ]:
        with pytest.raises(BadConfig) as caught:
            from_text(tmp_path, "count: 2", override)
        assert message in str(caught.value)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=0, max_value=10))
def test_any_number_survives_an_override(value: float) -> None:
    """Every way Python prints a float is read back as that float (YAML 1.1 alone takes 1e-05 for text)."""
    assert load(ChainConfig, None, [f"questioner.temperature={value!r}"]).questioner.temperature == value


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1).map(lambda s: f"'{s}'"))
def test_any_quoted_text_survives_an_override(quoted: str) -> None:
    """A path with odd characters reaches the program as it was typed."""
    text = quoted[1:-1].replace("'", "''")
    assert load(ChainConfig, None, [f"server='{text}'"]).server == quoted[1:-1]


def test_values_out_of_range_are_refused_with_the_preset() -> None:
    """Zero question sets would otherwise run and produce an empty review."""
    with pytest.raises(BadConfig, match=r"chains/laptop.yaml: 'samples' must be between 1 and 64, not 0"):
        load(ChainConfig, "laptop", ["samples=0"])


def test_unknown_preset_lists_those_there_are_nearest_first() -> None:
    """A slip in a preset's name costs one look at the message."""
    with pytest.raises(BadConfig) as caught:
        load(ChainConfig, "labtop")
    assert caught.value.message == "There is no chain called 'labtop'."
    assert caught.value.hint.startswith("Did you mean 'laptop'? There are: laptop, ")
    assert all(name in caught.value.hint for name in names("chains"))


def test_unreadable_files_are_told(tmp_path: Path) -> None:
    """A missing, binary or wrong path is a sentence and not a traceback."""
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    for source, message in [
        (tmp_path / "none.yaml", "Cannot read"),
        (tmp_path, "Cannot read"),
        (tmp_path / "binary.yaml", "not UTF-8"),
        ("no/such.yaml", "Cannot read"),
    ]:
        with pytest.raises(BadConfig, match=message):
            load(ChainConfig, source)
