"""A record as the API gives it: its JSON, or one of the views of it, and as a file with a safe name."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Literal
from urllib.parse import quote

from starlette.responses import Response

from common.jsonio import from_json
from common.serving.policies import record_policy
from common.serving.problems import Problem
from common.types import ChainRecord
from common.views import html
from common.views.markdown import to_markdown
from common.views.pages import style_of

Format = Literal["json", "md", "html"]
FORMATS: dict[Format, str] = {"json": "application/json", "md": "text/markdown", "html": "text/html"}


def chosen(accept: str) -> Format:
    """The format an Accept header likes best; of equals, JSON. Errors: Problem 406."""
    liked = dict.fromkeys(FORMATS, 0.0)
    for part in accept.split(","):
        kind, *options = (word.strip().lower() for word in part.split(";"))
        weight = next((one[2:] for one in options if one.startswith("q=")), "1")
        value = float(weight) if re.fullmatch(r"[01](\.[0-9]{0,3})?", weight) else 0.0
        for name, full in FORMATS.items():
            if kind in (full, "*/*", f"{full.partition('/')[0]}/*"):
                liked[name] = max(liked[name], value)
    best = max(FORMATS, key=lambda name: liked[name])
    if not liked[best]:
        raise Problem(406, "format", f"A record is given as {', '.join(FORMATS.values())}.", "Or name ?format=json.")
    return best


def rendered(text: str, kind: Format) -> Response:
    """text: JSON of a record."""
    media = f"{FORMATS[kind]}; charset=utf-8"
    if kind == "json":
        return Response(text, media_type="application/json")
    record = from_json(text, ChainRecord, "the record")
    if kind == "md":
        return Response(to_markdown(record), media_type=media)
    policy = record_policy(style_of(html.HERE / "page.css")["style_hash"])
    return Response(html.to_html(record), media_type=media, headers={"content-security-policy": policy})


def attachment(name: str, suffix: str = "") -> str:
    """Content-Disposition. No character of a file's name reaches the header unless it is a letter, digit, dot, dash or
    underscore; the whole name follows percent-encoded (RFC 6266). suffix: in place of the name's own."""
    shown = PurePath(name).stem + suffix if suffix else name
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", shown).lstrip("._") or "paper"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(shown, safe='')}"
