"""The page's files, as built into page/dist: found by their exact names, so that no path leads out of the folder."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from starlette.responses import Response

from common.serving.policies import PAGE
from common.serving.problems import Problem

DIST = Path(__file__).resolve().parent / "page" / "dist"
BUILD = "npm --prefix common/serving/page ci && npm --prefix common/serving/page run build"
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".wasm": "application/wasm"}
_TEXT = ("text/", "application/json", "image/svg")
_FOREVER = "public, max-age=31536000, immutable"
"""For files under assets/: their names change with what is in them."""


class Assets:
    """Every file under a folder, by its path in it."""

    def __init__(self, folder: Path = DIST) -> None:
        self._files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}

    def reply(self, name: str) -> Response:
        """Errors: Problem 404, or 503 when the page was not built."""
        if not self._files:
            raise Problem(503, "no-page", "The page was not built; the API works without it.", f"Build it: {BUILD}")
        path = self._files.get(name)
        if path is None:
            raise Problem(404, "not-found", "There is no such file of the page.")
        kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        text = "; charset=utf-8" if kind.startswith(_TEXT) else ""
        headers = {"content-type": kind + text, "content-security-policy": PAGE}
        if name.startswith("assets/"):
            headers["cache-control"] = _FOREVER
        return Response(path.read_bytes(), headers=headers)
