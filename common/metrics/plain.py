"""Systems from bare texts, and figures as bare numbers: what the `evaluate` modules take and give.

Texts have no sections, points or ratings here, so nothing that needs them can be measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from common.errors import ReviewError
from common.metrics.figures import Scores, estimate
from common.metrics.material import Item, System, Text, Trial

if TYPE_CHECKING:
    import evaluate


def system_of(predictions: Sequence[str | Sequence[str]], references: Sequence[Sequence[str]]) -> System:
    """A paper a place, keyed "0", "1", ...: its reviews, or its one review, each held against all its references.

    Errors: ReviewError when there are not as many of both.
    """
    if len(predictions) != len(references):
        raise ReviewError(f"There are {len(predictions)} predictions and {len(references)} lists of references.")
    items = {}
    for place, (reviews, humans) in enumerate(zip(predictions, references, strict=True)):
        wrote = [reviews] if isinstance(reviews, str) else list(reviews)
        held = tuple(_text(number, text) for number, text in enumerate(humans))
        trials = tuple(Trial(_text(number, text), held) for number, text in enumerate(wrote))
        items[str(place)] = Item(str(place), "", trials)
    return System("predictions", items)


def summary(found: Sequence[Scores]) -> dict[str, Any]:
    """Figure -> mean over papers, None where no paper has a value. Beside them `n`: figure -> papers with one;
    `unscored`: figure -> reason -> papers, for figures that have any; `settings`."""
    means = {one.name: estimate(one) for one in found}
    return {
        **{name: one.mean for name, one in means.items()},
        "n": {name: one.n for name, one in means.items()},
        "unscored": {name: one.unscored for name, one in means.items() if one.unscored},
        "settings": found[0].settings if found else "",
    }


def several(info: evaluate.MetricInfo) -> evaluate.MetricInfo:
    """The same, for a metric that takes several reviews a paper."""
    from datasets import Features, List, Value

    return replace(
        info,
        features=Features({"predictions": List(Value("string")), "references": List(Value("string"))}),
        inputs_description=info.inputs_description.replace(
            "(list of str): one review a paper", "(list of list of str): for each paper, the reviews written of it"
        ),
    )


def _text(number: int, text: str) -> Text:
    return Text(str(number), {"": text})
