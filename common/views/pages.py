"""What every HTML page of ours stands on: foreign text escaped, and a style sheet that a strict policy lets through."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.views.text import visible

if TYPE_CHECKING:
    from jinja2 import Environment


def environment(folder: Path, **known: Any) -> Environment:
    """For the templates of a folder. known: functions they may call. A name they do not know is an error; text that is
    not markup is escaped, and its invisible characters are shown."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def shown(value: Any) -> Any:
        return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    found = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, finalize=shown)
    found.globals.update(known)
    return found


def style_of(*sheets: Path) -> dict[str, Any]:
    """style: the sheets as markup that is not to be escaped. style_hash: what the page's Content-Security-Policy names
    it by."""
    from markupsafe import Markup

    style = Markup("".join(sheet.read_text(encoding="utf-8") for sheet in sheets))
    return {"style": style, "style_hash": base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}
