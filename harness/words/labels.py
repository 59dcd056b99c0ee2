"""Numbers and short words as tables show them, in the language of a :class:`Translator`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from kikime.harness.core.reasons import Reason
from kikime.harness.metrics.registry import METRICS, QUALITY
from kikime.harness.words.catalogue import Translator
from kikime.harness.words.numbers import number, percent, signed

ENDINGS = ("ended", "cut_off")
"""How replies end by which means are split."""


class Agreement(Protocol):
    """How far the members of a panel agree."""

    @property
    def alpha(self) -> float | None:
        """Krippendorff's alpha, and the ends of its interval."""

    @property
    def alpha_low(self) -> float | None:
        """The lower end."""

    @property
    def alpha_high(self) -> float | None:
        """The upper end."""


class Judgement(Protocol):
    """A row with a verdict, such as a difference of a comparison."""

    @property
    def direction(self) -> str:
        """``higher``, ``lower`` or ``none``."""

    @property
    def verdict(self) -> str:
        """``better``, ``worse``, ``equivalent`` or ``inconclusive``."""

    @property
    def change(self) -> str:
        """``up``, ``down`` or ``unclear``."""

    @property
    def verdict_code(self) -> Reason | None:
        """Why the verdict is open, where there is more to say of it."""


class Claimed(Protocol):
    """The answer to a claim."""

    @property
    def effect(self) -> float | None:
        """None where it was not measured."""

    @property
    def holds(self) -> bool | None:
        """Whether its lower bound is above 0; None where that cannot be said."""

    @property
    def refuted(self) -> bool | None:
        """Whether its upper bound is below 0."""


class Share(Protocol):
    """A share of items with its interval and mark."""

    @property
    def rate(self) -> float:
        """0–1."""

    @property
    def low(self) -> float:
        """Lower end, 0–1."""

    @property
    def high(self) -> float:
        """Upper end, 0–1."""

    @property
    def mark(self) -> str:
        """✓, 不安定 or ✗."""


class Reach(Protocol):
    """Whom results speak of."""

    @property
    def personas(self) -> list[str]:
        """Those that were asked."""

    @property
    def speaks_of(self) -> str:
        """``new personas`` or ``these personas``."""


class Ranked(Protocol):
    """A row with a rank."""

    @property
    def rank(self) -> int:
        """1 is the best."""

    @property
    def rank_low(self) -> int:
        """Best rank of the interval."""

    @property
    def rank_high(self) -> int:
        """Worst rank of the interval."""


class CountedMean(Protocol):
    """A mean and how many replies it is over."""

    @property
    def mean(self) -> float | None:
        """In the metric's own unit."""

    @property
    def n(self) -> int:
        """Replies."""


class Named(Protocol):
    """A run with its name."""

    @property
    def run(self) -> str:
        """Its id."""

    @property
    def name(self) -> str | None:
        """Not unique; None where the run cannot be read."""


def is_share(metric: str) -> bool:
    """Whether the metric's values are 0–1 and shown as percentages."""
    return metric == QUALITY or (metric in METRICS and METRICS[metric].high == 1)


def value(metric: str, found: float | None) -> str:
    """A value in the metric's own unit; "—" when there is none."""
    if found is None:
        return "—"
    if is_share(metric):
        return percent(found)
    return number(found, _digits(metric))


def change(metric: str, found: float | None) -> str:
    """A difference, signed; percentage points for shares."""
    return signed(100 * found if found is not None and is_share(metric) else found, _digits(metric))


def _digits(metric: str) -> int:
    return 1 if is_share(metric) or metric == "length_chars" else 2


def size_of(metric: str, found: float | None) -> str:
    """The size of a difference, without a sign; percentage points for shares, of which there are at most 100."""
    if found is not None and found > 1 and is_share(metric):
        return ">100"
    return change(metric, found).lstrip("+±")


def interval(t: Translator, metric: str, low: float | None, high: float | None) -> str:
    """An interval of a difference."""
    if low is None or high is None:
        return "—"
    return t("results.interval", low=change(metric, low), high=change(metric, high))


def verdict(t: Translator, row: Judgement) -> str:
    """The verdict in words; metrics without a better end only go up or down."""
    if row.verdict_code is not None:
        return t(f"verdict.{row.verdict_code.code}")
    if row.direction == "none" and row.verdict != "equivalent":
        return t(f"change.{row.change}")
    return t(f"verdict.{row.verdict}")


def direction(t: Translator, name: str) -> str:
    """Which end of a metric is the better one."""
    return t(f"results.direction.{name}")


def decision(t: Translator, name: str) -> str:
    """The answer of a gate."""
    return t(f"results.decision.{name.replace(' ', '_')}")


def condition(t: Translator, axis: str) -> str:
    """An axis of the grid."""
    return t(f"facet.{axis}")


def scope(t: Translator, found: Reach | None) -> str:
    """Whom results speak of."""
    if found is None:
        return "—"
    new = found.speaks_of == "new personas"
    return t("results.scope_new") if new else t("results.scope_these", n=len(found.personas))


def title(t: Translator, name: str, japanese: str) -> str:
    """What a task or a technique is called: by its own title in Japanese, else by its id.

    >>> title(Translator("en"), "rag_relevant", "与えた事実に基づく会話")
    'rag relevant'
    """
    return japanese if t.language == "ja" else name.replace("_", " ")


def unit(t: Translator, name: str) -> str:
    """What lengths are counted in."""
    return t(f"results.unit.{name}")


def measure(t: Translator, name: str) -> str:
    """A measure of flexibility."""
    return t(f"results.measure.{name}")


def p_value(number: float | None) -> str:
    """A p-value to three places, never 0."""
    return "—" if number is None else "<.001" if number < 0.001 else f"{number:.3f}"


def parameters(number: int | None) -> str:
    """A parameter count: 3.1M, 7.2B; "—" when unknown."""
    if not number:
        return "—"
    for unit, size in (("B", 1e9), ("M", 1e6), ("K", 1e3)):
        if number >= size:
            return f"{number / size:.3g}{unit}"
    return str(number)


def claim(t: Translator, row: Claimed) -> str:
    """Whether a claim holds for a model: is the lower bound of its effect above 0?"""
    if row.holds is None:
        return t("results.claim.open" if row.effect is not None else "results.claim.unmeasured")
    return t("results.claim.holds" if row.holds else "results.claim.refuted" if row.refuted else "results.claim.fails")


def counted(metric: str, found: CountedMean | None) -> str:
    """A mean with the number of its replies: 31.8% (22); "—" where there is none."""
    return "—" if found is None else f"{value(metric, found.mean)} ({found.n:,})"


def endings(t: Translator, names: Sequence[str] = ()) -> list[str]:
    """Headings of means by how replies ended: the metric, then both endings, of each of several runs."""
    ends = [t(f"results.endings.{how}") for how in ENDINGS]
    named = [t("results.endings.of", name=name, how=how) for name in names for how in ends]
    return [t("results.endings.metric"), *(named or ends)]


def chance(number: float | None) -> str:
    """A probability as a percentage, never 0 or 100: draws cannot show more than that it is beyond their reach.

    >>> chance(0.0), chance(0.4), chance(1.0)
    ('<0.1%', '40.0%', '>99.9%')
    """
    if number is None:
        return "—"
    if number < 0.001:
        return "<0.1%"
    return ">99.9%" if number > 0.999 else percent(number)


def handled(t: Translator, side: Share) -> str:
    """Whether a kind of request is handled, with the share of items and its interval: ✓ 92% (65–99)."""
    shown = t.get(f"results.mark.{side.mark}", side.mark)
    return f"{shown} {percent(side.rate, 0)} ({100 * side.low:.0f}–{100 * side.high:.0f})"


def distinct_names(rows: Sequence[Named]) -> dict[str, str]:
    """The name of each run (by id), with the end of its id where several runs have the same name."""
    named = {row.run: row.name or row.run for row in rows}
    often = Counter(named.values())
    return {run: f"{name} ({run[-6:]})" if often[name] > 1 else name for run, name in named.items()}


def rank_text(row: Ranked) -> str:
    """A rank with its interval: 3 (2–5)."""
    return f"{row.rank} ({row.rank_low}–{row.rank_high})"


def points(number: float | None) -> str:
    """Points of an area, 0–100."""
    return "—" if number is None else f"{number:.1f}"


def half_width(low: float | None, high: float | None) -> str:
    """Half the width of an interval, as ±."""
    return "" if low is None or high is None else f"±{(high - low) / 2:.1f}"


def agreement(found: Agreement | None) -> str:
    """Krippendorff's alpha of a panel with its interval."""
    return "—" if found is None else with_interval(found.alpha, found.alpha_low, found.alpha_high)


def with_interval(value: float | None, low: float | None, high: float | None) -> str:
    """A coefficient with its 95 % interval.

    >>> with_interval(0.62, 0.5, 0.71), with_interval(None, None, None)
    ('0.62 [0.50, 0.71]', '—')
    """
    if value is None:
        return "—"
    return number(value) + ("" if low is None or high is None else f" [{number(low)}, {number(high)}]")
