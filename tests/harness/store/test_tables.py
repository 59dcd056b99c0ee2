"""Compaction, summary and reading back."""

from __future__ import annotations

import orjson
import pyarrow.parquet as pq
import pytest

from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.metrics import METRICS, metric_versions, versions_of
from kikime.harness.store import tables, wal
from kikime.harness.store.samples import read_samples
from kikime.harness.store.summary import summarise
from kikime.harness.store.tables import SAMPLES, StoredReplies, compact, repaired
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, make_materials, make_run


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path, "x", IN_VOICE)


def rewrite(run, change):
    [segment] = run.wal.glob("gen-*.jsonl")
    records = [orjson.loads(line) for line in segment.read_bytes().splitlines()]
    segment.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in change(records)))


def test_samples_have_the_declared_schema(run):
    assert pq.read_schema(run.samples_file).equals(SAMPLES, check_metadata=False)


def test_every_reply_has_every_common_metric(run):
    scores = pq.read_table(run.scores_file).to_pylist()
    by_key: dict[str, set[str]] = {}
    for row in scores:
        by_key.setdefault(row["key"], set()).add(row["metric"])
    assert len({frozenset(names) for names in by_key.values()}) == 1
    assert next(iter(by_key.values())) <= set(METRICS)


def test_compacting_twice_changes_nothing(run):
    before = run.samples_file.read_bytes(), run.scores_file.read_bytes()
    compact(run, versions_of(run.manifest()["hashes"]))
    assert (run.samples_file.read_bytes(), run.scores_file.read_bytes()) == before


def test_the_order_of_the_log_does_not_matter(run):
    before = read_samples(run)
    rewrite(run, reversed)
    compact(run, metric_versions())
    assert read_samples(run) == before


def test_a_reply_that_was_logged_twice_counts_once(run):
    rewrite(run, lambda records: [*records, records[0]])
    assert compact(run, metric_versions()) == len({row["key"] for row in read_samples(run)})


def test_success_replaces_an_earlier_failure(run):
    def change(records):
        failed = {**records[0], "error": "lost", "response": ""}
        return [failed, *records[1:], records[0]]

    rewrite(run, change)
    stored = StoredReplies(run)
    assert stored.n_failed == 0
    compact(run, metric_versions())
    assert read_samples(run)[0]["response"] == IN_VOICE


def test_catching_up_reads_only_what_is_new(run, monkeypatch):
    stored = StoredReplies(run)
    parsed = []
    real = tables.read_head
    monkeypatch.setattr(tables, "read_head", lambda line: parsed.append(line) or real(line))
    with wal.Segment.create(run.wal, wal.REPLIES) as segment:
        segment.append({"key": "new", "position": 99, "turn": 0, "error": None})
    before = len(stored)
    stored.catch_up()
    assert (len(stored), len(parsed)) == (before + 1, 1)


def test_a_line_that_was_torn_when_it_was_read_is_read_once_it_is_whole(run):
    path = run.wal / "gen-9.jsonl"
    line = orjson.dumps({"key": "new", "position": 99, "turn": 0, "error": None}) + b"\n"
    path.write_bytes(line[:9])
    stored = StoredReplies(run)
    before = len(stored)
    path.write_bytes(line)
    stored.catch_up()
    assert len(stored) == before + 1


def test_a_failed_write_leaves_the_former_tables(run, monkeypatch):
    before = run.samples_file.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kikime.harness.store.tables.pq.ParquetWriter.write_table", full)
    with pytest.raises(EnvironmentFault, match="No space left"):
        compact(run, metric_versions())
    assert run.samples_file.read_bytes() == before
    assert not list(run.path.glob(".*.tmp"))


@pytest.mark.parametrize(
    ("text", "stored"), [("ですわ\ud83d", "ですわ\ufffd"), ("😀", "😀"), ("\x00\u2028", "\x00\u2028"), ("", "")]
)
def test_text_is_stored_as_it_is_unless_it_is_not_unicode(text, stored):
    assert repaired(text) == stored


def test_strange_text_survives_the_tables(tmp_path):
    text = "\x00一\u2028二\r\n<script>\u202e=1+1"
    run = make_run(tmp_path, "x", text)
    assert {row["response"] for row in read_samples(run)} == {text}


def test_rates_are_pooled_over_a_personas_replies(tmp_path):
    run = make_run(
        tmp_path,
        "x",
        lambda r: IN_VOICE if r.item_id < "t03" else PLAIN,
        materials=make_materials(personas=("ojousama",)),
    )
    summary = summarise(run)
    assert summary.metrics["marker_rate"].mean == pytest.approx(0.5)
    assert summary.metrics["style_level"].mean == pytest.approx(0.5 / 0.82)
    single = 1 - abs(0.5 - 0.82) / 0.30
    assert summary.metrics["style_band"].mean == pytest.approx(max(0.0, single))


def test_the_mean_is_over_personas(tmp_path):
    run = make_run(tmp_path, "x", lambda r: IN_VOICE if r.persona == "ojousama" else None)
    assert summarise(run).metrics["critical_failure"].personas == {"bushi": 1.0, "ojousama": 0.0}


def test_constant_output_is_reported(tmp_path):
    constant = make_run(tmp_path, "a", IN_VOICE).summary()
    varied = make_run(tmp_path, "b", lambda r: f"{r.item_id}ですわ").summary()
    assert constant.health.duplicate_rate > 0.8
    assert varied.health.duplicate_rate == 0


def test_the_summary_counts_the_verdicts_by_a_rubric_s_newest_content(run):
    add_verdicts(run, lambda _: 2, rubric_hash="h1")
    add_verdicts(run, lambda _: 6, rubric_hash="h2")
    judged = {entry.criterion: (entry.n, entry.mean) for entry in summarise(run).judge}
    assert judged == dict.fromkeys(("tone", "personality"), (len(read_samples(run)), 6.0))
