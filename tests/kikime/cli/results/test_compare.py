import json

import pytest

from tests.support.builders import IN_VOICE, PLAIN, invoke, make_materials, make_run


@pytest.fixture(autouse=True)
def _japanese(monkeypatch):
    monkeypatch.setenv("KIKIME_LANG", "ja")


def two(folder, **changes):
    make_run(folder / "runs", "august", PLAIN)
    make_run(folder / "runs", "september", IN_VOICE, **changes)


def test_compare_prints_json_with_the_promised_fields(tmp_path):
    two(tmp_path)
    done = invoke(tmp_path / "runs", "compare", "august", "september", "--json")
    assert done.exit_code == 0, done.stderr
    report = json.loads(done.stdout)
    assert {"a", "b", "comparable", "why_not", "metrics", "examples"} <= report.keys()
    assert report["metrics"][0]["verdict"] in {"better", "worse", "equivalent", "inconclusive"}


def test_compare_prints_tables_in_japanese(tmp_path):
    two(tmp_path)
    done = invoke(tmp_path / "runs", "compare", "august", "september", "--by", "persona", "--examples", "1")
    assert done.exit_code == 0, done.stderr
    for words in (
        "口調の水準",
        "キャラクターごと",
        "応えられる依頼の種類",
        "良くなった返答",
        "検出限界",
        "意味のある最小差",
    ):
        assert words in done.stdout


def test_runs_that_cannot_be_compared_exit_with_2_and_the_reason(tmp_path):
    two(tmp_path, materials=make_materials(sampling={"temperature": 0.5}))
    done = invoke(tmp_path / "runs", "compare", "august", "september", "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["comparable"] is False
    assert "temperature" in done.stderr
    assert "Traceback" not in done.stderr


def test_common_compares_what_both_have(tmp_path):
    two(tmp_path, keep=lambda q: q.item_id != "t00")
    assert invoke(tmp_path / "runs", "compare", "august", "september").exit_code == 2
    done = invoke(tmp_path / "runs", "compare", "august", "september", "--common")
    assert done.exit_code == 0
    assert "共通でない返答は除きました：august の 2件、september の 0件" in done.stdout


def test_an_unknown_run_says_which_there_are(tmp_path):
    two(tmp_path)
    done = invoke(tmp_path / "runs", "compare", "august", "october")
    assert done.exit_code == 2
    assert "september" in done.stderr
