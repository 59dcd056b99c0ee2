"""One run from start to end: plan on the CPU, load the engine once, generate, log, compact, summarise."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from harness.checkpoint import Checkpoint
from harness.engines import Engine, EngineOptions, load_engine
from harness.errors import KikimeError, UsageError
from harness.grid import Materials
from harness.hashing import digest
from harness.heap import collector_paused, heap_frozen
from harness.measuring import log_to
from harness.metrics import VERSION as SCORER_VERSION
from harness.plan import Identity, Planner, plan_digest
from harness.prompts import load_format, load_tokenizer
from harness.provenance import provenance
from harness.request import Reply, Request
from harness.runner import Runner, Sink, too_long
from harness.spool import Spool
from harness.store.rundir import RunDirectory
from harness.store.summary import summarise
from harness.store.tables import StoredReplies, compact
from harness.store.wal import Segment


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
    now = resolve_checkpoint(then.reference)
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


def execute(
    run: RunDirectory,
    prepared: Prepared,
    *,
    engine: Engine | None = None,
    sinks: Sequence[Sink] = (),
    on_stage: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Generate what is missing, then write the tables and the summary; returns the summary.

    An engine that is given is used and left open; otherwise one is loaded, unless nothing is missing.

    Raises:
        RunLocked: another process works on the run.
        EngineFault: the engine cannot load, or died; what it finished is kept.
    """
    with run.locked():
        stored = StoredReplies(run)
        board = _StatusBoard(run, planned=prepared.n_replies, done=len(stored) - stored.n_failed)
        with board.reported():
            if len(stored) - stored.n_failed < prepared.n_replies:
                _generate(run, prepared, stored, engine, [*sinks, board], on_stage, board)
            on_stage("tables")
            compact(run, SCORER_VERSION)
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
    board: _StatusBoard,
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


class _StatusBoard:
    """Keeps ``status.json`` true while a run works."""

    def __init__(self, run: RunDirectory, *, planned: int, done: int) -> None:
        self._run = run
        self._status: dict[str, Any] = {"state": "running", "planned": planned, "done": done, "errors": 0}
        self._tokens = self._replies = 0
        self._sessions: list[dict[str, Any]] = run.status().get("sessions", [])
        self._started = time.monotonic()
        self._write()

    def __call__(self, request: Request, reply: Reply) -> None:  # noqa: ARG002  (a sink)
        self._status["done"] += 1
        self._status["errors"] += reply.error is not None
        self._tokens += reply.n_output_tokens
        self._replies += 1
        self._write(force=False)

    def describe_engine(self, engine: Mapping[str, Any], load_seconds: float) -> None:
        self._sessions = [*self._sessions, {"engine": dict(engine), "load_seconds": round(load_seconds, 2)}]
        self._started = time.monotonic()

    @contextmanager
    def reported(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            interrupted = isinstance(error, KeyboardInterrupt)
            self._status["state"] = "interrupted" if interrupted else "failed"
            self._status["reason"] = (
                "interrupted" if interrupted else str(error).splitlines()[0] if str(error) else repr(error)
            )
            self._write_if_possible()
            raise

    def finish(self, summary: Mapping[str, Any]) -> None:
        counts = summary["counts"]
        self._status |= {"done": counts["done"], "errors": counts["errors"], "state": "complete"}
        self._status.pop("reason", None)
        self._write()

    def _write_if_possible(self) -> None:
        try:
            self._write()
        except KikimeError:
            return  # the error that is under way says what happened

    def _write(self, *, force: bool = True) -> None:
        if self._sessions and self._tokens:
            seconds = time.monotonic() - self._started
            counts = {"n_replies": self._replies, "n_output_tokens": self._tokens}
            self._sessions[-1] |= {"generate_seconds": round(seconds, 2), **counts}
        self._run.write_status({**self._status, "sessions": self._sessions}, force=force)
