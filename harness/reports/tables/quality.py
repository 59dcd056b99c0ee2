"""Quality of a single reply, 0–1: how many of its task's own checks it passes; 0 where it is broken or not its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kikime.harness.core.manifest import Manifest
from kikime.harness.metrics.registry import METRICS
from kikime.harness.stats.validation import FloatArray

if TYPE_CHECKING:
    import pandas as pd

_BoolArray = npt.NDArray[np.bool_]

QUALITY_RULE = {
    "ja": (
        "返答の質 q（0〜1）：致命的な失敗、例の丸写し、質問のオウム返し、堂々巡り、意味をなさない切れ端があれば 0。"
        "なければ、そのタスクが宣言している検査のうち「高いほど良い」ものの平均に、「低いほど良い」ものの 1 − x の平均を掛けた値"
        "（当てはまらない検査は数えない。回数の検査は 0 回なら 1、1 回でもあれば 0）。"
        "口調の水準（style_level、style_band）は一つの返答では決まらないので、役柄の語尾が一つでもあるかどうかで代える（基準率が半分以上の役柄のみ）。"
    ),
    "en": (
        "q of a reply (0–1): 0 after a critical failure, a copied example, an echo, a loop or a stray piece; else the mean "
        "of the higher-is-better checks that its task declares, times the mean of 1 − x of the lower-is-better ones (checks "
        "that do not apply do not count; counts are 1 when zero, else 0). style_level and style_band say little of one reply, so the "
        "presence of a marker stands for them (only personas that mark at least half of their sentences)."
    ),
}
"""The rule in words; shown by ``kikime rank --explain``."""

BANDS = ("style_level", "style_band")
"""Metrics of a persona's marker rate, of which one reply says little."""
FATAL = ("critical_failure", "fewshot_copy", "prompt_echo", "loop", "garbage")
"""Metrics of which any 1 makes the quality 0."""


def with_quality(cells: pd.DataFrame, manifest: Manifest) -> pd.DataFrame:
    """Add the column ``quality`` to ``cells``; every reply has one."""
    checks, faults = _Mean(len(cells)), _Mean(len(cells))
    for metric, tasks in _declared(manifest).items():
        points = _marked(cells, manifest) if metric in BANDS else oriented(cells[metric], metric)
        side = checks if METRICS[metric].direction == "higher" else faults
        side.add(points, np.isin(cells["task"], tasks))
    quality = checks.value * faults.value
    broken = cells["failed"].to_numpy(dtype=bool) | (cells[list(FATAL)].to_numpy(dtype=float) > 0).any(axis=1)
    cells["quality"] = np.where(broken, 0.0, quality)
    return cells


class _Mean:
    """Mean of what applies to each reply; 1 where nothing does."""

    def __init__(self, n: int) -> None:
        self._total, self._count = np.zeros(n), np.zeros(n)

    def add(self, points: FloatArray, inside: _BoolArray) -> None:
        used = inside & np.isfinite(points)
        self._total[used] += points[used]
        self._count[used] += 1

    @property
    def value(self) -> FloatArray:
        return np.divide(self._total, self._count, out=np.ones(len(self._total)), where=self._count > 0)


def oriented(values: npt.ArrayLike, metric: str) -> FloatArray:
    """Values of a metric as points 0–1 of which 1 is best; NaN stays."""
    about, points = METRICS[metric], np.asarray(values, dtype=float)
    if about.high is None:
        return np.where(np.isnan(points), np.nan, (points == 0).astype(float))
    return 1 - points if about.direction == "lower" else points


def _declared(manifest: Manifest) -> dict[str, list[str]]:
    """Metrics with a better end, and the tasks that declare them as their own."""
    found: dict[str, list[str]] = {}
    for name, task in sorted(manifest["tasks"].items()):
        for metric in task["metrics"]:
            if metric in METRICS and METRICS[metric].direction != "none" and metric != "critical_failure":
                found.setdefault(metric, []).append(name)
    return found


def _marked(cells: pd.DataFrame, manifest: Manifest) -> FloatArray:
    """1 where a marker is there, 0 where one could be, NaN for personas that mark less than half of their sentences."""
    targets = {name: card["voice"]["markers"]["target_rate"] for name, card in manifest["personas"].items()}
    marking = [name for name, target in targets.items() if target is not None and target >= 0.5]
    known = (cells["eligible_sentences"] > 0) & cells["marker_sentences"].notna()
    points = np.where(known, (cells["marker_sentences"] > 0).astype(float), np.nan)
    points[cells["failed"].to_numpy(dtype=bool)] = 0.0
    return np.where(np.isin(cells["persona"], marking), points, np.nan)
