"""From a folder or a manifest to tasks: nothing lost, nothing twice, the same on every machine."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import BadConfig, ReviewError
from scripts.batching import manifest
from scripts.batching.journal import Shard
from scripts.batching.plan import plan


def files(folder: Path, contents: dict[str, str]) -> Path:
    for name, text in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_a_folder_is_taken_whole_and_its_own_results_are_not(tmp_path: Path) -> None:
    """Papers in sub-folders count; notes, hidden files and yesterday's records do not."""
    names = ["b.pdf", "sub/deep/a.PDF", "c.md", "x.docx", ".hidden.pdf", ".git/d.pdf", "out/b.review.json", "noext"]
    folder = files(tmp_path / "in", {name: name for name in names})
    found = plan(folder, folder / "out")
    assert [(task.id, task.name) for task in found.tasks] == [
        ("b.pdf", "b"),
        ("c.md", "c"),
        ("sub/deep/a.PDF", "sub/deep/a"),
    ]
    assert found.passed_over == {".docx": 1, "no suffix": 1}
    with pytest.raises(BadConfig, match="cannot go among the papers"):
        plan(folder, folder)
    with pytest.raises(ReviewError, match="There is no paper"):
        plan(files(tmp_path / "empty", {"x.docx": ""}), tmp_path / "out")


def test_papers_that_share_a_name_keep_their_suffix(tmp_path: Path) -> None:
    """a.pdf and a.md must not overwrite each other's review."""
    folder = files(tmp_path / "in", {"a.pdf": "1", "a.md": "2", "b/a.pdf": "3"})
    assert [task.name for task in plan(folder, tmp_path / "o").tasks] == ["a.md", "a.pdf", "b/a"]


def test_the_same_bytes_are_one_task_with_both_names(tmp_path: Path) -> None:
    """A paper that was downloaded twice is paid for once; but other questions about it are other work."""
    folder = files(tmp_path / "in", {"a.md": "same", "b.md": "same", "c.md": "else", "q.yaml": ""})
    first, second = plan(folder, tmp_path / "o").tasks
    assert (first.id, [one.id for one in first.also], second.id) == ("a.md", ["b.md"], "c.md")
    rows = [{"path": "a.md"}, {"path": "b.md", "form": "stanford4"}, {"path": "a.md", "id": "again"}]
    (folder / "m.jsonl").write_text("\n".join(map(json.dumps, rows)))
    first, second = plan(folder / "m.jsonl", tmp_path / "o").tasks
    assert [one.name for one in (first, *first.also)] == ["a", "again"]
    assert (second.id, second.form) == ("b.md", "stanford4")


@settings(max_examples=40)
@given(
    contents=st.dictionaries(
        st.text("abc/", min_size=1, max_size=5).map(lambda s: s.strip("/").replace("//", "/") or "a"),
        st.text("xy", max_size=3),
        min_size=1,
        max_size=12,
    ),
    of=st.integers(1, 5),
)
def test_shards_part_the_papers_and_never_the_copies(contents: dict[str, str], of: int) -> None:
    """Eight machines must together review every paper once, without talking to each other."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "in"
        for stem, text in contents.items():
            path = folder / f"{stem}.d" / "p.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        whole = plan(folder, Path(name) / "o")
        parts = [plan(folder, Path(name) / "o", Shard(number, of)) for number in range(1, of + 1)]
        assert Counter(task for part in parts for task in part.tasks) == Counter(whole.tasks)
        assert sum(part.papers for part in parts) == whole.papers == whole.listed
        texts = [task.path.read_text() for task in whole.tasks]
        assert len(texts) == len(set(texts))
        names = [one.name for task in whole.tasks for one in (task, *task.also)]
        assert len(names) == len(set(names))


def test_the_three_kinds_of_manifest_say_the_same(tmp_path: Path) -> None:
    """A list from a spreadsheet, a script or `ls` is taken as it is."""
    (tmp_path / "m.jsonl").write_text('{"path": "a b.pdf", "id": "x/1"}\n\n{"path": "/abs/ü.pdf"}\n')
    (tmp_path / "m.csv").write_text('path,id,form\n"a b.pdf",x/1,\n/abs/ü.pdf,,\n')
    (tmp_path / "m.txt").write_text("\ufeffa b.pdf\r\n/abs/ü.pdf\r\n")
    wanted = [(tmp_path / "a b.pdf", "x/1"), (Path("/abs/ü.pdf"), "")]
    assert [(row.path, row.id) for row in manifest.load(tmp_path / "m.jsonl")] == wanted
    assert [(row.path, row.id) for row in manifest.load(tmp_path / "m.csv")] == wanted
    assert [row.path for row in manifest.load(tmp_path / "m.txt")] == [path for path, _ in wanted]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("m.jsonl", '{"path": "a"}\n{"path": "b", "titel": "x"}', "line 2 has an unknown key: titel"),
        ("m.jsonl", '{"path": "a"}\nnonsense', "line 2 is not JSON"),
        ("m.jsonl", "[1]", "line 1 is no JSON object"),
        ("m.jsonl", '{"path": 3}', "'path' must be a text"),
        ("m.jsonl", '{"id": "a"}', "line 1 has no path"),
        ("m.jsonl", '{"path": "a", "id": "../../etc/x"}', "cannot be a file's name"),
        ("m.jsonl", '{"path": "a", "id": "/etc/x"}', "cannot be a file's name"),
        ("m.jsonl", '{"path": "a", "id": "x"}\n{"path": "b", "id": "x"}', "is that of line 1 already"),
        ("m.csv", "file,id\na,b", "names no column 'path'"),
        ("m.csv", "path,id\na,b,c", "line 2 has not as many values"),
        ("m.txt", "\n \n", "lists no paper"),
        ("paper.pdf", "%PDF", "is one paper"),
    ],
)
def test_a_bad_manifest_is_a_sentence_with_its_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    """Line 17,203 of a list must be findable."""
    (tmp_path / name).write_text(text)
    with pytest.raises(BadConfig) as caught:
        plan(tmp_path / name, tmp_path / "o")
    assert said in str(caught.value)


@given(st.text(max_size=30))
def test_an_id_never_leads_out_of_the_output_folder(identity: str) -> None:
    """Ids come from other people's lists."""
    if manifest.usable(identity):
        out = Path("/out/folder")
        place = Path(f"{out / identity}.review.json")
        assert ".." not in place.parts and place.is_relative_to(out) and place != out
        assert place.name != ".review.json" and "\0" not in str(place)
