"""How long a run may take: from earlier runs of its architecture on this machine, or roughly from the model's size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

import msgspec

from kikime.harness.core.machine import Hardware, hardware, nvidia_gpus
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import Checkpoint
from kikime.harness.engines.dtype import compute_dtype, on_cpu
from kikime.harness.plan.prepare import Prepared
from kikime.harness.store.records import Session
from kikime.harness.store.rundir import RunDirectory, list_runs

_LOAD_SECONDS = (12.0, 60.0)
_FIRST_GUESS_FLOPS = (1e10, 1e11)
"""Useful floating-point operations per second that a small CPU and a large one reach; a GPU is faster."""
_MOST_TOKENS_PER_SECOND = 20_000.0
_READING = 0.2
"""What reading a token costs of writing one: prompts are read many tokens at a time."""
_USED = 1 / 3
"""Share of the tokens allowed that a reply uses, where nobody knows; typical of short lines."""
_SPREAD = 1.7
"""Between the middle of a measured guess and its ends: a machine is not always equally busy."""
_RUNS_LOOKED_AT = 50
_SESSIONS_USED = 5
_TELLING = 5
"""A session that finished less than one in so many of its run's replies spent most of its time on those that it lost."""
_SAME_SIZE = 0.05
"""Tokens that training adds change a checkpoint's size by less than this share."""


class _Past(NamedTuple):
    """A session on this machine of a checkpoint of the same architecture."""

    session: Session
    same: bool
    """Whether it was this very checkpoint."""


class _Size(msgspec.Struct):
    n_replies: int


class _Stored(msgspec.Struct):
    """What of a manifest tells whose speed it is."""

    checkpoint: Checkpoint
    options: EngineOptions
    plan: _Size
    hardware: Hardware = Hardware()


def time_range(prepared: Prepared, runs: Path) -> tuple[float, float]:
    """A low and a high guess in seconds, engine load included; ``runs`` holds earlier runs."""
    past = list(_past(prepared, runs))
    if not past:
        return _first_guess(prepared)
    newest = [each.session for each in past if each.same] or [each.session for each in past]
    allowed = sum(session.max_output_tokens for session in newest)
    used = sum(session.n_output_tokens for session in newest) / allowed if allowed else _USED
    sessions = [each.session for each in past][-_SESSIONS_USED:]
    per_token = median(session.generate_seconds / _cost(session) for session in sessions)
    load = median(session.engine.get("load_seconds", session.load_seconds) for session in sessions)
    middle = load + per_token * (prepared.max_output_tokens * used + _READING * _n_read(prepared))
    return middle / _SPREAD, middle * _SPREAD


def _first_guess(prepared: Prepared) -> tuple[float, float]:
    operations = 2.0 * (prepared.checkpoint.n_params or 7e9)
    low, high = (min(flops / operations, _MOST_TOKENS_PER_SECOND) for flops in _FIRST_GUESS_FLOPS)
    read = _READING * _n_read(prepared)
    return (
        _LOAD_SECONDS[0] + (prepared.max_output_tokens * _USED + read) / high,
        _LOAD_SECONDS[1] + (prepared.max_output_tokens + read) / low,
    )


def _n_read(prepared: Prepared) -> int:
    return prepared.n_prompt_tokens - prepared.n_shared_tokens


def _cost(session: Session) -> float:
    """The tokens of a session, in tokens written."""
    return session.n_output_tokens + _READING * (session.n_prompt_tokens + session.n_scored_tokens)


def _past(prepared: Prepared, runs: Path) -> Iterator[_Past]:
    """Sessions that tell how fast this run will be, the newest last."""
    for run in list_runs(runs)[-_RUNS_LOOKED_AT:]:
        try:
            stored = msgspec.json.decode(run.manifest_file.read_bytes(), type=_Stored)
        except (OSError, msgspec.DecodeError):
            continue
        if _same_kind(prepared, stored):
            same = stored.checkpoint.fingerprint == prepared.checkpoint.fingerprint
            yield from (_Past(session, same) for session in _measured(run, prepared, stored.plan.n_replies))


def _measured(run: RunDirectory, prepared: Prepared, n_planned: int) -> Sequence[Session]:
    sessions = [s for s in run.sessions() if s.generate_seconds and s.n_prompt_tokens + s.n_scored_tokens]
    sessions = [s for s in sessions if s.n_replies * _TELLING >= n_planned]
    if prepared.checkpoint.base_url:
        return sessions
    dtype = compute_dtype(prepared.checkpoint, prepared.options)
    gpus = set() if on_cpu() else {gpu.partition(",")[0] for gpu in nvidia_gpus()}
    sessions = [s for s in sessions if set(s.engine.get("gpus", ())) == gpus]
    return sessions if dtype == "auto" else [s for s in sessions if s.engine.get("dtype", dtype) == dtype]


def _same_kind(prepared: Prepared, stored: _Stored) -> bool:
    """Same architecture, size and engine; on the same machine, or at the same server."""
    now, then = prepared.checkpoint, stored.checkpoint
    ours, theirs = prepared.options, stored.options
    if now.base_url or then.base_url:
        return (now.base_url, now.name) == (then.base_url, then.name) and ours.concurrency == theirs.concurrency
    here = hardware()
    return (
        (here.cpu, here.cores) == (stored.hardware.cpu, stored.hardware.cores)
        and (ours.engine, ours.replicas, ours.quantization, ours.tensor_parallel_size)
        == (theirs.engine, theirs.replicas, theirs.quantization, theirs.tensor_parallel_size)
        and now.model_type == then.model_type
        and now.n_params is not None
        and then.n_params is not None
        and abs(now.n_params / then.n_params - 1) < _SAME_SIZE
    )
