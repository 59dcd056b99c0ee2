import json

import pytest

from kikime.harness.core.errors import EmptyReport, UsageError
from kikime.harness.reports.claims.estimates import Level, Shift
from kikime.harness.reports.claims.icl import IclReport, LabelKind, LabelReading, LabelRow, icl_report, tables
from kikime.harness.reports.report import Line, Table
from kikime.harness.store.samples import read_samples
from kikime.harness.words.catalogue import Translator
from tests.support.builders import IN_VOICE, make_run
from tests.support.canned_runs import believer, canned_run, labels, learner

EN = Translator("en")
FEW = {"n_resamples": 199}
WHERE = ("sentiment", "alpaca", 12, 0.5)


@pytest.fixture(scope="module")
def improving(tmp_path_factory):
    """Goes by its prior after two examples, by the examples after four."""
    selection = {"id": "icl_sentiment", "limit": 12}
    return canned_run(
        tmp_path_factory.mktemp("icl"),
        "improving",
        lambda request: learner(request) if request.shots == 4 else believer(request),
        tasks=[selection],
        shots=[2, 4],
    )


def test_what_more_examples_bring_is_said_per_kind_of_label(improving):
    gains = {row.kind: row for row in icl_report(improving, **FEW).gain}
    assert (gains["natural"].value, gains["natural"].change) == (0, "unclear")
    assert (gains["flipped"].value, gains["flipped"].change) == (1, "up")


def test_what_the_model_follows_is_read_at_the_most_examples(improving):
    assert {(row.kind, row.shots, row.follows) for row in icl_report(improving, **FEW).reading} == {
        ("natural", 4, "examples or prior"),
        ("unrelated", 4, "examples"),
        ("flipped", 4, "examples"),
    }


def test_each_number_of_examples_is_held_against_the_natural_labels(improving):
    few, many = icl_report(improving, **FEW).rows
    assert (few.shots, few.kinds["flipped"].minus_natural.value) == (2, -1)
    assert (many.shots, many.kinds["flipped"].minus_natural.value) == (4, 0)
    assert few.kinds["natural"].minus_natural is None


def test_one_number_of_examples_shows_no_gain(tmp_path):
    selection = {"id": "icl_sentiment", "limit": 4}
    run = canned_run(tmp_path, "one", lambda q: labels(q, 0), tasks=[selection], shots=[2])
    assert icl_report(run, **FEW).gain == []


def test_a_limit_takes_each_sentence_with_every_set_of_labels(tmp_path):
    run = canned_run(tmp_path, "few", learner, tasks=[{"id": "icl_sentiment", "limit": 2}], shots=[2])
    asked = {sample["item_id"] for sample in read_samples(run)}
    assert asked == {
        f"{sentence}.{kind}" for sentence in ("s01", "s31") for kind in ("natural", "unrelated", "flipped")
    }
    assert icl_report(run, **FEW).rows[0].n_items == 2


def test_the_reply_is_the_label_that_counts(tmp_path):
    """The calibrated one, not the one of highest log-probability."""
    run = canned_run(tmp_path, "shown", learner, tasks=[{"id": "icl_sentiment", "limit": 4}], shots=[2])
    for sample in read_samples(run):
        expect = json.loads(sample["expect"])
        assert sample["metrics"]["label_correct"] == 1
        assert sample["response"] == expect["labels"][expect["label"]]


def test_sentences_without_every_set_of_labels_are_an_empty_report(tmp_path):
    lacking = {"s01": "unrelated", "s31": "natural"}

    def answer(request):
        sentence, kind = request.item_id.split(".")
        return None if kind == lacking[sentence] else learner(request)

    run = canned_run(tmp_path, "holed", answer, tasks=[{"id": "icl_sentiment", "limit": 2}], shots=[2])
    drop_failed(run)
    with pytest.raises(EmptyReport, match="every set of labels") as caught:
        icl_report(run, **FEW)
    assert caught.value.exit_code == 4


def drop_failed(run):
    """Leave the failed replies out of the tables, as a run does that was cut short."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(run.samples_file)
    pq.write_table(table.filter(pc.is_null(table["error"])), run.samples_file)


def test_a_run_of_no_labels_says_which_suite_has_them(tmp_path):
    with pytest.raises(UsageError, match="no in-context learning task") as caught:
        icl_report(make_run(tmp_path, "talk", IN_VOICE))
    assert caught.value.hint == "kikime run MODEL --suite icl"


def test_the_table_shows_accuracy_and_what_each_kind_loses():
    natural = LabelKind(Level(0.75, 0.5, 1.0), 0.5, None)
    flipped = LabelKind(Level(0.25, None, None), 0.5, Shift(-0.5, -0.75, -0.25, "down"))
    report = IclReport(run="r", name="mine")
    report.rows = [LabelRow(*WHERE, 4, {"natural": natural, "flipped": flipped})]
    report.reading = [LabelReading(*WHERE, "flipped", ["否定", "肯定"], 4, "prior")]
    table, line, _ = tables(report, EN)
    assert isinstance(table, Table)
    assert table.title == "mine · sentiment · alpaca (12 items, chance 50.0%)"
    assert table.columns == ["examples", "natural", "flipped", "flipped − natural"]
    assert list(table.rows) == [[4, "75.0% [50, 100]", "25.0%", "−50.0 [−75.0, −25.0]"]]
    assert line == Line("flipped (否定/肯定), 4 examples, alpaca: prior")
