"""run.json: what a trained artefact says of itself, and what a resumed run is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from common.errors import ReviewError
from common.jsonio import from_json, to_json, write_text
from common.rows.card import RowsCard
from common.training.settings import TrainSettings

RUN = "run.json"
STARTED = "started.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Start:
    """The adapter a run went on from. weights: SHA-256 of its file; inputs: all that had decided it."""

    weights: str
    inputs: RunInputs


@dataclass(frozen=True, slots=True)
class RunInputs:
    """All that decides a run's outcome, but for the machine. stage: "a", "b" or "joint". base: id; base_sha256: its
    weights' digest, which an adapter is checked against when it is loaded. rows: the card's digest; row_files: name ->
    SHA-256; card: where the rows came from. commit: of this code, "" outside a checkout. start: None for a fresh
    adapter."""

    stage: str
    base: str
    base_sha256: str
    rows: str
    row_files: dict[str, str]
    card: RowsCard
    prompt_version: str
    settings: TrainSettings
    commit: str
    start: Start | None = None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """run.json beside the weights. losses in nats a supervised token; val_loss is of the step that was kept."""

    format: int
    base: str
    base_sha256: str
    stage: str
    prompt_version: str
    inputs: RunInputs
    rows: dict[str, int]
    steps: int
    kept_step: int
    train_loss: float
    val_loss: float | None
    tokens: int
    supervised_tokens: int
    seconds: float
    device: str
    versions: dict[str, str] = field(default_factory=dict)


def lineage(inputs: RunInputs) -> list[RunInputs]:
    """The runs that made an adapter, first to last."""
    return [*(lineage(inputs.start.inputs) if inputs.start else []), inputs]


def rows_learnt(inputs: RunInputs) -> int:
    """Training rows of all the runs, by what their settings ask for. A row that two runs saw counts twice."""
    return sum(one.settings.taken(one.card.rows.get("train", 0)) for one in lineage(inputs))


def begin(folder: Path, inputs: RunInputs, resume: bool) -> None:
    """Note what is being run, or check that it is the run that is to be continued.

    Errors: ReviewError when the folder holds another run, or one is there and nobody asked to resume it."""
    path = folder / STARTED
    if not path.is_file():
        write_text(path, to_json(inputs))
        return
    if not resume:
        raise ReviewError(f"{folder} holds a run already.", "--resume continues it; give another --out to begin anew.")
    found = from_json(path.read_bytes(), RunInputs, str(path))
    # Code may have moved on since the kill; data and settings may not.
    names = [name for name in RunInputs.__dataclass_fields__ if name not in ("commit", "card")]
    differing = [name for name in names if getattr(found, name) != getattr(inputs, name)]
    if differing:
        raise ReviewError(
            f"{folder} was begun with other inputs: it differs in {', '.join(differing)}.",
            "Use the same rows, base and settings to continue it, or give another --out.",
        )


def finish(folder: Path, record: RunRecord) -> None:
    write_text(folder / RUN, to_json(record) + "\n")


def load(folder: Path) -> RunRecord:
    """Of an adapter's folder. Errors: ReviewError when there is none, or it is none of ours."""
    path = folder / RUN
    try:
        return from_json(path.read_bytes(), RunRecord, str(path))
    except OSError as error:
        raise ReviewError(f"Cannot read {path}: {error.strerror or error}.", "`review train` writes it.") from error
