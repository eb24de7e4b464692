"""A terminal without what libraries print on it while they load."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Keep what libraries print while a model loads off the terminal: notices from C++ that no logger can silence.

    It is shown after all when loading fails. File descriptor 2 is redirected, so nothing else may draw there meanwhile.
    VLLM_LOGGING_LEVEL=DEBUG switches this off."""
    if os.environ.get("VLLM_LOGGING_LEVEL") == "DEBUG":
        yield
        return
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)
            if failed:
                log.seek(0)
                sys.stderr.write(log.read().decode(errors="replace"))
