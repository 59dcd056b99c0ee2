"""A plan that is rendered and tokenised on the CPU, before any engine is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from kikime.harness.core.errors import UsageError
from kikime.harness.core.hashing import digest
from kikime.harness.core.request import Request, too_long
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import Checkpoint
from kikime.harness.environment.heap import collector_paused
from kikime.harness.metrics import METRICS, VERSION, metric_versions
from kikime.harness.plan.planner import Identity, Planner, plan_digest
from kikime.harness.plan.spool import Spool
from kikime.harness.prompts import load_tokenizer
from kikime.harness.prompts.format import NATIVE
from kikime.harness.prompts.tokenizers import TransformersTokenizer
from kikime.harness.suites.grid import Materials


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
    if tokenizer is None and set(materials.formats) - {NATIVE}:
        raise UsageError(
            "{url} takes chat messages only, so only the format 'native' can be tested there",
            hint="give --format native, or serve the checkpoint with vLLM and give --tokenizer PATH",
            url=checkpoint.base_url,
        )
    planner = Planner(materials, tokenizer, Identity(checkpoint.fingerprint, f"{options.engine}/{options.dtype}"))
    length = options.max_model_len or served or checkpoint.max_model_len
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
    return Prepared(
        checkpoint=checkpoint,
        materials=materials,
        options=options,
        planner=planner,
        spool=spool,
        plan_hash=plan_digest(keys),
        n_replies=n_replies,
        n_prompt_tokens=n_prompt,
        max_output_tokens=n_output,
        max_model_len=length,
        n_too_long=n_too_long,
    )


def _script(materials: Materials, request: Request) -> tuple[str, ...]:
    task = materials.tasks[request.task]
    return next((item.script for item in task.items if item.id == request.item_id), ())


def _tokenizer(checkpoint: Checkpoint, options: EngineOptions) -> tuple[TransformersTokenizer | None, int | None]:
    """The tokenizer that renders, and the length that a server names; no tokenizer where the server renders."""
    if checkpoint.base_url is None:
        return load_tokenizer(options.tokenizer or str(checkpoint.path)), None
    from kikime.harness.engines.openai import probe_server

    server = probe_server(checkpoint)
    if not server["token_ids"]:
        return None, server["max_model_len"]
    source = options.tokenizer or server["root"]
    if not source or (options.tokenizer is None and not Path(source).is_dir()):
        raise UsageError(
            "the tokenizer of '{name}' is not on this machine",
            hint="give it with --tokenizer PATH",
            name=checkpoint.name,
        )
    return load_tokenizer(source), server["max_model_len"]


def comparability(materials: Materials) -> dict[str, object]:
    """What two runs must have in common to be compared, as hashes; and what the metrics are that are not bundled."""
    own = sorted({name for task in materials.tasks.values() for name in task.metrics if name not in METRICS.bundled})
    return {
        "hashes": {
            "tasks": {name: task.hash for name, task in sorted(materials.tasks.items())},
            "personas": {
                name: digest("content", persona.model_dump(mode="json"))
                for name, persona in sorted(materials.personas.items())
            },
            "formats": {
                name: NATIVE if name == NATIVE else found.hash for name, found in sorted(materials.formats.items())
            },
            "sampling": materials.suite.sampling.model_dump(mode="json"),
            "scorer": VERSION,
            "metrics": metric_versions(own),
        },
        "metrics": {name: METRICS.describe(name) for name in own},
    }
