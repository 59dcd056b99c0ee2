"""Areas and the overall score: several metrics over several item sets under one joint bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from harness.stats.contrast import Transform, TransformBy, pooled_rate, transform_for
from harness.stats.intervals import percentile_interval, t_over_z
from harness.stats.ranking import rank_table
from harness.stats.resampling import count_blocks, generators, small_sample_factor
from harness.stats.validation import FloatArray, TableError, checked_matrix


@dataclass(frozen=True)
class Component:
    """One metric of one area: transform(Σ scores / Σ denominators) of each persona, averaged over personas."""

    area: str
    scores: pd.DataFrame
    """Index (persona, item), one column per model. An item of another task needs another name."""
    denominators: pd.DataFrame | None = None
    """Of the same shape, where ``scores`` are numerators of a rate; None: a plain mean of items."""
    transform: TransformBy | None = None
    """From a persona's value to points, higher is better; one for all or one per persona."""


@dataclass(frozen=True)
class CompositeRanking:
    """Ranking by the mean of the areas."""

    overall: pd.DataFrame
    """One row per model, best first; columns as :func:`harness.stats.ranking.rank_table`."""
    areas: pd.DataFrame
    """``model, area, score, ci_low, ci_high``, sorted by model and area; an area is the mean of its components."""


@dataclass(frozen=True)
class _Part:
    """A component's share in one persona."""

    component: int
    rows: list[int]
    """Places of the items among all items."""
    sums: FloatArray
    """(items, 2 × models): numerators, then denominators."""
    transform: Transform
    wider: float


def composite_ranking(components: Sequence[Component], *, seed: int = 0, n_resamples: int = 2000) -> CompositeRanking:
    """Rank models by the mean of their areas; all metrics and models share every draw of items within personas.

    Where some persona has a single item in some component, nothing can be said: intervals are NaN, ranks open.

    Raises:
        TableError: (a ValueError) no component, a hole, a duplicate, a component with other models than the first, a
            persona without any denominator.
    """
    if not components:
        raise TableError("there is no component to rank by")
    tables = [_checked(component) for component in components]
    models = list(tables[0][0].columns)
    for component, (scores, _) in zip(components, tables, strict=True):
        if list(scores.columns) != models:
            raise TableError(
                f"area {component.area!r} has the models {', '.join(scores.columns)}, not {', '.join(models)}",
                hint="rank only models that have every cell",
            )
    keys = sorted(set().union(*(scores.index for scores, _ in tables)))
    parts = _parts(components, tables, {key: place for place, key in enumerate(keys)})
    n_components = len(components)
    observed = _component_values(parts, np.ones((1, len(keys))), n_components)[0]
    if not np.isfinite(observed).all():
        component, model = np.argwhere(~np.isfinite(observed))[0]
        raise TableError(f"area {components[component].area!r}: model {models[model]!r} has a persona without a rate")
    draws = None
    if all(len(part.rows) > 1 for part in parts):
        draws = _draws(parts, _strata(keys, tables), observed, seed=seed, n_resamples=n_resamples)
    return _summary([component.area for component in components], models, observed, draws)


def _checked(component: Component) -> tuple[pd.DataFrame, pd.DataFrame]:
    scores = checked_matrix(component.scores, what=f"area {component.area!r}")
    if component.denominators is None:
        return scores, pd.DataFrame(1.0, index=scores.index, columns=scores.columns)
    denominators = checked_matrix(component.denominators, what=f"denominators of area {component.area!r}")
    if not (denominators.index.equals(scores.index) and denominators.columns.equals(scores.columns)):
        raise TableError(f"area {component.area!r}: scores and denominators are of different items or models")
    return scores, denominators


def _parts(
    components: Sequence[Component],
    tables: Sequence[tuple[pd.DataFrame, pd.DataFrame]],
    places: dict[tuple[str, str], int],
) -> list[_Part]:
    parts = []
    for number, (component, (scores, denominators)) in enumerate(zip(components, tables, strict=True)):
        sums = np.hstack([scores.to_numpy(), denominators.to_numpy()])
        persona_of = scores.index.get_level_values("persona")
        for persona in sorted(set(persona_of)):
            mine = np.asarray(persona_of == persona)
            rows = [places[key] for key in scores.index[mine]]
            wider = small_sample_factor(len(rows))
            parts.append(_Part(number, rows, sums[mine], transform_for(component.transform, persona), wider))
    return parts


def _strata(keys: Sequence[tuple[str, str]], tables: Sequence[tuple[pd.DataFrame, pd.DataFrame]]) -> list[list[int]]:
    """Group the items of a persona that occur in the same components; an item alone joins the largest group."""
    members = [set(scores.index) for scores, _ in tables]
    personas: dict[str, dict[tuple[bool, ...], list[int]]] = {}
    for place, key in enumerate(keys):
        pattern = tuple(key in member for member in members)
        personas.setdefault(key[0], {}).setdefault(pattern, []).append(place)
    strata = []
    for groups in personas.values():
        largest, *others = sorted(groups.values(), key=len, reverse=True)
        strata.append(largest + [group[0] for group in others if len(group) == 1])
        strata.extend(group for group in others if len(group) > 1)
    return strata


def _draws(
    parts: Sequence[_Part], strata: Sequence[list[int]], observed: FloatArray, *, seed: int, n_resamples: int
) -> FloatArray:
    """Component values (resamples, components, models); draws in which some rate does not exist are left out."""
    (rng,) = generators(seed, 1)
    places = np.argsort(np.concatenate(strata))
    draws = np.empty((n_resamples, *observed.shape))
    for rows, counts in count_blocks([len(stratum) for stratum in strata], rng, n_resamples):
        draws[rows] = _component_values(parts, counts[:, places], len(observed))
    wider = t_over_z(len(places) - len(strata))
    existing: FloatArray = draws[np.isfinite(draws).all(axis=(1, 2))]
    return observed + wider * (existing - observed)


def _component_values(parts: Sequence[_Part], counts: FloatArray, n_components: int) -> FloatArray:
    n_models = parts[0].sums.shape[1] // 2
    totals = np.zeros((len(counts), n_components, n_models))
    personas = np.zeros(n_components)
    for part in parts:
        totals[:, part.component] += _scaled(part, counts[:, part.rows], n_models)
        personas[part.component] += 1
    return totals / personas[:, None]


def _scaled(part: _Part, counts: FloatArray, n_models: int) -> FloatArray:
    """A persona's values in each draw, their deviations from the data widened by √(n/(n−1))."""
    centre = _values(part, part.sums.sum(axis=0)[None], n_models)
    return centre + part.wider * (_values(part, counts @ part.sums, n_models) - centre)


def _values(part: _Part, sums: FloatArray, n_models: int) -> FloatArray:
    return pooled_rate(sums[:, :n_models], sums[:, n_models:], part.transform)


def _summary(
    names: Sequence[str], models: Sequence[str], observed: FloatArray, draws: FloatArray | None
) -> CompositeRanking:
    areas = sorted(set(names))
    of_area = np.array([[name == area for name in names] for area in areas], dtype=np.float64)
    of_area /= of_area.sum(axis=1, keepdims=True)
    values = of_area @ observed
    area_draws = None if draws is None else np.einsum("ac,rcm->ram", of_area, draws)
    rows = []
    for at, area in enumerate(areas):
        for column, model in enumerate(models):
            low, high = (np.nan, np.nan) if area_draws is None else percentile_interval(area_draws[:, at, column])
            score = float(values[at, column])
            rows.append({"model": model, "area": area, "score": score, "ci_low": low, "ci_high": high})
    overall = rank_table(models, values.mean(axis=0), None if area_draws is None else area_draws.mean(axis=1))
    return CompositeRanking(overall, pd.DataFrame(rows).sort_values(["model", "area"], ignore_index=True))
