"""What is shipped built is what the sources say, and nothing in it needs more than the policy allows."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from common.serving.assets import DIST, Assets

PAGE = DIST.parent


def _sources() -> list[str]:
    named = ("index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")
    return sorted([*(p.relative_to(PAGE).as_posix() for p in (PAGE / "src").rglob("*") if p.is_file()), *named])


def test_dist_is_built_from_these_sources() -> None:
    """Users get dist: a change of the sources that was not built would reach nobody (npm run build; docs/PAGE.md)."""
    digest = hashlib.sha256()
    for name in _sources():
        digest.update(f"{name}\0".encode() + (PAGE / name).read_bytes() + b"\0")
    assert (DIST / "sources.sha256").read_text().strip() == digest.hexdigest(), "build the page again: docs/PAGE.md"


def test_every_file_is_named_by_the_page_or_its_scripts() -> None:
    """A leftover of an older build would be shipped for ever; a missing file would break the page."""
    files = {path.name: path for path in (DIST / "assets").iterdir()}
    texts = [DIST / "index.html", *(path for path in files.values() if path.suffix in (".js", ".css"))]
    named = set(re.findall(r"/page/assets/([\w.-]+)", "".join(path.read_text("utf-8") for path in texts)))
    shared = {name for name in files if any(f"./{name}" in path.read_text("utf-8") for path in texts)}
    assert named | shared == set(files)


def test_scripts_are_kept_by_the_browser_and_the_page_is_not() -> None:
    """pdf.js is 1.8 MB with every paper; an old page would ask for scripts that a new version no longer has."""
    name = next(path.name for path in (DIST / "assets").glob("viewer-*.js"))
    assert "immutable" in Assets().reply(f"assets/{name}").headers["cache-control"]
    assert "cache-control" not in Assets().reply("index.html").headers  # the guard says no-store


def test_small_and_without_maps() -> None:
    """2 MB is what a page with pdf.js costs; source maps would triple it."""
    files = [path for path in DIST.rglob("*") if path.is_file()]
    assert 1_000_000 < sum(path.stat().st_size for path in files) < 2_100_000
    assert not [path for path in files if path.suffix == ".map"]


def test_licences_go_with_what_they_cover() -> None:
    """pdf.js, its fonts and Preact may be passed on with their licences, not without."""
    text = (DIST / "licences.txt").read_text("utf-8")
    assert all(name in text for name in ("Apache License", "PDFium Authors", "Jason Miller"))


def test_nothing_inline_and_nothing_foreign() -> None:
    """An inline script or style is refused by the policy; an address elsewhere would tell others what is read here."""
    html = (DIST / "index.html").read_text("utf-8")
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", html)
    assert "http" not in html
    ours = "".join(path.read_text("utf-8") for path in (PAGE / "src").rglob("*.ts*"))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|https?://", ours)
    css = "".join(path.read_text("utf-8") for path in DIST.rglob("*.css"))
    assert "@import" not in css and "url(" not in css


def test_the_lock_names_versions_and_no_addresses() -> None:
    """Whoever builds uses a registry of their own."""
    lock = json.loads((PAGE / "package-lock.json").read_text("utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert len(packages) > 10
    assert not [name for name, one in packages.items() if "resolved" in one or "integrity" not in one]


def test_the_hash_covers_every_source() -> None:
    """A source outside the hash could change without anybody being told to build."""
    known = {Path(name).parts[0] for name in _sources()} | {
        "dist",
        "node_modules",
        ".gitignore",
        ".npmrc",
        ".prettierignore",
    }
    assert {path.name for path in PAGE.iterdir()} <= known
