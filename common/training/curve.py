"""The losses of a run as a picture: OUT/losses.svg, from OUT/losses.jsonl."""

from __future__ import annotations

import io
import json
from pathlib import Path

from common.errors import BadConfig
from common.jsonio import write_text
from common.training.watch import LOSSES

CURVE = "losses.svg"
_SMOOTH = 0.2
"""Share of a step's own loss in the drawn line, for runs whose single steps hide their course."""


def draw(folder: Path) -> Path:
    """Write the picture anew. A resumed run repeats steps: the later line of a step counts.

    Errors: BadConfig when matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise BadConfig("The plot of losses needs matplotlib.", "pip install matplotlib") from error

    train, val = losses(folder, "loss"), losses(folder, "eval_loss")
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(list(train), list(train.values()), color="#9ecae1", linewidth=1, label="training, each step")
    axes.plot(list(train), smoothed(list(train.values())), color="#08519c", linewidth=2, label="training, smoothed")
    if val:
        axes.plot(list(val), list(val.values()), color="#d94801", marker="o", linewidth=2, label="validation")
        best = min(val, key=lambda step: val[step])
        axes.annotate(f"{val[best]:.3f}", (best, val[best]), textcoords="offset points", xytext=(0, -14), ha="center")
    axes.set_xlabel("step")
    axes.set_ylabel("loss, nats a supervised token")
    axes.margins(y=0.12)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    image = io.StringIO()
    # Without a date the same losses give the same file.
    figure.savefig(image, format="svg", metadata={"Date": None})
    write_text(folder / CURVE, image.getvalue())
    return folder / CURVE


def losses(folder: Path, key: str) -> dict[int, float]:
    """Step -> loss, by step. key: "loss" or "eval_loss"."""
    lines = [json.loads(line) for line in (folder / LOSSES).read_text(encoding="utf-8").splitlines()]
    found = {line["step"]: line[key] for line in lines if key in line}
    return dict(sorted(found.items()))


def smoothed(values: list[float]) -> list[float]:
    """Exponential moving average, each value's weight _SMOOTH, begun at the mean of what there is so far."""
    found: list[float] = []
    for number, value in enumerate(values, start=1):
        weight = max(_SMOOTH, 1 / number)
        found.append(value if not found else (1 - weight) * found[-1] + weight * value)
    return found
