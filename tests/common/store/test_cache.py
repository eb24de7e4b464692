"""The cache: whole or not there, one builder at a time, and clear words when the disk refuses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from common.errors import ReviewError
from common.store import cache

ROOT = Path(__file__).resolve().parents[3]


def test_cache_is_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full home directory is got around with one variable."""
    monkeypatch.setenv("REVIEW_CACHE", str(tmp_path / "here"))
    assert cache.cache_dir() == tmp_path / "here"
    monkeypatch.setenv("REVIEW_CACHE", "~/there")
    assert cache.cache_dir() == Path.home() / "there"
    monkeypatch.delenv("REVIEW_CACHE")
    assert cache.cache_dir().name == "question-then-review"


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    """The user reads which folder it is and how to choose another."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ReviewError) as caught:
        cache.make_dir(tmp_path / "file" / "cache")
    assert str(tmp_path / "file") in caught.value.message
    assert "REVIEW_CACHE" in caught.value.hint


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device that is always full")
def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    """A full disk in the middle of writing says so, and says what to do."""
    with pytest.raises(ReviewError, match="The disk is full") as caught, cache.explained(tmp_path):
        Path("/dev/full").write_bytes(b"x")
    assert "REVIEW_CACHE" in caught.value.hint


def test_too_little_room_is_told_before_anything_is_fetched(tmp_path: Path) -> None:
    """Nobody waits for a download that cannot be stored."""
    cache.require_space(tmp_path, 1)
    with pytest.raises(ReviewError, match=r"needs \d+ MiB of free disk and has \d+ MiB"):
        cache.require_space(tmp_path, 2**60)


def test_building_leaves_all_or_nothing(tmp_path: Path) -> None:
    """A failed build leaves the old folder; a good one replaces it whole; neither leaves rubbish."""
    target = tmp_path / "model"
    with cache.building(target) as folder:
        (folder / "a").write_text("1")
    with pytest.raises(ZeroDivisionError), cache.building(target) as folder:
        (folder / "b").write_text("2")
        raise ZeroDivisionError
    assert [path.name for path in target.iterdir()] == ["a"]
    with cache.building(target) as folder:
        (folder / "b").write_text("2")
    assert [path.name for path in target.iterdir()] == ["b"]
    assert [path.name for path in tmp_path.iterdir() if path.name != "cache"] == ["model"]


HOLD = """
import sys, time
from pathlib import Path
from common.store import cache
target = Path(sys.argv[1])
with cache.locked(target.with_suffix(".lock"), lambda m: print("waiting", flush=True)):
    with cache.building(target) as folder:
        (folder / "a").write_text("1")
        print("building", flush=True)
        time.sleep(float(sys.argv[2]))
print("done", flush=True)
"""


def _hold(target: Path, seconds: float) -> subprocess.Popen:
    command = [sys.executable, "-c", HOLD, str(target), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def test_a_killed_builder_leaves_no_lock_and_no_rubbish(tmp_path: Path) -> None:
    """Power loss or kill -9 in the middle: the next run starts afresh and cleans up."""
    target = tmp_path / "model"
    with _hold(target, 60) as killed:
        assert killed.stdout.readline() == "building\n"
        killed.send_signal(signal.SIGKILL)
    assert any(path.name.startswith(".building-") for path in tmp_path.iterdir())
    with cache.locked(target.with_suffix(".lock")), cache.building(target) as folder:
        (folder / "b").write_text("2")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "cache") == ["model", "model.lock"]
    assert os.listdir(target) == ["b"]


def test_a_second_builder_waits_and_says_so(tmp_path: Path) -> None:
    """Two runs started at once do not write over each other, and the second does not look hung."""
    target = tmp_path / "model"
    with _hold(target, 2) as first:
        assert first.stdout.readline() == "building\n"
        said: list[str] = []
        with cache.locked(target.with_suffix(".lock"), said.append):
            assert target.is_dir()
            assert first.poll() is not None or time.sleep(1) is None
    assert said == ["Waiting for another process that is preparing the same model."]
    assert first.returncode == 0
