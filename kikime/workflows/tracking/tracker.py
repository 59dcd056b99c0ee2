"""``--log-to``: which trackers there are, and how a finished run reaches them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

from kikime.harness.core.errors import EnvironmentFault, UsageError
from kikime.harness.core.names import did_you_mean
from kikime.workflows.listener import Listener
from kikime.workflows.loaded import Run
from kikime.workflows.tracking.result import Result, result_of

TRACKERS = ("mlflow", "wandb", "tensorboard", "trackio")


class Tracker(NamedTuple):
    """One tracker, and where it keeps what it is told."""

    kind: str
    log: Callable[[Result, str | None], None]
    where: str | None
    """MLflow: tracking URI; wandb and trackio: project; TensorBoard: folder. None: the tracker's own default."""


def read_trackers(given: str | Sequence[str]) -> tuple[Tracker, ...]:
    """Trackers as ``--log-to`` names them, such as ``mlflow`` and ``wandb:PROJECT``.

    Raises:
        UsageError: an unknown one.
        EnvironmentFault: its library is not installed.
    """
    return tuple(_tracker(text) for text in ([given] if isinstance(given, str) else given))


def _tracker(text: str) -> Tracker:
    kind, _, where = text.partition(":")
    if kind not in TRACKERS:
        raise UsageError(
            "no tracker '{name}'{meant}",
            hint="there are: {known}",
            name=kind,
            meant=did_you_mean(kind, TRACKERS),
            known=", ".join(TRACKERS),
        )
    if find_spec(kind) is None:
        raise EnvironmentFault("{name} is not installed", hint="pip install 'kikime[{name}]'", name=kind)
    return Tracker(kind, import_module(f"kikime.workflows.tracking.{kind}").log, where or None)


def track(run: Run, trackers: Sequence[Tracker], progress: Listener) -> None:
    """Tell every tracker of a finished run; one that fails is said and costs nothing else."""
    for tracker in trackers:
        try:
            tracker.log(result_of(run), tracker.where)
        except Exception as error:  # noqa: BLE001  (a tracker's library may raise anything; the run is complete)
            why = f"{type(error).__name__}: {error}"
            progress.tell("tracker_failed", name=tracker.kind, why=why, run=str(run.path))
