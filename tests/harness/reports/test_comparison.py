from dataclasses import fields

import pytest

from kikime.harness.metrics.registry import METRICS, metric_versions
from kikime.harness.reports.comparison.compare import compare
from kikime.harness.reports.comparison.records import LeftOut, MetricRow
from kikime.harness.reports.overview.run import run_overview
from kikime.harness.store.rundir import json_bytes
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, make_materials, make_run, talk_task

FEW = {"n_resamples": 400, "slices": False, "language": "en"}


@pytest.fixture(scope="module")
def report(pair):
    """The pair compared once, for tests that only read."""
    return compare(*pair, **FEW)


def rows(report):
    return {row.metric: row for row in report.metrics}


def test_a_run_does_not_differ_from_itself(pair):
    report = compare(pair[0], pair[0], **FEW)
    assert report.comparable
    assert {row.delta for row in report.metrics} == {0.0}
    assert {row.verdict for row in report.metrics} <= {"equivalent", "inconclusive"}
    assert report.examples == {"worse": [], "better": []}
    assert report.manifest == []


def test_the_better_voice_is_better(report):
    found = rows(report)
    assert found["style_level"].delta > 0
    assert found["quality"].delta > 0
    assert found["length_chars"].direction == "none"
    assert found["length_chars"].change == "down"


def test_exchanging_the_runs_turns_every_sign(pair, report):
    there, back = rows(report), rows(compare(*pair[::-1], **FEW))
    for metric, row in there.items():
        assert back[metric].delta == pytest.approx(-row.delta)


def test_the_result_does_not_depend_on_when_it_is_computed(pair):
    first, second = (compare(*pair, n_resamples=400) for _ in range(2))
    assert json_bytes(first) == json_bytes(second)


def test_means_are_those_of_personas_over_items(pair, report):
    from kikime.harness.reports.tables.cells import read_cells

    cells = read_cells(pair[0], pair[0].manifest())
    items = cells.groupby(["persona", "item"])["length_fit"].mean()
    assert rows(report)["length_fit"].mean_a == pytest.approx(items.groupby("persona").mean().mean())


def test_slices_cover_every_condition_that_varies(pair):
    report = compare(*pair, n_resamples=400)
    slices = {(entry.by, entry.value) for entry in rows(report)["length_fit"].slices}
    assert all(row.slices for row in report.metrics)
    assert slices == {
        ("persona", "bushi"),
        ("persona", "ojousama"),
        ("task", "talk"),
        ("format", "alpaca"),
        ("format", "chatml"),
        ("shots", 0),
        ("shots", 2),
    }
    assert all(entry.p_adjusted >= entry.p_value for row in report.metrics for entry in row.slices)


def test_primary_metrics_come_first_and_are_adjusted_together(report):
    primary = [row for row in report.metrics if row.primary]
    assert report.metrics[: len(primary)] == primary
    smallest = min(primary, key=lambda row: row.p_value)
    assert smallest.p_adjusted == pytest.approx(min(1, smallest.p_value * len(primary)))


def test_lengths_show_what_the_talk_showed(report):
    entry = report.lengths[0]
    assert entry.unit == "length_chars"
    assert entry.b.mean == entry.b.median == 22
    assert entry.ratio.value < 1
    assert 0 <= entry.b.share_in_range <= 1


def test_the_capability_table_has_a_row_per_task(report):
    table = {row.task: row for row in report.capability}
    assert table["talk"].b.mark == "✓"
    assert table["persona_facts"].b.mark == "✗"
    assert table["talk"].a.n == 12


def test_examples_are_the_largest_changes_first(pair):
    examples = compare(*pair, n_examples=3, **FEW).examples
    assert [len(examples[kind]) for kind in ("worse", "better")] == [0, 3]
    assert examples["better"][0].a.response == PLAIN
    assert examples["better"][0].b.response == IN_VOICE
    changes = [example.change for example in examples["better"]]
    assert changes == sorted(changes, reverse=True)


def test_an_item_shows_once_by_the_reply_that_changed_most(tmp_path):
    materials = make_materials([talk_task(3)], personas=("ojousama",), formats=("alpaca", "chatml", "vicuna"))
    a = make_run(tmp_path, "a", IN_VOICE, materials=materials)
    broken = {"alpaca": PLAIN, "chatml": IN_VOICE, "vicuna": ""}
    b = make_run(tmp_path, "b", lambda q: broken[q.format], materials=materials)
    worse = compare(a, b, **FEW).examples["worse"]
    assert sorted(example.item_id for example in worse) == ["t00", "t01", "t02"]
    assert {example.format for example in worse} == {"vicuna"}


def test_another_task_version_is_refused(tmp_path):
    a = make_run(tmp_path, "a", IN_VOICE)
    b = make_run(tmp_path, "b", IN_VOICE, materials=make_materials([talk_task(version=2)]))
    report = compare(a, b, language="en")
    assert not report.comparable
    assert report.why_not[0] == "task talk: another version (1 and 2) (content hashes differ)"
    assert report.metrics == []


def test_another_temperature_is_refused_even_for_common_cells(tmp_path):
    a = make_run(tmp_path, "a", IN_VOICE)
    b = make_run(tmp_path, "b", IN_VOICE, materials=make_materials(sampling={"temperature": 0.7}))
    refused = compare(a, b, language="en")
    assert "temperature" in refused.why_not[0]
    assert "--common cannot help" in refused.hint
    assert "sampling" in refused.hint
    assert not compare(a, b, common=True, language="en").comparable


def test_another_scorer_is_refused(tmp_path):
    a = make_run(tmp_path, "a", IN_VOICE)
    hashes = {name: value for name, value in a.manifest()["hashes"].items() if name != "metrics"}
    b = make_run(tmp_path, "b", IN_VOICE, manifest={"hashes": hashes | {"scorer": "rules/99"}})
    refused = compare(a, b, language="en")
    assert refused.why_not == [f"the rule metrics differ: {a.manifest()['hashes']['scorer']} and rules/99"]
    assert "run the older one again" in refused.hint
    assert "--common cannot help" in refused.hint


def test_a_run_before_metrics_had_versions_of_their_own_is_compared_whole(tmp_path):
    a, b = make_run(tmp_path, "a", IN_VOICE), make_run(tmp_path, "b", PLAIN)
    hashes = {name: value for name, value in a.manifest()["hashes"].items() if name != "metrics"}
    old = make_run(tmp_path, "a", IN_VOICE, manifest={"hashes": hashes | {"scorer": "rules/4"}, "metrics": {}})
    now, then = compare(a, b, n_resamples=99), compare(old, b, n_resamples=99)
    assert then.comparable
    unchanged = {metric for metric, version in metric_versions().items() if version == "rules/4"}
    assert {"empty", "no_eos"} <= unchanged
    kept = {row.metric for row in then.metrics} & metric_versions().keys()
    assert kept == {row.metric for row in now.metrics} & unchanged


def test_a_metric_of_another_version_is_left_out_and_named(tmp_path):
    a = make_run(tmp_path, "a", IN_VOICE)
    hashes = a.manifest()["hashes"]
    newer = hashes | {"metrics": hashes["metrics"] | {"length_closeness": "rules/99"}}
    b = make_run(tmp_path, "b", PLAIN, manifest={"hashes": newer})
    report = compare(a, b, n_resamples=99, language="en")
    assert report.comparable
    assert {row.metric for row in report.metrics} >= {"style_band", "sentence_fit", "quality"}
    assert "length_closeness" not in {row.metric for row in report.metrics}
    today = metric_versions()["length_closeness"]
    assert report.notes == [f"not compared, as defined anew: length_closeness ({today} in a, rules/99 in b)"]
    assert [reason.code for reason in report.note_codes] == ["metric_version"]


def test_quality_does_not_rest_on_a_metric_that_is_left_out(tmp_path):
    a = make_run(tmp_path, "a", IN_VOICE)
    hashes = a.manifest()["hashes"]
    newer = hashes | {"metrics": hashes["metrics"] | {"marker_sentences": "rules/5"}}
    b = make_run(tmp_path, "b", PLAIN, manifest={"hashes": newer})
    quality = {row.metric: row.delta for row in compare(a, b, n_resamples=99).metrics}["quality"]
    assert quality != {row.metric: row.delta for row in compare(a, make_run(tmp_path, "c", PLAIN)).metrics}["quality"]


def test_another_judge_is_refused(tmp_path):
    a, b = make_run(tmp_path, "a", IN_VOICE), make_run(tmp_path, "b", IN_VOICE)
    add_verdicts(a, lambda _: 5, judge="judge-a")
    add_verdicts(b, lambda _: 5, judge="judge-b")
    refused = compare(a, b, language="en")
    assert "judge-a/cot" in refused.why_not[0]
    assert "kikime judge" in refused.hint
    shared = compare(a, b, common=True, **FEW)
    assert shared.comparable
    assert not any(row.judge for row in shared.metrics)


def test_a_run_that_is_judged_alone_is_noted(tmp_path):
    a, b = make_run(tmp_path, "a", IN_VOICE), make_run(tmp_path, "b", IN_VOICE)
    add_verdicts(b, lambda _: 5)
    report = compare(a, b, **FEW)
    assert report.comparable
    [note] = report.notes
    assert f"only b ({b.id}) has verdicts" in note
    assert f"kikime judge {a.path}" in note


def test_verdicts_of_a_further_judge_on_one_side_are_noted(tmp_path):
    a, b = make_run(tmp_path, "a", IN_VOICE), make_run(tmp_path, "b", IN_VOICE)
    for run in (a, b):
        add_verdicts(run, lambda _: 5)
    add_verdicts(b, lambda _: 2, judge="judge-b")
    [note] = compare(a, b, **FEW).notes
    assert "verdicts that only b has" in note
    assert "judge-b/cot" in note


def test_a_judge_that_both_share_is_compared(tmp_path):
    a, b = make_run(tmp_path, "a", IN_VOICE), make_run(tmp_path, "b", IN_VOICE)
    add_verdicts(a, lambda _: 3)
    add_verdicts(b, lambda sample: 5 if sample["item_id"] != "t00" else None)
    tone = rows(compare(a, b, **FEW))["character_v1.tone"]
    assert (tone.delta, tone.n_items, tone.judge) == (2.0, 10, "judge-a/cot")


def test_runs_are_compared_by_the_newest_content_of_a_rubric_that_both_share(tmp_path):
    a, b = make_run(tmp_path, "a", IN_VOICE), make_run(tmp_path, "b", IN_VOICE)
    for rubric_hash, score in (("h1", 2), ("h2", 4), ("h3", 6)):
        add_verdicts(a, lambda _, score=score: score, rubric_hash=rubric_hash)
        if rubric_hash != "h3":
            add_verdicts(b, lambda _, score=score: score + 1, rubric_hash=rubric_hash)
    report = compare(a, b, **FEW)
    tone = rows(report)["character_v1.tone"]
    assert (tone.mean_a, tone.mean_b) == (4, 5)
    assert report.notes == []
    [own] = [row for row in run_overview(a).metrics if row.metric == "character_v1.tone@judge-a/cot"]
    assert own.mean == 6


def test_two_judges_never_share_a_row(tmp_path):
    a, b = make_run(tmp_path, "a", IN_VOICE), make_run(tmp_path, "b", IN_VOICE)
    for judge, score in (("judge-a", 2), ("judge-b", 6)):
        add_verdicts(a, lambda _, score=score: score, judge=judge)
        add_verdicts(b, lambda _, score=score: score, judge=judge)
    found = rows(compare(a, b, **FEW))
    assert found["character_v1.tone@judge-a/cot"].mean_a == 2
    assert found["character_v1.tone@judge-b/cot"].mean_a == 6


def test_no_interval_of_shares_is_wider_than_shares_can_differ(tmp_path):
    materials = make_materials([talk_task(4)], personas=("ojousama",))
    a = make_run(tmp_path, "a", PLAIN, materials=materials)
    b = make_run(tmp_path, "b", lambda q: PLAIN if q.item_id == "t00" else IN_VOICE, materials=materials)
    found = rows(compare(a, b, **FEW))
    assert found["style_band"].ci_low < found["style_band"].delta
    shares = [row for metric, row in found.items() if metric not in {"length_chars", "sentences", "newlines"}]
    assert all(-1 <= row.ci_low <= row.ci_high <= 1 for row in shares if row.ci_low is not None)


def test_missing_cells_are_refused_and_left_out_on_request(tmp_path):
    a = make_run(tmp_path, "a", IN_VOICE)
    b = make_run(tmp_path, "b", PLAIN, keep=lambda q: q.item_id != "t00")
    refused = compare(a, b, language="en")
    assert "do not have the same cells" in refused.why_not[0]
    assert refused.hint.startswith("--common compares the cells that both runs have (10 replies)")
    shared = compare(a, b, common=True, **FEW)
    assert shared.left_out == LeftOut(2, 0)
    assert rows(shared)["length_fit"].n_items == 10


def test_what_differs_in_the_manifests_is_listed(tmp_path):
    a = make_run(tmp_path, "a", IN_VOICE)
    b = make_run(tmp_path, "b", IN_VOICE, manifest={"options": {"engine": "vllm", "dtype": "bfloat16"}})
    found = {row.path: (row.a, row.b) for row in compare(a, b, **FEW).manifest}
    assert found["options.dtype"] == ("auto", "bfloat16")
    assert "checkpoint.fingerprint" in found


def test_every_row_has_the_promised_fields(report):
    promised = {
        "metric",
        "direction",
        "n_items",
        "n_personas",
        "mean_a",
        "mean_b",
        "delta",
        "ci_low",
        "ci_high",
        "ci_method",
        "p_value",
        "p_adjusted",
        "dominance",
        "verdict",
        "mde",
        "slices",
    }
    assert promised <= {field.name for field in fields(MetricRow)}
    assert {row.metric for row in report.metrics} - {"quality"} <= METRICS.keys()
