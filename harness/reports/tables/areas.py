"""The areas of the leaderboard as data: ``areas.yaml``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from kikime.harness.core.hashing import digest
from kikime.harness.core.yamlfile import StrictModel, load_yaml
from kikime.harness.metrics.registry import METRICS
from kikime.harness.reports.tables.quality import QUALITY_RULE

Share = Annotated[float, Field(ge=0, le=1)]


class Term(StrictModel):
    """One part of an area's formula, 0–1."""

    value: Literal["mean", "unbroken", "band", "quality", "handled", "judge"]
    metric: str = ""
    tasks: Literal["declared", "all"]
    only: tuple[str, ...] = ()
    """These tasks; empty: no restriction."""
    without: tuple[str, ...] = ()
    """Not these tasks."""
    weight: Annotated[float, Field(gt=0)] = 1.0
    formats: Literal["all", "foreign"] = "all"
    """``foreign``: every format but the checkpoint's own (``native``), in suites that have both."""
    shots: Literal["any", "none", "some"] = "any"
    technique: Literal["plain", "any"] = "plain"
    context: Literal["none", "any"] = "none"
    turns: Literal["all", "later"] = "all"
    """``later``: from the second turn of scripted dialogues on."""

    @model_validator(mode="after")
    def _metric_is_known(self) -> Term:
        if self.value in {"mean", "unbroken", "band"} and self.metric not in METRICS:
            msg = f"unknown metric '{self.metric}'"
            raise ValueError(msg)
        return self

    @property
    def id(self) -> str:
        """A name that is unique within the areas: value, metric and conditions."""
        conditions = (self.formats, self.shots, self.technique, self.context, self.turns, self.tasks)
        chosen = [",".join(self.only), ",".join(self.without)]
        return ":".join([self.value, self.metric or "q", *conditions, *chosen]).rstrip(":")

    @property
    def words(self) -> str:
        """The term as a formula."""
        name = {"quality": "q", "handled": "handled", "judge": f"judge[{self.metric}]"}.get(self.value, self.metric)
        if self.value == "unbroken":
            name = f"unbroken[{self.metric}]"
        elif self.value == "mean" and METRICS[self.metric].direction == "lower":
            name = f"(1 − {self.metric})"
        where = [
            f"{'・'.join(self.only)}のみ" if self.only else None,
            f"{'・'.join(self.without)}を除く" if self.without else None,
            {"foreign": "native以外の書式"}.get(self.formats),
            {"none": "例示なし", "some": "例示あり"}.get(self.shots),
            {"any": "すべての聞き方"}.get(self.technique),
            {"any": "すべての文脈"}.get(self.context),
            {"later": "2ターン目以降"}.get(self.turns),
        ]
        chosen = "、".join(text for text in where if text)
        return f"{self.weight:g}·{name}" + (f"⟨{chosen}⟩" if chosen else "")


class Area(StrictModel):
    """One column of the leaderboard, 0–100."""

    id: str
    ja: str
    en: str
    about: str
    terms: tuple[Term, ...]

    def used(self, *, judged: bool) -> tuple[Term, ...]:
        """The terms of a ranking with or without a judge."""
        return tuple(term for term in self.terms if judged or term.value != "judge")


class Handled(StrictModel):
    """When a kind of request counts as handled."""

    quality: Share
    steady: Share
    unsteady: Share


class Areas(StrictModel):
    """All areas, with the thresholds that go with them."""

    version: str
    critical_gate: Share
    judge_coverage: Share
    contrast: tuple[str, ...]
    """Tasks that measure a difference between conditions; they are in no area."""
    handled: Handled
    areas: tuple[Area, ...]

    @property
    def hash(self) -> str:
        """Changes with any formula."""
        return digest("areas", [self.model_dump(mode="json"), QUALITY_RULE])


@lru_cache(maxsize=1)
def load_areas() -> Areas:
    """The bundled areas."""
    return load_yaml(Path(__file__).with_name("areas.yaml"), Areas)


def explain() -> dict[str, object]:
    """The formulas as data and in words."""
    areas = load_areas()
    return {
        "version": areas.version,
        "overall": "総合 = スイートで測れる領域の平均（0〜100）。測れる領域はスイートで決まり、順位を付けるどのモデルにも同じ",
        "quality": QUALITY_RULE,
        "handled": areas.handled.model_dump(),
        "critical_gate": areas.critical_gate,
        "areas": [
            {
                "id": area.id,
                "ja": area.ja,
                "about": area.about,
                "formula": f"100 × 加重平均（{'、'.join(term.words for term in area.terms)}）",
                "terms": [term.model_dump() for term in area.terms],
            }
            for area in areas.areas
        ],
    }
