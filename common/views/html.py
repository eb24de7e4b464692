"""A record as one HTML page: no script, nothing loaded from elsewhere, all foreign text escaped.

The page forbids itself everything but its own style sheet (Content-Security-Policy, by hash), so that even an escape
that went wrong could neither run nor fetch anything.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.types import ChainRecord
from common.views import account
from common.views.notice import NOTICE
from common.views.outline import outline, place, question_anchor, verdict
from common.views.pages import environment, style_of
from common.views.text import paragraphs

if TYPE_CHECKING:
    from jinja2 import Template

HERE = Path(__file__).resolve().parent


def to_html(record: ChainRecord) -> str:
    """The whole record, raw completions included (folded), as a document to be saved as UTF-8."""
    template, style = _template()
    return template.render(
        record=record,
        shown=outline(record),
        title=record.paper.title.strip() or record.paper.source.name,
        when=account.when(record.created),
        notice=NOTICE,
        notices=account.run_notices(record),
        facts=account.facts(record),
        stages=account.stage_accounts(record),
        cuts=account.cut_accounts(record),
        problems=account.problems(record),
        rate=account.RATE,
        **style,
    )


@cache
def _template() -> tuple[Template, dict[str, Any]]:
    """The template, and the style sheet with its hash."""
    known = {"place": place, "verdict": verdict, "anchor": question_anchor, "paragraphs": paragraphs}
    return environment(HERE, **known).get_template("page.html.j2"), style_of(HERE / "page.css")
