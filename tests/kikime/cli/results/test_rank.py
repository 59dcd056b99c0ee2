import json

import pytest

from tests.support.builders import IN_VOICE, PLAIN, invoke, make_materials, make_run, talk_task


@pytest.fixture(autouse=True)
def _japanese(monkeypatch):
    monkeypatch.setenv("KIKIME_LANG", "ja")


def test_rank_prints_json_with_the_promised_fields(tmp_path):
    for name, text in (("august", PLAIN), ("september", IN_VOICE)):
        make_run(tmp_path / "runs", name, text)
    make_run(tmp_path / "runs", "holed", IN_VOICE, keep=lambda q: q.item_id != "t00")
    done = invoke(tmp_path / "runs", "rank", "--json")
    assert done.exit_code == 0, done.stderr
    result = json.loads(done.stdout)
    promised = {
        "run",
        "model",
        "params",
        "overall",
        "ci_low",
        "ci_high",
        "rank",
        "rank_low",
        "rank_high",
        "areas",
        "coverage",
        "critical_failure_rate",
        "n_items",
    }
    assert all(promised <= row.keys() for row in result["rows"])
    assert [row["name"] for row in result["rows"]] == ["september", "august"]
    assert [row["name"] for row in result["unranked"]] == ["holed"]


def test_named_runs_are_ranked_alone(tmp_path):
    for name in ("a", "b", "c"):
        make_run(tmp_path / "runs", name, IN_VOICE)
    rows = json.loads(invoke(tmp_path / "runs", "rank", "a", "c", "--json").stdout)["rows"]
    assert [row["name"] for row in rows] == ["a", "c"]


def test_rank_is_a_table(tmp_path):
    make_run(tmp_path / "runs", "september", IN_VOICE)
    done = invoke(tmp_path / "runs", "rank")
    assert "1 (1–1)" in done.stdout
    assert "P(1位)" in done.stdout
    assert ">99.9%" in done.stdout
    assert "柔軟性：この評価の条件では測れない" in done.stdout


def test_an_empty_folder_is_an_empty_ranking(tmp_path):
    done = invoke(tmp_path, "rank", "--json")
    assert (done.exit_code, json.loads(done.stdout)["rows"]) == (0, [])


def test_a_folder_that_is_not_there_is_named(tmp_path):
    done = invoke(tmp_path / "rusn", "rank")
    assert done.exit_code == 2
    assert "rusn" in done.stderr


def test_explain_prints_every_formula(tmp_path):
    done = invoke(tmp_path / "runs", "rank", "--explain")
    assert all(f"（{name}）" in done.stdout for name in ("persona", "style", "length", "fewshot", "capability"))
    assert json.loads(invoke(tmp_path / "runs", "rank", "--explain", "--json").stdout)["version"] == "areas/4"


def test_flexibility_says_why_it_was_not_measured(tmp_path):
    make_run(tmp_path / "runs", "september", IN_VOICE)
    done = invoke(tmp_path / "runs", "rank", "--flexibility")
    assert done.exit_code == 0
    assert "書式は一つだけ" in done.stdout


def test_an_unknown_suite_names_the_nearest(tmp_path):
    make_run(tmp_path / "runs", "september", IN_VOICE)
    for more in ([], ["--flexibility"]):
        done = invoke(tmp_path / "runs", "rank", "--suite", "tniy", *more)
        assert done.exit_code == 2
        assert "もしかして tiny？" in done.stderr


def test_the_claims_are_a_table_even_when_nothing_can_be_said(tmp_path):
    make_run(tmp_path / "runs", "september", IN_VOICE)
    shown = invoke(tmp_path / "runs", "rank", "--flexibility").stdout
    for words in (
        "4Bでも効くことは効く",
        "サイズが上がると柔軟性は高くなる",
        "測っていない",
        "大きさの違うモデルが3つ以上要る",
    ):
        assert words in shown


def test_the_size_claim_is_answered_from_three_sizes_on(tmp_path):
    """The larger the model, the more items it answers in voice in the foreign format."""
    materials = make_materials([talk_task(12)], personas=("ojousama",), formats=("alpaca", "chatml"))
    for number, params in enumerate((10**8, 10**9, 10**10, 10**11)):
        make_run(
            tmp_path / "runs",
            f"m{number}",
            lambda q, n=number: PLAIN if q.format == "chatml" and int(q.item_id[1:]) >= 3 + 3 * n else IN_VOICE,
            materials=materials,
            n_params=params,
        )
    done = invoke(tmp_path / "runs", "rank", "--flexibility", "--native", "alpaca")
    [row] = [line for line in done.stdout.splitlines() if "サイズが上がると柔軟性は高くなる" in line]
    assert "4モデル" in row
    assert "はい" in row
