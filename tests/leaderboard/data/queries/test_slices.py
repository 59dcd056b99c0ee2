import pytest

from kikime.harness.store.records import Target
from kikime.leaderboard.data.index import Index
from kikime.leaderboard.data.queries import slices


def test_slices_equal_the_summary_over_everything(store, august):
    index = Index(store)
    entries = index.entries()
    targets = {entry.id: entry.head.targets for entry in entries}
    found = slices.means(slices.Slices(index).table(entries), targets, {})[august.id, ""]
    summary = august.summary().metrics
    for metric in ("length_fit", "critical_failure", "fact_correct"):
        assert found[metric] == pytest.approx(summary[metric].mean), metric
    assert found["style_level"] == pytest.approx(summary["style_level"].mean, abs=0.02)


def test_slices_follow_a_changed_run(store):
    index = Index(store)
    kept = slices.Slices(index)
    before = kept.table(index.entries()).num_rows
    entry = index.entries()[0]
    (store / entry.id).rename(store / f".{entry.id}")
    assert kept.table(index.entries()).num_rows < before
    assert slices.Slices(index).table(index.entries()).num_rows == kept.table(index.entries()).num_rows


TARGET = {"r": {"p": Target(target_rate=0.8, tolerance=0.4)}}


def sliced(*rows):
    """A table of slices: each run, persona, format, and per metric how many replies and their sum."""
    import pyarrow as pa

    from kikime.leaderboard.data.queries.slices import _SCHEMA

    blank = dict.fromkeys(_SCHEMA.names, 0) | {"task": "talk", "technique": "plain", "context": "none", "shots": 0}
    return pa.Table.from_pylist([blank | row for row in rows], schema=_SCHEMA)


def cell(persona="p", form="alpaca", run="r", **sums):
    found = {"run": run, "persona": persona, "format": form}
    for metric, (n, total) in sums.items():
        found |= {f"n_{metric}": n, f"sum_{metric}": total}
    return found


def test_personas_weigh_the_same_however_many_replies_they_have():
    table = sliced(cell("p", length_fit=(10, 10)), cell("q", length_fit=(1, 0)))
    assert slices.means(table, {}, {}, metrics=["length_fit"]) == {("r", ""): {"length_fit": 0.5}}


def test_a_voice_is_the_level_of_the_mean_rate():
    table = sliced(cell(marker_rate=(2, 0.8)), cell(form="chatml", marker_rate=(2, 2.0)))
    found = slices.means(table, TARGET, {}, metrics=["style_level"])
    assert found["r", ""] == {"style_level": pytest.approx(0.7 / 0.8)}
    by_format = slices.means(table, TARGET, {}, by="format", metrics=["style_level"])
    assert by_format["r", "alpaca"]["style_level"] == pytest.approx(0.4 / 0.8)


def test_questions_weigh_the_same_however_many_conditions_their_task_has():
    often = [cell(form=form, length_fit=(2, 2)) | {"task": "often"} for form in ("alpaca", "chatml", "llama2")]
    once = cell(length_fit=(2, 0)) | {"task": "once"}
    assert slices.means(sliced(*often, once), {}, {}, metrics=["length_fit"])["r", ""] == {"length_fit": 0.5}


def test_filters_keep_the_slices_that_have_a_wanted_value():
    table = sliced(cell(length_fit=(1, 1)), cell(form="chatml", length_fit=(1, 0)))
    assert slices.means(table, {}, {"format": ["chatml"]}, metrics=["length_fit"])["r", ""] == {"length_fit": 0.0}
    assert slices.means(table, {}, {"format": []}, metrics=["length_fit"])["r", ""] == {"length_fit": 0.5}
    assert slices.means(table, {}, {"format": ["vicuna"]}, metrics=["length_fit"]) == {}


def test_only_the_asked_runs_are_read():
    table = sliced(cell(length_fit=(1, 1)), cell(run="other", length_fit=(1, 0)))
    assert set(slices.means(table, {}, {}, metrics=["length_fit"], runs=["other"])) == {("other", "")}


def test_a_metric_that_applies_nowhere_has_no_mean():
    assert slices.means(sliced(cell(length_fit=(0, 0))), {}, {}, metrics=["length_fit"])["r", ""] == {}


def test_visitors_can_filter_by_what_any_run_has(store):
    index = Index(store)
    found = slices.offered(slices.Slices(index).table(index.entries()), [entry.id for entry in index.entries()])
    assert found["format"] == ["alpaca", "chatml"]
    assert found["persona"] == ["bushi", "ojousama"]
    assert found["shots"] == ["0", "2"]
