import csv
import io

import pytest

from kikime.harness.reports.comparison.compare import compare
from kikime.harness.reports.export.csv import comparison_csv, run_csv
from kikime.harness.words.catalogue import Translator
from tests.support.builders import IN_VOICE, PLAIN, make_materials, make_run, talk_task

EN = Translator("en")
MATERIALS = make_materials([talk_task(3)], personas=("ojousama",), formats=("alpaca", "chatml"))


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("csv")
    a = make_run(folder, "a", lambda q: None if q.item_id == "t00" else PLAIN, materials=MATERIALS)
    return a, make_run(folder, "b", IN_VOICE, materials=MATERIALS)


def rows_of(data):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_a_reply_is_a_line_with_its_place_its_text_and_its_metrics(pair):
    rows = rows_of(run_csv(pair[0]))
    assert {(row["item_id"], row["format"]) for row in rows} == {
        (f"t0{n}", form) for form in ("alpaca", "chatml") for n in range(3)
    }
    assert len(rows) == 6
    spoken = next(row for row in rows if row["item_id"] == "t01")
    assert (spoken["response"], spoken["length_chars"], spoken["error"]) == (PLAIN, f"{len(PLAIN)}.0", "")


def test_a_failed_reply_has_its_error_and_an_empty_cell_for_what_was_not_measured(pair):
    failed = next(row for row in rows_of(run_csv(pair[0])) if row["item_id"] == "t00")
    assert (failed["error"], failed["response"], failed["length_chars"]) == ("the engine refused it", "", "")


def test_a_metric_is_a_line_for_the_whole_and_one_per_slice(pair):
    rows = [row for row in rows_of(comparison_csv(compare(*pair, n_resamples=99), EN)) if row["metric"] == "quality"]
    assert [(row["by"], row["slice"]) for row in rows] == [("", ""), ("Format", "alpaca"), ("Format", "chatml")]
    assert {(row["a"], row["b"]) for row in rows} == {("a", "b")}
    assert float(rows[0]["delta"]) == pytest.approx(1 - (2 / 3) * (2 / 3))


def test_columns_carry_both_means_the_interval_and_the_verdict(pair):
    row = rows_of(comparison_csv(compare(*pair, n_resamples=99, slices=False), EN))[0]
    assert {"mean_a", "mean_b", "ci_low", "ci_high", "p_adjusted", "margin", "verdict", "change"} <= row.keys()
