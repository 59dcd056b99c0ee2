"""The areas of the leaderboard as data: ``areas.yaml``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

from pydantic import Field, model_validator

from kikime.harness.core.files.yamlfile import StrictModel, load_yaml
from kikime.harness.core.hashing import digest
from kikime.harness.core.reasons import Phrase
from kikime.harness.metrics.registry import METRICS
from kikime.harness.reports.tables.quality import QUALITY_RULE
from kikime.harness.words.catalogue import Translator

Share = Annotated[float, Field(ge=0, le=1)]


class Term(StrictModel):
    """One part of an area's formula, 0–1."""

    value: Literal["mean", "unbroken", "level", "quality", "handled", "judge"]
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
        if self.value in {"mean", "unbroken", "level"} and self.metric not in METRICS:
            msg = Phrase("unknown metric '{metric}'", metric=self.metric)
            raise ValueError(msg)
        return self

    @property
    def id(self) -> str:
        """A name that is unique within the areas: value, metric and conditions."""
        conditions = (self.formats, self.shots, self.technique, self.context, self.turns, self.tasks)
        chosen = [",".join(self.only), ",".join(self.without)]
        return ":".join([self.value, self.metric or "q", *conditions, *chosen]).rstrip(":")

    @property
    def formula(self) -> str:
        """The term without its conditions."""
        name = {"quality": "q", "handled": "handled", "judge": f"judge[{self.metric}]"}.get(self.value, self.metric)
        if self.value == "unbroken":
            name = f"unbroken[{self.metric}]"
        elif self.value == "mean" and METRICS[self.metric].direction == "lower":
            name = f"(1 − {self.metric})"
        return f"{self.weight:g}·{name}"


class Area(StrictModel):
    """One column of the leaderboard, 0–100."""

    id: str
    ja: str
    en: str
    about: str
    later: bool = False
    """Whether it came with the newest version: boards that cannot measure it do without it."""
    terms: tuple[Term, ...]

    def name(self, t: Translator) -> str:
        """What it is called."""
        return self.ja if t.language == "ja" else self.en

    def purpose(self, t: Translator) -> str:
        """What it measures."""
        return self.about if t.language == "ja" else t.get(f"area_about.{self.id}", self.about)

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
    former: str
    """The version before; that of boards that measure no ``later`` area."""
    critical_gate: Share
    judge_coverage: Share
    contrast: tuple[str, ...]
    """Tasks that measure a difference between conditions; they are in no area."""
    handled: Handled
    areas: tuple[Area, ...]

    @property
    def judged(self) -> frozenset[str]:
        """The judge's criteria that count in some area."""
        return frozenset(term.metric for area in self.areas for term in area.terms if term.value == "judge")

    @property
    def hash(self) -> str:
        """Changes with any formula."""
        return digest("areas", [self.model_dump(mode="json"), QUALITY_RULE])


@lru_cache(maxsize=1)
def load_areas() -> Areas:
    """The bundled areas."""
    return load_yaml(Path(__file__).with_name("areas.yaml"), Areas)


def term_words(term: Term, t: Translator) -> str:
    """A term as a formula, with its conditions in words.

    >>> term_words(Term(value="quality", tasks="all", shots="some"), Translator("en"))
    '1·q⟨with examples⟩'
    """
    where = [t("cli.formulas.only", tasks=t("cli.and").join(term.only))] if term.only else []
    where += [t("cli.formulas.without", tasks=t("cli.and").join(term.without))] if term.without else []
    for axis in ("formats", "shots", "technique", "context", "turns"):
        where.append(t.get(f"cli.formulas.where.{axis}_{getattr(term, axis)}", ""))
    chosen = t("cli.listed").join(filter(None, where))
    return term.formula + (f"⟨{chosen}⟩" if chosen else "")


def weighted_mean(terms: Sequence[Term], t: Translator) -> str:
    """The formula of an area."""
    return t("cli.formulas.formula", terms=t("cli.listed").join(term_words(term, t) for term in terms))


class AreaFormula(TypedDict):
    """One area in words."""

    id: str
    name: str
    """In the language that was asked for, as are ``about`` and ``formula``."""
    ja: str
    en: str
    about: str
    formula: str
    terms: list[dict[str, Any]]


class Formulas(TypedDict):
    """All formulas: what ``kikime rank --explain --json`` prints."""

    version: str
    overall: str
    quality: dict[str, str]
    handled: dict[str, float]
    critical_gate: float
    areas: list[AreaFormula]


def explain(language: str | None = None) -> Formulas:
    """The formulas as data and in words; in the language of the person at this terminal by default."""
    areas, t = load_areas(), Translator.of(language)
    return {
        "version": areas.version,
        "overall": t("report.formulas.overall"),
        "quality": QUALITY_RULE,
        "handled": areas.handled.model_dump(),
        "critical_gate": areas.critical_gate,
        "areas": [
            {
                "id": area.id,
                "name": area.name(t),
                "ja": area.ja,
                "en": area.en,
                "about": area.purpose(t),
                "formula": weighted_mean(area.terms, t),
                "terms": [term.model_dump() for term in area.terms],
            }
            for area in areas.areas
        ],
    }
