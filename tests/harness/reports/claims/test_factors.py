import pandas as pd
import pytest

from kikime.harness.reports.claims.estimates import Level, Shift
from kikime.harness.reports.claims.factors import as_level, as_shift, contrasts_of
from kikime.harness.reports.tables.frames import Bands
from kikime.harness.stats.prompts.factorial import Estimate

MARKERS = {"voice": {"markers": {"target_rate": 0.8, "tolerance": 0.4}}}
BANDS = Bands({"personas": {"p": MARKERS, "q": {"voice": {"markers": {"target_rate": None, "tolerance": 0.4}}}}})
GAIN = {"before": {"old": 1}, "gain": {"new": 1, "old": -1}}


def reply(item, cell, value, *, persona="p", eligible=1):
    return {
        "persona": persona,
        "item": item,
        "cell": cell,
        "failed": False,
        "fact_correct": value,
        "length_chars": value,
        "marker_sentences": value,
        "eligible_sentences": eligible,
    }


def found(rows, metric, contrasts=GAIN):
    cells = pd.DataFrame(rows)
    return contrasts_of(cells.drop(columns="cell"), metric, cells["cell"], contrasts, BANDS, n_resamples=199)


FOUR = [
    *(reply(f"t{n}", "old", value) for n, value in enumerate([0, 0, 1, 0])),
    *(reply(f"t{n}", "new", value) for n, value in enumerate([1, 0, 1, 1])),
]


def test_a_contrast_is_of_the_cells_means_over_shared_items():
    estimates, n_items = found(FOUR, "fact_correct")
    assert (estimates["before"].value, estimates["gain"].value, n_items) == (0.25, 0.5, 4)


def test_several_replies_of_an_item_in_a_cell_are_one():
    estimates, n_items = found([*FOUR, reply("t0", "new", 0)], "fact_correct")
    assert (estimates["gain"].value, n_items) == (pytest.approx(0.6 - 0.25), 4)


def test_an_item_that_lacks_a_cell_counts_in_none():
    estimates, n_items = found([*FOUR, reply("t9", "new", 0)], "fact_correct")
    assert (estimates["gain"].value, n_items) == (0.5, 4)


def test_cells_that_no_contrast_asks_for_are_left_alone():
    estimates, n_items = found([*FOUR, reply("t0", "other", 0)], "fact_correct")
    assert (estimates["gain"].value, n_items) == (0.5, 4)


def test_without_any_whole_item_there_is_no_answer():
    assert found([reply("t0", "old", 1), reply("t1", "new", 1)], "fact_correct") is None
    assert found([reply("t0", cell, float("nan")) for cell in ("old", "new")], "fact_correct") is None


def test_the_interval_of_shares_ends_where_their_contrast_must():
    estimates, _ = found(FOUR, "fact_correct")
    assert 0 <= estimates["before"].ci_low <= estimates["before"].ci_high <= 1
    assert -1 <= estimates["gain"].ci_low <= estimates["gain"].ci_high <= 1


def test_the_interval_of_lengths_has_no_such_end():
    rows = [reply(f"t{n}", cell, 100 * n * (cell == "new")) for n in range(4) for cell in ("old", "new")]
    assert found(rows, "length_chars")[0]["gain"].ci_high > 1


def test_a_voice_is_the_mean_rate_of_personas_with_a_target():
    rows = [
        reply("t0", "old", 1, eligible=4),
        reply("t1", "old", 1, eligible=1),
        reply("t0", "new", 4, eligible=5),
        reply("t1", "new", 4, eligible=5),
        *(reply("t0", cell, 1, persona="q") for cell in ("old", "new")),
    ]
    rate, n_items = found(rows, "marker_rate")
    assert (rate["before"].value, rate["gain"].value, n_items) == (pytest.approx(0.625), pytest.approx(0.175), 2)
    band, _ = found(rows, "style_band")
    assert (band["before"].value, band["gain"].value) == (pytest.approx(0.0), pytest.approx(1.0))


def test_a_persona_without_a_sentence_to_mark_in_some_cell_is_left_out():
    rows = [reply("t0", "old", 0, eligible=0), reply("t0", "new", 1)]
    assert found(rows, "marker_rate") is None


def test_estimates_keep_their_interval_and_direction():
    estimate = Estimate(value=0.5, ci_low=0.2, ci_high=0.8, p_value=0.01)
    assert as_level(estimate) == Level(0.5, 0.2, 0.8)
    assert as_shift(estimate) == Shift(0.5, 0.2, 0.8, "unclear", 0.01)
