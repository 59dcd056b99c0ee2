"""``kikime score`` in the reader's language."""

from __future__ import annotations

import json

import pytest

from tests.support.builders import invoke


@pytest.mark.parametrize(
    ("line", "japanese", "english"),
    [
        ('{"id": 1}', "'response' がありません", "'response' is missing"),
        ('{"id": 1, "response": "x", "user": 3}', "'user' が文字列ではありません", "'user' is not a text"),
        ('{"id": 1, "response": "x", "item": "a"}', "'item' には 'task' も必要です", "'item' needs 'task'"),
        ("[]", "一行は一つの JSON オブジェクトです", "a line is one JSON object"),
    ],
)
def test_what_is_wrong_with_a_line_is_told_in_the_language_of_the_command(tmp_path, line, japanese, english):
    (tmp_path / "in.jsonl").write_text('{"id": 0, "response": "そうですわ。"}\n' + line + "\n", encoding="utf-8")
    for language, told in (("ja", japanese), ("en", english)):
        done = invoke(tmp_path, "score", tmp_path / "in.jsonl", "--persona", "ojousama", "--lang", language)
        assert json.loads(done.stdout.splitlines()[1])["error"] == told
