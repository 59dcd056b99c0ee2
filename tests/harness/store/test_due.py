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
