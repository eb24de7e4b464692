"""The plots of a comparison. Each gives one SVG element, or "" where there is nothing to plot.

A whisker is the 95% interval of a mean or of a paired difference; a hollow mark is a difference that is not
significant. Colours and shapes stand for rows in the order of the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from common.metrics.figures import Scores, estimate
from common.views.comparison.content import OVERALL, Comparison, Gain, Row
from common.views.comparison.svg import ACCENT, INK, MARKERS, MUTED, PAPER, RULE, SERIES, drawing, inline
from common.views.text import one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 7.4
"""Inches."""
MOST_DOTS = 300
"""Papers drawn a row: of more, every n-th. The box and the mean are of all."""
_DEEPEST = 0.45
"""Opacity of a full cell of the heat map: the number on it must stay readable in light and in dark."""


def distributions(content: Comparison) -> str:
    """The chosen figure of every paper, by row: dots, a box of the quartiles, and the mean with its interval."""
    import numpy as np

    figure = content.chosen
    rows = [row for row in content.rows if figure in row.scores and row.scores[figure].values]
    if not rows:
        return ""
    with drawing(WIDTH, 0.8 + 0.46 * len(rows)) as picture:
        axes = picture.subplots()
        for place, row in enumerate(rows):
            values = _sorted_values(row.scores[figure])
            shown = values[:: max(1, -(-len(values) // MOST_DOTS))]
            # Spread by their rank, not by chance: the same data give the same picture.
            offsets = 0.26 * np.sin(2.4 * np.arange(len(shown)))
            axes.scatter(shown, place + offsets, s=7, color=_colour(content, row), alpha=0.45, linewidths=0)
            axes.boxplot(
                [values], positions=[place], orientation="horizontal", widths=0.62, showfliers=False, whis=(5, 95),
                manage_ticks=False, medianprops={"color": INK}, boxprops={"color": MUTED},
                whiskerprops={"color": MUTED}, capprops={"color": MUTED},
            )  # fmt: skip
            mean = estimate(row.scores[figure])
            if mean.interval:
                axes.plot([mean.interval.low, mean.interval.high], [place, place], color=INK, linewidth=3)
            axes.plot([mean.mean], [place], "D", color=INK, markerfacecolor=PAPER, markersize=5.5)
        _names(axes, [_label(row) for row in rows])
        axes.set_xlabel(_axis(content, figure))
        axes.grid(axis="x")
        return inline(picture, "distributions", f"Distribution of {figure} over papers, by row")


def gains(content: Comparison, found: Sequence[Gain], name: str) -> str:
    """Differences to the row of reference, by group: a forest plot."""
    drawn = [gain for gain in found if gain.difference.mean is not None]
    if not drawn:
        return ""
    groups = list(dict.fromkeys(gain.group for gain in drawn))
    rows = [row for row in content.others if any(gain.row == row.name for gain in drawn)]
    step = len(rows) + 1.0
    with drawing(WIDTH, 1.0 + 0.2 * step * len(groups)) as picture:
        axes = picture.subplots()
        for gain in drawn:
            row = next(row for row in rows if row.name == gain.row)
            place = step * groups.index(gain.group) + rows.index(row)
            _whisker(axes, gain, place, _colour(content, row), _marker(content, row))
        axes.axvline(0, color=MUTED, linewidth=1)
        for number in range(1, len(groups)):
            axes.axhline(step * number - 1, color=RULE, linewidth=0.6)
        middle = (len(rows) - 1) / 2
        axes.set_yticks([step * number + middle for number in range(len(groups))])
        axes.set_yticklabels([_group(group, content) for group in groups])
        axes.set_ylim(step * len(groups) - 1.2, -0.8)
        axes.tick_params(length=0)
        axes.set_xlabel(f"{_axis(content, content.chosen)}: difference to {one_line(content.against)}")
        axes.grid(axis="x")
        _legend(axes, content, rows)
        return inline(picture, name, f"Differences of {content.chosen} to {content.against}, by {name}")


def cost(content: Comparison) -> str:
    """The mean of the chosen figure against what a review costs, in tokens and, where known, in seconds."""
    rows = [row for row in content.rows if row.cost and row.scores[content.chosen].values]
    if not rows:
        return ""
    timed = all(row.cost and row.cost.seconds is not None for row in rows)
    with drawing(WIDTH, 3.3) as picture:
        panels = picture.subplots(1, 2 if timed else 1, sharey=True, squeeze=False)[0]
        for row in rows:
            assert row.cost
            mean = estimate(row.scores[content.chosen])
            sides = None
            if mean.interval and mean.mean is not None:
                sides = [[mean.mean - mean.interval.low], [mean.interval.high - mean.mean]]
            for axes, value in zip(panels, (row.cost.tokens, row.cost.seconds), strict=False):
                axes.errorbar(
                    [value], [mean.mean], yerr=sides, color=_colour(content, row), fmt=_marker(content, row),
                    markersize=7, elinewidth=1.4, label=one_line(row.name),
                )  # fmt: skip
        for axes, label in zip(panels, ("tokens a review, read and written", "seconds a review"), strict=False):
            axes.set_xlabel(label)
            axes.grid(axis="both")
            axes.margins(x=0.12)
            axes.locator_params(axis="x", nbins=6)
            axes.tick_params(axis="y", labelcolor=MUTED)
        panels[0].set_ylabel(_axis(content, content.chosen))
        _legend(panels[0], content, rows)
        return inline(picture, "cost", f"{content.chosen} against tokens and seconds, by row")


def lengths(content: Comparison) -> str:
    """The chosen figure against the words of a paper's review: whether overlap is bought by length."""
    rows = [row for row in content.rows if row.arm and content.length in row.scores]
    pairs = {row.name: _pairs(row.scores[content.length], row.scores[content.chosen]) for row in rows}
    rows = [row for row in rows if pairs[row.name]]
    if not rows:
        return ""
    with drawing(WIDTH, 3.6) as picture:
        axes = picture.subplots()
        for row in rows:
            found = pairs[row.name]
            step = max(1, -(-len(found) // MOST_DOTS))
            words, values = zip(*found[::step], strict=True)
            axes.scatter(
                words, values, s=14, color=_colour(content, row), marker=_marker(content, row), alpha=0.6, linewidths=0
            )
        axes.set_xlabel("words of a review")
        axes.set_ylabel(_axis(content, content.chosen))
        axes.tick_params(axis="y", labelcolor=MUTED)
        axes.grid(axis="both")
        _legend(axes, content, rows)
        return inline(picture, "lengths", f"{content.chosen} against words, a mark a paper")


def aspects(content: Comparison) -> str:
    """Heat map: share of a row's reviews that were asked about an aspect."""
    from matplotlib.patches import Rectangle

    rows = [row for row in content.rows if row.aspects]
    names = list(dict.fromkeys(aspect for row in rows for aspect in row.aspects))
    if not rows:
        return ""
    names.sort(key=lambda name: -sum(row.aspects.get(name, 0) for row in rows))
    with drawing(WIDTH, 1.25 + 0.36 * len(rows)) as picture:
        axes = picture.subplots()
        for down, row in enumerate(rows):
            for across, name in enumerate(names):
                share = row.aspects.get(name, 0.0)
                axes.add_patch(
                    Rectangle((across - 0.48, down - 0.46), 0.96, 0.92, facecolor=ACCENT, alpha=_DEEPEST * share)
                )
                axes.text(across, down, f"{100 * share:.0f}", ha="center", va="center", fontsize=8)
        _names(axes, [_label(row) for row in rows])
        axes.set_xlim(-0.5, len(names) - 0.5)
        axes.set_xticks(range(len(names)))
        axes.set_xticklabels([one_line(name) for name in names], rotation=35, ha="right", rotation_mode="anchor")
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.tick_params(length=0)
        return inline(picture, "aspects", "Share of reviews asked about each aspect, in percent, by row")


def rank_correlation(content: Comparison, row: Row) -> float | None:
    """Spearman's between words and the chosen figure over papers, ties at their mean rank; None where one of the two
    does not vary or there are fewer than three papers."""
    import numpy as np
    from scipy.stats import rankdata

    if content.length not in row.scores or content.chosen not in row.scores:
        return None
    found = _pairs(row.scores[content.length], row.scores[content.chosen])
    ranks = [rankdata(side) for side in zip(*found, strict=True)]
    if len(found) < 3 or any(not side.std() for side in ranks):
        return None
    return float(np.corrcoef(*ranks)[0, 1])


def _whisker(axes: Axes, gain: Gain, place: float, colour: str, marker: str) -> None:
    one = gain.difference
    if one.interval:
        axes.plot([one.interval.low, one.interval.high], [place, place], color=colour, linewidth=1.6)
    face = colour if one.significant else PAPER
    axes.plot([one.mean], [place], marker, color=colour, markerfacecolor=face, markersize=6)


def _legend(axes: Axes, content: Comparison, rows: Sequence[Row]) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [], [], color=_colour(content, row), marker=_marker(content, row), linestyle="", label=one_line(row.name)
        )
        for row in rows
    ]
    axes.figure.legend(handles=handles, loc="outside upper left", ncols=min(len(handles), 5), fontsize=8.5)


def _colour(content: Comparison, row: Row) -> str:
    """Arms have the colours, in their order; beyond eight they repeat under another shape. Baselines are grey."""
    return SERIES[_number(content, row) % len(SERIES)] if row.arm else MUTED


def _marker(content: Comparison, row: Row) -> str:
    number = _number(content, row)
    return MARKERS[(number + number // len(SERIES)) % len(MARKERS)]


def _number(content: Comparison, row: Row) -> int:
    return [one.name for one in content.rows if one.arm == row.arm].index(row.name)


def _names(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)))
    axes.set_yticklabels(names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)


def _label(row: Row) -> str:
    return one_line(row.name)


def _group(group: str, content: Comparison) -> str:
    if group == OVERALL:
        return "all papers"
    if group not in content.venues:
        return one_line(group)
    papers = len(content.venues[group][content.against].values)
    return one_line(f"{group} ({papers} paper{'s' * (papers != 1)})")


def _axis(content: Comparison, figure: str) -> str:
    unit = next((row.scores[figure].unit for row in content.rows if figure in row.scores), "")
    return f"{figure} ({unit})" if unit else figure


def _sorted_values(scores: Scores) -> list[float]:
    return sorted(scores.values.values())


def _pairs(first: Scores, second: Scores) -> list[tuple[float, float]]:
    return [(first.values[key], second.values[key]) for key in sorted(first.values) if key in second.values]
