"""Groups of options reach the workflows as their keywords."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from kikime.cli.flags import (
    ElsewhereFlags,
    EngineFlags,
    GridFlags,
    JudgeFlags,
    RetentionFlags,
    adapter_pairs,
    engine_options,
)
from kikime.harness.core.errors import EnvironmentFault, UsageError


def test_a_suite_that_is_not_given_is_the_commands_own():
    grid = GridFlags(suite=None, limit=None, tasks=(), personas=(), formats=(), shots=())
    assert (grid.keywords()["suite"], grid.keywords("retention")["suite"]) == ("quick", "retention")


def engine(*pairs, template_args=()):
    given = (pairs, *[None] * 4)
    return EngineFlags(
        "vllm", "auto", 1, None, None, None, None, None, "suite", template_args, 0, None, False, False, 64, *given
    )


def test_engine_arguments_are_yaml_values():
    assert engine("max-num-seqs=4", "enforce_eager=true").keywords()["engine_args"] == {
        "max_num_seqs": 4,
        "enforce_eager": True,
    }


def test_template_arguments_are_yaml_values_and_keep_their_names():
    given = engine(template_args=("enable_thinking=false", "reasoning_effort=low", "x-y=3")).keywords()
    assert given["template_args"] == {"enable_thinking": False, "reasoning_effort": "low", "x-y": 3}
    with pytest.raises(UsageError, match="--template-arg thinking: not KEY=VALUE"):
        engine(template_args=("thinking",)).keywords()


@pytest.mark.parametrize("pair", ["x", "=1", "a=[1", "dtype=half", "seed=1"])
def test_a_wrong_engine_argument_is_told(pair):
    with pytest.raises(UsageError):
        engine(pair).keywords()


def judging(judge=None, **given):
    fields = {"judge_models": (), "judge_base_url": None, "max_usd": None, "sentinel": True, **given}
    return JudgeFlags(judge, **fields)


def test_nothing_is_judged_without_a_key_or_where_it_is_refused(monkeypatch):
    assert judging().panel("again") == ()
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    assert judging(False).panel("again") == ()
    assert [one.api_key for one in judging().panel("again")] == ["sk-1"]


def test_a_judge_that_is_asked_for_needs_a_key():
    with pytest.raises(EnvironmentFault) as caught:
        judging(True).panel("kikime run m --judge")
    assert "kikime run m --judge; or generate now with --no-judge" in caught.value.hint


def test_retention_is_measured_by_rules_only():
    assert RetentionFlags("base", ("a,b", "c")).tasks == ["a", "b", "c"]
    assert RetentionFlags("base", ()).base(judging()) == "base"
    with pytest.raises(UsageError, match="by rules only"):
        RetentionFlags("base", ()).base(judging(True))
    with pytest.raises(UsageError, match="belongs to --retention"):
        RetentionFlags(None, ("a",)).base(judging())


def test_adapters_have_names_and_folders():
    assert {name: str(path) for name, path in adapter_pairs(("a=x/y", "b=z")).items()} == {"a": "x/y", "b": "z"}
    for wrong in (("a",), ("=x",), ("a=x", "a=y")):
        with pytest.raises(UsageError):
            adapter_pairs(wrong)


@pytest.mark.parametrize(("given", "found"), [([], 1), (["--replicas", "4"], 4), (["--replicas", "1:4"], "1:4")])
def test_replicas_reach_the_engine_as_a_number_or_a_range(given, found):
    @click.command()
    @engine_options
    def show(engine):
        click.echo(repr(engine.keywords()["replicas"]))

    assert CliRunner().invoke(show, given).output == f"{found!r}\n"


def test_what_is_not_given_of_where_to_go_on_stays_as_it_was():
    assert ElsewhereFlags(None, None, None, None, None).keywords() == {}
    assert ElsewhereFlags("ray", 2, None, 0.0, None).keywords() == {
        "engine": "ray",
        "replicas": 2,
        "gpus_per_replica": 0.0,
    }
