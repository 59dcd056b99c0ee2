import json

from tests.support.builders import IN_VOICE, invoke, make_run


def test_a_whole_run_exits_with_0_and_says_what_was_looked_at(tmp_path):
    run = make_run(tmp_path / "runs", "august", IN_VOICE)
    done = invoke(tmp_path / "runs", "verify", "august", KIKIME_LANG="en")
    assert done.exit_code == 0, done.output
    assert f"{run.id} is whole" in done.stdout


def test_a_damaged_run_exits_with_1_and_says_what_to_do_in_both_languages(tmp_path):
    run = make_run(tmp_path / "runs", "august", IN_VOICE)
    run.summary_file.write_text("{", encoding="utf-8")
    english = invoke(tmp_path / "runs", "verify", "august", "--lang", "en")
    assert english.exit_code == 1
    assert f"→ kikime resume {run.path}" in english.stdout
    japanese = invoke(tmp_path / "runs", "verify", "august", "--lang", "ja")
    assert japanese.exit_code == 1
    assert "問題があります" in japanese.stdout


def test_json_has_the_code_of_each_finding(tmp_path):
    run = make_run(tmp_path / "runs", "august", IN_VOICE)
    run.summary_file.unlink()
    done = invoke(tmp_path / "runs", "verify", "august", "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 1
    assert [(entry["file"], entry["what"]["code"]) for entry in found["findings"]] == [
        ("summary.json", "verify_no_summary")
    ]


def test_no_such_run_exits_with_2(tmp_path):
    assert invoke(tmp_path / "runs", "verify", "nobody").exit_code == 2
