"""Which replies a criterion is due for."""

from __future__ import annotations

import pandas as pd

from kikime.harness.store.due import DueReplies


def _due(turns: list[int]) -> DueReplies:
    items = [{"id": "a", "prompt": "やあ", "script": ["元気？", "またね"][: max(turns, default=0)]}]
    tasks = {"talk": {"rubrics": ["memory"], "items": items}}
    rubrics = {"memory": {"kind": "dialogue", "criteria": [{"id": "kept"}]}}
    return DueReplies({"tasks": tasks, "rubrics": rubrics})


def _replies(turns: list[int]) -> pd.DataFrame:
    rows = {"task": "talk", "item_id": "a", "turn": turns, "failed": False}
    return pd.DataFrame(rows, index=[f"key-{turn}" for turn in turns])


def test_a_criterion_of_dialogues_is_due_for_the_last_reply_of_each():
    turns = [0, 1, 2]
    assert _due(turns).coverage("memory.kept", _replies(turns), {"key-0", "key-2"}) == (1, 1)


def test_a_criterion_of_dialogues_is_due_for_nothing_where_there_are_no_replies():
    assert _due([]).coverage("memory.kept", _replies([]), ()) == (0, 0)


def _plain(**task: object) -> DueReplies:
    items = [{"id": "a", "script": [], **task}]
    tasks = {"talk": {"rubrics": ["voice"], "items": items}, "sums": {"items": []}}
    stored = {"voice": {"kind": "reply", "criteria": [{"id": "tone"}, {"id": "facts"}]}}
    return DueReplies({"tasks": tasks, "rubrics": stored})


def _rows(*rows: tuple[str, bool]) -> pd.DataFrame:
    table = [{"task": task, "item_id": "a", "turn": 0, "failed": failed} for task, failed in rows]
    return pd.DataFrame(table, index=[f"key-{n}" for n in range(len(table))])


def test_a_criterion_is_due_for_the_tasks_that_declare_its_rubric():
    replies = _rows(("talk", False), ("sums", False), ("talk", False))
    assert _plain().coverage("voice.tone", replies, {"key-0", "key-1"}) == (1, 2)


def test_a_generation_that_failed_is_no_reply():
    assert _plain().coverage("voice.tone", _rows(("talk", True), ("talk", False)), {"key-1"}) == (1, 1)


def test_a_rubric_that_no_task_declares_is_due_everywhere():
    assert _plain().coverage("mine.fun", _rows(("talk", False), ("sums", False)), {"key-1"}).share == 0.5


def test_nothing_due_is_covered():
    assert _plain().coverage("voice.tone", _rows(("sums", False)), ()).share == 1.0


def test_the_declared_criteria_are_those_of_the_tasks_rubrics():
    assert _plain().declared == {"voice.tone", "voice.facts"}
    assert DueReplies({"tasks": {"talk": {"items": []}}}).declared == frozenset(), "a run of an old version"


def test_a_dialogue_with_an_earlier_line_ends_at_its_only_turn():
    spoken = DueReplies(
        {
            "tasks": {
                "talk": {
                    "rubrics": ["memory"],
                    "items": [
                        {"id": "a", "script": [], "history": [{"role": "assistant", "content": "やあ"}]},
                        {"id": "b", "script": []},
                    ],
                }
            },
            "rubrics": {"memory": {"kind": "dialogue", "criteria": [{"id": "kept"}]}},
        }
    )
    rows = {"task": "talk", "item_id": ["a", "b"], "turn": 0, "failed": False}
    assert spoken.coverage("memory.kept", pd.DataFrame(rows, index=["a", "b"]), {"a"}) == (1, 1)
