"""What commands that run ask for in groups: what to ask, how to load, where to go on, who judges, what is retained."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click
import yaml

from kikime.cli.options import Decorator, ParameterCount, options, sentinel_option
from kikime.harness.core.errors import UsageError
from kikime.workflows.keywords import ElsewhereKeywords, EngineKeywords, GridKeywords, refuse_own

if TYPE_CHECKING:
    from kikime.judges.jobs.session import JudgeSettings


@dataclass(frozen=True)
class GridFlags:
    """What to ask."""

    suite: str | None
    limit: int | None
    tasks: tuple[str, ...]
    personas: tuple[str, ...]
    formats: tuple[str, ...]
    shots: tuple[int, ...]

    def keywords(self, suite: str = "quick") -> GridKeywords:
        """As the workflows take it; ``suite`` is the one that is asked where none is given."""
        return GridKeywords(
            suite=self.suite or suite,
            tasks=self.tasks,
            personas=self.personas,
            formats=self.formats,
            shots=self.shots,
            limit=self.limit,
        )


grid_options: Decorator[None] = options(
    "grid",
    GridFlags,
    click.option("--suite", show_default="quick", help="A bundled suite, or a suite's YAML file."),
    click.option("--limit", type=click.IntRange(min=1), help="At most so many items per task and persona."),
    click.option("--task", "tasks", multiple=True, help="Only these tasks (repeatable)."),
    click.option("--persona", "personas", multiple=True, help="These personas instead (id or card file; repeatable)."),
    click.option("--format", "formats", multiple=True, help="These prompt formats instead (repeatable)."),
    click.option("--shots", multiple=True, type=click.IntRange(0, 32), help="These shot counts instead (repeatable)."),
)


def _replicas(_: click.Context, __: click.Parameter, given: str | None) -> int | str | None:
    return int(given) if given and given.isdigit() else given


_CLUSTER: tuple[Decorator[None], ...] = (
    click.option(
        "--replicas",
        metavar="N|MIN:MAX",
        callback=_replicas,
        help="With --engine ray: engines side by side, one by default; up to MAX while there is work and room for more.",
    ),
    click.option(
        "--address",
        metavar="auto|HOST:PORT",
        help="With --engine ray: the cluster to join; without it one is started on this machine.",
    ),
    click.option(
        "--gpus-per-replica",
        type=click.FloatRange(min=0),
        help="With --engine ray; by default what an engine uses, where the cluster has GPUs. 0: on the CPU.",
    ),
    click.option(
        "--cpus-per-replica",
        type=click.IntRange(min=1),
        help="With --engine ray; by default an equal share where engines compute on CPUs, else one.",
    ),
)


@dataclass(frozen=True)
class ElsewhereFlags:
    """Where to go on with a run; None leaves it where it was."""

    engine: str | None
    replicas: int | str | None
    address: str | None
    gpus_per_replica: float | None
    cpus_per_replica: int | None

    def keywords(self) -> ElsewhereKeywords:
        """What was given, as the workflows take it."""
        return cast("ElsewhereKeywords", {name: value for name, value in asdict(self).items() if value is not None})


elsewhere_options: Decorator[None] = options(
    "elsewhere",
    ElsewhereFlags,
    click.option("--engine", type=click.Choice(["vllm", "ray"]), help="Go on with this one; the replies are the same."),
    *_CLUSTER,
)


@dataclass(frozen=True)
class EngineFlags:
    """How to load the model."""

    engine: str
    dtype: str
    tensor_parallel_size: int
    max_model_len: int | None
    gpu_memory_utilization: float | None
    quantization: str | None
    tokenizer: str | None
    params: int | None
    sampling: str
    template_args: tuple[str, ...]
    reasoning_tokens: int
    user_model: str | None
    trust_remote_code: bool
    deterministic: bool
    concurrency: int
    engine_args: tuple[str, ...]
    replicas: int | str | None
    address: str | None
    gpus_per_replica: float | None
    cpus_per_replica: int | None

    def keywords(self) -> EngineKeywords:
        """As the workflows take them.

        Raises:
            UsageError: a further argument that is not KEY=VALUE, or has an option of its own.
        """
        return EngineKeywords(
            engine=self.engine,
            dtype=self.dtype,
            tensor_parallel_size=self.tensor_parallel_size,
            max_model_len=self.max_model_len,
            gpu_memory_utilization=self.gpu_memory_utilization,
            quantization=self.quantization,
            tokenizer=self.tokenizer,
            params=self.params,
            sampling=self.sampling,
            template_args=dict(_pair("--template-arg", "enable_thinking=false", given) for given in self.template_args),
            reasoning_tokens=self.reasoning_tokens,
            user_model=self.user_model,
            trust_remote_code=self.trust_remote_code,
            deterministic=self.deterministic,
            concurrency=self.concurrency,
            engine_args=dict(map(_engine_arg, self.engine_args)),
            replicas=self.replicas or 1,
            address=self.address,
            gpus_per_replica=self.gpus_per_replica,
            cpus_per_replica=self.cpus_per_replica,
        )


engine_options: Decorator[None] = options(
    "engine",
    EngineFlags,
    click.option("--engine", metavar="vllm|openai|ray|NAME", default="vllm", show_default=True),
    click.option(
        "--dtype",
        type=click.Choice(["auto", "bfloat16", "float16", "float32"]),
        default="auto",
        show_default=True,
    ),
    click.option("--tensor-parallel-size", type=click.IntRange(min=1), default=1, show_default=True),
    click.option(
        "--max-model-len", type=click.IntRange(min=1), help="Context length; the checkpoint's own by default."
    ),
    click.option("--gpu-memory-utilization", type=click.FloatRange(0, 1, min_open=True), help="Memory fraction."),
    click.option("--quantization", help="For example awq, gptq, fp8, bitsandbytes."),
    click.option(
        "--tokenizer", help="Its directory or hub id, where it is not MODEL's own; tells a served model's size too."
    ),
    click.option(
        "--params", type=ParameterCount(), help="How many MODEL has, where it does not tell; for example 1.5B."
    ),
    click.option(
        "--sampling",
        type=click.Choice(["suite", "checkpoint"]),
        default="suite",
        show_default=True,
        help="Whose settings draw the replies: the suite's, or those of MODEL's generation_config.json.",
    ),
    click.option(
        "--template-arg",
        "template_args",
        multiple=True,
        metavar="KEY=VALUE",
        help="For MODEL's own chat template, for example enable_thinking=false (repeatable).",
    ),
    click.option(
        "--reasoning-tokens",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        help="What MODEL may think before each reply, beside the reply's own tokens.",
    ),
    click.option(
        "--user-model",
        metavar="MODEL|self",
        help="Who speaks the user's lines of dialogues: a checkpoint loaded beside, a served one, or self: MODEL. "
        "Default: the lines of the bank.",
    ),
    click.option("--trust-remote-code", is_flag=True, help="Run Python code that comes with MODEL; refused otherwise."),
    click.option("--deterministic", is_flag=True, help="Ask for results that do not depend on the batch."),
    click.option("--concurrency", type=click.IntRange(min=1), default=64, show_default=True, help="At a served model."),
    click.option("--engine-arg", "engine_args", multiple=True, metavar="KEY=VALUE", help="Any other engine argument."),
    *_CLUSTER,
)


@dataclass(frozen=True)
class JudgeFlags:
    """Whether and by whom replies are judged while they are generated."""

    judge: bool | None
    judge_models: tuple[str, ...]
    judge_base_url: str | None
    max_usd: float | None
    sentinel: bool

    @property
    def given(self) -> bool:
        """Whether any of them asks for a judge."""
        return bool(self.judge or self.judge_models or self.judge_base_url or self.max_usd)

    def panel(self, again: str) -> tuple[JudgeSettings, ...]:
        """The judges; none when nothing is judged. ``again`` is the command to repeat once there is a key.

        Raises:
            EnvironmentFault: a judge was asked for, but there is no key.
            UsageError: a judge is there twice.
        """
        from kikime.judges.jobs.session import shared_budget
        from kikime.workflows.judged import panel_settings

        if self.judge is False:
            return ()
        found = shared_budget(panel_settings(self.judge_models, self._one))
        if self.judge or self.judge_models or self.judge_base_url:
            for settings in found:
                settings.require_key(f"{again}; or generate now with --no-judge and add verdicts later")
            return found
        return found if found[0].api_key else ()

    def _one(self, model: str | None) -> JudgeSettings:
        from kikime.judges.jobs.session import judge_settings

        return judge_settings(model, self.judge_base_url, max_usd=self.max_usd, sentinel=self.sentinel)


judge_choice: Decorator[None] = options(
    "judging",
    JudgeFlags,
    click.option("--judge/--no-judge", default=None, help="Judge while generating; on when a key is there."),
    click.option(
        "--judge-model",
        "judge_models",
        multiple=True,
        help="NAME or NAME@URL; gpt-4o-mini by default. Repeat it for a panel of judges.",
    ),
    click.option("--judge-base-url", help="Any OpenAI-compatible server (or OPENAI_BASE_URL)."),
    click.option("--max-usd", type=click.FloatRange(min=0), help="Stop judging before more than this is spent."),
    sentinel_option,
)


@dataclass(frozen=True)
class RetentionFlags:
    """What a tuned checkpoint is compared with, for what it still can."""

    retention: str | None
    lm_eval_tasks: tuple[str, ...]

    def base(self, judging: JudgeFlags) -> str | None:
        """The base checkpoint, if this is about one.

        Raises:
            UsageError: an option that does not go with the others.
        """
        if self.retention is None:
            if self.lm_eval_tasks:
                raise UsageError("--lm-eval-tasks belongs to --retention BASE", hint="for a benchmark use lm_eval run")
            return None
        if judging.given:
            raise UsageError("--retention measures by rules only", hint="judge its runs afterwards: kikime judge RUN")
        return self.retention

    @property
    def tasks(self) -> list[str]:
        """The lm-eval tasks, one each."""
        return [name for given in self.lm_eval_tasks for name in given.split(",") if name]


retention_options: Decorator[None] = options(
    "retaining",
    RetentionFlags,
    click.option("--retention", metavar="BASE", help="Ask neutral tasks of BASE too and report what MODEL retains."),
    click.option(
        "--lm-eval-tasks",
        multiple=True,
        metavar="NAME[,NAME…]",
        help="lm-eval tasks (names or YAML files) to add to --retention.",
    ),
)


def _engine_arg(given: str) -> tuple[str, object]:
    key, value = _pair("--engine-arg", "max_num_seqs=64", given)
    key = key.replace("-", "_")
    refuse_own([key])
    return key, value


def _pair(option: str, example: str, given: str) -> tuple[str, object]:
    """KEY=VALUE, the value read as YAML."""
    key, separator, value = given.partition("=")
    if not separator or not key:
        raise UsageError(
            "{option} {given}: not KEY=VALUE",
            hint="for example {option} {example}",
            option=option,
            given=given,
            example=example,
        )
    try:
        return key, yaml.safe_load(value)
    except yaml.YAMLError:
        raise UsageError(
            "{option} {given}: the value is not valid YAML", hint="quote it", option=option, given=given
        ) from None


def adapter_pairs(texts: tuple[str, ...]) -> dict[str, Path]:
    """Adapters by name, from ``NAME=DIR`` each.

    Raises:
        UsageError: another form, or a name twice.
    """
    found: dict[str, Path] = {}
    for text in texts:
        name, separator, folder = text.partition("=")
        if not separator or not name or not folder:
            raise UsageError("--lora {given}: not NAME=DIR", hint="for example --lora ojou=out/adapter", given=text)
        if name in found:
            raise UsageError("--lora {given}: another adapter has this name", hint="give each its own", given=text)
        found[name] = Path(folder)
    return found
