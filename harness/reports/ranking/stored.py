"""``ranking.json``: what ranking needs of one run, small, derived from its tables and rebuilt when they change."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from msgspec.structs import asdict as fields_of

from kikime.harness.core.axes import GRID, SLICE
from kikime.harness.core.errors import EnvironmentFault, KikimeError, UnfinishedRun
from kikime.harness.core.hashing import digest
from kikime.harness.core.manifest import Manifest
from kikime.harness.core.reasons import Reason
from kikime.harness.core.stores.mirror import state_of
from kikime.harness.metrics import versions_of
from kikime.harness.reports.comparison.comparability import measured_by
from kikime.harness.reports.ranking.measure import Entry, measure_terms
from kikime.harness.reports.tables.areas import load_areas
from kikime.harness.reports.tables.cells import read_cells, read_verdicts, read_versions
from kikime.harness.reports.tables.frames import Bands
from kikime.harness.reports.tables.means import run_mean
from kikime.harness.reports.tables.panels import agreements, find_judge, members_of, of_judge, panel_of
from kikime.harness.reports.tables.quality import FATAL
from kikime.harness.store.due import DueReplies
from kikime.harness.store.records import Summary
from kikime.harness.store.rundir import RunDirectory, read_json, write_json

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 5
FILE = "ranking.json"


def ranking_data(run: RunDirectory) -> Entry:
    """The run's part of a ranking: from ``ranking.json`` where it is newer than the tables, else from the tables.

    Raises:
        UsageError: the run has no tables or no summary yet, is broken, or a score is NaN.
    """
    state = _state(run)
    path = run.path / FILE
    stored = read_json(path)
    if stored is not None and stored.get("state") == state:
        return stored
    data = build(run) | {"state": state}
    with suppress(EnvironmentFault):  # a store that cannot be written is still ranked
        write_json(path, data)
    return data


def with_panel(run: RunDirectory, data: Entry, panel: str) -> Entry:
    """A run's part of a ranking with a panel among its judges; unchanged where the panel shares no criterion.

    What was computed stays in ``ranking.json`` until the tables change.

    Raises:
        UsageError: the panel is none, or a table is broken.
    """
    name = panel_of(members_of(panel))
    if name in data["judges"] or any(find_judge(one, data["judges"]) is None for one in members_of(panel)):
        return data
    manifest = run.manifest()
    found = _panel(read_cells(run, manifest), read_verdicts(run, former=True), panel, manifest, data["terms"])
    if not found:
        return data
    data = data | {"judges": data["judges"] | found}
    with suppress(EnvironmentFault):  # as for the run's own part
        write_json(run.path / FILE, data)
    return data


def _panel(cells: pd.DataFrame, every: pd.DataFrame, panel: str, manifest: Manifest, of_rules: Entry) -> Entry:
    """A panel's entry under its name; nothing where its members share no criterion."""
    table = of_judge(every, panel)
    if table.empty:
        return {}
    entry = judged_entry(cells, table[table["age"] == 0], manifest, of_rules)
    entry["agreement"] = {criterion: asdict(found) for criterion, found in agreements(every, panel).items()}
    return {panel_of(members_of(panel)): entry}


def broken_run(run: RunDirectory, error: KikimeError) -> Reason:
    """Why a run that could not be read is left out."""
    if isinstance(error, UnfinishedRun):
        return Reason("run_unfinished", {"run": run.id, "path": str(run.path)})
    return Reason("run_broken", {"problem": error.message})


def build(
    run: RunDirectory, *, only: pd.Index | None = None, without: Collection[str] = (), panel: str | None = None
) -> Entry:
    """Compute the content of ``ranking.json`` from the tables.

    Args:
        run: with tables and a summary.
        only: ``pair_key`` of the replies that count; all of them by default.
        without: metrics that are read as not applicable.
        panel: a panel of judges (``panel:JUDGE,JUDGE``) that is to be among the judges.
    """
    manifest, summary = run.manifest(), run.summary()
    if summary is None:
        raise UnfinishedRun("{path}: no summary yet", hint="kikime resume {path}", path=run.path)
    areas, cells, verdicts = load_areas(), read_cells(run, manifest, without=without), read_verdicts(run)
    versions = read_versions(run, manifest)
    scored = measured_by(manifest, versions)
    if only is not None:
        cells, verdicts = cells.loc[only], verdicts[verdicts["pair_key"].isin(only)]
    measured, bands = measure_terms(cells, areas, manifest), Bands(manifest)
    several = {}
    if panel is not None:
        every = read_verdicts(run, former=True)
        every = every if only is None else every[every["pair_key"].isin(only)]
        several = _panel(cells, every, panel, manifest, measured["terms"])
    return {
        "schema": SCHEMA,
        "run": run.id,
        "name": manifest["name"],
        "model": {k: manifest["checkpoint"][k] for k in ("name", "fingerprint", "n_params", "revision")},
        "created_at": manifest["created_at"],
        "suite": manifest["suite"]["id"],
        "grid": grid_digest(scored),
        "hashes": scored["hashes"],
        "rests_on": sorted(_ranking_metrics(manifest) & versions.keys()),
        "planned": manifest["plan"]["n_replies"],
        "coverage": summary.coverage if only is None else 1.0,
        "cells": _cell_counts(summary),
        "n_items": len(cells[["persona", "item"]].drop_duplicates()),
        "n_replies": len(cells),
        "critical_failure_rate": _mean(cells, "critical_failure", bands),
        "mean_length": _mean(cells, "length_chars", bands),
        "health": fields_of(summary.health) | _health(cells),
        "tokens_per_second": summary.perf.output_tokens_per_second,
        "bands": {name: list(band) for name, band in bands.targets.items()},
        **measured,
        "judges": {
            str(judge): judged_entry(cells, table, manifest, measured["terms"])
            for judge, table in verdicts.groupby("judge")
        }
        | several,
    }


def _health(cells: pd.DataFrame) -> dict[str, float]:
    """Shares of ``cells`` that failed or were cut off."""
    return {
        "error_rate": float(cells["failed"].mean()),
        "truncation_rate": float((cells["ending"] == "cut_off").mean()),
    }


def judged_entry(cells: pd.DataFrame, verdicts: pd.DataFrame, manifest: Manifest, of_rules: Entry) -> Entry:
    """What one judge adds to a run: its terms, and of each criterion that areas count how many of its replies it scored."""
    areas, due = load_areas(), DueReplies(manifest)
    terms = measure_terms(cells, areas, manifest, verdicts)["terms"]
    scored = {name: own["pair_key"] for name, own in verdicts[verdicts["score"].notna()].groupby("criterion")}
    counted = areas.judged & (due.declared | set(verdicts["criterion"]))
    found = {name: due.coverage(name, cells, set(scored.get(name, ()))) for name in sorted(counted)}
    return {
        "terms": {name: term for name, term in terms.items() if name not in of_rules},
        "criteria": {name: list(coverage) for name, coverage in found.items()},
        "coverage": min((coverage.share for coverage in found.values()), default=0.0),
        "failures": float(verdicts["score"].isna().mean()),
        "rubrics": sorted(set(verdicts["criterion"] + "#" + verdicts["rubric_hash"])),
    }


def _mean(cells: pd.DataFrame, metric: str, bands: Bands) -> float | None:
    found = run_mean(cells, metric, bands)
    return None if found is None else found.mean


def grid_digest(manifest: Manifest) -> str:
    """Digest of everything that decides which questions a run asks and how they are scored."""
    suite = manifest["suite"]
    versions = versions_of(manifest["hashes"])
    hashes = {name: value for name, value in manifest["hashes"].items() if name not in {"scorer", "metrics"}}
    scorer = {name: versions.get(name) for name in sorted(_ranking_metrics(manifest))}
    return digest("grid", [hashes, scorer, {name: suite.get(name) for name in (*GRID, "limit")}])


def _ranking_metrics(manifest: Manifest) -> set[str]:
    """The metrics that ranks rest on: those of the areas, of the tasks' quality, and of the row beside the rank."""
    of_areas = {term.metric for area in load_areas().areas for term in area.terms if term.value != "judge"}
    of_tasks = {metric for task in manifest["tasks"].values() for metric in task["metrics"]}
    shown = {"length_chars", "marker_sentences", "eligible_sentences", *FATAL}
    return (of_areas | of_tasks | shown) - {""}


def _cell_counts(summary: Summary) -> dict[str, int]:
    """Replies per task, persona, format, shots, technique and context."""
    return {"/".join(str(getattr(entry, name)) for name in SLICE): entry.n for entry in summary.slices}


def _state(run: RunDirectory) -> list[object]:
    """Changes whenever the tables or the formulas do."""
    files = [run.table_state(name) for name in ("samples", "scores", "judge")] + [state_of(run.summary_file)]
    return [SCHEMA, load_areas().hash, [state and list(state) for state in files]]
