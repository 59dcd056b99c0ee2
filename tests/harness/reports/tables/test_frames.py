import numpy as np
import pandas as pd
import pytest

from kikime.harness.reports.tables.frames import Bands, item_frame, marker_sums


def card(target):
    return {"voice": {"markers": {"target_rate": target, "tolerance": 0.2}}}


BANDS = Bands({"personas": {"loud": card(0.8), "quiet": card(0.1), "plain": card(None)}})


def cells(*rows):
    columns = ["persona", "item", "failed", "marker_sentences", "eligible_sentences", "length_chars", "no_eos"]
    return pd.DataFrame(rows, columns=columns)


TWO_FORMATS = cells(
    ("loud", "t/1", False, 1, 2, 10, 1.0),
    ("loud", "t/1", False, 3, 4, 20, 0.0),
    ("loud", "t/2", False, 0, 2, 40, np.nan),
    ("quiet", "t/1", False, 0, 5, 8, 0.0),
)


def test_only_personas_with_a_target_have_a_band():
    assert BANDS.targets == {"loud": (0.8, 0.2), "quiet": (0.1, 0.2)}
    assert set(BANDS.transforms("style_level")) == {"loud", "quiet"}


def test_a_band_is_one_at_the_target_and_falls_to_zero_at_the_tolerance():
    assert BANDS.points("loud", np.array([0.8, 0.7, 1.0, 0.0])) == pytest.approx([1.0, 0.5, 0.0, 0.0])


def test_an_item_is_the_mean_of_its_replies_on_each_side():
    longer = TWO_FORMATS.assign(length_chars=TWO_FORMATS["length_chars"] + 4)
    found = item_frame(TWO_FORMATS, longer, "length_chars", BANDS)
    assert found.frame[["persona", "item", "a", "b"]].to_numpy().tolist() == [
        ["loud", "t/1", 15.0, 19.0],
        ["loud", "t/2", 40.0, 44.0],
        ["quiet", "t/1", 8.0, 12.0],
    ]
    assert (found.n_cells, found.transform) == (4, None)


def test_a_reply_to_which_a_metric_does_not_apply_on_one_side_counts_on_neither():
    shorter = TWO_FORMATS.assign(length_chars=[np.nan, 30.0, 40.0, 8.0])
    found = item_frame(TWO_FORMATS, shorter, "length_chars", BANDS)
    assert found.frame.loc[0, ["a", "b"]].tolist() == [20.0, 30.0]
    assert found.n_cells == 3


def test_a_metric_that_applies_nowhere_on_both_sides_has_no_frame():
    empty = TWO_FORMATS.assign(length_chars=np.nan)
    assert item_frame(TWO_FORMATS, empty, "length_chars", BANDS) is None


def test_a_question_has_the_mean_rate_of_its_replies_however_long_they_are():
    found = item_frame(TWO_FORMATS, TWO_FORMATS, "marker_rate", BANDS)
    first = found.frame.iloc[0]
    assert (first["a_num"], first["a_den"]) == ((1 / 2 + 3 / 4) / 2, 1)
    assert found.transform is None


def test_a_style_band_is_of_sums_over_replies():
    found = item_frame(TWO_FORMATS, TWO_FORMATS, "style_band", BANDS)
    assert tuple(found.frame.loc[0, ["a_num", "a_den"]]) == (4, 6)


def test_a_loop_of_many_sentences_counts_as_one_reply():
    looping = cells(("loud", "t/1", False, 4, 4, 20, 0.0), ("loud", "t/2", False, 0, 40, 400, 1.0))
    found = item_frame(looping, looping, "style_level", BANDS).frame
    assert found["a_num"].sum() / found["a_den"].sum() == 0.5


def test_a_question_whose_replies_have_no_voice_says_nothing():
    silent = cells(("loud", "t/1", False, 4, 4, 20, 0.0), ("loud", "t/2", False, np.nan, np.nan, 9, 0.0))
    found = item_frame(silent, silent, "style_level", BANDS)
    assert found.frame["a_den"].tolist() == [1, 0]
    assert found.n_cells == 1


def test_a_style_band_comes_with_the_curve_of_each_persona():
    found = item_frame(TWO_FORMATS, TWO_FORMATS, "style_band", BANDS)
    assert found.transform["quiet"](np.array([0.1])) == pytest.approx([1.0])


def test_a_persona_without_a_target_has_no_voice_to_compare():
    plain = TWO_FORMATS.assign(persona="plain")
    assert item_frame(plain, plain, "style_band", BANDS) is None


def test_a_rate_that_depends_on_the_replies_is_pooled_over_what_applies():
    found = item_frame(TWO_FORMATS, TWO_FORMATS, "no_eos", BANDS)
    assert found.frame[["item", "a_num", "a_den"]].to_numpy().tolist() == [
        ["t/1", 1.0, 2.0],
        ["t/2", 0.0, 0.0],
        ["t/1", 0.0, 1.0],
    ]
    assert found.n_cells == 3


@pytest.mark.parametrize(
    ("persona", "spoken", "counted"),
    [("loud", (0, 4), 0.0), ("loud", (4, 4), 1.0), ("quiet", (0, 4), 0.0), ("quiet", (2, 4), 1.0)],
)
def test_a_failed_reply_stands_on_the_side_of_the_target_where_the_run_already_is(persona, spoken, counted):
    rows = cells((persona, "t/1", False, *spoken, 9, 0.0), (persona, "t/2", True, np.nan, np.nan, 0, 0.0))
    sums = marker_sums(rows, BANDS)
    assert sums.loc[1, ["num", "den"]].tolist() == [counted, 1.0]


def test_frames_leave_the_cells_of_the_run_as_they_are():
    rows = cells(("loud", "t/1", True, 1, 2, 9, 0.0))
    before = rows.copy()
    marker_sums(rows, BANDS)
    item_frame(rows, rows, "marker_rate", BANDS)
    pd.testing.assert_frame_equal(rows, before)
