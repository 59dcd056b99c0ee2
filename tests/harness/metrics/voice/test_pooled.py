"""The pooled voice of a persona."""

from __future__ import annotations

import numpy as np
import pytest

from kikime.harness.metrics import VoiceSums, style_band_of, style_bands_of


@pytest.mark.parametrize(("marked", "expected"), [(82, 1.0), (100, 0.4), (0, 0.0)])
def test_the_band_falls_with_the_distance_from_the_target(marked: int, expected: float) -> None:
    assert style_band_of(marked, 100, 0.82, 0.3) == pytest.approx(expected)


@pytest.mark.parametrize(("eligible", "target"), [(0, 0.82), (10, None)])
def test_nothing_is_said_without_sentences_or_target(eligible: int, target: float | None) -> None:
    assert style_band_of(0, eligible, target, 0.3) is None


def test_arrays_say_what_numbers_say() -> None:
    marked, eligible = np.array([82.0, 100.0, 0.0, 7.0]), np.array([100.0, 100.0, 100.0, 9.0])
    numbers = [style_band_of(m, e, 0.82, 0.3) for m, e in zip(marked.tolist(), eligible.tolist(), strict=True)]
    assert style_bands_of(marked, eligible, 0.82, 0.3).tolist() == numbers


def test_arrays_take_a_target_per_row_and_leave_empty_ones_out() -> None:
    bands = style_bands_of(np.array([4.0, 0.0]), np.array([8.0, 0.0]), np.array([0.5, 0.9]), np.array([0.5, 0.1]))
    assert (bands[0], np.isnan(bands[1])) == (1.0, True)


def test_sums_add_up_before_the_rate_is_taken() -> None:
    both = VoiceSums(1, 1, 0.5, 0.5).plus(VoiceSums(0, 3, 0.5, 0.5))
    assert (both.marker_rate, both.style_band) == (0.25, 0.5)


def test_no_sentence_has_no_rate() -> None:
    empty = VoiceSums(0, 0, 0.5, 0.5)
    assert (empty.marker_rate, empty.style_band) == (None, None)
