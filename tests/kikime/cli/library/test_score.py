"""``kikime score`` in the reader's language, and the means that it ends with."""

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


def rows_of(table):
    """The cells of a printed table by their first one."""
    lines = [line.strip("│").split("│") for line in table.splitlines() if line.startswith("│")]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines}


def test_the_means_follow_on_stderr(tmp_path):
    lines = ['{"id": 1, "response": "そうですわ。"}', '{"id": 2, "response": "そうです。"}', "x"]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    done = invoke(tmp_path, "score", tmp_path / "in.jsonl", "--persona", "ojousama", "--lang", "en")
    assert [json.loads(line).get("id") for line in done.stdout.splitlines()] == [1, 2, None]
    assert "means of 2 replies" in done.stderr
    rows = rows_of(done.stderr)
    assert (rows["marker rate"], rows["characters"]) == (["2", "50.0%"], ["2", "5.5"])
    assert "fact correct" not in rows


def test_each_character_has_its_means_where_lines_name_several(tmp_path):
    lines = [{"id": 1, "response": "そうですわ。"}, {"id": 2, "response": "そうです。", "persona": "bushi"}]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    done = invoke(tmp_path, "score", tmp_path / "in.jsonl", "--persona", "ojousama", "--lang", "ja")
    assert "返答 2 件の平均" in done.stderr
    assert rows_of(done.stderr)["語尾の割合"] == ["2", "50.0%", "100.0%", "0.0%"]


def test_nothing_scored_has_no_means(tmp_path):
    (tmp_path / "in.jsonl").write_text("x", encoding="utf-8")
    assert "│" not in invoke(tmp_path, "score", tmp_path / "in.jsonl", "--persona", "ojousama").stderr
