import msgspec
import orjson
import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.store.records import Summary
from kikime.harness.store.rundir import write_json
from kikime.harness.store.summary import judge_drift, read_head, summarise
from tests.support.builders import IN_VOICE, make_materials, make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(
        tmp_path_factory.mktemp("runs"), "a", IN_VOICE, materials=make_materials(formats=("alpaca", "chatml"))
    )


def test_the_head_is_the_summary_without_its_slices(run):
    whole, head = run.summary(), read_head(run.summary_file)
    fields = msgspec.structs.asdict(whole)
    assert fields.pop("slices")
    assert msgspec.structs.asdict(head) == fields


def test_what_is_read_is_what_was_computed(run):
    computed = summarise(run)
    assert run.summary() == computed


def test_a_summary_of_an_earlier_version_is_read(tmp_path):
    run = make_run(tmp_path, "old", IN_VOICE)
    old = orjson.loads(run.summary_file.read_bytes())
    for name in ("version", "judge_drift", "coverage", "health", "lengths", "hashes"):
        del old[name]
    write_json(run.summary_file, old)
    before = run.summary().metrics
    assert before.keys() == summarise(run).metrics.keys()


@pytest.mark.parametrize("lacking", ["model", "metrics", "perf", "slices"])
def test_a_summary_that_lacks_a_part_is_broken(tmp_path, lacking):
    run = make_run(tmp_path, "half", IN_VOICE)
    half = orjson.loads(run.summary_file.read_bytes())
    del half[lacking]
    write_json(run.summary_file, half)
    with pytest.raises(UsageError, match=r"summary\.json is broken") as caught:
        run.summary()
    assert "kikime resume" in caught.value.hint


def test_a_summary_of_a_newer_version_is_refused(tmp_path):
    run = make_run(tmp_path, "new", IN_VOICE)
    write_json(run.summary_file, orjson.loads(run.summary_file.read_bytes()) | {"schema": 99})
    with pytest.raises(UsageError, match="newer kikime"):
        run.summary()


def test_the_latest_comparison_of_a_judge_tells_whether_it_drifted(tmp_path):
    run = make_run(tmp_path, "judged", IN_VOICE)
    first = {"judge_id": "j", "protocol": "cot", "mean_change": 0.5, "qwk": 0.3, "since": "2026", "warning": "moved"}
    write_json(run.path / "judge.json", {"sentinel": [first]})
    found = judge_drift(run)
    assert (found.code, found.values["judge"], found.values["change"]) == ("judge_drifted", "j", 0.5)
    assert summarise(run).judge_drift == "moved"
    write_json(run.path / "judge.json", {"sentinel": [first, first | {"mean_change": 0.0, "warning": None}]})
    assert judge_drift(run) is None


def test_a_summary_has_a_schema(run):
    schema = msgspec.json.schema(Summary)
    assert {"version", "metrics", "slices"} <= schema["$defs"]["Summary"]["properties"].keys()
