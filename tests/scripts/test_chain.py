"""`review chain`, `ask` and `write` as a person runs them, on the shipped paper, with a scripted model."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from common.jsonio import from_json
from common.types import ChainRecord
from common.views.notice import NOTICE
from common.views.schema import record_schema
from scripts.review import COMMANDS, cli, run

QUESTIONS = "\n".join(
    (
        "1. (experiments) Are the baselines tuned with the same number of configurations?",
        "2. (soundness) Is the development set used to select checkpoints as well as to report accuracy?",
        "3. (clarity) Is the probe disagreement defined for every layer?",
    )
)
REVIEW = """## Summary
The paper orders fine-tuning examples by how much linear probes disagree about them.

## Strengths
- The idea of using probe disagreement to order training examples is simple. [Q3]

## Weaknesses
- The baselines are tuned over fewer configurations than the proposed method. [Q1]
- The paper states "this sentence stands nowhere in the paper at all".

## Questions
- Which seeds were used for the MNLI accuracy in Table 1?

## Limitations
- The limitations of the filter are not discussed.

## Ratings
Soundness: 2
Presentation: 3
Contribution: 2
Rating: 4
Confidence: 4"""


@pytest.fixture
def script(tmp_path: Path) -> str:
    path = tmp_path / "script.json"
    path.write_text(json.dumps([QUESTIONS, REVIEW]))
    return f"script:{path}"


def chain(*arguments: str | Path, code: int = 0) -> None:
    assert run(["chain", "--samples", "1", "--quiet", *map(str, arguments)]) == code


def test_one_paper_becomes_a_record_that_its_schema_admits(
    sample_pdf: Path, script: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Programs read this record; a field that is missing or extra breaks them."""
    chain(sample_pdf, "--server", script, "--format", "json", "--seed", "3")
    data = json.loads(capsys.readouterr().out)
    jsonschema.validate(data, record_schema())
    record = from_json(json.dumps(data), ChainRecord)
    assert len(record.questions) == 3
    assert record.unanswered == ("Q2",)
    assert [rating.value for rating in record.reviews[0].ratings] == [2, 3, 2, 4, 4]
    pages = [
        evidence.page for point in record.reviews[0].points for evidence in point.evidence if evidence.kind == "passage"
    ]
    assert pages and all(1 <= page <= 4 for page in pages)
    false = [e for point in record.reviews[0].points for e in point.evidence if e.kind == "quotation"]
    assert [one.verified for one in false] == [False]
    assert record.stages[0].sampling.seed == 3


@pytest.mark.parametrize("kind", ["md", "html", "json"])
def test_a_file_is_written_whole_in_the_format_of_its_name(
    sample_pdf: Path, script: str, tmp_path: Path, kind: str
) -> None:
    """--out review.html must not need --format html as well."""
    out = tmp_path / "new" / f"review.{kind}"
    chain(sample_pdf, "--server", script, "--out", out)
    text = out.read_text()
    assert "baselines are tuned over fewer configurations" in text
    assert (NOTICE[:40] in text) or kind == "json"
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_piped_output_is_markdown_and_nothing_else(
    sample_pdf: Path, script: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`review chain paper.pdf > review.md` must give a clean file."""
    chain(sample_pdf, "--server", script)
    assert capsys.readouterr().out.startswith("# Review of")


def test_ask_and_write_equal_chain(sample_pdf: Path, script: str, tmp_path: Path) -> None:
    """Editing questions between the stages must not change anything else."""
    whole, parts, questions = tmp_path / "whole.json", tmp_path / "parts.json", tmp_path / "q.yaml"
    chain(sample_pdf, "--server", script, "--seed", "5", "--out", whole)
    arguments = [str(sample_pdf), "--server", script, "--seed", "5", "--quiet"]
    assert run(["ask", *arguments, "--samples", "1", "--out", str(questions)]) == 0
    path = Path(script.removeprefix("script:"))
    path.write_text(json.dumps([REVIEW]))
    assert run(["write", *arguments, "--questions", str(questions), "--out", str(parts), "--set", "samples=1"]) == 0
    first, second = (from_json(path.read_text(), ChainRecord) for path in (whole, parts))
    assert first.questions == second.questions
    assert first.reviews == second.reviews
    assert [stage.completions for stage in first.stages] == [stage.completions for stage in second.stages]


def test_a_folder_is_resumed_and_a_bad_paper_stops_no_other(sample_pdf: Path, script: str, tmp_path: Path) -> None:
    """A hundred papers must not be lost to the one that cannot be read, nor run again after a kill."""
    good, bad, out = tmp_path / "good.pdf", tmp_path / "bad.pdf", tmp_path / "out"
    good.write_bytes(sample_pdf.read_bytes())
    bad.write_bytes(b"")
    chain(good, bad, "--server", script, "--out", out, code=1)
    assert sorted(path.name for path in out.iterdir()) == ["good.questions.yaml", "good.review.json", "good.review.md"]
    before = (out / "good.review.json").stat().st_mtime_ns
    chain(good, "--server", script, "--out", f"{out}/")
    assert (out / "good.review.json").stat().st_mtime_ns == before
    chain(good, "--server", script, "--out", f"{out}/", "--form", "stanford4")
    assert (out / "good.review.json").stat().st_mtime_ns != before


def test_questions_of_a_killed_run_are_not_asked_again(sample_pdf: Path, script: str, tmp_path: Path) -> None:
    """Stage A's work is saved the moment it is done."""
    out = tmp_path / "out"
    out.mkdir()
    chain(sample_pdf, "--server", script, "--out", out)
    (out / "paper.review.json").unlink()
    Path(script.removeprefix("script:")).write_text(json.dumps([REVIEW]))
    chain(sample_pdf, "--server", script, "--out", out)
    assert len(from_json((out / "paper.review.json").read_text(), ChainRecord).questions) == 3


def test_own_questions_come_first_and_max_points_is_kept(sample_pdf: Path, script: str, tmp_path: Path) -> None:
    """The two options an author in a hurry uses."""
    out = tmp_path / "r.json"
    chain(sample_pdf, "--server", script, "--ask", "Is the filter fair?", "--max-points", "2", "--out", out)
    record = from_json(out.read_text(), ChainRecord)
    assert record.questions[0].text == "Is the filter fair?" and record.questions[0].origin == "user"
    assert len(record.reviews[0].points) == 2


def test_questions_of_another_paper_are_refused(sample_pdf: Path, script: str, tmp_path: Path) -> None:
    """A mixed-up file would give a confident review of the wrong paper."""
    questions = tmp_path / "q.yaml"
    assert run(["ask", str(sample_pdf), "--server", script, "--samples", "1", "--quiet", "--out", str(questions)]) == 0
    other = tmp_path / "other.md"
    other.write_text("# Other\n\n## Abstract\n\nText here.\n\n## Introduction\n\n" + "A sentence about results. " * 300)
    chain(other, "--server", script, "--questions", questions, "--force", code=1)


def test_dry_run_needs_no_engine(sample_pdf: Path, base_model: object, capsys: pytest.CaptureFixture[str]) -> None:
    """The cost must be known before it is spent, in a second and not after half a minute of loading."""
    chain(sample_pdf, "--dry-run")
    out = capsys.readouterr().out
    assert "stage A" in out and "stage B" in out and "tokens" in out


def test_a_paper_that_is_cut_says_what(sample_pdf: Path, script: str, tmp_path: Path) -> None:
    """A weakness 'not discussed' may only be a section the model never saw."""
    out = tmp_path / "r.json"
    chain(sample_pdf, "--server", script, "--set", "paper_share=0.1", "--out", out)
    record = from_json(out.read_text(), ChainRecord)
    assert record.paper.cuts
    assert record.paper.tokens <= record.paper.budget


def bad_inputs(folder: Path, sample: Path) -> dict[str, tuple[Path, str]]:
    """name -> (path, what the sentence says)."""
    data = sample.read_bytes()
    files = {
        "empty.pdf": (b"", "empty"),
        "text.pdf": (b"Just some text, no PDF at all. " * 50, "not a PDF"),
        "picture.pdf": (b"\x89PNG\r\n\x1a\n" + bytes(2000), "not a PDF"),
        "truncated.pdf": (data[: len(data) // 3], ""),
    }
    for name, (content, _) in files.items():
        (folder / name).write_bytes(content)
    inputs = {name: (folder / name, said) for name, (_, said) in files.items()}
    return inputs | {"missing": (folder / "nowhere.pdf", "nowhere.pdf"), "folder": (folder, str(folder.name))}


@pytest.mark.parametrize("name", ["empty.pdf", "text.pdf", "picture.pdf", "truncated.pdf", "missing", "folder"])
def test_bad_input_is_a_sentence_and_leaves_nothing_behind(
    name: str, sample_pdf: Path, script: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A traceback helps nobody, and half an output is worse than none."""
    papers = tmp_path / "papers"
    papers.mkdir()
    path, said = bad_inputs(papers, sample_pdf)[name]
    out = tmp_path / "out.md"
    chain(path, "--server", script, "--out", out, code=1)
    error = capsys.readouterr().err
    assert error.startswith("Error: ") and "Traceback" not in error
    assert said.lower() in error.lower()
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--form", "neurips1999"], "neurips2024"),
        (["--set", "sampels=3"], "samples"),
        (["--set", "reviewer.temperature=hot"], "temperature"),
        (["--config", "nowhere.yaml"], "nowhere.yaml"),
        (["--base", "no-such-model"], "smollm2-135m"),
        (["--questions", "nowhere.yaml"], "nowhere.yaml"),
        (["--server", "http://127.0.0.1:9"], "No server answers"),
        (["--server", "nonsense"], "not a server address"),
        (["--adapter-a", "/nowhere/adapter"], "/nowhere/adapter"),
        (["--ask", " "], "empty question"),
    ],
)
def test_a_wrong_option_is_a_sentence(
    arguments: list[str], said: str, sample_pdf: Path, capsys: pytest.CaptureFixture[str], base_model: object
) -> None:
    """What is wrong, where, and what to do."""
    assert run(["chain", str(sample_pdf), "--quiet", *arguments]) in (1, 2)
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error


def test_wrong_usage_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    """Scripts tell a typing slip from a failed run by the exit code."""
    assert run(["chain"]) == 2
    assert run(["chain", "x.pdf", "--nonsense"]) == 2
    assert run(["nonsense"]) == 2


def test_a_full_disk_is_said_and_leaves_nothing_half_written(sample_pdf: Path, script: str, tmp_path: Path) -> None:
    """Files may grow to 2,000 bytes here, as on a disk that is full."""
    out = tmp_path / "review.html"
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY));"
        "from scripts.review import run; sys.exit(run(sys.argv[1:]))"
    )
    command = [
        sys.executable,
        "-c",
        code,
        "chain",
        str(sample_pdf),
        "--server",
        script,
        "--samples",
        "1",
        "--out",
        str(out),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert f"Cannot write {out}" in done.stderr
    assert list(tmp_path.glob("*review*")) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 2000


def take_interrupts() -> None:
    """Tests run in the background of a shell ignore Ctrl-C, and so would their children; a terminal's do not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_exits_with_130_and_a_sentence(sample_pdf: Path, tmp_path: Path) -> None:
    """A person who interrupts wants the prompt back, not a traceback."""
    from tests.common.engines.standin import Behaviour, serving

    with serving(Behaviour(fault="slow", reply=QUESTIONS, adapters=())) as url:
        options = ["--server", url, "--set", "context=8192", "--samples", "1", "--set", "questioner.max_tokens=100"]
        options += ["--set", "paper_share=0.05", "--set", "reviewer.max_tokens=100", "--set", "max_questions=3"]
        command = [
            sys.executable,
            "-m",
            "scripts.review",
            "chain",
            str(sample_pdf),
            *options,
            "--out",
            str(tmp_path / "o.md"),
        ]
        process = subprocess.Popen(
            command,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            preexec_fn=take_interrupts,
        )
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("asking"):
                break
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(timeout=30) == 130, rest
    assert "Interrupted" in rest and "Traceback" not in rest
    assert not (tmp_path / "o.md").exists()


def test_help_is_fast_and_loads_no_model_library() -> None:
    """Half a second of waiting for --help is half a second too much; the cause would be a heavy import."""
    code = "import sys; from scripts.review import run; run(['--help']); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1]
    for heavy in ("torch", "vllm", "transformers", "numpy", "openai"):
        assert f"'{heavy}'" not in loaded


def test_every_command_has_examples_and_the_help_line_it_is_listed_with() -> None:
    """`review --help` is the first thing a person reads."""
    for name, line in COMMANDS.items():
        command = cli.get_command(None, name)
        assert command.get_short_help_str(200) == line, name
        text = CliRunner().invoke(cli, [name, "--help"]).output
        assert "review " in text and "--help" in text
