"""``kikime rank``: one joint bootstrap over items for all models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from kikime.harness.core.errors import EnvironmentFault, UsageError
from kikime.harness.core.names import nearest, one_of
from kikime.harness.core.reasons import Phrase, Reason
from kikime.harness.reports.comparison.comparability import differences, metric_version
from kikime.harness.reports.ranking.bootstrap import Scores, above, joint_scores
from kikime.harness.reports.ranking.common import Common, common_data, sliced_data
from kikime.harness.reports.ranking.measure import Entry
from kikime.harness.reports.ranking.records import AreaUse, ExcludedRow, RankedRow, Ranking, UnrankedRow
from kikime.harness.reports.ranking.stored import broken_run, ranking_data, with_panel
from kikime.harness.reports.tables.areas import Area, Term, load_areas, term_words
from kikime.harness.reports.tables.panels import find_judge, mean_alpha, members_of, panel_of
from kikime.harness.stats.panel import PanelAgreement
from kikime.harness.stats.ranking import rank_table
from kikime.harness.store.about import about_or_nothing
from kikime.harness.store.due import Coverage
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import Translator

COMMON = "common"
"""Stands for the grid of runs that are ranked on what they share."""


def rank(
    runs: Sequence[RunDirectory],
    *,
    suite: str | None = None,
    judge: str | None = None,
    common: bool = False,
    within: Mapping[str, Sequence[str]] | None = None,
    seed: int = 0,
    n_resamples: int = 2000,
    language: str | None = None,
) -> Ranking:
    """Rank runs of the same suite; each area 0–100 by the formulas of ``areas.yaml``.

    The reference is the grid (suite, task versions, sampling, scorer) of which most complete runs are there. Runs that
    lack some of its cells are ``unranked`` with their coverage, all others ``excluded`` with the reason.

    Args:
        runs: in any order; the result does not depend on it.
        suite: rank this suite instead of the one with most runs.
        judge: also use this judge's verdicts (its id, or id/protocol), or the means of a panel (``panel:JUDGE,JUDGE``);
            runs without them are unranked.
        common: rank runs of whatever grid on the replies that they share.
        within: axis of the grid → wanted values, as text: overall, areas and ranks rest on these replies only. Which runs
            have a rank is decided by all of their replies.
        seed: of resampling.
        n_resamples: bootstrap draws.
        language: of the reasons (``ja`` or ``en``); that of the person at this terminal by default.

    Raises:
        UsageError: a panel of fewer than two judges.
    """
    t, panel = Translator.of(language), members_of(judge or "")
    judge = panel_of(panel) if panel else judge
    found, excluded = _load(runs, t, judge if panel else None)
    result = Ranking(
        version=load_areas().former,
        suite=None,
        judge=judge,
        panel=list(panel),
        seed=seed,
        n_resamples=n_resamples,
        excluded=excluded,
    )
    loaded = _shared(result, found, suite, t) if common else [entry for _, entry in found]
    ranked = _placed(result, loaded, suite, t)
    if within:
        ranked = sliced_data([run for run, _ in found], ranked, within, panel=judge if panel else None)
    if ranked:
        _fill(result, ranked, judge, t)
    result.unranked.sort(key=lambda row: row.run)
    result.excluded.sort(key=lambda row: row.run)
    _add_about([*result.rows, *result.unranked], {run.id: run for run, _ in found})
    return result


def _add_about(rows: Sequence[RankedRow | UnrankedRow], runs: Mapping[str, RunDirectory]) -> None:
    """What people say of each model: it may change at any time, so that it is never stored with the rest."""
    for row in rows:
        about = about_or_nothing(runs[row.run])
        row.link, row.license, row.type = about.link, about.license, about.type
        row.params = about.params or row.params


def of_suite(runs: Sequence[RunDirectory], suite: str) -> list[RunDirectory]:
    """The runs of one suite.

    Raises:
        UsageError: no run is of that suite; the hint has the nearest names.
    """
    suites: dict[str, list[RunDirectory]] = {}
    for run in runs:
        with suppress(UsageError, EnvironmentFault, KeyError, TypeError):  # named by the ranking of all suites
            suites.setdefault(run.manifest()["suite"]["id"], []).append(run)
    if suite in suites:
        return suites[suite]
    near = nearest(suite, suites)
    there = [Phrase("{name} ({n} {n:run|runs})", name=name, n=len(own)) for name, own in sorted(suites.items())]
    raise UsageError(
        "no run of the suite '{suite}'",
        hint="did you mean {near}? there are: {known}" if near else "there are: {known}",
        suite=suite,
        near=one_of(near) if near else "",
        known=Phrase.joined(", ", there or [Phrase("no run at all")]),
    )


def _shared(
    result: Ranking, found: Sequence[tuple[RunDirectory, Entry]], suite: str | None, t: Translator
) -> list[Entry]:
    """The runs on the cells that they share; those that share none are excluded."""
    own = [(run, entry) for run, entry in found if suite in {None, entry["suite"]}]
    shared = common_data(own, panel=result.judge if result.panel else None)
    result.n_cells = shared.n_cells
    result.excluded += _not_common(shared, t)
    return [entry | {"grid": COMMON} for entry in shared.entries]


def _placed(result: Ranking, loaded: Sequence[Entry], suite: str | None, t: Translator) -> list[Entry]:
    """The runs that get a rank; all others go to ``result`` with their reasons."""
    grid = _reference(loaded, suite)
    if grid is None:
        return []
    sorted_out = _sort_out(loaded, grid, result.judge, t)
    result.suite, result.unranked = sorted_out.suite, sorted_out.unranked
    result.excluded += sorted_out.excluded
    return sorted_out.ranked


class _Sorted(NamedTuple):
    suite: str
    ranked: list[Entry]
    unranked: list[UnrankedRow]
    excluded: list[ExcludedRow]


def _not_common(shared: Common, t: Translator) -> list[ExcludedRow]:
    """The runs that share nothing with the others, each with all its reasons."""
    rows: dict[str, ExcludedRow] = {}
    for entry, code in shared.left_out:
        about = {"run": entry["run"], "name": entry["name"], "suite": entry["suite"]}
        row = rows.setdefault(entry["run"], ExcludedRow(**about, reason="", reason_codes=[]))
        row.reason_codes.append(code)
        row.reason = t.together(row.reason_codes)
    return list(rows.values())


def _load(
    runs: Sequence[RunDirectory], t: Translator, panel: str | None
) -> tuple[list[tuple[RunDirectory, Entry]], list[ExcludedRow]]:
    loaded: list[tuple[RunDirectory, Entry]] = []
    broken: list[ExcludedRow] = []
    for run in sorted({run.path: run for run in runs}.values(), key=lambda run: (run.id, str(run.path))):
        try:
            data = ranking_data(run)
            loaded.append((run, with_panel(run, data, panel) if panel else data))
        except (UsageError, EnvironmentFault) as error:
            broken.append(_excluded(run, broken_run(run, error), t))
        except (KeyError, TypeError) as error:
            broken.append(_excluded(run, Reason("run_unreadable", {"error": repr(error)}), t))
    return loaded, broken


def _excluded(run: RunDirectory, code: Reason, t: Translator) -> ExcludedRow:
    return ExcludedRow(run=run.id, reason=t.reason(code), reason_codes=[code])


def _reference(loaded: Sequence[Entry], suite: str | None) -> str | None:
    """The grid with most complete runs; then with most cells, then the newest."""
    groups: dict[str, list[Entry]] = {}
    for entry in loaded:
        if suite is None or entry["suite"] == suite:
            groups.setdefault(entry["grid"], []).append(entry)
    complete = {grid: [e for e in entries if e["coverage"] >= 1] for grid, entries in groups.items()}

    def weight(grid: str) -> tuple[int, int, str, str]:
        entries = groups[grid]
        return len(complete[grid]), max(e["planned"] for e in entries), max(e["created_at"] for e in entries), grid

    return max(groups, key=weight, default=None)


def _sort_out(loaded: Sequence[Entry], grid: str, judge: str | None, t: Translator) -> _Sorted:
    group = [entry for entry in loaded if entry["grid"] == grid]
    reference = max(group, key=lambda e: (e["coverage"], e["run"]))
    found = _Sorted(reference["suite"], [], [], [])
    for entry in loaded:
        if entry["grid"] != grid:
            _place_other_grid(entry, reference, found, t)
        elif entry["coverage"] < 1:
            found.unranked.append(_unranked(entry, Reason("missing_cells"), t))
        elif judge is not None and (problem := _judge_problem(entry, judge)):
            found.unranked.append(_unranked(entry, problem, t))
        else:
            found.ranked.append(entry)
    return found


def _unranked(entry: Entry, reason: Reason, t: Translator, **changes: float) -> UnrankedRow:
    return UnrankedRow(**_described(entry) | changes, reason=t.reason(reason), reason_codes=[reason])


def _place_other_grid(entry: Entry, reference: Entry, found: _Sorted, t: Translator) -> None:
    """A run of another grid: unranked where it covers a part of the reference with the same content, else excluded."""
    different = differences(reference, entry)
    anew = _defined_anew(reference, entry, different.metrics)
    shared = sum(min(n, entry["cells"].get(cell, 0)) for cell, n in reference["cells"].items())
    covered = shared / sum(reference["cells"].values())
    against = [*different.settings, *different.conflicts, *anew]
    if against or not 0 < covered < 1:
        codes = against or [Reason("other_cells", {"suite": entry["suite"]})]
        words = t.together(codes)
        found.excluded.append(
            ExcludedRow(run=entry["run"], name=entry["name"], suite=entry["suite"], reason=words, reason_codes=codes)
        )
    else:
        found.unranked.append(_unranked(entry, Reason("missing_cells"), t, coverage=covered))


def _defined_anew(reference: Entry, entry: Entry, metrics: Sequence[str]) -> list[Reason]:
    """That metrics that ranks rest on have another version: one reason for all that have the same two versions."""
    by_versions: dict[tuple[object, object], list[str]] = {}
    for name in metrics:
        if name in reference["rests_on"]:
            found = metric_version(reference, entry, name)
            by_versions.setdefault((found.values["left"], found.values["right"]), []).append(name)
    return [metric_version(reference, entry, *names) for names in by_versions.values()]


def _judge_problem(entry: Entry, judge: str) -> Reason | None:
    verdicts = _verdicts(entry, judge)
    if verdicts is None:
        return Reason("not_judged", {"judge": judge})
    found = {name: Coverage(*counts) for name, counts in verdicts["criteria"].items()}
    if not found:
        return Reason("judged_other_criteria", {"judge": judge, "criteria": ", ".join(sorted(load_areas().judged))})
    criterion, least = min(found.items(), key=lambda item: item[1].share)
    if least.share < load_areas().judge_coverage:
        values = {"judge": judge, "percent": 100 * least.share, "criterion": criterion}
        return Reason("too_few_scored", values | {"scored": least.scored, "due": least.due})
    return None


def _verdicts(entry: Entry, judge: str) -> Entry | None:
    """The verdicts of a judge by its id, or id/protocol."""
    name = find_judge(judge, entry["judges"])
    return None if name is None else entry["judges"][name]


def _described(entry: Entry) -> Entry:
    return {
        "run": entry["run"],
        "name": entry["name"],
        "model": entry["model"]["name"],
        "params": entry["model"]["n_params"],
        "coverage": entry["coverage"],
        "critical_failure_rate": entry["critical_failure_rate"],
        "critical_gate_exceeded": _exceeds_gate(entry),
        "n_items": entry["n_items"],
        "n_replies": entry["n_replies"],
        "mean_length": entry["mean_length"],
        "truncation_rate": entry["health"]["truncation_rate"],
        "error_rate": entry["health"]["error_rate"],
        "judge_failures": {
            name: verdicts["failures"] for name, verdicts in sorted(entry["judges"].items()) if not members_of(name)
        },
        "tokens_per_second": entry["tokens_per_second"],
        "created_at": entry["created_at"],
        "revision": entry["model"]["revision"],
        "suite": entry["suite"],
    }


def _exceeds_gate(entry: Entry) -> bool:
    rate = entry["critical_failure_rate"]
    return rate is not None and rate > load_areas().critical_gate


def _fill(result: Ranking, ranked: list[Entry], judge: str | None, t: Translator) -> None:
    """Compute the areas of the ranked runs and their joint intervals."""
    terms = [
        entry["terms"] | (_verdicts(entry, judge) or {"terms": {}})["terms"] if judge else entry["terms"]
        for entry in ranked
    ]
    used = _measured_areas(terms, judged=judge is not None)
    result.areas = [_area(area, bool(chosen), [term_words(term, t) for term in chosen], t) for area, chosen in used]
    counted = {area.id: chosen for area, chosen in used if chosen}
    result.version = load_areas().version if any(area.later for area, _ in used) else load_areas().former
    scores = joint_scores(ranked, terms, counted, seed=result.seed, n_resamples=result.n_resamples)
    if scores is None:
        return
    by_run = {entry["run"]: (entry, position) for position, entry in enumerate(ranked)}
    table = rank_table([entry["run"] for entry in ranked], scores.overall, scores.overall_draws)
    surer = above([entry["run"] for entry in ranked], scores.overall_draws)
    for row in table.to_dict("records"):
        entry, position = by_run[row["model"]]
        result.rows.append(_row(entry, row, scores, position, judge, surer))


def _measured_areas(terms: list[Entry], *, judged: bool) -> list[tuple[Area, tuple[Term, ...]]]:
    """Each area with the terms that the suite measures: decided by the cells, which are the same for all models."""
    known = set.intersection(*(set(own) for own in terms))
    found = [(area, tuple(t for t in area.used(judged=judged) if t.id in known)) for area in load_areas().areas]
    return [(area, chosen) for area, chosen in found if chosen or not area.later]


def _area(area: Area, counts: bool, terms: list[str], t: Translator) -> AreaUse:
    code = None if counts else Reason("area_unmeasured")
    return AreaUse(
        id=area.id,
        ja=area.ja,
        en=area.en,
        about=area.purpose(t),
        counts=counts,
        terms=terms,
        why_not=t.reason(code) if code else None,
        why_not_code=code,
    )


def _row(
    entry: Entry, row: Entry, scores: Scores, position: int, judge: str | None, surer: Mapping[str, dict[str, float]]
) -> RankedRow:
    low, high = scores.overall_interval
    agreed = (_verdicts(entry, judge) or {}).get("agreement", {}) if judge else {}
    agreement = {name: PanelAgreement(**found) for name, found in agreed.items()}
    return RankedRow(
        **_described(entry),
        overall=_number(row["mean"]),
        ci_low=_number(low[position]),
        ci_high=_number(high[position]),
        rank=int(row["rank"]),
        rank_low=int(row["rank_low"]),
        rank_high=int(row["rank_high"]),
        p_best=_number(row["p_best"]),
        p_above=surer.get(entry["run"], {}),
        areas={name: float(values[position]) for name, values in scores.areas.items()},
        areas_ci={
            name: (_number(low[position]), _number(high[position])) for name, (low, high) in scores.intervals.items()
        },
        judge_agreement=agreement,
        judge_alpha=mean_alpha(agreement.values()),
    )


def _number(value: float) -> float | None:
    return None if value != value else float(value)  # noqa: PLR0124  (NaN)
