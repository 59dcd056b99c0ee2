"""One run from start to end: plan on the CPU, load the engine once, generate, log, compact, summarise."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from harness.checkpoint import Checkpoint
from harness.engines import Engine, EngineOptions, load_engine
from harness.errors import UsageError
from harness.grid import Materials
from harness.hashing import digest
from harness.heap import collector_paused, heap_frozen
from harness.measuring import log_to
from harness.metrics import VERSION as SCORER_VERSION
from harness.plan import Identity, Planner, plan_digest
from harness.prompts import load_format, load_tokenizer
from harness.provenance import provenance
from harness.request import Request
from harness.runner import Runner, Sink, too_long
from harness.spool import Spool
from harness.status import StatusBoard
from harness.store.rundir import RunDirectory
from harness.store.summary import summarise
from harness.store.tables import StoredReplies, compact
from harness.store.wal import Segment

AddTables = Callable[[RunDirectory], object]
"""Writes further tables of a run from its log; called between the replies' tables and the summary."""


class Prepared(NamedTuple):
    """A plan that is rendered and tokenised, before any engine is loaded."""

    checkpoint: Checkpoint
    materials: Materials
    options: EngineOptions
    planner: Planner
    spool: Spool
    plan_hash: str
    n_replies: int
    """Requests, later turns of scripted dialogues included."""
    n_prompt_tokens: int
    """Exact, without later turns of scripted dialogues."""
    max_output_tokens: int
    max_model_len: int | None
    n_too_long: int
    """Prompts that leave no room for their reply in ``max_model_len``; they will be error rows."""


@collector_paused()
def prepare(checkpoint: Checkpoint, materials: Materials, options: EngineOptions) -> Prepared:
    """Render and tokenise the whole grid.

    Raises:
        KikimeError: no tokenizer, or a prompt that cannot be rendered.
    """
    tokenizer, served = _tokenizer(checkpoint, options)
    if tokenizer is None and any(_formats_of(materials) - {"native"}):
        raise UsageError(
            f"{checkpoint.base_url} takes chat messages only, so only the format 'native' can be tested there",
            hint="give --format native, or serve the checkpoint with vLLM and give --tokenizer PATH",
        )
    planner = Planner(materials, tokenizer, Identity(checkpoint.fingerprint, f"{options.engine}/{options.dtype}"))
    length = options.max_model_len or served.get("max_model_len") or checkpoint.max_model_len
    spool, keys = Spool(), []
    n_prompt = n_output = n_replies = n_too_long = 0
    for request in planner.requests():
        spool.add(request)
        keys.append(request.key)
        turns = 1 + len(_script(materials, request))
        n_replies += turns
        n_prompt += len(request.token_ids)
        n_output += request.sampling.max_tokens * turns
        n_too_long += too_long(request, length) is not None
    if not keys:
        raise UsageError("the suite has no item for these personas and conditions")
    counts = n_replies, n_prompt, n_output, length, n_too_long
    return Prepared(checkpoint, materials, options, planner, spool, plan_digest(keys), *counts)


def _script(materials: Materials, request: Request) -> tuple[str, ...]:
    task = materials.tasks[request.task]
    return next((item.script for item in task.items if item.id == request.item_id), ())


def _formats_of(materials: Materials) -> set[str]:
    suite = materials.suite
    return {name for selection in suite.tasks for name in selection.formats or suite.formats}


def _tokenizer(checkpoint: Checkpoint, options: EngineOptions) -> tuple[Any, Mapping[str, Any]]:
    """The tokenizer that renders, and what a server says of itself; no tokenizer where the server renders."""
    if checkpoint.base_url is None:
        return load_tokenizer(options.tokenizer or str(checkpoint.path)), {}
    from harness.engines.openai import probe_server

    server = probe_server(checkpoint)
    if not server["token_ids"]:
        return None, server
    source = options.tokenizer or server["root"]
    if not source or (options.tokenizer is None and not Path(source).is_dir()):
        raise UsageError(
            f"the tokenizer of '{checkpoint.name}' is not on this machine", hint="give it with --tokenizer PATH"
        )
    return load_tokenizer(source), server


def start_run(prepared: Prepared, runs: Path, name: str | None = None) -> RunDirectory:
    """Create the run directory and write its manifest; nothing is generated yet."""
    checkpoint, materials = prepared.checkpoint, prepared.materials
    run = RunDirectory.create(runs, name or checkpoint.name)
    manifest = {
        "run": run.id,
        "name": name or checkpoint.name,
        "checkpoint": msgspec.to_builtins(checkpoint),
        "options": msgspec.to_builtins(prepared.options),
        "plan": {
            "hash": prepared.plan_hash,
            "n_replies": prepared.n_replies,
            "n_prompt_tokens": prepared.n_prompt_tokens,
            "max_output_tokens": prepared.max_output_tokens,
        },
        **comparability(materials),
        **materials.to_json(),
        **provenance(),
    }
    run.write_manifest(manifest)
    run.write_status({"state": "planned", "planned": prepared.n_replies, "done": 0, "errors": 0})
    return run


def comparability(materials: Materials) -> dict[str, Any]:
    """What two runs must have in common to be compared, as hashes."""
    formats = {
        name: "native" if name == "native" else load_format(name).hash for name in sorted(_formats_of(materials))
    }
    return {
        "hashes": {
            "tasks": {name: task.hash for name, task in sorted(materials.tasks.items())},
            "personas": {
                name: digest("content", persona.model_dump(mode="json"))
                for name, persona in sorted(materials.personas.items())
            },
            "formats": formats,
            "sampling": materials.suite.sampling.model_dump(mode="json"),
            "scorer": SCORER_VERSION,
        }
    }


def restore(run: RunDirectory) -> Prepared:
    """Rebuild the plan of an interrupted run from its manifest.

    Raises:
        UsageError: the checkpoint or a format has changed since; going on would mix two models.
    """
    from harness.checkpoint import resolve_checkpoint, with_adapter

    manifest = run.manifest()
    then = msgspec.convert(manifest["checkpoint"], Checkpoint)
    now = resolve_checkpoint(_place_of(then))
    if then.adapter:
        now = with_adapter(now, then.name.split("+")[-1], Path(then.adapter))
    if now.fingerprint != then.fingerprint:
        raise UsageError(
            f"{then.reference}: the checkpoint has changed since run {run.id} began",
            hint="start a new run with kikime run",
        )
    prepared = prepare(now, Materials.from_json(manifest), msgspec.convert(manifest["options"], EngineOptions))
    if prepared.plan_hash != manifest["plan"]["hash"]:
        raise UsageError(
            f"run {run.id} was planned by another version of the formats or the tokenizer",
            hint="start a new run with kikime run",
        )
    return prepared


def _place_of(checkpoint: Checkpoint) -> str:
    """The folder it was resolved to: from elsewhere a relative reference means another one, a hub id may move on."""
    if checkpoint.path is None:
        return checkpoint.reference
    elsewhere = checkpoint.revision is not None or checkpoint.reference.startswith("demo:")
    return checkpoint.reference if elsewhere and not Path(checkpoint.path).is_dir() else checkpoint.path


def execute(
    run: RunDirectory,
    prepared: Prepared,
    *,
    engine: Engine | None = None,
    sinks: Sequence[Sink] = (),
    on_stage: Callable[[str], None] = lambda _: None,
    add_tables: AddTables = lambda _: None,
) -> dict[str, Any]:
    """Generate what is missing, then write the tables and the summary; returns the summary.

    An engine that is given is used and left open; otherwise one is loaded, unless nothing is missing.

    Raises:
        RunLocked: another process works on the run.
        EngineFault: the engine cannot load, or died; what it finished is kept.
    """
    with run.locked():
        stored = StoredReplies(run)
        board = StatusBoard(run, planned=prepared.n_replies, done=len(stored) - stored.n_failed)
        with board.reported():
            if len(stored) - stored.n_failed < prepared.n_replies:
                _generate(run, prepared, stored, engine, [*sinks, board], on_stage, board)
            on_stage("tables")
            return _finish(run, board, add_tables)


def rebuild(run: RunDirectory, *, add_tables: AddTables = lambda _: None) -> dict[str, Any]:
    """Write a run's tables and summary anew from its log, which needs no checkpoint; returns the summary.

    Raises:
        RunLocked: another process works on the run.
    """
    with run.locked():
        stored = StoredReplies(run)
        planned = run.manifest()["plan"]["n_replies"]
        board = StatusBoard(run, planned=planned, done=len(stored) - stored.n_failed)
        with board.reported():
            return _finish(run, board, add_tables)


def _finish(run: RunDirectory, board: StatusBoard, add_tables: AddTables) -> dict[str, Any]:
    compact(run, SCORER_VERSION)
    add_tables(run)
    summary = summarise(run)
    board.finish(summary)
    return summary


def _generate(
    run: RunDirectory,
    prepared: Prepared,
    stored: StoredReplies,
    engine: Engine | None,
    sinks: Sequence[Sink],
    on_stage: Callable[[str], None],
    board: StatusBoard,
) -> None:
    if engine is None:
        on_stage("load")
    started = time.monotonic()
    with collector_paused():
        own = load_engine(prepared.checkpoint, prepared.options) if engine is None else None
    used: Any = engine or own
    try:
        board.describe_engine(used.describe(), time.monotonic() - started)
        on_stage("generate")
        with heap_frozen(), Segment.create(run.wal, "gen") as segment:
            runner = Runner(
                used,
                [log_to(segment, prepared.materials), *sinks],
                stored=stored.lookup,
                next_turn=prepared.planner.next_turn,
                max_model_len=prepared.max_model_len,
            )
            runner.run(prepared.spool)
    finally:
        if own is not None:
            own.close()
