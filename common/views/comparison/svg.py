"""A matplotlib figure as SVG that stands in a page: the page's own colours and type, no style the page forbids.

Plots are drawn in stand-in colours, which become the page's variables here, so that one drawing reads in light and in
dark. Style attributes become presentation attributes, because the page's Content-Security-Policy admits no others.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, MUTED, RULE, PAPER, ACCENT = "#010101", "#010102", "#010103", "#010104", "#010105"
SERIES = tuple(f"#0202{number:02x}" for number in range(8))
"""Stand-ins: no plot of ours needs such nearly black colours for themselves."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<")
"""A shape beside each colour, for readers who do not tell the colours apart."""

_VARIABLES = dict(zip((INK, MUTED, RULE, PAPER, ACCENT), ("ink", "muted", "rule", "paper", "accent"), strict=True))
_VARIABLES |= {colour: f"s{number}" for number, colour in enumerate(SERIES)}
_KEPT = {"fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-dashoffset", "opacity", "fill-opacity"}
_KEPT |= {"stroke-opacity", "stroke-linecap", "stroke-linejoin", "font-size", "font-weight", "text-anchor"}


@contextmanager
def drawing(width: float, height: float) -> Iterator[Figure]:
    """A figure of so many inches, in the page's look. `inline` it before the context ends."""
    import matplotlib
    from matplotlib.figure import Figure

    settings = {
        "svg.fonttype": "none",
        "text.parse_math": False,  # names may hold a dollar
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": RULE,
        "axes.labelcolor": MUTED,
        "axes.titlecolor": INK,
        "axes.titlesize": 10,
        "axes.titlelocation": "left",
        "axes.axisbelow": True,
        "text.color": INK,
        "xtick.color": RULE,
        "ytick.color": RULE,
        "xtick.labelcolor": MUTED,
        "ytick.labelcolor": INK,
        "grid.color": RULE,
        "grid.linewidth": 0.6,
        "legend.frameon": False,
        "axes.unicode_minus": True,
    }
    with matplotlib.rc_context(settings):
        yield Figure(figsize=(width, height), layout="constrained")


def inline(figure: Figure, name: str, label: str) -> str:
    """The SVG element. name: a word, unique in the page; label: what a reader who sees no picture is told. The same
    figure gives the same text."""
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = text.replace("xlink:href=", "href=")  # SVG 2; the prefix would need a declaration
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r'\s+style="([^"]*)"', lambda match: _attributes(match[1]), text)
    text = re.sub(r"#[0-9a-f]{6}\b", lambda match: _coloured(match[0]), text)
    text = _own_ids(text, f"{name}-")
    head = f'<svg class="plot" role="img" aria-label={quoteattr(label)} '
    return re.sub(r'^<svg[^>]*?width="([\d.]+)pt" height="([\d.]+)pt"', lambda match: head, text).strip()


def _attributes(style: str) -> str:
    pairs = (part.partition(":") for part in style.split(";") if part.strip())
    kept = ((key.strip(), value.strip()) for key, _, value in pairs if key.strip() in _KEPT)
    return "".join(f' {key}="{value}"' for key, value in kept)


def _coloured(colour: str) -> str:
    return f"var(--{_VARIABLES[colour]})" if colour in _VARIABLES else colour


def _own_ids(text: str, prefix: str) -> str:
    """Only ids that something refers to stay, made different from those of the page's other plots."""
    used = set(re.findall(r'(?:href="|url\()#([\w.-]+)', text))
    text = re.sub(r' id="([^"]*)"', lambda match: f' id="{prefix}{match[1]}"' if match[1] in used else "", text)
    return re.sub(r'(href="|url\()#([\w.-]+)', rf"\1#{prefix}\2", text)
