"""How long a run may take: from earlier runs on this machine, or roughly from the model's size."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from kikime.harness.core.errors import UsageError
from kikime.harness.plan.prepare import Prepared
from kikime.harness.store.rundir import list_runs

_LOAD_SECONDS = (12.0, 60.0)
_FIRST_GUESS_FLOPS = (1e10, 1e11)
"""Useful floating-point operations per second that a small CPU and a large one reach; a GPU is faster."""
_MOST_TOKENS_PER_SECOND = 20_000.0


def time_range(prepared: Prepared, runs: Path) -> tuple[float, float]:
    """A low and a high guess in seconds, engine load included."""
    rates = _measured_rates(prepared.checkpoint.fingerprint, runs)
    load = _LOAD_SECONDS
    if rates:
        low_rate, high_rate = 0.5 * min(rates), 1.5 * max(rates)
    else:
        operations = 2.0 * (prepared.checkpoint.n_params or 7e9)
        low_rate, high_rate = (min(flops / operations, _MOST_TOKENS_PER_SECOND) for flops in _FIRST_GUESS_FLOPS)
    # Replies seldom use all the tokens that they may; a third is typical for short lines.
    return load[0] + prepared.max_output_tokens / 3 / high_rate, load[1] + prepared.max_output_tokens / low_rate


def _measured_rates(fingerprint: str, runs: Path) -> list[float]:
    rates: list[float] = []
    for run in list_runs(runs)[-50:]:
        with suppress(UsageError):  # of a newer version
            summary = run.summary()
            if summary and summary.model.fingerprint == fingerprint:
                rates += filter(None, [summary.perf.output_tokens_per_second])
    return rates
