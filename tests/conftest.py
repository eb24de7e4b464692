"""What every test may use. Nothing here reaches a network."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "samples" / "paper.pdf"

# Machines differ in speed, so no example has a deadline; in CI the examples are the same every time.
settings.register_profile("project", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("project")

pytest_plugins = ["tests.fixtures_model"]

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real papers and reviews: $REVIEW_DATA, or shared/data beside the checkout."""
    path = Path(os.environ.get("REVIEW_DATA", ROOT.parent / "shared" / "data"))
    if not path.is_dir():
        pytest.skip(f"needs the corpus of real papers: {path} is absent; set REVIEW_DATA")
    return path


@pytest.fixture(scope="session")
def sample_pdf() -> Path:
    """The paper this repository ships."""
    return SAMPLE
