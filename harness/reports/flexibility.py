"""プロンプトへの柔軟性 of one run, and the claims of the talks over several: formats, instruction, examples, size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from harness.condition import load_techniques
from harness.errors import UsageError
from harness.reports.areas import load_areas
from harness.reports.cells import read_cells
from harness.reports.margins import QUALITY
from harness.reports.measure import NATIVE, measured_tasks
from harness.stats.effects import claims_table, few_shot_gain, size_slope, steerability
from harness.stats.flexibility import flexibility
from harness.stats.paired import paired_difference
from harness.stats.sensitivity import pss
from harness.store.rundir import RunDirectory

if TYPE_CHECKING:
    import pandas as pd

Json = dict[str, Any]
FLOOR = 0.2
_UNIT = ["persona", "item"]
CLAIMS = {
    "instruction": "口調の指示は効くか（「4Bでも効くことは効く」）",
    "examples": "例示は効くか（3例、なければ最も近い数）",
}


def flexibility_report(run: RunDirectory, *, native: str = NATIVE, seed: int = 0, n_resamples: int = 2000) -> Json:
    """Describe how one run's quality depends on the prompt.

    Args:
        run: its suite decides what can be measured; the rest is None with the reason in ``why_not``.
        native: the checkpoint's own format, fixed before looking at scores.
        seed: of resampling.
        n_resamples: bootstrap draws.

    Returns:
        ``formats`` (retained share, tail, σ_format …), ``sensitivity`` (PSS), ``steerability``, ``few_shot`` and
        ``techniques``; see ``harness.stats``.

    Raises:
        UsageError: no tables yet, or a score is NaN.
    """
    manifest = run.manifest()
    cells = read_cells(run, manifest)
    asked = cells[cells["task"].isin(measured_tasks(load_areas(), manifest))]
    plain = asked[(asked["technique"] == "plain") & (asked["context"] == "none")]
    options = {"seed": seed, "n_resamples": n_resamples}
    report: Json = {
        "run": run.id,
        "name": manifest["name"],
        "model": manifest["checkpoint"]["name"],
        "params": manifest["checkpoint"]["n_params"],
        "native": native,
        "why_not": {},
    }
    for name, measure in (
        ("formats", lambda: _formats(plain, native, **options)),
        ("sensitivity", lambda: _sensitivity(plain, **options)),
        ("steerability", lambda: _steerability(cells, manifest, **options)),
        ("few_shot", lambda: _few_shot(plain, **options)),
        ("techniques", lambda: _techniques(asked, **options)),
    ):
        try:
            report[name] = measure()
        except _NotMeasured as reason:
            report[name], report["why_not"][name] = None, str(reason)
    return report


class _NotMeasured(Exception):
    """The suite lacks what a measure needs."""


def _complete(frame: pd.DataFrame, factors: list[str]) -> pd.DataFrame:
    """Items that have every combination of ``factors`` that occurs."""
    combinations = frame[factors].drop_duplicates()
    counts = frame[[*_UNIT, *factors]].drop_duplicates().groupby(_UNIT).size()
    whole = counts[counts == len(combinations)].index
    return frame[frame.set_index(_UNIT).index.isin(whole)]


def _per_format(plain: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    zero = plain[plain["shots"] == 0]
    cells = zero.groupby([*_UNIT, *keys], as_index=False)[QUALITY].mean().rename(columns={QUALITY: "value"})
    if cells["format"].nunique() < 2:
        raise _NotMeasured("このスイートの書式は一つだけ")
    whole = _complete(cells, ["format"])
    if whole.empty:
        raise _NotMeasured("すべての書式で聞いた項目がない")
    return whole


def _formats(plain: pd.DataFrame, native: str, *, seed: int, n_resamples: int) -> Json:
    cells = _per_format(plain, ["format"])
    if native not in set(cells["format"]):
        raise _NotMeasured(f"書式 {native} がスイートにない（自分の書式は kikime rank --flexibility --native で指定）")
    return asdict(flexibility(cells, native=native, floor=FLOOR, seed=seed, n_resamples=n_resamples))


def _sensitivity(plain: pd.DataFrame, *, seed: int, n_resamples: int) -> Json:
    return asdict(pss(_per_format(plain, ["format", "repeat"]), seed=seed, n_resamples=n_resamples))


def _steerability(cells: pd.DataFrame, manifest: Json, *, seed: int, n_resamples: int) -> list[Json]:
    """Share of replies that carry the voice's marker, with and without the style instruction, per format."""
    without = [name for name, technique in load_techniques().items() if not technique.style and not technique.system]
    voiced = [name for name, card in manifest["personas"].items() if card["voice"]["markers"]["strong"]]
    used = cells[cells["persona"].isin(voiced) & cells["technique"].isin(["plain", *without]) & (cells["shots"] == 0)]
    marked = used.assign(
        value=(used["marker_sentences"] > 0).astype(float),
        side=["with_instruction" if name == "plain" else "without_instruction" for name in used["technique"]],
    )
    table = marked.groupby([*_UNIT, "format", "side"])["value"].mean().unstack("side").dropna()
    if table.shape[1] < 2 or table.empty:
        raise _NotMeasured("口調の指示を外す条件（no_style）がスイートにない")
    frame = _complete(table.reset_index(), ["format"])
    rows = steerability(frame, seed=seed, n_resamples=n_resamples)
    return _records(rows)


def _few_shot(plain: pd.DataFrame, *, seed: int, n_resamples: int) -> list[Json]:
    mean = plain.groupby([*_UNIT, "format", "shots", "example_set"], as_index=False)[QUALITY].mean()
    whole = _complete(mean, ["format", "shots", "example_set"]) if mean["shots"].nunique() > 1 else mean[:0]
    if whole.empty or 0 not in set(whole["shots"]):
        raise _NotMeasured("例示ありとなしの両方で聞いた項目がない")
    cells = whole.groupby([*_UNIT, "shots", "example_set"], as_index=False)[QUALITY].mean()
    rows = few_shot_gain(cells.rename(columns={QUALITY: "value"}), seed=seed, n_resamples=n_resamples)
    return _records(rows)


def _techniques(asked: pd.DataFrame, *, seed: int, n_resamples: int) -> list[Json]:
    """Effect of each way of asking on the quality, paired against asking plainly in the same cell."""
    cell = [*_UNIT, "format", "shots", "example_set", "context", "turn", "repeat"]
    table = asked.pivot_table(index=cell, columns="technique", values=QUALITY, observed=True)
    names = [name for name in table.columns if name != "plain"]
    if not names or "plain" not in table:
        raise _NotMeasured("聞き方が一つだけ")
    rows = []
    for name in names:
        both = table[["plain", name]].dropna().rename(columns={"plain": "a", name: "b"})
        if both.empty:
            continue
        items = both.groupby(_UNIT).mean().reset_index()
        effect = paired_difference(items, margin=0, seed=seed, n_resamples=n_resamples)
        rows.append({"technique": name, "title": _title(name), **_effect(effect.delta, effect.ci_low, effect.ci_high),
                     "p_value": effect.p_value, "n_items": effect.n_items})  # fmt: skip
    return rows


def _title(technique: str) -> str:
    known = load_techniques()
    return known[technique].title if technique in known else technique


def _effect(effect: float, low: float | None, high: float | None) -> Json:
    return {"effect": effect, "ci_low": low, "ci_high": high}


def _records(frame: pd.DataFrame) -> list[Json]:
    """Rows as plain values; missing numbers are None."""
    return [
        {name: None if value != value else value for name, value in row.items()}  # noqa: PLR0124  (NaN)
        for row in frame.astype(object).where(frame.notna(), None).to_dict("records")
    ]


def claims(reports: Sequence[Json]) -> list[Json]:
    """The claims of the talks as a table: per model, is the lower bound of the effect above 0?"""
    import pandas as pd

    rows = []
    for report in reports:
        overall = [row for row in report["steerability"] or [] if row["format"] == "*"]
        gains = sorted(report["few_shot"] or [], key=lambda row: (abs(row["shots"] - 3), row["shots"]))[:1]
        found = {"instruction": [_effect(r["effect"], r["ci_low"], r["ci_high"]) for r in overall]}
        found["examples"] = [_effect(r["gain"], r["ci_low"], r["ci_high"]) for r in gains]
        rows += [
            {"claim": claim, "model": report["run"], **effect} for claim, list_ in found.items() for effect in list_
        ]
    if not rows:
        return []
    names = {report["run"]: report for report in reports}
    return [
        {**row, "run": row["model"], "model": names[row["model"]]["name"], "params": names[row["model"]]["params"],
         "title": CLAIMS[row["claim"]]}
        for row in _records(claims_table(pd.DataFrame(rows)))
    ]  # fmt: skip


def size_effect(reports: Sequence[Json]) -> Json:
    """「サイズが上がると柔軟性は高くなる」: slope of the level over formats on log₁₀(parameters), None where unknown.

    Only models whose parameter count was read from the checkpoint and whose formats were measured count.
    """
    import pandas as pd

    points = [
        {"model": r["run"], "params": r["params"], "value": r["formats"]["level"]}
        for r in reports
        if r["params"] and r["formats"]
    ]
    result: Json = {"points": points, "slope": None, "ci_low": None, "ci_high": None, "holds": None}
    if len({point["params"] for point in points}) < 2:
        return result | {"why_not": "models of at least two sizes are needed"}
    slope = size_slope(pd.DataFrame(points))
    holds = None if slope.ci_low is None else slope.ci_low > 0
    return result | {"slope": slope.slope, "ci_low": slope.ci_low, "ci_high": slope.ci_high, "holds": holds}


def flexibility_table(runs: Sequence[RunDirectory], *, native: str = NATIVE, seed: int = 0) -> Json:
    """Flexibility of several runs, the claims, and the size slope; runs without tables are left out with the reason."""
    reports, left_out = [], []
    for run in sorted(runs, key=lambda run: run.id):
        try:
            reports.append(flexibility_report(run, native=native, seed=seed))
        except UsageError as error:
            left_out.append({"run": run.id, "reason": error.message})
    return {"runs": reports, "claims": claims(reports), "size": size_effect(reports), "left_out": left_out}
