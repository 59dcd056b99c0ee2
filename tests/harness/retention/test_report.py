"""Capability retention: twins without the persona, outcomes of replies, and what explains a loss."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.core.request import Request
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.lmeval.evaluate import Document
from kikime.harness.plan.prepare import prepare
from kikime.harness.retention import lm_eval_outcomes, retention_report, run_outcomes, with_and_without_persona
from kikime.harness.retention.outcomes import WITH, WITHOUT, names_choice
from kikime.harness.run.execute import execute, start_run
from kikime.harness.suites.grid import NOBODY, Materials, gather_materials
from kikime.harness.suites.suite import Suite, load_suite
from kikime.harness.suites.task import load_task
from tests.support.canned import Canned


def materials(*tasks: str, **fields: Any) -> Materials:
    suite = {"id": "tiny", "tasks": list(tasks), "personas": ["ojousama"], "formats": ["alpaca"], **fields}
    return with_and_without_persona(gather_materials(Suite.model_validate(suite)))


def outcomes(tmp_path: Path, answer: Callable[[Request], str], *tasks: str) -> pd.DataFrame:
    checkpoint = resolve_checkpoint("demo:august")
    prepared = prepare(checkpoint, materials(*tasks), EngineOptions())
    run = start_run(prepared, tmp_path)
    execute(run, prepared, engine=Canned(answer))
    return run_outcomes(run).set_index(["condition", "item"])


def test_each_neutral_task_gets_a_twin_that_is_asked_without_the_persona():
    doubled = materials("answer_form", "reasoning")
    assert [task.bare for task in doubled.tasks.values()] == [False, False, True, True]
    prepared = prepare(resolve_checkpoint("demo:august"), doubled, EngineOptions())
    systems = {request.persona: request.system for request in prepared.spool}
    assert systems.keys() == {"ojousama", NOBODY}
    assert "小野寺絢音" in systems["ojousama"]
    assert "小野寺絢音" not in systems[NOBODY]


def test_a_task_about_the_persona_itself_is_refused():
    with pytest.raises(UsageError, match=r"persona_facts.*neutral"):
        materials("persona_facts")


def test_the_bundled_retention_suite_is_neutral():
    both = with_and_without_persona(gather_materials(load_suite("retention")))
    assert {task.bare for task in both.tasks.values()} == {True, False}


def test_the_reference_answers_of_a_bank_are_strict_successes(tmp_path):
    items = {item.user: item.expect["reference"] for item in load_task("answer_form").items}
    table = outcomes(tmp_path, lambda request: items[request.user], "answer_form")
    assert (table[["strict", "knowledge"]] == 1).all(axis=None)


def test_a_right_choice_in_a_sentence_is_form_tax_and_a_wrong_one_is_lost_knowledge(tmp_path):
    replies = {"f01": "答えはBの燕ですわ。", "f02": "霧だと思いますわ。"}
    by_user = {item.user: replies.get(item.id, "わかりませんわ。") for item in load_task("answer_form").items}
    table = outcomes(tmp_path, lambda request: by_user[request.user], "answer_form")
    for condition in (WITH, WITHOUT):
        assert list(table.loc[(condition, "answer_form/f01"), ["strict", "knowledge"]]) == [0, 1]
        assert list(table.loc[(condition, "answer_form/f02"), ["strict", "knowledge"]]) == [0, 0]


def test_a_right_answer_that_runs_on_into_the_next_turn_is_form_tax(tmp_path):
    table = outcomes(tmp_path, lambda _: "11ですわ。\nユーザー: ありがとう", "reasoning")
    assert list(table.loc[(WITH, "reasoning/r01"), ["strict", "knowledge"]]) == [0, 1]
    assert list(table.loc[(WITH, "reasoning/r02"), ["strict", "knowledge"]]) == [0, 0]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("B", True),
        ("燕ですわ", True),
        ("Bの燕でございます", True),
        ("鯨ですわ", False),
        ("AとBですわ", False),
        ("", False),
    ],
)
def test_a_choice_is_named_by_its_letter_or_its_words(text, right):
    assert names_choice(text, "空を飛ぶのは？\nA. 鯨\nB. 燕\nC. 亀", ["B"]) is right


def table(strict: Any, knowledge: Any, persona: str = "ojousama") -> pd.DataFrame:
    n = len(strict)
    return pd.DataFrame(
        {
            "source": "kikime",
            "task": "reasoning",
            "condition": WITH,
            "persona": persona,
            "item": [f"reasoning/r{number:02d}" for number in range(n)],
            "strict": np.asarray(strict, dtype=float),
            "knowledge": np.asarray(knowledge, dtype=float),
        }
    )


def test_losing_the_form_alone_is_not_called_lost_knowledge():
    ones = np.ones(100)
    broken = ones.copy()
    broken[:50] = 0
    [row] = retention_report(table(ones, ones), table(broken, ones))
    assert (row.strict.verdict, row.knowledge.verdict, row.lost) == ("fail", "pass", "form")
    assert row.strict.retained == pytest.approx(0.5)
    assert row.strict.retained_low < 0.5 < row.strict.retained_high
    assert row.form_tax.delta == pytest.approx(0.5)


def test_losing_right_answers_is_lost_knowledge():
    ones, half = np.ones(100), np.tile([0, 1], 50)
    [row] = retention_report(table(ones, ones), table(half, half))
    assert (row.strict.verdict, row.knowledge.verdict, row.lost) == ("fail", "fail", "knowledge")
    assert row.form_tax.delta == 0


def test_the_strict_loss_is_the_knowledge_loss_plus_the_rise_of_the_form_tax():
    rng = np.random.default_rng(0)
    known = rng.integers(0, 2, (2, 50))
    strict = known * rng.integers(0, 2, (2, 50))
    [row] = retention_report(table(strict[0], known[0]), table(strict[1], known[1]))
    assert row.strict.delta == pytest.approx(row.knowledge.delta - row.form_tax.delta)


def test_an_ability_that_the_base_does_not_have_has_no_retained_share():
    nothing = np.zeros(40)
    [row] = retention_report(table(nothing, nothing), table(nothing, nothing))
    assert row.strict.retained is None
    assert row.lost is None


def test_several_tasks_are_also_judged_together():
    other = table(np.ones(20), np.ones(20)).assign(task="summary", item=[f"summary/m{n}" for n in range(20)])
    both = pd.concat([table(np.ones(20), np.ones(20)), other])
    rows = retention_report(both, both)
    assert [row.task for row in rows] == ["reasoning", "summary", "all"]
    assert rows[-1].n_items == 40


def test_lm_eval_rows_keep_what_they_measure_apart():
    rows = [
        Document("qa", "exact_match", "strict", "0", 0.0, 1.0),
        Document("mc", "acc", "none", "0", None, 1.0),
    ]
    found = lm_eval_outcomes(rows, persona=None)
    assert list(found["task"]) == ["qa:exact_match:strict", "mc:acc"]
    assert set(found["condition"]) == {WITHOUT}
    four = pd.concat([found.assign(item=str(n)) for n in range(4)])
    exact, choice = retention_report(four, four)
    assert exact.form_tax.base == 1
    assert choice.strict is None
    assert choice.form_tax is None


COLOURS = """
task: colours
dataset_path: json
dataset_kwargs: {data_files: {test: DATA}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{q}}"
doc_to_choice: "{{choices}}"
doc_to_target: a
target_delimiter: ""
num_fewshot: 0
metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]
"""


@pytest.mark.engine
def test_retention_from_the_command_line_uses_what_is_there_the_second_time(kikime, tmp_path):
    documents = [
        {"q": f"{thing}は何色ですか。", "choices": ["赤", "青"], "a": n % 2} for n, thing in enumerate("林檎空海")
    ]
    data = tmp_path / "colours.jsonl"
    data.write_text("\n".join(json.dumps(document) for document in documents), encoding="utf-8")
    (tmp_path / "colours.yaml").write_text(COLOURS.replace("DATA", str(data)), encoding="utf-8")
    command = ["run", "demo:september", "--retention", "demo:august", "--task", "bullets", "--limit", "4", "--json"]
    command += ["--lm-eval-tasks", str(tmp_path / "colours.yaml")]
    first = kikime(*command, timeout=600)
    assert first.returncode == 0, first.stderr
    report = json.loads(first.stdout)
    tasks = {(row["task"], row["condition"]) for row in report["rows"]}
    assert tasks == {(task, condition) for task in ("bullets", "colours:acc") for condition in (WITH, WITHOUT)}
    again = kikime(*command, timeout=600)
    assert json.loads(again.stdout) == report
    assert "loading the engine" not in again.stderr
    assert len(list((tmp_path / "runs").iterdir())) == 2


def test_lm_eval_tasks_without_a_base_are_refused(kikime):
    refused = kikime("run", "demo:august", "--lm-eval-tasks", "arc_easy")
    assert refused.returncode == 2
    assert "--retention" in refused.stderr


DEGENERATE = "お疲れ様ですわ"


def test_form_alone_keeps_no_capability(tmp_path):
    """What an over-tuned model says to everything: short, without newlines, and about nothing."""
    tasks = ("bullets", "catchphrase", "summary", "answer_form")
    looped = "\n".join(f"{n}. {DEGENERATE}" for n in (1, 2, 3))

    def answer(request: Request) -> str:
        return looped if request.task.startswith("bullets") else DEGENERATE

    rows = outcomes(tmp_path, answer, *tasks)
    kept = rows[(rows["strict"] > 0) | (rows["knowledge"] > 0)]
    assert list(kept.index) == []
