"""The style band of a persona: from sums of sentences over its replies."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kikime.harness.metrics.voice.level import style_level_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import numpy.typing as npt

    from kikime.harness.cards.persona import Markers
    from kikime.harness.metrics.metric import Measured

    Floats = npt.NDArray[np.float64]


class VoiceSums(NamedTuple):
    """What the pooled voice of one persona is made of.

    >>> VoiceSums(30, 40, 0.82, 0.3).plus(VoiceSums(52, 60, 0.82, 0.3)).style_band
    1.0
    """

    marked: float
    """Sum of ``marker_sentences``."""
    eligible: float
    """Sum of ``eligible_sentences``."""
    target: float | None
    """The rate of the character's own lines, 0–1; None where the card has no markers."""
    tolerance: float
    """Distance from the target at which the band is 0."""

    @classmethod
    def over(cls, measured: Iterable[Measured], markers: Markers) -> VoiceSums:
        """The sums of one persona's measured replies; those that are no speech add nothing.

        >>> from kikime.harness.cards.persona import Markers
        >>> replies = [{"marker_sentences": 1, "eligible_sentences": 2}, {"marker_sentences": None, "eligible_sentences": None}]
        >>> VoiceSums.over(replies, Markers()).marker_rate
        0.5
        """
        replies = list(measured)
        marked, eligible = (
            sum(int(values[name] or 0) for values in replies) for name in ("marker_sentences", "eligible_sentences")
        )
        return cls(marked, eligible, markers.target_rate, markers.tolerance)

    @property
    def marker_rate(self) -> float | None:
        """Share of the sentences that could carry a marker which do, 0–1; None where there is no such sentence."""
        return self.marked / self.eligible if self.eligible else None

    @property
    def style_level(self) -> float | None:
        """See :func:`~kikime.harness.metrics.voice.level.style_level_of`; of the sums as one reply."""
        return style_level_of(self.marker_rate, self.target, self.tolerance)

    @property
    def style_band(self) -> float | None:
        """See :func:`style_band_of`; None where there is no eligible sentence or no target."""
        return style_band_of(self.marked, self.eligible, self.target, self.tolerance)

    def plus(self, other: VoiceSums) -> VoiceSums:
        """The sums of both; of the same persona."""
        return self._replace(marked=self.marked + other.marked, eligible=self.eligible + other.eligible)


def style_band_of(marked: float, eligible: float, target: float | None, tolerance: float) -> float | None:
    """Closeness of a pooled marker rate to the character's own: 1 − min(1, |rate − target| / tolerance), 0–1.

    Args:
        marked: sum of ``marker_sentences`` over the replies of one persona.
        eligible: sum of ``eligible_sentences``; nothing is said where it is 0.
        target: the rate of the character's own lines, 0–1; None where the card has no markers.
        tolerance: distance at which the closeness is 0.

    >>> style_band_of(82, 100, 0.82, 0.3), round(style_band_of(100, 100, 0.82, 0.3), 3), style_band_of(0, 0, 0.82, 0.3)
    (1.0, 0.4, None)
    """
    if not eligible or target is None:
        return None
    return 1.0 - min(1.0, abs(marked / eligible - target) / tolerance)


def style_bands_of(marked: Floats, eligible: Floats, target: float | Floats, tolerance: float | Floats) -> Floats:
    """:func:`style_band_of` for arrays of sums (groups, items, bootstrap draws), elementwise; nan where nothing is said.

    >>> import numpy as np
    >>> style_bands_of(np.array([82.0, 0.0]), np.array([100.0, 0.0]), 0.82, 0.3).tolist()
    [1.0, nan]
    """
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        rates = np.where(eligible > 0, marked / eligible, np.nan)
    bands: Floats = 1.0 - (abs(rates - target) / tolerance).clip(None, 1.0)
    return bands
