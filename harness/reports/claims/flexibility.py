"""プロンプトへの柔軟性 of one run, and of several: formats, instruction, examples, ways of asking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kikime.harness.core.errors import UsageError
from kikime.harness.metrics.registry import QUALITY
from kikime.harness.reports.claims.suites import suites_with, techniques_of
from kikime.harness.reports.claims.table import claims, records, size_effect
from kikime.harness.reports.ranking.measure import NATIVE, measured_tasks
from kikime.harness.reports.ranking.stored import grid_digest
from kikime.harness.reports.tables.areas import load_areas
from kikime.harness.reports.tables.cells import read_cells
from kikime.harness.stats.effects import MIN_SETS, few_shot_gain, steerability
from kikime.harness.stats.flexibility import flexibility
from kikime.harness.stats.paired import paired_difference
from kikime.harness.stats.sensitivity import pss
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.suites.condition import load_techniques

if TYPE_CHECKING:
    import pandas as pd

Json = dict[str, Any]
FLOOR = 0.2
_UNIT = ["persona", "item"]


def flexibility_report(run: RunDirectory, *, native: str = NATIVE, seed: int = 0, n_resamples: int = 2000) -> Json:
    """Describe how one run's quality depends on the prompt.

    Args:
        run: its suite decides what can be measured; the rest is None with the reason in ``why_not``.
        native: the checkpoint's own format, fixed before looking at scores.
        seed: of resampling.
        n_resamples: bootstrap draws.

    Returns:
        ``formats`` (retained share, tail, σ_format …), ``sensitivity`` (PSS), ``steerability``, ``few_shot`` and
        ``techniques``; see ``kikime.harness.stats``. ``notes``: what a measured part still lacks, and which suites have it.

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
        "fingerprint": manifest["checkpoint"]["fingerprint"],
        "created_at": manifest["created_at"],
        "grid": grid_digest(manifest),
        "native": native,
        "why_not": {},
        "notes": {},
    }
    for name, measure in (
        ("formats", lambda: _formats(plain, native, **options)),
        ("sensitivity", lambda: _sensitivity(plain, manifest, **options)),
        ("steerability", lambda: _steerability(cells, manifest, **options)),
        ("few_shot", lambda: _few_shot(plain, **options)),
        ("techniques", lambda: _techniques(asked, **options)),
    ):
        try:
            report[name] = measure()
        except _NotMeasured as reason:
            report[name], report["why_not"][name] = None, str(reason)
    report["notes"] = _lacks(report)
    return report


def _lacks(report: Json) -> dict[str, str]:
    """What the measured parts lack for their full answer, and which bundled suites have it."""
    notes = {}
    if report["sensitivity"] and report["sensitivity"]["net"] is None:
        notes["sensitivity"] = "同じ書式での聞き直し（repeats ≥ 2）がないので、標本のゆれを引けない"
    if report["few_shot"] and (fewest := min(row["n_sets"] for row in report["few_shot"])) < MIN_SETS:
        where = suites_with(lambda suite: len(suite.example_sets) >= MIN_SETS and 0 in suite.shots)
        notes["few_shot"] = (
            f"例の組が{fewest}組だけで、新しい例の組については言えない（{MIN_SETS}組以上あるスイート：{where}）"
        )
    if report["formats"] and report["formats"]["retained"] is None:
        notes["formats"] = f"自分の書式での質が確かに{FLOOR}を超えるとは言えないので、柔軟とは呼ばない"
    return notes


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
        where = suites_with(lambda suite: NATIVE in suite.formats and len(suite.formats) > 1)
        raise _NotMeasured(f"このスイートの書式は一つだけ。複数あるスイート：{where}")
    whole = _complete(cells, ["format"])
    if whole.empty:
        raise _NotMeasured("すべての書式で聞いた項目がない")
    return whole


def _formats(plain: pd.DataFrame, native: str, *, seed: int, n_resamples: int) -> Json:
    cells = _per_format(plain, ["format"])
    if native not in set(cells["format"]):
        raise _NotMeasured(f"書式 {native} がスイートにない（自分の書式は kikime rank --flexibility --native で指定）")
    return asdict(flexibility(cells, native=native, floor=FLOOR, seed=seed, n_resamples=n_resamples))


def _sensitivity(plain: pd.DataFrame, manifest: Json, *, seed: int, n_resamples: int) -> Json:
    """Sensitivity net of sampling noise; greedy decoding has none: asking again would give the same reply."""
    import pandas as pd

    cells = _per_format(plain, ["format", "repeat"])
    greedy = manifest["suite"]["sampling"]["temperature"] == 0 and cells["repeat"].nunique() == 1
    if greedy:
        cells = pd.concat([cells, cells.assign(repeat=cells["repeat"] + 1)])
    found = asdict(pss(cells, seed=seed, n_resamples=n_resamples))
    return found | {"greedy": greedy} | ({"n_repeats": 1} if greedy else {})


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
        where = suites_with(lambda suite: "no_style" in techniques_of(suite))
        raise _NotMeasured(f"口調の指示を外す条件（no_style）がない。あるスイート：{where}")
    frame = _complete(table.reset_index(), ["format"])
    rows = steerability(frame, seed=seed, n_resamples=n_resamples)
    return records(rows)


def _few_shot(plain: pd.DataFrame, *, seed: int, n_resamples: int) -> list[Json]:
    mean = plain.groupby([*_UNIT, "format", "shots", "example_set"], as_index=False)[QUALITY].mean()
    whole = _complete(mean, ["format", "shots", "example_set"]) if mean["shots"].nunique() > 1 else mean[:0]
    if whole.empty or 0 not in set(whole["shots"]):
        where = suites_with(lambda suite: len(suite.example_sets) >= MIN_SETS and 0 in suite.shots)
        raise _NotMeasured(f"例示ありとなしの両方で聞いた項目がない。{MIN_SETS}組の例で聞くスイート：{where}")
    cells = whole.groupby([*_UNIT, "shots", "example_set"], as_index=False)[QUALITY].mean()
    rows = few_shot_gain(cells.rename(columns={QUALITY: "value"}), seed=seed, n_resamples=n_resamples)
    return records(rows)


def _techniques(asked: pd.DataFrame, *, seed: int, n_resamples: int) -> list[Json]:
    """Effect of each way of asking on the quality, paired against asking plainly in the same cell."""
    cell = [*_UNIT, "format", "shots", "example_set", "context", "turn", "repeat"]
    table = asked.pivot_table(index=cell, columns="technique", values=QUALITY, observed=True)
    names = [name for name in table.columns if name != "plain"]
    if not names or "plain" not in table:
        where = suites_with(lambda suite: len(techniques_of(suite)) > 1)
        raise _NotMeasured(f"聞き方が一つだけ。複数あるスイート：{where}")
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


def flexibility_table(runs: Sequence[RunDirectory], *, native: str = NATIVE, seed: int = 0) -> Json:
    """Flexibility of several runs, the claims, and the size slope; runs without tables are left out with the reason."""
    reports: list[Json] = []
    left_out: list[Json] = []
    for run in sorted(runs, key=lambda run: run.id):
        try:
            reports.append(flexibility_report(run, native=native, seed=seed))
        except UsageError as error:
            left_out.append({"run": run.id, "reason": error.message})
    size = size_effect(reports)
    return {"runs": reports, "claims": claims(reports, size), "size": size, "left_out": left_out}
