"""Set-up: a virtual environment with the locked packages, made by the first command that needs it.

`./review` and `./test` come through here. Only the standard library is used, and the syntax is old enough for an old
Python to read it and say what is needed. A second run finds the stamp and starts at once; an interrupted one starts
over where pip left off.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
OLDEST = (3, 11)
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
"""PyTorch's own index of CPU builds: the default package index has CUDA builds only. Asked for torch alone."""


def main(kind, command, arguments):
    """Install the locked set `kind` if need be, then become `command`, a name in the environment's bin folder."""
    if os.environ.get("REVIEW_DEVICE", "cpu") not in ("cpu", "cuda"):
        fail("REVIEW_DEVICE must be cpu or cuda.")
    if os.environ.get("REVIEW_DEVICE") == "cuda":
        kind = "cuda"
    lock = ROOT / "locks" / f"{kind}.txt"
    if not is_installed(kind, lock):
        check_python()
        with waiting_turn():
            if not is_installed(kind, lock):
                install(kind, lock)
    program = VENV / "bin" / command
    os.execv(str(program), [str(program), *arguments])


def stamp_of(lock):
    """Changes when the lock, our own metadata or the Python version does."""
    digest = hashlib.sha256(lock.read_bytes() + (ROOT / "pyproject.toml").read_bytes())
    return f"{digest.hexdigest()} {sys.version_info[0]}.{sys.version_info[1]}"


def is_installed(kind, lock):
    """The environment holds this set, or the development set, which holds every other."""
    sets = [(kind, lock)] if kind == "cuda" else [(kind, lock), ("dev", ROOT / "locks" / "dev.txt")]
    stamps = ((VENV / f".installed-{name}", path) for name, path in sets)
    return any(stamp.is_file() and stamp.read_text() == stamp_of(path) for stamp, path in stamps)


def check_python():
    """Errors: exits, or starts over with a newer Python that is on the path."""
    if sys.version_info >= OLDEST:
        return
    for name in ("python3.13", "python3.12", "python3.11"):
        found = shutil.which(name)
        works = found and subprocess.run([found, "-c", "import venv, ensurepip"], capture_output=True).returncode == 0
        if works:
            os.execv(found, [found, *sys.argv])
    fail("Python {}.{} or newer is needed; this is {}.{}.".format(*OLDEST, *sys.version_info[:2]))


class waiting_turn:
    """Holds a lock file, so that two first runs do not install into one environment at once."""

    def __enter__(self):
        import fcntl

        self.file = open(ROOT / ".venv.lock", "w")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        self.file.close()


def install(kind, lock):
    """Create the environment and install exactly what the lock names, then this project itself."""
    say(f"Setting up {VENV.name} with the packages of {lock.relative_to(ROOT)} (once, a few minutes) ...")
    if not (VENV / "bin" / "python").exists():
        run([sys.executable, "-m", "venv", str(VENV)], "On Debian: apt-get install python3-venv.")
    torch = [line.split(";")[0].strip() for line in lock.read_text().splitlines() if line.startswith("torch==")]
    # Linux gets the build without CUDA, which the lock names with +cpu; a Mac has only one kind.
    cpu = [requirement for requirement in torch if requirement.endswith("+cpu")]
    if cpu and sys.platform == "linux":
        install_torch(cpu[0])
    counted([*pip(), "-r", str(lock)], lock, "Check the network and pip's index settings, then run this again.")
    run([*pip(), "-qq", "--no-build-isolation", "--editable", str(ROOT)], "This is a fault of the project: report it.")
    (VENV / f".installed-{kind}").write_text(stamp_of(lock))
    say("Ready.")


def install_torch(requirement):
    """From the configured index if it has this build, else from PyTorch's own."""
    wanted = requirement.split("==")[1]
    probe = f"import importlib.metadata as m, sys; sys.exit(m.version('torch') != {wanted!r})"
    if subprocess.run([str(VENV / "bin" / "python"), "-c", probe], capture_output=True).returncode == 0:
        return
    say(f"Fetching {requirement} ...")
    if subprocess.run([*pip(), requirement], capture_output=True).returncode != 0:
        hint = "PyTorch's CPU build could not be fetched; see https://pytorch.org for this Python version."
        run([*pip(), "--index-url", TORCH_CPU_INDEX, requirement], hint)


def pip():
    options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--no-deps"]
    return [str(VENV / "bin" / "python"), "-m", "pip", "install", *options]


def counted(command, lock, hint):
    """Run pip and count the packages as it comes to them; what it printed is shown when it fails."""
    total = sum("==" in line for line in lock.read_text().splitlines())
    done, printed = 0, []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip_:
        for line in pip_.stdout:
            printed.append(line)
            if line.startswith(("Collecting", "Requirement already", "Ignoring")):
                done += 1
                if sys.stderr.isatty():
                    print(f"\r  {done} of {total} packages", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    if pip_.returncode != 0:
        say("".join(line for line in printed if not line.startswith("WARNING"))[-3000:])
        fail("The packages could not be installed.", hint)


def run(command, hint):
    if subprocess.run(command).returncode != 0:
        fail("This command failed: " + " ".join(command), hint)


def say(text):
    print(text, file=sys.stderr, flush=True)


def fail(text, hint=""):
    say("Error: " + text + ("\n" + hint if hint else ""))
    sys.exit(1)
