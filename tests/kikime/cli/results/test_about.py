import json

from tests.support.builders import IN_VOICE, invoke, make_run


def test_what_is_said_of_a_model_is_changed_beside_the_run_and_never_in_its_manifest(tmp_path):
    run = make_run(tmp_path / "runs", "august", IN_VOICE)
    before = run.manifest_file.read_bytes()
    said = ("--link", "https://example.com/m", "--license", "apache-2.0", "--type", "merged", "--params", "7B")
    done = invoke(tmp_path / "runs", "about", "august", *said, "--json")
    found = json.loads(done.stdout)
    assert (found["link"], found["license"], found["type"]) == ("https://example.com/m", "apache-2.0", "merged")
    assert found["params"] == 7_000_000_000
    assert run.manifest_file.read_bytes() == before
    (row,) = json.loads(invoke(tmp_path / "runs", "rank", "--json").stdout)["rows"]
    assert (row["license"], row["params"]) == ("apache-2.0", 7_000_000_000)
    assert "ライセンス：apache-2.0" in invoke(tmp_path / "runs", "about", "august", "--lang", "ja").stdout
    again = json.loads(invoke(tmp_path / "runs", "about", "august", "--license", "", "--json").stdout)
    assert (again["license"], again["type"]) == (None, "merged")


def test_a_wrong_link_exits_with_2(tmp_path):
    make_run(tmp_path / "runs", "august", IN_VOICE)
    assert invoke(tmp_path / "runs", "about", "august", "--link", "example.com").exit_code == 2
