"""What counts as a difference that matters: ``margins.yaml``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from kikime.harness.core.files.yamlfile import StrictModel, load_yaml
from kikime.harness.metrics.registry import METRICS, QUALITY

SCALE = 7
"""The highest score of judges, unless a rubric has a scale of its own."""


class Margins(StrictModel):
    """Smallest effects of interest and the family of primary metrics."""

    version: str
    primary: Annotated[tuple[str, ...], Field(max_length=6)]
    parts: tuple[str, ...]
    margins: dict[str, Annotated[float, Field(ge=0)]]

    def margin(self, metric: str, top: int = SCALE) -> float:
        """The smallest difference of ``metric`` that matters, in its own unit; a judge's scores reach from 1 to ``top``."""
        if metric in self.margins:
            return self.margins[metric]
        kind = METRICS[metric].kind if metric in METRICS else "rate" if metric == QUALITY else "judge"
        return self.margins[kind] * ((top - 1) / (SCALE - 1) if kind == "judge" else 1)


def direction(metric: str) -> Literal["higher", "lower", "none"]:
    """Which way ``metric`` is better; judges' criteria and the quality are better when higher."""
    return METRICS[metric].direction if metric in METRICS else "higher"


def bounds(metric: str, top: int = SCALE) -> tuple[float, ...]:
    """The ends that the scale of ``metric`` has: none, one or two; a judge's scores reach from 1 to ``top``."""
    if metric in METRICS:
        return tuple(end for end in (METRICS[metric].low, METRICS[metric].high) if end is not None)
    return (0.0, 1.0) if metric == QUALITY else (1.0, float(top))


@lru_cache(maxsize=1)
def load_margins() -> Margins:
    """The bundled margins."""
    return load_yaml(Path(__file__).with_name("margins.yaml"), Margins)
