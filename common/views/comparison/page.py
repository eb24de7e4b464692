"""A comparison as one HTML page: no script, nothing loaded from elsewhere, all foreign text escaped."""

from __future__ import annotations

from pathlib import Path

from common.metrics.figures import estimate
from common.views.comparison import cells, plots
from common.views.comparison.content import Comparison
from common.views.pages import environment, style_of
from common.views.text import paragraphs

HERE = Path(__file__).resolve().parent


def to_page(content: Comparison) -> str:
    """As a document to be saved as UTF-8. Needs matplotlib and scipy."""
    from markupsafe import Markup

    templates = environment(
        HERE,
        mean_cell=cells.mean_cell,
        gain_cell=cells.gain_cell,
        unscored=cells.unscored,
        chance_note=cells.chance_note,
        paragraphs=paragraphs,
    )
    pictures = {
        "distributions": plots.distributions(content),
        "venue": plots.gains(content, content.by_venue, "venue"),
        "section": plots.gains(content, content.by_section, "section"),
        "cost": plots.cost(content),
        "lengths": plots.lengths(content),
        "aspects": plots.aspects(content),
    }
    return templates.get_template("page.html.j2").render(
        content=content,
        plots={name: Markup(picture) for name, picture in pictures.items()},
        venues=cells.gain_cells(content, content.by_venue),
        sections=cells.gain_cells(content, content.by_section),
        correlations=[(row, plots.rank_correlation(content, row)) for row in content.rows if row.arm],
        chosen_mean=lambda row: estimate(row.scores[content.chosen]).mean,
        **style_of(HERE.parent / "page.css", HERE / "page.css"),
    )
