"""The claims of the talks as a table: is the lower bound of the effect above 0?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from kikime.harness.stats.effects import MIN_SETS, OVERALL, claims_table, size_slope

if TYPE_CHECKING:
    import pandas as pd

Json = dict[str, Any]
MIN_SIZES = 3
"""Different sizes below which a slope has no scatter to be judged by."""
CLAIMS = {
    "instruction": "4Bでも効くことは効く（口調の指示）",
    "examples": "例示は効く（3例、なければ最も近い数）",
    "size": "サイズが上がると柔軟性は高くなる",
}


def claims(reports: Sequence[Json], size: Json) -> list[Json]:
    """Answer every claim for every model, and the one about size for all of them together.

    Args:
        reports: of :func:`kikime.harness.reports.claims.flexibility.flexibility_report`.
        size: of :func:`size_effect`.

    Returns:
        Rows with ``claim, title, run, model, params, effect, ci_low, ci_high, holds, refuted, why_not``; where a claim
        could not be tested ``holds`` and ``refuted`` are None and ``why_not`` has the reason.
    """
    import pandas as pd

    asked = [*_of_models(reports), _of_size(size)]
    tested = [row for row in asked if row["effect"] is not None and row["why_not"] is None]
    answers: dict[tuple[str, str], Json] = {}
    if tested:
        frame = pd.DataFrame([{**row, "model": row["run"] or ""} for row in tested])
        columns = ["claim", "model", "effect", "ci_low", "ci_high"]
        answers = {(row["claim"], row["model"]): row for row in records(claims_table(frame[columns]))}
    unknown = {"holds": None, "refuted": None}
    return [
        {"title": CLAIMS[row["claim"]], **row,
         **{name: answers.get((row["claim"], row["run"] or ""), unknown)[name] for name in unknown}}
        for row in sorted(asked, key=lambda row: list(CLAIMS).index(row["claim"]))
    ]  # fmt: skip


def _of_models(reports: Sequence[Json]) -> Iterator[Json]:
    for report in reports:
        about = {"run": report["run"], "model": report["name"], "params": report["params"]}
        overall = next((row for row in report["steerability"] or [] if row["format"] == OVERALL), None)
        effect = None if overall is None else (overall["effect"], overall["ci_low"], overall["ci_high"])
        yield _row("instruction", about, effect, report["why_not"].get("steerability"))
        gain = min(report["few_shot"] or [], key=lambda row: (abs(row["shots"] - 3), row["shots"]), default=None)
        effect = None if gain is None else (gain["gain"], gain["ci_low"], gain["ci_high"])
        few = None if gain is None or gain["n_sets"] >= MIN_SETS else report["notes"]["few_shot"]
        yield _row("examples", about, effect, report["why_not"].get("few_shot", few))


def _of_size(size: Json) -> Json:
    about = {"run": None, "model": f"{len(size['points'])}モデル", "params": None}
    effect = None if size["slope"] is None else (size["slope"], size["ci_low"], size["ci_high"])
    return _row("size", about, effect, size["why_not"])


def _row(claim: str, about: Json, effect: tuple[float, float | None, float | None] | None, why_not: str | None) -> Json:
    found = effect or (None, None, None)
    return {"claim": claim, **about, "effect": found[0], "ci_low": found[1], "ci_high": found[2], "why_not": why_not}


def size_effect(reports: Sequence[Json]) -> Json:
    """Regress flexibility (the retained fraction) on log₁₀ of the parameters that the checkpoints have.

    Only models count whose size is known and whose retained fraction exists (the level guard), each once (its newest
    run), and only those that were asked the same: of several grids the one with most sizes.

    Returns:
        ``points`` (``model, run, params, value``), ``slope`` with ``ci_low, ci_high`` (retained fraction per tenfold
        parameters; None below two sizes), ``holds`` (None below three sizes: then ``why_not`` says so), ``n_sizes``,
        ``left_out`` (``run, reason``).
    """
    import pandas as pd

    points, left_out = _points(reports)
    n_sizes = len({point["params"] for point in points})
    result: Json = {"points": points, "n_sizes": n_sizes, "left_out": left_out, "holds": None, "why_not": None}
    if n_sizes < MIN_SIZES:
        result["why_not"] = f"大きさの違うモデルが{MIN_SIZES}つ以上要る（柔軟性を測れたのは{n_sizes}種類の大きさ）"
    if n_sizes < 2:
        return result | {"slope": None, "ci_low": None, "ci_high": None}
    frame = pd.DataFrame([{"model": p["run"], "params": p["params"], "value": p["value"]} for p in points])
    slope = size_slope(frame)
    holds = slope.ci_low > 0 if slope.ci_low is not None and result["why_not"] is None else None
    return result | {"slope": slope.slope, "ci_low": slope.ci_low, "ci_high": slope.ci_high, "holds": holds}


def _points(reports: Sequence[Json]) -> tuple[list[Json], list[Json]]:
    """Models whose flexibility may be put on one axis, and the others with the reason."""
    newest: dict[tuple[str, str], Json] = {}
    left_out: list[Json] = []
    for report in sorted(reports, key=lambda report: (report["created_at"], report["run"]), reverse=True):
        if reason := _no_point(report):
            left_out.append({"run": report["run"], "reason": reason})
        elif newest.setdefault((report["grid"], report["fingerprint"]), report) is not report:
            left_out.append({"run": report["run"], "reason": "同じチェックポイントのより新しい結果がある"})
    grids: dict[str, list[Json]] = {}
    for report in newest.values():
        grids.setdefault(report["grid"], []).append(report)
    chosen = max(
        grids, key=lambda grid: (len({r["params"] for r in grids[grid]}), len(grids[grid]), grid), default=None
    )
    other = "ほかのモデルと同じ問いではない（スイートか条件が違う）"
    left_out += [{"run": r["run"], "reason": other} for r in newest.values() if r["grid"] != chosen]
    points = [
        {"model": r["name"], "run": r["run"], "params": r["params"], "value": r["formats"]["retained"]}
        for r in grids.get(chosen or "", [])
    ]
    return sorted(points, key=lambda p: (p["params"], p["run"])), sorted(left_out, key=lambda entry: entry["run"])


def _no_point(report: Json) -> str | None:
    if not report["params"]:
        return "チェックポイントからパラメータ数を読めない"
    if report["formats"] is None:
        return str(report["why_not"]["formats"])
    return report["notes"].get("formats") if report["formats"]["retained"] is None else None


def records(frame: pd.DataFrame) -> list[Json]:
    """Rows as plain values; missing numbers are None."""
    return [
        {name: None if value != value else value for name, value in row.items()}  # noqa: PLR0124  (NaN)
        for row in frame.astype(object).where(frame.notna(), None).to_dict("records")
    ]
