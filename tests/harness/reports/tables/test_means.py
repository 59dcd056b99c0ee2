import numpy as np
import pandas as pd
import pytest

from kikime.harness.reports.tables.frames import Bands
from kikime.harness.reports.tables.means import pooled_mean, run_mean

MARKERS = {"voice": {"markers": {"target_rate": 0.8, "tolerance": 0.2}}}
BANDS = Bands({"personas": {"a": MARKERS, "b": MARKERS}})


def sums(*rows):
    return pd.DataFrame(rows, columns=["persona", "item", "num", "den"])


def test_personas_weigh_the_same_however_many_items_they_have():
    mean, _ = pooled_mean(sums(("a", "1", 1, 1), ("b", "1", 0, 1), ("b", "2", 0, 1), ("b", "3", 0, 1)), {})
    assert mean == 0.5


def test_a_rate_is_the_ratio_of_sums():
    mean, _ = pooled_mean(sums(("a", "1", 1, 1), ("a", "2", 0, 3)), {})
    assert mean == 0.25


def test_the_interval_of_a_plain_mean_is_that_of_student():
    values = [1.0, 2.0, 3.0, 4.0]
    mean, half = pooled_mean(sums(*(("a", str(n), value, 1) for n, value in enumerate(values))), {})
    error = np.std(values, ddof=1) / 2
    assert (mean, half) == (2.5, pytest.approx(3.182446 * error))


def test_one_item_of_a_persona_has_a_mean_but_no_interval():
    assert pooled_mean(sums(("a", "1", 3, 4)), {}) == (0.75, None)


def test_items_that_never_varied_are_not_certain():
    mean, half = pooled_mean(sums(*(("a", str(n), 1, 1) for n in range(10))), {})
    assert (mean, half) == (1.0, pytest.approx(1 - 0.025**0.1))


def test_items_without_a_denominator_say_nothing():
    assert pooled_mean(sums(("a", "1", 0, 0), ("a", "2", 0, 0)), {}) == (None, None)
    assert pooled_mean(sums(("a", "1", 0, 0), ("a", "2", 1, 2)), {}) == (0.5, None)


def test_the_transform_is_that_of_the_pooled_rate_not_of_the_items():
    whole = sums(("a", "1", 10, 10), ("a", "2", 6, 10))
    assert pooled_mean(whole, BANDS.transforms("style_band"))[0] == pytest.approx(1.0)


def reply(persona, item, length, marked):
    return {
        "persona": persona,
        "item": item,
        "failed": False,
        "length_chars": length,
        "marker_sentences": marked,
        "eligible_sentences": 1,
    }


CELLS = pd.DataFrame([reply("a", "1", 10.0, 1), reply("a", "1", 20.0, 1), reply("a", "2", 35.0, 0)])


def test_a_run_s_mean_takes_an_item_once_and_counts_its_replies():
    found = run_mean(CELLS, "length_chars", BANDS)
    assert (found.mean, found.n) == (25.0, 3)


def test_a_run_s_style_is_the_band_of_its_pooled_rate():
    found = run_mean(CELLS, "style_band", BANDS)
    assert found.mean == pytest.approx(1 - (0.8 - 2 / 3) / 0.2)


def test_a_metric_that_never_applies_has_no_mean():
    assert run_mean(CELLS.assign(length_chars=np.nan), "length_chars", BANDS) is None
