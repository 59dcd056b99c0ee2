"""The style level of a persona: how far its replies have come from "never a marker" to "as the character does"."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


def style_level_of(rate: float | None, target: float | None, tolerance: float) -> float | None:
    """Points 0–1 for a marker rate: rate / target below the character's own rate, halved per tolerance above it.

    The one point of every rate but 1: it rises with each step from "never" to the target, falls with each step beyond,
    and only "never" itself is 0, so that progress shows wherever a model stands. A band of ±tolerance, by contrast
    (:func:`~kikime.harness.metrics.voice.pooled.style_band_of`), is 0 for a model that never marks a sentence and for one
    that marks every second one. It has no plateau: two models that both speak as the character does are close to 1, not
    at the end of the scale, and can be shown to be equivalent.

    Args:
        rate: mean over questions of the replies' own rates of marked sentences, each reply counting once, 0–1; None
            where nothing was said.
        target: the rate of the character's own lines, 0–1; None where the card has no markers. At 0 every marker is too
            many.
        tolerance: how far above the target half of the level is lost.

    >>> [round(style_level_of(rate, 0.8, 0.2), 2) for rate in (0.0, 0.2, 0.4, 0.8, 1.0)]
    [0.0, 0.25, 0.5, 1.0, 0.5]
    >>> [style_level_of(rate, 0.0, 0.25) for rate in (0.0, 0.25, 0.5, None)]
    [1.0, 0.5, 0.25, None]
    """
    if rate is None or target is None:
        return None
    if rate < target:
        return rate / target
    return float(2.0 ** -((rate - target) / tolerance))


def style_levels_of(rates: Floats, target: float, tolerance: float) -> Floats:
    """:func:`style_level_of` for arrays of rates, elementwise; nan stays.

    >>> import numpy as np
    >>> style_levels_of(np.array([0.4, 0.8, 1.0, np.nan]), 0.8, 0.2).tolist()
    [0.5, 1.0, 0.5000000000000001, nan]
    """
    import numpy as np

    overdone = np.exp2((target - rates) / tolerance)
    levels: Floats = np.where(rates < target, rates / target, overdone) if target else overdone
    return levels
