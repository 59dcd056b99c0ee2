import copy

import pytest

from kikime.harness.core.reasons import Reason
from kikime.harness.reports.comparison.comparability import differences, manifest_differences, metric_version
from kikime.harness.reports.comparison.records import Setting

MANIFEST = {
    "name": "a",
    "created_at": "2026-01-01",
    "checkpoint": {"name": "m", "adapter": None},
    "options": {"engine": "vllm", "dtype": "auto"},
    "gpus": [{"id": "cpu0", "memory": 8}],
    "tasks": {"talk": {"version": 1}},
    "personas": {"ojousama": {"version": 3}},
    "hashes": {
        "sampling": {"temperature": 0.0, "seed": 1},
        "tasks": {"talk": "t1"},
        "personas": {"ojousama": "p1"},
        "formats": {"alpaca": "f1"},
        "scorer": "rules/4",
        "metrics": {"length_fit": "rules/4", "empty": "rules/4"},
    },
}


def other(**changes):
    """Another run's manifest: dotted paths are changed."""
    found = copy.deepcopy(MANIFEST) | {"name": "b"}
    for path, value in changes.items():
        *folders, last = path.split("__")
        place = found
        for name in folders:
            place = place[name]
        place[last] = value
    return found


def test_the_same_questions_scored_alike_differ_in_nothing():
    assert differences(MANIFEST, other()) == ([], [], [], [], [])


def test_another_temperature_is_a_setting_with_both_values():
    found = differences(MANIFEST, other(hashes__sampling={"temperature": 0.7, "seed": 1}))
    values = {"name": "temperature", "left": "0.0", "a": "a", "right": "0.7", "b": "b"}
    assert found.sampling == found.settings == [Reason("sampling_differs", values)]


def test_a_setting_that_only_one_run_has_differs():
    found = differences(MANIFEST, other(hashes__sampling={"temperature": 0.0, "seed": 1, "top_p": 0.9}))
    assert [(reason.values["name"], reason.values["left"]) for reason in found.sampling] == [("top_p", "None")]


def test_one_metric_of_another_version_is_left_out():
    found = differences(MANIFEST, other(hashes__metrics={"length_fit": "rules/5", "empty": "rules/4"}))
    assert (found.metrics, found.scorer) == (["length_fit"], [])


def test_all_metrics_of_another_version_are_another_scorer():
    newer = other(hashes__metrics={"length_fit": "rules/5", "empty": "rules/5"}, hashes__scorer="rules/5")
    found = differences(MANIFEST, newer)
    assert found.metrics == []
    assert found.settings == [Reason("scorer_differs", {"left": "rules/4", "right": "rules/5"})]


def test_a_metric_that_only_one_run_knows_is_no_difference():
    newer = {"length_fit": "rules/4", "empty": "rules/4", "own": "1"}
    assert differences(MANIFEST, other(hashes__metrics=newer)).metrics == []


@pytest.mark.parametrize(
    ("kind", "one", "name"),
    [("tasks", "task", "quiz"), ("personas", "persona", "bushi"), ("formats", "format", "vicuna")],
)
def test_what_only_one_run_has_is_named_with_the_run(kind, one, name):
    more = other(**{f"hashes__{kind}": MANIFEST["hashes"][kind] | {name: "x"}})
    assert differences(MANIFEST, more).content == [Reason(f"{one}_only", {"name": name, "where": "b"})]
    assert differences(more, MANIFEST).content == [Reason(f"{one}_only", {"name": name, "where": "b"})]
    assert differences(MANIFEST, more).conflicts == []


def test_two_versions_of_a_task_are_told_by_their_numbers():
    found = differences(MANIFEST, other(hashes__tasks={"talk": "t2"}, tasks__talk={"version": 2}))
    assert found.content == found.conflicts == [Reason("task_versions", {"name": "talk", "left": 1, "right": 2})]


def test_a_change_without_a_new_version_is_told_all_the_same():
    found = differences(MANIFEST, other(hashes__personas={"ojousama": "p2"}))
    assert found.conflicts == [Reason("persona_differs", {"name": "ojousama"})]


def test_a_format_has_no_version_to_tell():
    assert differences(MANIFEST, other(hashes__formats={"alpaca": "f2"})).conflicts == [
        Reason("format_differs", {"name": "alpaca"})
    ]


def test_a_metric_that_is_left_out_is_noted_with_both_versions():
    newer = other(hashes__metrics={"length_fit": "rules/5"})
    values = {"metric": "length_fit", "left": "rules/4", "a": "a", "right": "rules/5", "b": "b"}
    assert metric_version(MANIFEST, newer, "length_fit") == Reason("metric_version", values)
    assert metric_version(MANIFEST, newer, "empty").values["right"] == "—"


def test_settings_are_named_by_their_place_in_the_manifest():
    changed = other(options__dtype="float32", gpus=[{"id": "cpu0", "memory": 16}], checkpoint__adapter="lora")
    assert manifest_differences(MANIFEST, changed) == [
        Setting("checkpoint.adapter", None, "lora"),
        Setting("gpus.cpu0.memory", 8, 16),
        Setting("options.dtype", "auto", "float32"),
    ]


def test_what_differs_between_any_two_runs_is_no_setting():
    assert manifest_differences(MANIFEST, other(created_at="2026-02-02", seal="0" * 32, tasks={}, personas={})) == []


def test_a_setting_that_one_run_lacks_has_nothing_there():
    assert manifest_differences(MANIFEST, other(options={"engine": "vllm"})) == [Setting("options.dtype", "auto", None)]
