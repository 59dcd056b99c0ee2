"""Probes of banks: replies by hand that the verifiers must tell apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kikime.cli import main
from kikime.harness.authoring.probes import check_probes
from kikime.harness.cards.persona import load_persona, persona_ids
from kikime.harness.suites.task import load_task, task_ids

BANK = """
id: mine
version: 1
title: 好み
measures: 好きな果物を答えられるか
source: 自作
metrics: [fact_correct]
items:
  - id: a
    user: 好きな果物は？
    expect: {answers: [りんご]}
    probes: {right: [りんごですわ。, りんごなの！, りんごやで。], wrong: [みかんですわ。, りんごではありません。, REPLY]}
"""


@pytest.mark.parametrize("task", task_ids())
def test_every_verifier_judges_the_replies_of_its_bank_as_their_author_does(task: str) -> None:
    report = check_probes(load_task(task), [load_persona(name) for name in persona_ids()])
    assert report.misjudged == ()
    assert report.too_few == ()


def written(folder: Path, reply: str) -> str:
    bank = folder / "mine.yaml"
    bank.write_text(BANK.replace("REPLY", reply), encoding="utf-8")
    return str(bank)


def test_a_bank_of_ones_own_is_checked(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["tasks", "check", written(tmp_path, "柿だよ。"), "--json"])
    assert result.exit_code == 0
    report = {"schema_version": 1, "task": "mine", "items": 1, "replies": 6, "misjudged": [], "too_few": [], "ok": True}
    assert json.loads(result.stdout) == report


def test_a_reply_that_is_judged_the_other_way_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["tasks", "check", written(tmp_path, "りんごだよ。"), "--json"])
    assert result.exit_code == 4
    (miss,) = json.loads(result.stdout)["misjudged"]
    assert (miss["item"], miss["reply"], miss["expected"]) == ("a", "りんごだよ。", "wrong")


def test_an_item_with_too_few_replies_is_named(tmp_path: Path) -> None:
    bank = tmp_path / "mine.yaml"
    bank.write_text(BANK.replace(", REPLY", ""), encoding="utf-8")
    report = check_probes(load_task(str(bank)), [load_persona("maid")])
    assert report.too_few == ("a",)
