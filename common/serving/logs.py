"""Logs for machines: one JSON object a line on standard error, without anything from a paper.

No message of an exception is written, because it may quote the paper or name its file: its type and where it was
raised are. Whoever calls `event` gives it ids, codes and figures only.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from typing import Any

LOGGER = logging.getLogger("review.service")


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        entry: dict[str, Any] = {"time": f"{stamp}.{int(record.msecs):03d}Z", "level": record.levelname.lower()}
        ours = record.name == LOGGER.name
        entry["event"] = record.getMessage() if ours or not record.exc_info else str(record.msg)
        if not ours:
            entry["logger"] = record.name
        entry |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1]:
            entry |= told(record.exc_info[1])
        return json.dumps(entry, ensure_ascii=True, default=str)


def told(error: BaseException) -> dict[str, Any]:
    """An exception without its words."""
    frames = traceback.extract_tb(error.__traceback__)
    return {"error": type(error).__name__, "at": [f"{one.filename}:{one.lineno} {one.name}" for one in frames]}


def event(name: str, **fields: Any) -> None:
    LOGGER.info(name, extra={"fields": fields})


def failure(name: str, error: BaseException, **fields: Any) -> None:
    """A defect of ours, or of the machine."""
    LOGGER.error(name, extra={"fields": {**fields, **told(error)}})


def configure() -> None:
    """For a process that is a service: everything that logs does it here."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in ("httpx", "python_multipart"):  # the one logs addresses, the other parts of bodies
        logging.getLogger(name).setLevel(logging.ERROR)
