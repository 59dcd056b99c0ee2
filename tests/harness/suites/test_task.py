"""Task banks that users write."""

from __future__ import annotations

from pathlib import Path

import pytest

from kikime.harness.core.errors import FileFormatError, UsageError
from kikime.harness.suites.task import Task, load_task

HEAD = "id: mine\nversion: 1\ntitle: 自作\nmeasures: 試し\nsource: 自作\nmetrics: [fact_correct]\n"


def write(folder: Path, items: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(HEAD + items, encoding="utf-8")
    return str(path)


def load(folder: Path, items: str) -> Task:
    return load_task(write(folder, items))


@pytest.mark.parametrize(
    ("expect", "problem"),
    [
        ("{answer: [絢音]}", "did you mean 'answers'"),
        ("{answers: 絢音}", "list of texts"),
        ("{abstain: maybe}", "true or false"),
        ("{constraints: [{kind: bullet, n: 3}]}", "unknown constraint 'bullet'"),
        ("{reference: 3}", "expect.reference"),
        ("{label: one}", "expect.label"),
        ("{probe: {prefix: a, old: b}}", "expect.probe"),
    ],
)
def test_a_wrong_expect_names_file_and_line(tmp_path: Path, expect: str, problem: str) -> None:
    items = f"items:\n  - {{id: a, user: はい}}\n  - id: b\n    user: いいえ\n    expect: {expect}\n"
    with pytest.raises(FileFormatError, match=problem) as caught:
        load(tmp_path, items)
    assert (caught.value.path.name, caught.value.line) == ("mine.yaml", 11)


def test_a_good_expect_is_kept(tmp_path: Path) -> None:
    task = load(tmp_path, "items:\n  - {id: a, user: お名前は？, expect: {answers: [絢音], wrong: [花子]}}\n")
    assert task.items[0].expect == {"answers": ["絢音"], "wrong": ["花子"]}


def test_every_item_of_a_labelled_task_has_a_label(tmp_path: Path) -> None:
    sets = "label_sets: {natural: [良い, 悪い]}\nitems:\n"
    with pytest.raises(FileFormatError, match=r"item 'b' needs expect\.label") as caught:
        load(tmp_path, sets + "  - {id: a, user: はい, expect: {label: 0}}\n  - {id: b, user: いいえ}\n")
    assert caught.value.line == 10


def test_a_duplicate_item_is_told_at_its_second_place(tmp_path: Path) -> None:
    items = "items:\n  - {id: a, user: はい}\n  - {id: b, user: はい}\n  - user: いいえ\n    id: a\n"
    with pytest.raises(FileFormatError, match="duplicate item id 'a'") as caught:
        load(tmp_path, items)
    assert caught.value.line == 11


@pytest.mark.parametrize(("items", "problem"), [("items: [a]\n", "a mapping"), ("items: a\n", "a list is needed")])
def test_a_value_of_the_wrong_kind_is_told_in_terms_of_yaml(tmp_path: Path, items: str, problem: str) -> None:
    with pytest.raises(FileFormatError, match=problem) as caught:
        load(tmp_path, items)
    assert str(caught.value).endswith("not a text")
    assert caught.value.line == 7


def test_an_unknown_task_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'daily'"):
        load_task("dayly")


def test_where_a_letter_is_asked_for_no_sentence_is_measured() -> None:
    measured = {"length_fit": 0, "missing_kuten": 1, "marker_rate": 0.0, "constraint_ok": 1, "forbidden_terms": 0}
    kept = load_task("answer_form").kept(measured)
    assert kept == dict.fromkeys(measured) | {"constraint_ok": 1, "forbidden_terms": 0}
    assert load_task("daily").kept(measured) == measured


def test_a_task_keeps_what_it_names() -> None:
    assert load_task("conversation_end").kept({"sentence_fit": 1, "length_fit": 0}) == {
        "sentence_fit": 1,
        "length_fit": None,
    }
