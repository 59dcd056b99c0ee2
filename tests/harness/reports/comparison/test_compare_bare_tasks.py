"""Tasks that are asked without a persona: their replies have no target length, and chosen labels no length at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from kikime.harness.reports.comparison.compare import compare
from kikime.harness.reports.overview.run import run_overview
from kikime.harness.store.rundir import RunDirectory
from tests.support.builders import IN_VOICE, PLAIN, invoke
from tests.support.canned_runs import FORM, believer, canned_run, learner, probed

Pair = tuple[RunDirectory, RunDirectory]


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    runs, selection = tmp_path_factory.mktemp("labelled"), [{"id": "icl_sentiment", "limit": 4}]
    first = canned_run(runs, "first", believer, tasks=selection, shots=[2])
    return first, canned_run(runs, "second", learner, model="demo:september", tasks=selection, shots=[2])


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    runs = tmp_path_factory.mktemp("form")
    first = canned_run(runs, "first", probed(PLAIN, 1.0), tasks=FORM)
    return first, canned_run(runs, "second", probed(IN_VOICE, 4.0), model="demo:september", tasks=FORM)


def test_labels_are_compared_although_they_have_no_length(labelled):
    report = compare(*labelled, n_resamples=99)
    assert report.lengths == []
    assert {row.metric for row in report.metrics} >= {"label_correct", "quality"}
    assert run_overview(labelled[0]).lengths == {}


def test_only_replies_of_a_persona_have_a_length_to_compare(form):
    lengths = compare(*form, n_resamples=99).lengths
    assert [(entry.unit, entry.persona) for entry in lengths] == [("length_chars", None), ("sentences", None)]
    spoken = 12  # rag_relevant: six items, without and with their facts
    assert [side.n for entry in lengths for side in (entry.a, entry.b)] == [spoken] * 4
    assert run_overview(form[1]).lengths["length_chars"].mean == len(IN_VOICE)


@pytest.mark.parametrize("pair", ["labelled", "form"])
@pytest.mark.parametrize("kind", ["md", "html"])
@pytest.mark.parametrize("names", [("second",), ("first", "second")])
def test_such_runs_can_be_exported(request, tmp_path: Path, pair, kind, names):
    first, _ = request.getfixturevalue(pair)
    path = tmp_path / f"report.{kind}"
    done = invoke(first.path.parent, "export", *names, "--to", kind, "--output", path)
    assert done.exit_code == 0, done.output
    assert "second" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("pair", ["labelled", "form"])
def test_such_runs_can_be_compared_by_the_command(request, pair):
    first, _ = request.getfixturevalue(pair)
    done = invoke(first.path.parent, "compare", "first", "second")
    assert done.exit_code == 0, done.output
    assert "second − first" in done.output
