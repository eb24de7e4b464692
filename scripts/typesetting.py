"""Specimens as PDFs, typeset with typst, with the page that each sentence and entry begins on.

For tests and for `scripts/benchmark_reading.py`. Needs the development extra (typst).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from scripts.specimens import Block, Part, Specimen


@dataclass(frozen=True)
class Style:
    """How a paper is set. numbering: typst's pattern, "" for none. lines: "" no line numbers, "left" or "right".

    author_year: references without labels, hanging. head: running head, "" for none.
    """

    columns: int = 1
    paper: str = "us-letter"
    size: float = 10
    font: str = "Libertinus Serif"
    numbering: str = "1.1"
    lines: str = ""
    head: str = ""
    author_year: bool = False
    indent: bool = True
    small_caps: bool = False
    abstract: str = "heading"


STYLES = {
    "one-column": Style(head="Under review as a conference paper"),
    "line-numbers": Style(lines="left", indent=False),
    "two-columns": Style(columns=2, author_year=True, paper="a4", size=11),
    "two-columns-line-numbers": Style(columns=2, lines="left", author_year=True),
    "right-line-numbers": Style(lines="right", author_year=True, head="Under review as a conference paper"),
    "roman": Style(columns=2, numbering="I.A.", small_caps=True, abstract="run-in", head="Journal of Things, Vol. 14"),
    "unnumbered": Style(numbering="", author_year=True, head="Under review as a conference paper"),
    "small-capitals": Style(small_caps=True, indent=False, author_year=True),
}


def typeset(specimen: Specimen, style: Style, path: Path) -> dict[str, int]:
    """Write the PDF to `path`; return the page each sentence and entry begins on."""
    import typst

    source = path.with_suffix(".typ")
    source.write_text(_source(specimen, style), encoding="utf-8")
    typst.compile(str(source), output=str(path))
    marks = json.loads(typst.query(str(source), "<mark>", field="value"))
    return {mark["key"]: mark["page"] for mark in marks}


def _source(specimen: Specimen, style: Style) -> str:
    parts = [_preamble(style), _front(specimen, style)]
    opened = False
    for part in specimen.parts:
        if part.appendix and not opened:
            opened = True
            parts += [_references(specimen, style), _appendix(style)]
        parts.append(_part(part, style))
    if not opened:
        parts.append(_references(specimen, style))
    return "\n".join(parts)


def _preamble(style: Style) -> str:
    head = f"header: align(right, text(8pt)[{style.head}])," if style.head else ""
    lines = f"#set par.line(numbering: n => text(6pt)[#n], number-margin: {style.lines})" if style.lines else ""
    caps = "smallcaps(it.body)" if style.small_caps else "it.body"
    number = f'"{style.numbering}"' if style.numbering else "none"
    weight = "regular" if style.small_caps else "bold"
    return f"""
#set page(paper: "{style.paper}", columns: {style.columns}, numbering: "1", {head} margin: (x: 2.4cm, y: 2.6cm))
#set columns(gutter: 8mm)
#set text(font: "{style.font}", size: {style.size}pt, lang: "en", hyphenate: true)
#set par(justify: true, leading: 0.55em, spacing: {"0.55em" if style.indent else "1em"},
  first-line-indent: {"1em" if style.indent else "0em"})
{lines}
#set heading(numbering: {number})
#show heading: it => block(above: 1.4em, below: 0.9em, text(
  size: if it.level == 1 {{ {style.size * 1.2}pt }} else {{ {style.size}pt }}, weight: "{weight}", hyphenate: false,
  [#if it.numbering != none {{ counter(heading).display(it.numbering); h(0.7em) }}#{caps}]))
#let mark(key) = context [#metadata((key: key, page: here().page())) <mark>]
#set figure(placement: top)
"""


def _front(specimen: Specimen, style: Style) -> str:
    abstract = " ".join(_escape(text) for _, text in specimen.abstract)
    named = (
        f"#par(first-line-indent: 0em)[*_Abstract_ — {abstract}*]"
        if style.abstract == "run-in"
        else '#align(center, text(12pt, weight: "bold")[Abstract])\n'
        f"#pad(x: 6mm)[#set par.line(numbering: none)\n{abstract}]"
    )
    authors = ", ".join(specimen.authors)
    title = f"""#align(center)[#text(17pt, weight: "bold", hyphenate: false)[{_escape(specimen.title)}]\\
#v(2mm) {authors}\\ University of Somewhere\\ #text(9pt)[anna\\@some.edu]]"""
    if style.columns > 1:
        title = f'#place(top + center, scope: "parent", float: true)[#set par.line(numbering: none)\n{title}]'
    return f"{title}\n{named}\n"


def _part(part: Part, style: Style) -> str:
    heading = f"{'=' * part.level} {_escape(part.heading)}\n"
    return heading + "\n\n".join(_block(block, style) for block in part.blocks) + "\n"


def _block(block: Block, style: Style) -> str:
    text = [f'#mark("{key}"){_escape(sentence)}' for key, sentence in block.sentences]
    if block.kind == "paragraph":
        if block.footnote:
            text[0] += f"#footnote[{_escape(block.footnote[1])}]"
        return " ".join(text)
    if block.kind == "list":
        return "\n".join(f"- {item}" for item in text)
    if block.kind == "equation":
        formula = "cal(L)(theta) = 1/N sum_(i=1)^N ell(f_theta (x_i), y_i) + lambda norm(theta)_2^2"
        return f"We minimise\n$ {formula} $\nwhere it holds."
    caption = " ".join(_escape(sentence) for _, sentence in block.sentences)
    scope = ', scope: "parent"' if block.wide and style.columns > 1 else ""
    if block.kind == "table":
        cells = "[Method], [Score], [Steps], [Baseline], [61.2], [100], [Ours (full)], [64.9], [250]"
        table = f"table(columns: 3, stroke: none, table.hline(), {cells}, table.hline())"
        return f"#figure({table}, caption: [{caption}]{scope})"
    body = "stack(dir: ltr, spacing: 8mm, rect[Encoder layer], rect[Decoder], align(bottom, [input tokens]))"
    kind = ', kind: "algorithm", supplement: [Algorithm]' if block.kind == "algorithm" else ""
    return f"#figure({body}, caption: [{caption}]{scope}{kind})"


def _references(specimen: Specimen, style: Style) -> str:
    entries = []
    for i, (key, text) in enumerate(specimen.references, 1):
        label = "" if style.author_year else f"\\[{i}\\] "
        entries.append(f'#par(hanging-indent: 1.2em, first-line-indent: 0em)[#mark("{key}"){label}{_escape(text)}]')
    return "#heading(numbering: none)[References]\n#[#set text(9pt)\n" + "\n\n".join(entries) + "\n]\n"


def _appendix(style: Style) -> str:
    number = '"A.1"' if style.numbering else "none"
    return f"#counter(heading).update(0)\n#set heading(numbering: {number})\n"


def _escape(text: str) -> str:
    for char in "\\#$*_@<[]":
        text = text.replace(char, "\\" + char)
    return text
