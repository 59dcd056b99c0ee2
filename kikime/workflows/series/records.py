"""What is told of each checkpoint of a sweep or of a training run that is watched."""

from __future__ import annotations

from kikime.harness.core.records import Record
from kikime.workflows.loaded import Run


class BenchmarkedStep(Record, frozen=True):
    """One checkpoint's run in short: a line of ``kikime watch --json``, an entry of ``kikime sweep --json``."""

    run: str
    """Its id."""
    path: str
    name: str
    model: str
    params: int | None
    """Number of parameters; None where the checkpoint does not tell."""
    training: str | None
    """The training run that it is a checkpoint of."""
    step: int | None
    suite: str
    state: str
    """``complete`` or ``partial``."""
    errors: int
    """Replies that failed."""
    metrics: dict[str, float | None]
    """Means, as ``kikime show`` has them."""


def benchmarked(run: Run) -> BenchmarkedStep:
    """A complete run in short."""
    summary = run.summary
    series = summary.series
    return BenchmarkedStep(
        run=summary.run,
        path=str(run.path),
        name=summary.name,
        model=summary.model.name,
        params=summary.model.n_params,
        training=series.name if series else None,
        step=series.step if series else None,
        suite=summary.suite,
        state=summary.state,
        errors=summary.counts["errors"],
        metrics={name: found.mean for name, found in summary.metrics.items()},
    )
