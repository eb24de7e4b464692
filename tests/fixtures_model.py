"""The real default model for tests that need one. Made once for the machine and then found in its cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from common.errors import ReviewError
from common.store import ModelPath, resolve


@pytest.fixture(scope="session")
def base_model() -> ModelPath:
    """The embedded model as the engine is given it."""
    try:
        return resolve("smollm2-135m")
    except ReviewError as error:
        if "pip" not in error.message:
            raise
        pytest.skip(f"needs the default model: neither the cache nor a package registry has it ({error.message})")


@pytest.fixture(scope="session")
def embedded_model(base_model: ModelPath) -> Path:
    """The folder of the embedded model."""
    return base_model.path
