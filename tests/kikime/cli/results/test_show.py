"""``kikime show`` on a run that the store itself wrote."""

from __future__ import annotations

import json

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.store.samples import read_samples
from kikime.harness.store.summary import summarise
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, make_run


@pytest.fixture
def run(tmp_path):
    def answer(request):
        if request.item_id == "t00":
            return None
        return PLAIN if request.item_id == "t01" else IN_VOICE

    return make_run(tmp_path / "runs", "august", answer)


def test_the_summary_ends_with_the_path(kikime, run):
    done = kikime("show", "august")
    assert done.returncode == 0, done.stderr
    assert "style" in done.stdout or "口調" in done.stdout
    assert f"add verdicts with: kikime judge {run.path})" in done.stdout
    assert done.stdout.splitlines()[-1] == str(run.path)


def test_the_json_summary_counts_what_failed(kikime, run):
    summary = json.loads(kikime("show", run.path, "--json").stdout)
    assert summary["counts"]["errors"] == 2
    assert summary["judge"] == []
    assert summary["metrics"]["critical_failure"]["mean"] == pytest.approx(2 / 12)


def test_replies_are_chosen_by_metrics(kikime, run):
    rows = json.loads(
        kikime("show", "august", "--samples", "--where", "marker_rate = 0 AND persona = 'ojousama'", "--json").stdout
    )
    assert {row["response"] for row in rows} == {PLAIN}


def test_failed_replies_are_rows(kikime, run):
    done = kikime("show", "august", "--samples", "--where", "error IS NOT NULL")
    assert done.stdout.count("the engine refused it") == 2


def test_a_wrong_condition_lists_the_columns(kikime, run):
    done = kikime("show", "august", "--samples", "--where", "persna = 'x'")
    assert done.returncode == 2
    assert "persona" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_condition_cannot_reach_other_files(kikime, run, tmp_path):
    (tmp_path / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    done = kikime("show", "august", "--samples", "--where", "1 IN (SELECT a FROM 'secret.csv')")
    assert done.returncode == 2


def test_a_run_without_tables_says_how_to_go_on(kikime, run):
    run.summary_file.unlink()
    run.samples_file.unlink()
    for arguments in (["show", "august"], ["show", "august", "--samples"]):
        done = kikime(*arguments)
        assert done.returncode == 2
        assert f"kikime resume {run.path}" in done.stderr


def test_a_killed_run_is_not_called_running(kikime, run):
    run.summary_file.unlink()
    run.write_status({"state": "running", "planned": 12, "done": 5, "errors": 0})
    done = kikime("show", "august")
    assert "ended unexpectedly, 5 of 12 replies" in done.stderr
    assert f"kikime resume {run.path}" in done.stderr
    with run.locked():
        assert "running, 5 of 12 replies" in kikime("show", "august").stderr


def test_missing_scores_of_a_judge_are_explained(kikime, run):
    add_verdicts(run, lambda sample: None if sample["persona"] == "bushi" else 5)
    summarise(run)
    done = kikime("show", "august")
    assert "unscored by judge-a: 10 × refused" in done.stdout


def test_no_match_is_said(kikime, run):
    done = kikime("show", "august", "--samples", "--where", "persona = 'nobody'")
    assert (done.returncode, done.stdout) == (0, "")
    assert "no reply matches" in done.stderr


@pytest.mark.parametrize("condition", ["", " "])
def test_an_empty_condition_is_refused(kikime, run, condition):
    done = kikime("show", "august", "--where", condition)
    assert done.returncode == 2
    assert "the condition is empty" in done.stderr


@pytest.mark.parametrize(
    "condition",
    [
        "1=1); drop table samples; --",
        "1=1; select 2",
        "turn = 0, shots = 0",
        "1=1) OR (1=1",
        "1=1 LIMIT 1",
        "persona =",
    ],
)
def test_a_condition_is_one_expression(run, condition):
    with pytest.raises(UsageError, match="--where"):
        read_samples(run, where=condition)


@pytest.mark.parametrize(
    ("condition", "n"),
    [
        ("persona = 'ojousama' -- hers", 6),
        ("response LIKE '%;%' OR turn_leak IS NULL OR NOT turn_leak = 1", 10),
        ("persona IN ('bushi') AND length(response) BETWEEN 1 AND 999", 5),
        ("marker_rate > (SELECT avg(marker_rate) FROM wide)", 4),
        ("regexp_matches(response, 'ます') AND \"shots\" = 0 AND CASE WHEN turn = 0 THEN true ELSE false END", 8),
        (
            "json_extract_string(expect, '$.label') IS NULL AND list_contains([0, 1], turn) AND finish_reason = 'stop'",
            10,
        ),
    ],
)
def test_conditions_keep_their_meaning(run, condition, n):
    assert len(read_samples(run, where=condition)) == n


@pytest.mark.parametrize("chosen", [["--samples"], ["--where", "turn = 0"]])
def test_a_report_has_no_single_replies(kikime, run, chosen):
    done = kikime("show", "august", "--report", "form_facts", *chosen)
    assert done.returncode == 2
    assert "--report" in done.stderr


def test_the_summary_has_a_row_per_character_with_loops_echoes_and_copies(kikime, run):
    done = kikime("show", "august", "--by", "persona", "--lang", "en", COLUMNS="400")
    assert done.returncode == 0, done.stderr
    rows = [
        [cell.strip() for cell in line.split("│")[1:3]] for line in done.stdout.splitlines() if line.startswith("│")
    ]
    assert rows[:3] == [["bushi", "6"], ["ojousama", "6"], ["All", "12"]]


def test_the_metrics_of_the_task_stand_beside_each_reply(kikime, run):
    done = kikime("show", "august", "--samples", "--n", "1", "--where", "item_id = 't02'")
    line = next(line for line in done.stdout.splitlines() if line.startswith("  = "))
    assert "style_band" in line
    assert "length_fit 1" in line
    [row] = json.loads(kikime("show", "august", "--samples", "--n", "1", "--where", "item_id = 't02'", "--json").stdout)
    assert list(row["task_metrics"]) == ["style_band", "first_person_ok", "length_fit", "sentence_fit"]
    assert row["task_metrics"]["length_fit"] == row["metrics"]["length_fit"] == 1


def test_a_report_of_nothing_says_so_and_exits_4(kikime, run, tmp_path):
    own = tmp_path / "nothing.py"
    own.write_text(
        "import msgspec\n"
        "from kikime.harness.reports.report import Footnote, Report\n"
        "class Nothing(msgspec.Struct): pass\n"
        "REPORT = Report('nothing', {'ja': 'x', 'en': 'x'}, Nothing, lambda run, base: Nothing(),\n"
        "    lambda found, t: [Footnote('how to read it')])\n",
        encoding="utf-8",
    )
    done = kikime("show", "august", "--report", own)
    assert done.returncode == 4, done.stderr
    assert "finds nothing to tell" in done.stderr
