"""Every reason that the code gives has its sentence, and no sentence waits for a reason."""

import ast
from pathlib import Path

import pytest

import kikime
from kikime.harness.core.reasons import Reason
from kikime.harness.words.catalogue import LANGUAGES, Translator, texts

ROOT = Path(kikime.__file__).parents[1]
KINDS = ("task", "persona", "format")
COMPOSED = {f"{kind}_{how}" for kind in KINDS for how in ("only", "differs", "versions")}
"""Codes that are put together from a kind."""


def codes() -> set[str]:
    """First arguments of every ``Reason(…)`` and ``_NotMeasured(…)``, conditional ones included, beginnings left out."""
    found: set[str] = set()
    for room in ("harness", "judges", "leaderboard", "kikime/cli", "kikime/workflows"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and getattr(node.func, "id", "") in {"Reason", "_NotMeasured"}
                    and node.args
                ):
                    found |= {
                        n.value
                        for n in ast.walk(node.args[0])
                        if isinstance(n, ast.Constant) and isinstance(n.value, str)
                    }
    return {code for code in found if code.isidentifier() and code.strip("_") == code} | COMPOSED


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_a_sentence(language):
    known = {key.removeprefix("reasons.") for key in texts(language) if key.startswith("reasons.")}
    assert codes() - known == set()


def test_a_reason_is_worded_in_the_reader_s_language():
    reason = Reason("cells_differ", {"left": 0, "a": "<b>8月</b>", "right": 2016, "b": "{9月}"})
    assert Translator("en").reason(reason) == (
        "the runs do not have the same cells: 0 replies only in <b>8月</b>, 2016 only in {9月}"
    )
    assert Translator("ja").reason(reason) == (
        "評価した条件がそろっていません：<b>8月</b> だけにある返答が 0 件、{9月} だけにある返答が 2016 件"
    )


def test_several_reasons_keep_their_order():
    reasons = [Reason("task_differs", {"name": "talk"}), Reason("persona_only", {"name": "bushi", "where": "8月"})]
    assert Translator("ja").reasons(reasons) == [
        "タスク talk の版が違います",
        "キャラクター bushi は 8月 だけにあります",
    ]
