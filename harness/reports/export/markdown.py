"""Markdown tables for READMEs and model cards: values with ±, n and rank intervals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from kikime.harness.words import labels

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$!&])")


def escape_cell(text: str) -> str:
    """Text inside a markdown table: on one line, every character of the syntax escaped."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """A markdown table; the first ``left`` columns are text."""
    align = ["---" if number < left else "---:" for number in range(len(columns))]
    lines = [f"| {' | '.join(columns)} |", f"|{'|'.join(align)}|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def run_markdown(overview: dict[str, Any]) -> str:
    """One run: its metrics with ± and n, what it can do, and where it comes from."""
    rows = [
        [
            labels.metric_label(row["metric"]),
            f"`{row['metric']}`",
            labels.DIRECTIONS[row["direction"]],
            _plus_minus(row["metric"], row["mean"], row["half_width"]),
            f"{row['n']:,}",
        ]
        for row in overview["metrics"]
    ]
    able = [[escape_cell(row["title"]), labels.handled(row), str(row["n"])] for row in overview["capability"]]
    return (
        f"## {escape_cell(overview['name'])} × {escape_cell(overview['suite'])}\n\n"
        + table(["指標", "名前", "向き", "平均 ± 95%", "n"], rows, left=3)
        + "\n"
        + table(["依頼の種類", "応えた項目の割合（95%区間）", "n"], able)
        + f"\nモデル {escape_cell(overview['model'])}（{labels.parameters(overview['params'])}）、充足率 "
        f"{100 * overview['coverage']:.1f}%、run `{overview['run']}`。"
        "平均は、項目ごとの平均をキャラクターごとに平均し、さらにキャラクターで平均したもの"
        "（`kikime compare` と同じ。割合の指標はキャラクターごとの合計どうしの比）。n は返答の数。\n"
    )


def comparison_markdown(report: dict[str, Any]) -> str:
    """A comparison: one row per metric, with its interval, verdict and n."""
    a, b = (escape_cell(report[side]["name"]) for side in ("a", "b"))
    if not report["comparable"]:
        reasons = "\n".join(f"- {escape_cell(reason)}" for reason in report["why_not"])
        return f"## {a} → {b}\n\n比較できません。\n\n{reasons}\n"
    rows = [
        [
            ("◎ " if row["primary"] else "") + labels.metric_label(row["metric"]),
            labels.value(row["metric"], row["mean_a"]),
            labels.value(row["metric"], row["mean_b"]),
            labels.change(row["metric"], row["delta"]),
            labels.interval(row["metric"], row["ci_low"], row["ci_high"]),
            labels.size_of(row["metric"], row["margin"]),
            labels.p_value(row["p_adjusted"]),
            labels.verdict(row),
            str(row["n_items"]),
        ]
        for row in report["metrics"]
    ]
    able = [
        [escape_cell(row["title"])] + [labels.handled(row[side]) for side in ("a", "b")] + [str(row["a"]["n"])]
        for row in report["capability"]
    ]
    return (
        f"## {a} → {b}\n\n"
        + table(["指標", a, b, "差", "95%区間", "関心差", "補正p", "判定", "項目"], rows)
        + "\n"
        + table(["依頼の種類", a, b, "項目"], able)
        + f"\n差は {b} − {a}、{report['scope']['ja']}。◎は主要な指標（Holm補正）、ほかは Benjamini–Hochberg 補正。関心差は"
        f"意味があるとみなす最小の差（{report['margins']}）。\n"
    )


def _plus_minus(metric: str, mean: float | None, half: float | None) -> str:
    shown = labels.value(metric, mean)
    return shown if half is None else f"{shown} ± {labels.value(metric, half)}"
