"""A plan that is rendered and tokenised on the CPU, before any engine is loaded."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kikime.harness.core.errors import UsageError
from kikime.harness.core.hashing import digest
from kikime.harness.core.manifest import USER_MODEL
from kikime.harness.core.request import Request, too_long
from kikime.harness.core.thinking import thinking_at_the_end
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import Checkpoint, with_facts
from kikime.harness.environment.heap import collector_paused
from kikime.harness.metrics import METRICS, VERSION, metric_versions
from kikime.harness.plan.planner import Asking, Identity, Planner, plan_digest
from kikime.harness.plan.player import UserPrompts, is_beside, spoken_by, user_model
from kikime.harness.plan.spool import Spool
from kikime.harness.prompts import load_tokenizer
from kikime.harness.prompts.format import NATIVE
from kikime.harness.prompts.tokenizers import TransformersTokenizer
from kikime.harness.suites.grid import Materials
from kikime.harness.suites.suite import SamplingOptions

if TYPE_CHECKING:
    from kikime.harness.engines.served.probe import Server

_BLOCK = 16
"""Tokens of a block of vLLM's prefix cache."""


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
    """What the engine reads, exact, without later turns of scripted dialogues; of scored requests all candidates."""
    n_scored_tokens: int
    """Those of the candidates whose log-probability is asked for."""
    n_shared_tokens: int
    """Those that begin a prompt as the one before it began, which a prefix cache need not read again."""
    max_output_tokens: int
    max_model_len: int | None
    thinks: bool
    """Whether a prompt opens the reply's thinking, or a template knows of thinking and no prompt closes it at once."""
    n_too_long: int
    """Prompts that leave no room for their reply in ``max_model_len``; they will be error rows."""
    user: Checkpoint | None = None
    """The model that speaks the user's lines of dialogues; None where the banks or the loaded engine do."""


@collector_paused()
def prepare(
    checkpoint: Checkpoint, materials: Materials, options: EngineOptions, *, as_before: bool = False
) -> Prepared:
    """Render and tokenise the whole grid.

    ``as_before``: as version 0.1.0 did, which wrote a BOS also where the tokenizer adds none, and cut pairs of labels.

    Raises:
        KikimeError: no tokenizer, or a prompt that cannot be rendered.
    """
    server = _server(checkpoint)
    source = options.tokenizer or (server["root"] if server else None)
    checkpoint = with_facts(checkpoint, source, options.params)
    materials = sampled(materials, checkpoint, options)
    tokenizer = _tokenizer(checkpoint, options, server, source)
    served = server["max_model_len"] if server else None
    if tokenizer is None and set(materials.formats) - {NATIVE}:
        raise UsageError(
            "{url} takes chat messages only, so only the format 'native' can be tested there",
            hint="give --format native, or serve the checkpoint with vLLM and give --tokenizer PATH",
            url=checkpoint.base_url,
        )
    identity = Identity(checkpoint.fingerprint, f"{options.generator}/{options.dtype}")
    partner = user_model(materials, options)
    asking = _asking(options, partner)
    planner = Planner(materials, tokenizer, identity, asking=asking, as_before=as_before)
    length = options.max_model_len or served or checkpoint.max_model_len
    spool, keys = Spool(), []
    tokens, n_replies, n_too_long = _Tokens(), 0, 0
    opened: Counter[bool | None] = Counter()
    for request in planner.requests():
        spool.add(request)
        keys.append(request.key)
        turns = 1 + len(_script(materials, request))
        n_replies += turns
        tokens.add(request, turns)
        opened[thinking_at_the_end(request.prompt)] += not request.candidates
        _check_embedded(request, checkpoint, tokenizer)
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
        n_prompt_tokens=tokens.prompt + tokens.scored,
        n_scored_tokens=tokens.scored,
        n_shared_tokens=tokens.shared,
        max_output_tokens=tokens.output,
        max_model_len=length,
        thinks=opened[True] > 0 or bool(planner.thinking_formats and not opened[False]),
        n_too_long=n_too_long,
        user=partner,
    )


def _asking(options: EngineOptions, user: Checkpoint | None) -> Asking:
    """How requests are made; keys call a served user's model by its name alone."""
    speaks = spoken_by(options, user, "") if is_beside(user) else user.name if user else options.user_model or ""
    prompts = UserPrompts(user, options) if user is not None and is_beside(user) else None
    return Asking(options.template_args, options.reasoning_tokens, speaks, prompts)


class _Tokens:
    """Counts what an engine will read and write."""

    def __init__(self) -> None:
        self.prompt = self.scored = self.shared = self.output = 0
        self._last: list[int] = []

    def add(self, request: Request, turns: int) -> None:
        if request.candidates:
            self.scored += request.n_scored_tokens
            return
        self.prompt += len(request.token_ids)
        self.shared += _n_shared(self._last, request.token_ids)
        self.output += request.sampling.most_tokens * turns
        self._last = request.token_ids


def _n_shared(before: list[int], after: list[int]) -> int:
    """How many tokens two prompts begin with alike, in whole blocks of a prefix cache."""
    low, high = 0, min(len(before), len(after)) // _BLOCK
    while low < high:
        middle = (low + high + 1) // 2
        if before[: middle * _BLOCK] == after[: middle * _BLOCK]:
            low = middle
        else:
            high = middle - 1
    return low * _BLOCK


def _check_embedded(request: Request, checkpoint: Checkpoint, tokenizer: TransformersTokenizer | None) -> None:
    """Refuse a prompt or a stop with a token that the model has no embedding of."""
    last = max([*request.token_ids, *request.stop_token_ids], default=0)
    if tokenizer is None or checkpoint.vocabulary is None or checkpoint.base_url or last < checkpoint.vocabulary:
        return
    raise UsageError(
        "format '{format}' uses the token {token} ({id}), which the model lacks: its embedding has {rows} rows (vocab_size)",
        hint="leave the format out, or save the model again after model.resize_token_embeddings(len(tokenizer))",
        format=request.format,
        token=tokenizer.convert_ids_to_tokens(last),
        id=last,
        rows=checkpoint.vocabulary,
    )


def _script(materials: Materials, request: Request) -> tuple[str, ...]:
    task = materials.tasks[request.task]
    return next((item.script for item in task.items if item.id == request.item_id), ())


def _server(checkpoint: Checkpoint) -> Server | None:
    """What the servers of a served model say of themselves."""
    if checkpoint.base_url is None:
        return None
    from kikime.harness.engines.served.probe import probe_servers

    return probe_servers(checkpoint)


def _tokenizer(
    checkpoint: Checkpoint, options: EngineOptions, server: Server | None, source: str | None
) -> TransformersTokenizer | None:
    """The tokenizer that renders; none where the server does."""
    if server is None:
        source = options.tokenizer or str(checkpoint.path)
        return load_tokenizer(source, trust_remote_code=options.trust_remote_code)
    if not server["token_ids"]:
        return None
    if not source or (options.tokenizer is None and not Path(source).is_dir()):
        raise UsageError(
            "the tokenizer of '{name}' is not on this machine",
            hint="give it with --tokenizer PATH",
            name=checkpoint.name,
        )
    return load_tokenizer(source, trust_remote_code=options.trust_remote_code)


def sampled(materials: Materials, checkpoint: Checkpoint, options: EngineOptions) -> Materials:
    """The materials with the sampling that the options ask for.

    Raises:
        UsageError: the checkpoint's own is asked for, and nobody knows it.
    """
    if options.sampling != "checkpoint":
        return materials
    own = checkpoint.own_sampling
    if own is None:
        raise UsageError(
            "--sampling checkpoint: '{model}' names no sampling of its own",
            hint="give --tokenizer PATH, the folder with its generation_config.json"
            if checkpoint.base_url
            else "leave the option out; the suite says how replies are drawn",
            model=checkpoint.name,
        )
    sampling = SamplingOptions.model_validate({**materials.suite.sampling.model_dump(), **own.values()})
    return materials._replace(suite=materials.suite.model_copy(update={"sampling": sampling}))


def comparability(
    materials: Materials, options: EngineOptions, fingerprint: str = "", user: Checkpoint | None = None
) -> dict[str, object]:
    """What two runs must have in common to be compared, as hashes; and what the metrics are that are not bundled.

    ``fingerprint``: the checkpoint's, which belongs to it where the model plays the user too; ``user``: the model that does.
    """
    speaker = spoken_by(options, user, fingerprint)
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
            "sampling": materials.suite.sampling.model_dump(mode="json")
            | _thinking(options)
            | ({USER_MODEL: speaker} if speaker else {}),
            "scorer": VERSION,
            "metrics": metric_versions(own),
        },
        "metrics": {name: METRICS.describe(name) for name in own},
    }


def _thinking(options: EngineOptions) -> dict[str, object]:
    """What makes replies other ones beside the suite's sampling; nothing where nobody asked for it."""
    budget = {"reasoning_tokens": options.reasoning_tokens} if options.reasoning_tokens else {}
    return budget | {f"--template-arg {name}": value for name, value in options.template_args.items()}
