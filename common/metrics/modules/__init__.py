"""The metrics as the `evaluate` library loads them: a folder NAME holding NAME.py, with one `evaluate.Metric` in it.

Such a file is a shell around the functions of `common.metrics`. `evaluate` copies it into its own cache and imports it
there, so it may not import relatively, and it is the one place where `evaluate` stands at the head of a file. The
folders are no packages (they have no `__init__.py`): nothing but `evaluate` imports them.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import ReviewError

if TYPE_CHECKING:
    import evaluate


def names() -> tuple[str, ...]:
    """What `load` knows, sorted."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("*/*.py") if path.stem == path.parent.name))


def load(name: str) -> evaluate.Metric:
    """`evaluate.load` on a folder here, wherever this package is installed. Nothing is fetched.

    Errors: ReviewError for an unknown name, or when the extra is missing.
    """
    if name not in names():
        raise ReviewError(f"There is no metric '{name}'.", f"There are: {', '.join(names())}.")
    if find_spec("evaluate") is None:
        raise ReviewError("The library evaluate is not installed.", 'Install it with: pip install ".[eval]"')
    import evaluate

    return evaluate.load(str(Path(__file__).parent / name))


def info(description: str, citation: str, returns: str) -> evaluate.MetricInfo:
    """What every metric here declares: predictions are reviews, references are the human reviews of the same paper.

    returns: what `compute` gives, for its documentation.
    """
    import evaluate
    from datasets import Features, List, Value

    inputs = (
        "\nArgs:\n"
        "    predictions (list of str): one review a paper.\n"
        "    references (list of list of str): for each of them, the human reviews of the same paper.\n"
        f"Returns:\n    {returns}\n"
    )
    features = Features({"predictions": Value("string"), "references": List(Value("string"))})
    return evaluate.MetricInfo(description=description, citation=citation, inputs_description=inputs, features=features)
