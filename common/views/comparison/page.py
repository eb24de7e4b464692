"""A comparison as one HTML page: no script, nothing loaded from elsewhere, all foreign text escaped."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from common.metrics.figures import estimate
from common.views.comparison import cells, plots
from common.views.comparison.content import Comparison
from common.views.text import paragraphs, visible

HERE = Path(__file__).resolve().parent


def to_page(content: Comparison) -> str:
    """As a document to be saved as UTF-8. Needs matplotlib and scipy."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def shown(value: Any) -> Any:
        return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, finalize=shown)
    environment.globals.update(
        mean_cell=cells.mean_cell, gain_cell=cells.gain_cell, unscored=cells.unscored, paragraphs=paragraphs
    )
    style = Markup("".join((HERE / name).read_text(encoding="utf-8") for name in ("../page.css", "page.css")))
    pictures = {
        "distributions": plots.distributions(content),
        "venue": plots.gains(content, content.by_venue, "venue"),
        "section": plots.gains(content, content.by_section, "section"),
        "cost": plots.cost(content),
        "lengths": plots.lengths(content),
        "aspects": plots.aspects(content),
    }
    return environment.get_template("page.html.j2").render(
        content=content,
        plots={name: Markup(picture) for name, picture in pictures.items()},
        chance=cells.chance_note(content),
        venues=cells.gain_cells(content, content.by_venue),
        sections=cells.gain_cells(content, content.by_section),
        correlations=[(row, plots.rank_correlation(content, row)) for row in content.rows if row.arm],
        chosen_mean=lambda row: estimate(row.scores[content.chosen]).mean,
        style=style,
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )
