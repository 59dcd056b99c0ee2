"""What a tracker is told of a run."""

from __future__ import annotations

from typing import NamedTuple

from kikime.harness.core.hashing import digest
from kikime.workflows.loaded import Run


class Result(NamedTuple):
    """One run, or one step of a training run."""

    name: str
    """What the tracker's run is called: as the training run, which all of its steps share, or as the run."""
    id: str
    """The same for all steps of one training run on one suite."""
    step: int
    """Steps trained so far; 0 of a run by itself."""
    values: dict[str, float]
    """``kikime/METRIC``, ``judge/JUDGE/CRITERION``, ``health/…`` and ``speed/…``."""
    facts: dict[str, str]
    """Which model, suite and run this is."""


def result_of(run: Run) -> Result:
    """A complete run as trackers take it."""
    summary = run.summary
    series, model = summary.series, summary.model
    values = {f"kikime/{name}": found.mean for name, found in summary.metrics.items()}
    values |= {f"judge/{one.judge_id}/{one.rubric}.{one.criterion}": one.mean for one in summary.judge}
    values |= {
        "health/error_rate": summary.health.error_rate,
        "health/truncation_rate": summary.health.truncation_rate,
        "speed/output_tokens_per_second": summary.perf.output_tokens_per_second,
    }
    facts = {"suite": summary.suite, "model": model.name, "params": model.n_params, "kikime_run": summary.run}
    return Result(
        name=series.name if series else summary.name,
        id=digest("tracked", [series.name, summary.suite])[:16] if series else summary.run,
        step=(series.step if series else None) or 0,
        values={name: value for name, value in values.items() if value is not None},
        facts={name: str(value) for name, value in facts.items() if value is not None},
    )
