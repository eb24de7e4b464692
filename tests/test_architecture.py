"""The layout is the architecture: imports point one way, and the packages are ours."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import common
import scripts
from tests.conftest import ROOT

PACKAGES = ("common", "stage_a_questioner", "stage_b_reviewer", "scripts")
MAY_IMPORT = {
    "common": {"common", "configs"},
    "stage_a_questioner": {"common", "stage_a_questioner"},
    "stage_b_reviewer": {"common", "stage_b_reviewer"},
    "scripts": set(PACKAGES) | {"configs", "samples"},
}
HEAVY = {"torch", "vllm", "transformers", "peft", "datasets"}


def modules(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, f"no module of {package} was found: this test would hold nothing"
    return found


def imports(path: Path, top_only: bool = False) -> set[str]:
    """Top-level packages a module imports; top_only: only those that are imported with it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.iter_child_nodes(tree) if top_only else ast.walk(tree)
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way(package: str) -> None:
    """Once a stage imports the other, neither can be trained, served or replaced alone."""
    for path in modules(package):
        ours = imports(path) & {*PACKAGES, "tests", "configs", "samples"}
        assert ours <= MAY_IMPORT[package], path


@pytest.mark.parametrize("package", PACKAGES)
def test_heavy_libraries_are_imported_where_they_are_used(package: str) -> None:
    """`review --help` on a laptop must not wait for torch."""
    for path in modules(package):
        if "vllm_plugin" in path.parts and path.name != "__init__.py":
            continue  # loaded by vLLM itself, when it is already there
        assert not imports(path, top_only=True) & HEAVY, path


def test_the_generic_names_are_our_packages() -> None:
    """Another installed package called `common` would be imported in place of ours."""
    assert Path(common.__file__).is_relative_to(ROOT)
    assert Path(scripts.__file__).is_relative_to(ROOT)


def test_the_wheel_holds_every_module_and_data_file(tmp_path: Path) -> None:
    """What works in a checkout must work when installed."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--quiet",
        "-w",
        str(tmp_path),
    ]
    copy = tmp_path / "copy"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run([*command, str(copy)], check=True, capture_output=True)
    import zipfile

    held = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    wanted = {str(path.relative_to(copy)) for package in PACKAGES for path in (copy / package).rglob("*.py")}
    wanted |= {str(path.relative_to(copy)) for path in (copy / "configs").rglob("*.yaml")}
    wanted |= {f"common/views/{name}" for name in ("page.html.j2", "page.css")}
    assert wanted <= held


def test_no_lock_names_a_host_and_what_breaks_a_cpu_torch_is_left_out() -> None:
    """A lock that names a registry host works on one network only."""
    locks = sorted((ROOT / "locks").glob("*.txt"))
    assert [path.name for path in locks] == ["cpu.txt", "cuda.txt", "dev.txt"]
    for path in locks:
        text = path.read_text()
        assert "://" not in text
        assert all("==" in line for line in text.splitlines() if line and not line.startswith("#"))
        if path.name != "cuda.txt":
            assert not any(name in text for name in ("torchvision", "torchaudio", "torchcodec", "nvidia-cudnn"))


def test_nothing_runs_at_import() -> None:
    """A module that opens files or prints when imported makes every command slow and some fail."""
    code = (
        "import pkgutil, importlib, common, scripts\n"
        "for package in (common, scripts):\n"
        "    for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        if 'vllm_plugin.' not in module.name:\n"
        "            importlib.import_module(module.name)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
