"""What a summary's records hold, as ``summary.json`` is written and read."""

import msgspec
import pytest

from kikime.harness.store.records import SCHEMA, Health, Measured, Performance, Summary, SummaryHead
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, make_materials, make_run, talk_task

LEAST = {
    "name": "first",
    "state": "partial",
    "suite": "quick",
    "model": {"name": "m"},
    "counts": {},
    "metrics": {},
    "targets": {},
    "judge": [],
    "perf": {},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    materials = make_materials([talk_task(4)], personas=("ojousama",), formats=("alpaca", "chatml"))
    replies = {"t00": None, "t01": PLAIN}
    return make_run(
        tmp_path_factory.mktemp("summed"), "summed", lambda q: replies.get(q.item_id, IN_VOICE), materials=materials
    )


def test_a_summary_comes_back_as_it_was_written(run):
    summary = run.summary()
    assert msgspec.json.decode(msgspec.json.encode(summary), type=Summary) == summary


def test_the_head_is_the_summary_without_its_slices(run):
    head = msgspec.json.decode(run.summary_file.read_bytes(), type=SummaryHead)
    summary = run.summary()
    assert not hasattr(head, "slices")
    assert all(getattr(head, name) == getattr(summary, name) for name in SummaryHead.__struct_fields__)


def test_counts_and_health_speak_of_replies(run):
    summary = run.summary()
    assert (summary.counts["planned"], summary.counts["done"], summary.counts["errors"]) == (8, 8, 2)
    assert summary.health.error_rate == 0.25
    assert summary.schema == SCHEMA


def test_slices_add_up_to_the_whole(run):
    summary = run.summary()
    assert [(cell.format, cell.n) for cell in summary.slices] == [("alpaca", 4), ("chatml", 4)]
    fits = [cell.metrics["length_fit"] for cell in summary.slices]
    assert sum(n for n, _ in fits) == summary.metrics["length_fit"].n
    assert sum(total for _, total in fits) / sum(n for n, _ in fits) == summary.metrics["length_fit"].mean


def test_a_persona_has_its_own_mean_and_target(run):
    summary = run.summary()
    length = summary.metrics["length_chars"]
    assert length.personas == {"ojousama": pytest.approx((len(PLAIN) + 2 * len(IN_VOICE)) / 3)}
    assert summary.targets["ojousama"].target_rate == pytest.approx(
        run.manifest()["personas"]["ojousama"]["voice"]["markers"]["target_rate"]
    )


def test_a_summary_of_few_fields_has_the_others_by_default():
    head = msgspec.convert(LEAST, SummaryHead)
    assert (head.health, head.perf, head.coverage) == (Health(), Performance(), 0.0)
    assert head.model == Measured("m")
    assert head.judge_drift is None


@pytest.mark.parametrize("lacking", ["name", "state", "metrics"])
def test_a_summary_without_what_it_is_for_is_refused(lacking):
    fields = {name: value for name, value in LEAST.items() if name != lacking}
    with pytest.raises(msgspec.ValidationError, match=lacking):
        msgspec.convert(fields, SummaryHead)


def test_a_state_that_does_not_exist_is_refused():
    with pytest.raises(msgspec.ValidationError, match="state"):
        msgspec.convert(LEAST | {"state": "finished"}, SummaryHead)


def test_unscored_verdicts_are_counted_beside_the_mean(tmp_path):
    from kikime.harness.store.summary import summarise

    run = make_run(tmp_path, "judged", IN_VOICE, materials=make_materials([talk_task(4)], personas=("ojousama",)))
    add_verdicts(run, lambda sample: None if sample["item_id"] == "t00" else 5)
    summarise(run)
    assert [(row.criterion, row.n, row.mean, row.unscored) for row in run.summary().judge] == [
        ("personality", 3, 5.0, 1),
        ("tone", 3, 5.0, 1),
    ]


def test_each_mean_says_its_scale_and_none_mixes_two(tmp_path):
    from kikime.harness.store.summary import summarise

    run = make_run(tmp_path, "judged", IN_VOICE, materials=make_materials([talk_task(4)], personas=("ojousama",)))
    add_verdicts(run, lambda _: 7)
    add_verdicts(run, lambda _: 5, rubric="rp_bench_v1", criteria=("tone",), scale=5)
    summarise(run)
    assert [(row.rubric, row.criterion, row.mean, row.scale) for row in run.summary().judge] == [
        ("character_v1", "personality", 7.0, 7),
        ("character_v1", "tone", 7.0, 7),
        ("rp_bench_v1", "tone", 5.0, 5),
    ]
