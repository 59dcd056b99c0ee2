"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import yaml

from kikime.harness.core.errors import UsageError
from kikime.harness.engines.options import EngineOptions

Command = TypeVar("Command", bound=Callable[..., Any])

_DTYPES = ("auto", "bfloat16", "float16", "float32")

runs_option = click.option(
    "--runs",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runs"),
    envvar="KIKIME_RUNS",
    show_default=True,
    help="Folder that holds the runs.",
)
sentinel_option = click.option(
    "--sentinel/--no-sentinel",
    default=True,
    show_default=True,
    help="After buying verdicts, re-score 60 fixed replies and warn when the judge has drifted.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON to stdout.")


def grid_options(command: Command) -> Command:
    """What to run."""
    for option in reversed(
        [
            click.option(
                "--suite", default="quick", show_default=True, help="A bundled suite, or a suite's YAML file."
            ),
            click.option("--limit", type=click.IntRange(min=1), help="At most so many items per task and persona."),
            click.option("--task", "tasks", multiple=True, help="Only these tasks (repeatable)."),
            click.option(
                "--persona", "personas", multiple=True, help="These personas instead (id or card file; repeatable)."
            ),
            click.option("--format", "formats", multiple=True, help="These prompt formats instead (repeatable)."),
            click.option(
                "--shots", multiple=True, type=click.IntRange(0, 32), help="These shot counts instead (repeatable)."
            ),
        ]
    ):
        command = option(command)
    return command


def engine_options(command: Command) -> Command:
    """How to load the model."""
    for option in reversed(
        [
            click.option("--engine", type=click.Choice(["vllm", "openai"]), default="vllm", show_default=True),
            click.option("--dtype", type=click.Choice(_DTYPES), default="auto", show_default=True),
            click.option("--tensor-parallel-size", type=click.IntRange(min=1), default=1, show_default=True),
            click.option(
                "--max-model-len", type=click.IntRange(min=1), help="Context length; the checkpoint's own by default."
            ),
            click.option(
                "--gpu-memory-utilization", type=click.FloatRange(0, 1, min_open=True), help="Memory fraction."
            ),
            click.option("--quantization", help="For example awq, gptq, fp8, bitsandbytes."),
            click.option("--tokenizer", help="Tokenizer directory, where it is not the checkpoint's own."),
            click.option("--deterministic", is_flag=True, help="Ask for results that do not depend on the batch."),
            click.option(
                "--concurrency", type=click.IntRange(min=1), default=64, show_default=True, help="At a served model."
            ),
            click.option(
                "--engine-arg", "engine_args", multiple=True, metavar="KEY=VALUE", help="Any other engine argument."
            ),
        ]
    ):
        command = option(command)
    return command


def judge_choice(command: Command) -> Command:
    """Whether and by whom replies are judged while they are generated."""
    for option in reversed(
        [
            click.option("--judge/--no-judge", default=None, help="Judge while generating; on when a key is there."),
            click.option("--judge-model", help="NAME or NAME@URL; gpt-4o-mini by default."),
            click.option("--judge-base-url", help="Any OpenAI-compatible server (or OPENAI_BASE_URL)."),
            click.option(
                "--max-usd", type=click.FloatRange(min=0), help="Stop judging before more than this is spent."
            ),
            sentinel_option,
        ]
    ):
        command = option(command)
    return command


def retention_options(command: Command) -> Command:
    """What a tuned checkpoint is compared with, for what it still can."""
    for option in reversed(
        [
            click.option(
                "--retention", metavar="BASE", help="Ask neutral tasks of BASE too and report what MODEL retains."
            ),
            click.option(
                "--lm-eval-tasks",
                multiple=True,
                metavar="NAME[,NAME…]",
                help="lm-eval tasks (names or YAML files) to add to --retention.",
            ),
        ]
    ):
        command = option(command)
    return command


def read_retention_options(values: dict[str, Any]) -> tuple[str | None, tuple[str, ...]]:
    """Take the base and the lm-eval tasks out of a command's arguments; with a base, its suite is the default one.

    Raises:
        UsageError: an option that does not go with the others.
    """
    base, tasks = values.pop("retention"), values.pop("lm_eval_tasks")
    if base is None:
        if tasks:
            raise UsageError("--lm-eval-tasks belongs to --retention BASE", hint="for a benchmark use lm_eval run")
        return None, ()
    if any(values.pop(name) for name in ("judge", "judge_model", "judge_base_url", "max_usd")):
        raise UsageError("--retention measures by rules only", hint="judge its runs afterwards: kikime judge RUN")
    values.pop("sentinel")
    if click.get_current_context().get_parameter_source("suite") is click.core.ParameterSource.DEFAULT:
        values["suite"] = "retention"
    return base, tasks


def read_engine_options(values: dict[str, Any]) -> EngineOptions:
    """Take the engine's options out of a command's arguments."""
    pairs = values.pop("engine_args")
    names = [name for name in EngineOptions.__struct_fields__ if name in values]
    if values.get("tokenizer") and Path(values["tokenizer"]).is_dir():
        values["tokenizer"] = str(Path(values["tokenizer"]).resolve())  # resume may be called from elsewhere
    return EngineOptions(**{name: values.pop(name) for name in names}, engine_args=dict(map(_key_value, pairs)))


_OWN = {
    "model": "give it as MODEL",
    "enable_lora": "give --lora NAME=DIR",
    "seed": "give it in the suite's sampling",
    **{name: f"give --{name.replace('_', '-')}" for name in EngineOptions.__struct_fields__ if name != "engine_args"},
}
"""Engine arguments that enter the plan or the keys; where else they are given."""


def _key_value(pair: str) -> tuple[str, Any]:
    key, separator, value = pair.partition("=")
    if not separator or not key:
        raise UsageError(f"--engine-arg {pair}: not KEY=VALUE", hint="for example --engine-arg max_num_seqs=64")
    key = key.replace("-", "_")
    if key in _OWN:
        raise UsageError(f"--engine-arg {pair}: '{key}' has an option of its own", hint=_OWN[key])
    try:
        return key, yaml.safe_load(value)
    except yaml.YAMLError:
        raise UsageError(f"--engine-arg {pair}: the value is not valid YAML", hint="quote it") from None


def adapter_pair(text: str) -> tuple[str, Path]:
    """Split ``NAME=DIR``."""
    name, separator, folder = text.partition("=")
    if not separator or not name or not folder:
        raise UsageError(f"--lora {text}: not NAME=DIR", hint="for example --lora ojou=out/adapter")
    return name, Path(folder)
