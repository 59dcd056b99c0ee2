import json

import pytest

from kikime.leaderboard.data.notes import Note, add_note
from tests.support.app import table
from tests.support.builders import IN_VOICE, PLAIN, invoke, make_run


@pytest.fixture(autouse=True)
def _japanese(monkeypatch):
    monkeypatch.setenv("KIKIME_LANG", "ja")


@pytest.fixture
def runs(tmp_path):
    return [make_run(tmp_path / "runs", name, text) for name, text in (("august", PLAIN), ("september", IN_VOICE))]


def test_json_of_a_run_and_of_a_pair(runs, tmp_path):
    assert json.loads(invoke(tmp_path / "runs", "export", "august", "--to", "json").stdout)["name"] == "august"
    assert (
        json.loads(invoke(tmp_path / "runs", "export", "august", "september", "--to", "json").stdout)["comparable"]
        is True
    )


def test_csv_goes_to_a_file_with_a_byte_order_mark(runs, tmp_path):
    done = invoke(tmp_path / "runs", "export", "august", "--to", "csv", "-o", tmp_path / "a.csv")
    assert (done.exit_code, done.stdout) == (0, "")
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbfkey,")


def test_markdown_goes_to_stdout(runs, tmp_path):
    assert (
        "| 指標 | august | september |"
        in invoke(tmp_path / "runs", "export", "august", "september", "--to", "md").stdout
    )


@pytest.mark.parametrize(("target", "name"), [("html", "r.html"), ("lm-eval", "lm"), ("hf", "ds")])
def test_files_and_folders_say_where_they_are(runs, tmp_path, target, name):
    done = invoke(tmp_path / "runs", "export", "september", "--to", target, "-o", tmp_path / name)
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / name).exists()
    assert done.stdout.strip().startswith(str(tmp_path / name))


def test_a_pair_is_no_data_set(runs, tmp_path):
    done = invoke(tmp_path / "runs", "export", "august", "september", "--to", "hf")
    assert done.exit_code == 2
    assert "渡せる実行は一つ" in done.stderr


@pytest.mark.parametrize("target", ["csv", "md", "json", "html", "lm-eval", "hf"])
def test_missing_folders_are_made_for_every_format(runs, tmp_path, target):
    done = invoke(tmp_path / "runs", "export", "september", "--to", target, "-o", tmp_path / "new" / "deep" / "x")
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "new" / "deep" / "x").exists()


@pytest.mark.parametrize("target", ["csv", "html"])
def test_a_place_that_is_no_file_is_told_without_a_wrong_next_step(runs, tmp_path, target):
    done = invoke(tmp_path / "runs", "export", "september", "--to", target, "-o", tmp_path)
    assert done.exit_code == 3
    assert "フォルダーです" in done.stderr
    assert "resume" not in done.stderr


def test_noted_replies_of_every_run_are_lines_of_data(runs, tmp_path):
    for run, tags in zip(runs, (("使う",), ("直す",)), strict=True):
        add_note(run, Note(key=table(run)[0]["key"], tags=tags, comment="自然"))
    done = invoke(tmp_path / "runs", "export", "--tagged")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["run"], row["tags"], row["response"]) for row in rows] == [
        (runs[0].id, ["使う"], PLAIN),
        (runs[1].id, ["直す"], IN_VOICE),
    ]
    file = tmp_path / "noted.jsonl"
    only = invoke(tmp_path / "runs", "export", "--tagged", "--tag", "直す", "-o", file)
    assert "返答 1 件を" in only.stderr
    assert [json.loads(line)["run"] for line in file.read_text(encoding="utf-8").splitlines()] == [runs[1].id]
    assert invoke(tmp_path / "runs", "export", "--tagged", "--to", "csv").exit_code == 2
