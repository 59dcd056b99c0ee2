"""One run from start to end: plan on the CPU, load the engine once, generate, log, compact, summarise."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from kikime.harness.core.errors import UsageError
from kikime.harness.core.manifest import StoredCheckpoint
from kikime.harness.core.reasons import Phrase
from kikime.harness.engines import Engine, EngineOptions, check_options
from kikime.harness.engines.base import TellsNotes
from kikime.harness.engines.checkpoint import Checkpoint
from kikime.harness.environment.heap import collector_paused, heap_frozen
from kikime.harness.environment.provenance import provenance
from kikime.harness.metrics import versions_of
from kikime.harness.plan.player import check_place, is_beside
from kikime.harness.plan.prepare import Prepared, comparability, prepare
from kikime.harness.run.dialogue import by_speaker, heard_lines, opened_engine
from kikime.harness.run.measuring import log_to
from kikime.harness.run.runner import OnStep, Runner, Sink
from kikime.harness.run.status import StatusBoard
from kikime.harness.store.records import Series, Summary
from kikime.harness.store.rundir import BENCHMARK, RunDirectory
from kikime.harness.store.summary import summarise
from kikime.harness.store.tables import StoredReplies, compact
from kikime.harness.store.wal import REPLIES, Segment
from kikime.harness.suites.grid import Materials

AddTables = Callable[[RunDirectory], object]
"""Adds what else the summary is made of; called between the replies' tables and the summary."""


def start_run(
    prepared: Prepared, runs: Path, name: str | None = None, *, kind: str = BENCHMARK, series: Series | None = None
) -> RunDirectory:
    """Create the run directory and write its manifest; nothing is generated yet."""
    checkpoint, materials = prepared.checkpoint, prepared.materials
    run = RunDirectory.create(runs, name or checkpoint.name)
    manifest = {
        "run": run.id,
        "kind": kind,
        "name": name or checkpoint.name,
        "checkpoint": msgspec.to_builtins(checkpoint),
        "options": msgspec.to_builtins(prepared.options),
        "plan": {
            "hash": prepared.plan_hash,
            "n_replies": prepared.n_replies,
            "n_prompt_tokens": prepared.n_prompt_tokens,
            "max_output_tokens": prepared.max_output_tokens,
            "bos": "tokenizer",
        },
        **({"without_bos": without} if (without := prepared.planner.formats_without_bos) else {}),
        **({"series": msgspec.to_builtins(series)} if series else {}),
        **_user_of(prepared),
        **comparability(materials, prepared.options, checkpoint.fingerprint, prepared.user),
        **materials.to_json(),
        **provenance(),
    }
    run.write_manifest(manifest)
    run.write_status({"state": "planned", "planned": prepared.n_replies, "done": 0, "errors": 0})
    return run


def _user_of(prepared: Prepared) -> dict[str, object]:
    """Who speaks the user's lines, for the manifest: what was asked for and, loaded beside, which checkpoint that is."""
    given, user = prepared.options.user_model, prepared.user
    if given is None:
        return {}
    beside = {"checkpoint": msgspec.to_builtins(user)} if is_beside(user) else {}
    return {"user": {"model": given, **beside}}


def restore(run: RunDirectory) -> Prepared:
    """Rebuild the plan of an interrupted run from its manifest.

    Raises:
        UsageError: the checkpoint or a format has changed since; going on would mix two models.
    """
    manifest = run.manifest()
    materials = _complete(Materials.from_json(manifest), run)
    now = _unchanged(manifest["checkpoint"], run)
    options = msgspec.convert(manifest["options"], EngineOptions)
    if beside := manifest.get("user", {}).get("checkpoint"):
        options = msgspec.structs.replace(options, user_model=_unchanged(beside, run).path)
    prepared = prepare(now, materials, options, as_before="bos" not in manifest["plan"])
    if prepared.plan_hash != manifest["plan"]["hash"]:
        raise UsageError(
            "run {run} was planned by another version of the formats or the tokenizer",
            hint="start a new run with kikime run",
            run=run.id,
        )
    return prepared


def _unchanged(stored: StoredCheckpoint, run: RunDirectory) -> Checkpoint:
    """The checkpoint that a run began with."""
    from kikime.harness.engines.checkpoint import resolve_checkpoint, with_adapter

    then = msgspec.convert(stored, Checkpoint)
    now = resolve_checkpoint(_place_of(then))
    if then.adapter:
        now = with_adapter(now, then.name.split("+")[-1], Path(then.adapter))
    if now.fingerprint != then.fingerprint:
        raise UsageError(
            "{reference}: the checkpoint has changed since run {run} began",
            hint="start a new run with kikime run",
            reference=then.reference,
            run=run.id,
        )
    return now


def moved(prepared: Prepared, **changes: object) -> Prepared:
    """The plan with another engine or another use of a cluster: ``changes`` are fields of its options.

    Raises:
        UsageError: it would generate something else, or cannot be used.
    """
    then = prepared.options
    if changes.get("engine") == "vllm":
        changes = {**dict.fromkeys(("address", "gpus_per_replica", "cpus_per_replica")), "replicas": 1, **changes}
    changed = msgspec.structs.replace(then, **changes)
    if changed.generator != then.generator or prepared.checkpoint.base_url:
        raise UsageError(
            "a run by {then} cannot go on with {now}",
            hint="vllm and ray generate the same; for another engine start a new run",
            then=then.engine,
            now=changed.engine,
        )
    check_options(prepared.checkpoint, changed)
    check_place(prepared.user, changed)
    return prepared._replace(options=changed)


def _complete(materials: Materials, run: RunDirectory) -> Materials:
    """Refuse a run of an old version, whose manifest has no formats and techniques, where one is not known here."""
    suite = materials.suite
    lost = [Phrase("format '{name}'", name=name) for name in suite.format_names if name not in materials.formats]
    lost += [
        Phrase("technique '{name}'", name=name) for name in suite.technique_names if name not in materials.techniques
    ]
    if lost:
        raise UsageError(
            "run {run} needs the {parts}",
            hint="install the package that brings it",
            run=run.id,
            parts=Phrase.joined(", ", lost),
        )
    return materials


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
    on_step: OnStep = lambda _: None,
    add_tables: AddTables = lambda _: None,
    stored: StoredReplies | None = None,
) -> Summary:
    """Generate what is missing, then write the tables and the summary; returns the summary.

    An engine that is given is used and left open; otherwise one is loaded, unless nothing is missing.
    ``stored``: what the log holds, where that is known already.

    Raises:
        RunLocked: another process works on the run.
        EngineFault: the engine cannot load, or died; what it finished is kept.
    """
    with run.locked():
        stored = _known(run, stored)
        board = StatusBoard(run, planned=prepared.n_replies, done=stored.n_done)
        with board.reported():
            if stored.n_done < prepared.n_replies:
                with _session(prepared, engine, board, on_stage) as used, Segment.create(run.wal, REPLIES) as segment:
                    told: list[Sink] = [_log(run, segment, prepared), *sinks, board]
                    with heard_lines(run, prepared, board) as hear:
                        _generate(used, prepared, stored, by_speaker(told, hear), [board.beat, on_step])
                stored.catch_up()
            on_stage("tables")
            compact(run, versions_of(run.manifest()["hashes"]), stored)
        return _finish(run, board, add_tables)


def rebuild(
    run: RunDirectory, *, add_tables: AddTables = lambda _: None, stored: StoredReplies | None = None
) -> Summary:
    """Write a run's tables and summary anew from its log, which needs no checkpoint; returns the summary.

    ``stored``: what the log holds, where that is known already.

    Raises:
        RunLocked: another process works on the run.
    """
    with run.locked():
        stored = _known(run, stored)
        board = StatusBoard(run, planned=run.manifest()["plan"]["n_replies"], done=stored.n_done)
        with board.reported():
            compact(run, versions_of(run.manifest()["hashes"]), stored)
        return _finish(run, board, add_tables)


def _known(run: RunDirectory, stored: StoredReplies | None) -> StoredReplies:
    if stored is None:
        return StoredReplies(run)
    stored.catch_up()
    return stored


def _finish(run: RunDirectory, board: StatusBoard, add_tables: AddTables) -> Summary:
    """Write the summary; where ``add_tables`` is broken off, that of what there is."""
    try:
        add_tables(run)
    finally:
        with board.reported():
            summary = summarise(run)
            board.finish(summary)
    return summary


def _log(run: RunDirectory, segment: Segment, prepared: Prepared) -> Sink:
    return log_to(segment, prepared.materials, versions_of(run.manifest()["hashes"]))


@contextmanager
def _session(
    prepared: Prepared, engine: Engine | None, board: StatusBoard, on_stage: Callable[[str], None]
) -> Iterator[Engine]:
    """The engine that is given, or one of its own that is closed at the end."""
    if engine is None:
        on_stage("load")
    started = time.monotonic()
    with ExitStack() as opened:
        with collector_paused():
            used = opened.enter_context(opened_engine(prepared, engine))
        with board.session(used.describe(), time.monotonic() - started), heap_frozen():
            on_stage("generate")
            try:
                yield used
            finally:
                if isinstance(used, TellsNotes):
                    board.note(used.notes)


def _generate(
    engine: Engine, prepared: Prepared, stored: StoredReplies, sink: Sink, listeners: Sequence[OnStep]
) -> None:
    def on_step(tokens_in_flight: int) -> None:
        for listener in listeners:
            listener(tokens_in_flight)

    runner = Runner(
        engine,
        [sink],
        stored=stored.lookup,
        next_turn=prepared.planner.next_turn,
        max_model_len=prepared.max_model_len,
        max_user_len=prepared.user.max_model_len if prepared.user else prepared.max_model_len,
        spoken=prepared.planner.spoken,
        on_step=on_step,
    )
    runner.run(prepared.spool)
