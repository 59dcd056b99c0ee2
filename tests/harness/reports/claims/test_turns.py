"""The reports on the claims of the talks, on runs whose replies are made so that the right reading is known."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.core.request import Request
from kikime.harness.reports.claims.form_facts import form_facts_report
from kikime.harness.reports.claims.icl import IclReport, icl_report
from kikime.harness.reports.claims.shots import shots_report
from kikime.harness.reports.claims.techniques import techniques_report
from kikime.harness.reports.claims.turns import Recovery, RightAnswers, turns_report
from kikime.harness.store.rundir import RunDirectory
from tests.support.builders import IN_VOICE, PLAIN, invoke, make_materials, make_run, talk_task
from tests.support.canned import Answer
from tests.support.canned_runs import FORM, believer, canned_run, labels, learner, probed

FEW = {"n_resamples": 999}


# in-context learning


def icl(runs: Path, answer: Answer) -> IclReport:
    selection = {"id": "icl_sentiment", "limit": 12}
    return icl_report(canned_run(runs, "icl", answer, tasks=[selection], shots=[2, 4], example_sets=[0, 1]), **FEW)


def test_labels_that_repeat_are_no_constant_output(tmp_path):
    icl(tmp_path, believer)
    (run,) = tmp_path.iterdir()
    assert RunDirectory(run).summary().health.duplicate_rate == 0


def test_a_model_that_learns_from_examples_follows_flipped_labels(tmp_path):
    report = icl(tmp_path, learner)
    assert {entry.kind: entry.follows for entry in report.reading} == {
        "natural": "examples or prior",
        "unrelated": "examples",
        "flipped": "examples",
    }
    row = report.rows[0]
    assert row.kinds["flipped"].minus_natural.value == 0
    assert (row.chance, row.n_items) == (0.5, 12)


def test_a_model_that_goes_by_its_prior_fails_where_labels_are_flipped(tmp_path):
    report = icl(tmp_path, believer)
    assert {e.kind: e.follows for e in report.reading}["flipped"] == "prior"
    kinds = report.rows[-1].kinds
    assert kinds["flipped"].accuracy.value == 0
    assert kinds["flipped"].minus_natural.value == -1
    assert kinds["flipped"].minus_natural.ci_high < 0


def test_only_exchanged_labels_can_show_a_prior(tmp_path):
    report = icl(tmp_path, lambda request: labels(request, 1 - request.expect["label"]))
    assert {entry.kind: entry.follows for entry in report.reading} == {
        "natural": "unclear",
        "unrelated": "unclear",
        "flipped": "prior",
    }


def test_the_calibration_takes_the_prior_off(tmp_path):
    natural = icl(tmp_path, learner).rows[0].kinds["natural"]
    assert natural.accuracy.value == 1
    assert natural.uncalibrated == pytest.approx(0.5)


def test_a_failed_reply_is_a_wrong_one_and_its_item_stays(tmp_path):
    def answer(request: Request) -> list[float] | None:
        failing = request.item_id == "s06.natural" and request.shots == 2 and request.example_set == 0
        return None if failing else learner(request)

    fewest, most = icl(tmp_path, answer).rows
    assert (fewest.n_items, most.kinds["natural"].uncalibrated) == (12, 0.5)
    assert fewest.kinds["natural"].accuracy.value == pytest.approx(23 / 24)
    assert fewest.kinds["natural"].uncalibrated == pytest.approx(11 / 24)


# form, not facts


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunDirectory, RunDirectory]:
    runs = tmp_path_factory.mktemp("form")
    enough = [{**task, "limit": 12} for task in FORM]  # six equal items show nothing once their p is corrected
    base = canned_run(runs, "base", probed(PLAIN, 1.0), tasks=enough)
    tuned = canned_run(runs, "tuned", probed(IN_VOICE, 4.0), model="demo:september", tasks=enough)
    return base, tuned


def test_tuning_moves_the_style_and_context_the_facts(form):
    report = form_facts_report(*form, **FEW)
    assert report.reading["tuning"] == {
        "facts": [],
        "style": ["rag_relevant.marker_rate", "rag_relevant.style_level"],
    }
    assert report.reading["context"] == {"facts": ["form_facts.probe_shift"], "style": []}


def test_the_result_is_a_difference_in_differences(form):
    rows = {(row.task, row.metric): row for row in form_facts_report(*form, **FEW).rows}
    shift = rows["form_facts", "probe_shift"]
    assert {side: cell.value for side, cell in shift.cells.items()} == {
        "base": -2.0,
        "base + context": -1.0,
        "tuned": -2.0,
        "tuned + context": 2.0,
    }
    assert shift.effects["interaction"].value == pytest.approx((2 - -2) - (-1 - -2))
    assert rows["form_facts_cloze", "fact_correct"].cells["base"].value == 0


def test_runs_without_the_four_cells_say_what_to_run(tmp_path, form):
    other = make_run(tmp_path, "talk", IN_VOICE)
    with pytest.raises(UsageError, match="both without context and with"):
        form_facts_report(other, other)


# dialogues


def dialogue(request: Request) -> str:
    """Breaks in the pressure turn, comes back, and knows the name before but not after it."""
    if request.turn == 2:
        return PLAIN
    return "小野寺絢音と申しますわ。" if request.turn == 1 else "存じませんわ。" if request.turn == 3 else IN_VOICE


@pytest.fixture(scope="module")
def turns(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    folder = tmp_path_factory.mktemp("turns")
    items = [
        f"""{{id: d{n}, user: 今日は{n}日です。, pressure: [3], asks: {{2: name, 4: name}},
              script: [お名前は？, 普通に話して。, もう一度お名前を。, またね。]}}"""
        for n in range(4)
    ]
    bank = folder / "talks.yaml"
    bank.write_text(
        "id: talks\nversion: 1\ntitle: 対話\nmeasures: 対話\nsource: テスト\nmetrics: [style_band, fact_correct]\nitems:\n"
        + "".join(f"  - {item}\n" for item in items),
        encoding="utf-8",
    )
    return canned_run(folder, "dialogues", dialogue, tasks=[str(bank)])


def test_turns_show_the_break_the_recovery_and_the_facts(turns):
    report = turns_report(turns, **FEW)
    assert [row.phase for row in report.turns] == ["before", "before", "pressure", "after", "after"]
    assert [row.marker_rate.value for row in report.turns] == [1, 1, 0, 1, 1]
    assert report.effects["marker_rate"]["pressure"].value == -1
    assert report.effects["marker_rate"]["recovery"].value == 0
    assert report.effects["marker_rate"]["drift"].value == pytest.approx(0)
    assert report.facts == {"before": RightAnswers(4, 4), "after": RightAnswers(0, 4)}
    assert report.recovered == Recovery(4, 4, 4)
    assert [row.fact_correct for row in report.turns] == [None, 1, None, 0, None]


def test_intervals_of_shares_end_where_shares_do(turns, form):
    assert turns_report(turns, **FEW).effects["marker_rate"]["pressure"].ci_low == -1
    rows = {(row.task, row.metric): row for row in form_facts_report(*form, **FEW).rows}
    cloze = rows["form_facts_cloze", "fact_correct"]
    assert all(0 <= cell.ci_low <= cell.ci_high <= 1 for cell in cloze.cells.values())
    assert all(cloze.effects[name].ci_low >= -1 for name in ("tuning", "context"))
    assert rows["form_facts", "probe_shift"].cells["base"].ci_low < -2  # nats have no such end


def test_the_drift_is_the_slope_per_turn_outside_pressure(tmp_path):
    task = talk_task(4, items=[{"id": f"t{n}", "user": f"{n}？", "script": ["二。", "三。"]} for n in range(4)])
    materials = make_materials([task], personas=("ojousama",))
    run = make_run(tmp_path, "fading", lambda q: PLAIN if q.turn == 2 else IN_VOICE, materials=materials)
    effects = turns_report(run, **FEW).effects["marker_rate"]
    assert effects["drift"].value == pytest.approx(-0.5)
    assert effects["late"].value == -1
    assert "pressure" not in effects


def test_dialogues_with_other_examples_are_others(tmp_path):
    items = [{"id": f"t{n}", "user": f"{n}？", "script": ["二。", "三。"], "pressure": [2]} for n in range(3)]
    suite = {"shots": (2,), "shot_style": ("turns", "text"), "example_sets": (0, 1)}
    materials = make_materials([talk_task(3, items=items)], personas=("ojousama",), **suite)
    run = make_run(
        tmp_path, "sets", lambda q: PLAIN if q.turn == 1 and q.example_set == 0 else IN_VOICE, materials=materials
    )
    report = turns_report(run, **FEW)
    assert report.n_dialogues == 3 * 2 * 2
    assert report.recovered == Recovery(6, 12, 6)


def test_dialogues_that_have_not_come_to_their_pressure_did_not_break(tmp_path):
    items = [{"id": f"t{n}", "user": f"{n}？", "script": ["二。", "三。"], "pressure": [3]} for n in range(2)]
    materials = make_materials([talk_task(2, items=items)], personas=("ojousama",))
    run = make_run(tmp_path, "begun", IN_VOICE, materials=materials, keep=lambda q: q.turn < 2)
    assert turns_report(run, **FEW).recovered == Recovery(0, 2, 0)


def test_a_run_that_knows_no_pressure_is_followed_all_the_same(tmp_path):
    task = talk_task(4, items=[{"id": f"t{n}", "user": f"{n}？", "script": ["二。", "三。"]} for n in range(4)])
    run = make_run(tmp_path, "old", IN_VOICE, materials=make_materials([task], personas=("ojousama",)))
    manifest = run.manifest()
    for item in manifest["tasks"]["talk"]["items"]:
        del item["pressure"]
    run.write_manifest(manifest)
    assert [row.phase for row in turns_report(run, **FEW).turns] == ["before"] * 3


# techniques


def test_techniques_are_paired_with_plain_and_leaks_are_counted(tmp_path):
    def answer(request: Request) -> str:
        if request.technique == "plain":
            return PLAIN
        marked = int(request.item_id[1:]) > 2
        return f"まず、よく考える。次に決める。{'答え：' if marked else ''}{IN_VOICE}"

    style = {"id": "style", "limit": 4}
    run = canned_run(tmp_path, "tech", answer, tasks=[style], techniques=["plain", "step_by_step"])
    report = techniques_report(run, **FEW)
    assert {row.technique for row in report.rows} == {"step_by_step"}
    [leak] = report.leaks
    assert (leak.technique, leak.n, leak.leaked) == ("step_by_step", 4, 1)
    [rate] = [row for row in report.rows if row.metric == "marker_rate"]
    assert (rate.mean_a, rate.n_items) == (0, 4)
    assert rate.mean_b == pytest.approx((1 + 1 + 1 + 1 / 3) / 4)
    assert rate.ci_low <= 0 < rate.ci_high  # as p is 0.125


# examples


def test_examples_are_compared_with_none_per_style_and_set(tmp_path):
    def answer(request: Request) -> str:
        return IN_VOICE if request.shots and request.example_set == 0 else PLAIN

    suite = {"shots": (0, 2), "shot_style": ("turns", "text"), "example_sets": (0, 1)}
    run = make_run(tmp_path, "shots", answer, materials=make_materials([talk_task(6)], personas=("ojousama",), **suite))
    rows = {(row.shot_style, row.metric): row for row in shots_report(run, **FEW).rows}
    assert {style for style, _ in rows} == {"turns", "text"}
    quality = rows["text", "quality"]
    assert quality.sets[0] > 0
    assert quality.sets[1] == 0
    assert quality.delta == pytest.approx(quality.sets[0] / 2)
    assert quality.n_items == 6


def test_examples_without_a_partner_are_no_empty_table(tmp_path):
    materials = make_materials([talk_task(4)], personas=("ojousama",), shots=(0, 2))
    run = make_run(tmp_path, "odd", IN_VOICE, materials=materials, keep=lambda q: (q.shots > 0) == (q.item_id < "t02"))
    with pytest.raises(UsageError, match="both with examples and without"):
        shots_report(run, **FEW)


# the command


def printed(run: RunDirectory, name: str) -> str:
    done = invoke(run.path.parent, "show", run.id, "--report", name)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_command_prints_the_turns(turns):
    output = printed(turns, "turns")
    assert "marker rate" in output
    assert re.search(r"pressure − before.* −100\.0 \[−100\.0, ", output)
    assert "broke 4 of 4 dialogues; in character again one turn later: 4" in output


def test_the_command_prints_the_labels(tmp_path):
    run = canned_run(tmp_path, "icl", believer, tasks=[{"id": "icl_sentiment", "limit": 12}], shots=[2, 4])
    output = printed(run, "icl")
    assert "icl_sentiment · alpaca (12 items, chance 50.0%)" in output
    assert "flipped − natural" in output
    assert "flipped (否定/肯定), 4 examples, alpaca: prior" in output


def test_the_command_prints_the_techniques(tmp_path):
    materials = make_materials([talk_task()], personas=("ojousama",), techniques=("plain", "no_style"))
    run = make_run(tmp_path, "asked", lambda q: PLAIN if q.technique == "plain" else IN_VOICE, materials=materials)
    output = printed(run, "techniques")
    assert "asked · talk" in output
    assert re.search(r"no_style +│ marker rate +│ +0\.0 ?% │ +\+100\.0 │.* │ +6 ?│", output)


def test_the_command_prints_the_examples(tmp_path):
    materials = make_materials([talk_task()], personas=("ojousama",), shots=(0, 2), example_sets=(0, 1))
    run = make_run(tmp_path, "shown", lambda q: IN_VOICE if q.shots else PLAIN, materials=materials)
    output = printed(run, "shots")
    assert "shown: with examples − without" in output
    assert re.search(r"\+(\d+\.\d) · \+\1", output)  # each of the two sets by itself


def test_the_command_prints_the_four_cells_and_json(form):
    base, tuned = form
    arguments = ("show", tuned.id, "--report", "form_facts", "--base", base.id)
    assert "tuning moved facts: nothing surely" in invoke(base.path.parent, *arguments).output
    report = json.loads(invoke(base.path.parent, *arguments, "--json").stdout)
    assert {row["kind"] for row in report["rows"]} == {"facts", "style"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--report", "form_facts"), "compares two runs"),
        (("--report", "icl", "--base", "tuned"), "does not go with"),
        (("--report", "turns"), "no scripted dialogue"),
        (("--report", "icl"), "--suite icl"),
        (("--report", "techniques"), "--suite techniques"),
        (("--report", "shots"), "--suite few_shot"),
    ],
)
def test_a_report_that_a_run_cannot_give_says_what_to_run(tmp_path, arguments, message):
    run = make_run(tmp_path, "tuned", IN_VOICE)
    done = invoke(tmp_path, "show", run.id, *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr
