from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest

from kikime.harness.stats.prompts.flexibility import Sensitivity, pss


def cells(
    n_repeats: int = 2, *, n_items: int = 6, format_effect: float = 0.3, noise: float = 0.1, seed: int = 0
) -> pd.DataFrame:
    """Items that each prefer another format."""
    rng = np.random.default_rng(seed)
    rows = []
    for persona, item in product("ab", range(n_items)):
        liking = format_effect * rng.normal(size=3)
        for at, name in enumerate(("alpaca", "chatml", "llama3")):
            values = 0.5 + liking[at] + noise * rng.normal(size=n_repeats)
            rows += [(persona, item, name, repeat, value) for repeat, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["persona", "item", "format", "repeat", "value"])


def measure(frame: pd.DataFrame) -> Sensitivity:
    return pss(frame, n_resamples=200)


def test_it_is_the_mean_difference_over_pairs_of_samples() -> None:
    frame = cells()
    across, within = [], []
    for _, item in frame.groupby(["persona", "item"]):
        pairs = list(combinations(zip(item["format"], item["value"], strict=True), 2))
        across.append(np.mean([abs(x - y) for (f, x), (g, y) in pairs if f != g]))
        within.append(np.mean([abs(x - y) for (f, x), (g, y) in pairs if f == g]))
    result = measure(frame)
    assert (result.across, result.within) == pytest.approx((np.mean(across), np.mean(within)))
    assert result.net == pytest.approx(np.mean(across) - np.mean(within))
    assert result.net_low < result.net < result.net_high  # type: ignore[operator]
    assert (result.n_items, result.n_formats, result.n_repeats) == (12, 3, 2)


def test_one_sample_is_pss_as_published_without_a_net_value() -> None:
    frame = cells(1)
    result = measure(frame)
    wide = frame.pivot(index=["persona", "item"], columns="format", values="value").to_numpy()
    pairs = [np.abs(wide[:, i] - wide[:, j]).mean() for i, j in combinations(range(3), 2)]
    assert result.across == pytest.approx(np.mean(pairs))
    assert (result.within, result.net, result.net_low, result.net_high) == (None, None, None, None)


def test_noise_alone_has_no_net_sensitivity() -> None:
    result = pss(cells(4, n_items=200, format_effect=0.0))
    assert result.across == pytest.approx(0.1 * 2 / np.sqrt(np.pi), rel=0.05)
    assert result.net_low < 0 < result.net_high  # type: ignore[operator]


def test_a_deterministic_model_keeps_all_of_it() -> None:
    result = measure(cells(2, noise=0.0))
    assert (result.within, result.net) == (0.0, pytest.approx(result.across))


def test_a_single_item_has_no_interval() -> None:
    result = measure(cells(2).query("persona == 'a' and item == 0"))
    assert result.net is not None
    assert (result.net_low, result.net_high) == (None, None)


def test_order_never_matters() -> None:
    frame = cells()
    assert measure(frame.sample(frac=1, random_state=1)[list(reversed(frame.columns))]) == measure(frame)


def test_a_missing_repeat_names_the_cell() -> None:
    with pytest.raises(ValueError, match="persona='a', item='0', format='alpaca': 1 repeats, elsewhere 2"):
        measure(cells().drop(index=0))


def test_one_format_is_an_error() -> None:
    with pytest.raises(ValueError, match="only the format 'alpaca'"):
        measure(cells().query("format == 'alpaca'"))


def test_a_duplicate_is_an_error() -> None:
    frame = cells()
    with pytest.raises(ValueError, match="more than once"):
        measure(pd.concat([frame, frame.iloc[:1]]))
