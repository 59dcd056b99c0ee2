"""Words and numbers as tables show them, in Japanese."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from kikime.harness.metrics.registry import METRICS, QUALITY

VERDICTS = {"better": "▲ 優位", "worse": "▼ 劣位", "equivalent": "＝ 同等", "inconclusive": "？ 保留"}
CHANGES = {"up": "↑ 増加", "down": "↓ 減少", "unclear": "？ 保留"}
DIRECTIONS = {"higher": "高いほど良い", "lower": "低いほど良い", "none": "良し悪しなし"}
DECISIONS = {"pass": "合格", "fail": "不合格", "insufficient evidence": "証拠不足"}
MISSING_CELLS = "cells are missing"
CONDITIONS = {
    "persona": "キャラクター", "task": "タスク", "format": "書式", "shots": "例示の数", "technique": "聞き方",
}  # fmt: skip
MEASURES = {
    "formats": "柔軟性", "sensitivity": "項目ごとの敏感さ", "steerability": "指示の効き目", "few_shot": "例示の効き目",
    "techniques": "聞き方の効き目",
}  # fmt: skip
UNITS = {"length_chars": "文字数", "sentences": "文の数"}
_SHORT = {
    "style_band": "口調の水準", "length_fit": "長さの適合", "fact_correct": "設定の正答", "constraint_ok": "形式の遵守",
    "critical_failure": "致命的な失敗", QUALITY: "返答の質", "length_chars": "文字数", "sentences": "文の数",
    "marker_rate": "語尾の割合", "length_closeness": "目標文字数への近さ", "sentence_fit": "文数の適合", "newlines": "改行",
    "marker_spam": "語尾の重ね使い", "first_person_used": "一人称の使用", "first_person_ok": "一人称の正しさ",
    "second_person_ok": "二人称の正しさ", "forbidden_terms": "禁止語", "polite_ratio": "丁寧体の割合",
    "missing_kuten": "文末記号の欠落", "no_eos": "打ち切り", "turn_leak": "発話の続き", "template_leak": "制御文字列の漏れ",
    "role_confusion": "役割の混同", "placeholder_leak": "穴埋め記号", "language_leak": "別言語の混入", "repetition": "返答内の繰り返し",
    "self_repetition": "以前の返答の繰り返し", "fewshot_copy": "例の丸写し", "prompt_echo": "オウム返し", "empty": "空の返答",
    "fact_wrong": "設定との食い違い", "abstained": "わからないと答えた", "hallucinated": "根拠のない断定",
    "constraint_ok_loose": "形式の遵守（緩め）", "stop_by_string": "停止文字列での終わり",
}  # fmt: skip


def metric_label(metric: str) -> str:
    """A short name of a metric, a derived value or a judge's criterion."""
    if metric in _SHORT:
        return _SHORT[metric]
    return METRICS[metric].ja if metric in METRICS else f"判定：{metric}"


def is_share(metric: str) -> bool:
    """Whether the metric's values are 0–1 and shown as percentages."""
    return metric == QUALITY or (metric in METRICS and METRICS[metric].high == 1)


def value(metric: str, number: float | None) -> str:
    """A value in the metric's own unit; "—" when there is none."""
    if number is None:
        return "—"
    if is_share(metric):
        return f"{100 * number:.1f}%"
    return f"{number:.2f}" if metric != "length_chars" else f"{number:.1f}"


def change(metric: str, number: float | None) -> str:
    """A difference, signed; percentage points for shares."""
    if number is None:
        return "—"
    shown = 100 * number if is_share(metric) else number
    digits = 1 if is_share(metric) or metric == "length_chars" else 2
    text = f"{shown:+.{digits}f}"
    if float(text) == 0:
        text = f"±{0:.{digits}f}"
    return text.replace("-", "−")


def size_of(metric: str, number: float | None) -> str:
    """The size of a difference, without a sign; percentage points for shares, of which there are at most 100."""
    if number is not None and number > 1 and is_share(metric):
        return ">100"
    return change(metric, number).lstrip("+±")


def interval(metric: str, low: float | None, high: float | None) -> str:
    """An interval of a difference."""
    return "—" if low is None or high is None else f"{change(metric, low)} 〜 {change(metric, high)}"


def verdict(row: Mapping[str, Any]) -> str:
    """The verdict in words; metrics without a better end only go up or down."""
    if row["direction"] == "none" and row["verdict"] != "equivalent":
        return CHANGES[row["change"]]
    return VERDICTS[row["verdict"]]


def p_value(number: float | None) -> str:
    """A p-value to three places, never 0."""
    return "—" if number is None else "<.001" if number < 0.001 else f"{number:.3f}"


def parameters(number: int | None) -> str:
    """A parameter count: 3.1M, 7.2B; "—" when unknown."""
    if not number:
        return "—"
    for unit, size in (("B", 1e9), ("M", 1e6), ("K", 1e3)):
        if number >= size:
            return f"{number / size:.3g}{unit}"
    return str(number)


def reason(text: str) -> str:
    """Why a run has no rank."""
    return "欠けている返答がある" if text == MISSING_CELLS else text


def claim(row: Mapping[str, Any]) -> str:
    """Whether a claim holds for a model: is the lower bound of its effect above 0?"""
    if row["holds"] is None:
        return "まだ言えない" if row["effect"] is not None else "測っていない"
    return "はい" if row["holds"] else "いいえ（逆の効果）" if row["refuted"] else "いいえ"


def chance(number: float | None) -> str:
    """A probability as a percentage, never 0 or 100 by rounding alone."""
    if number is None:
        return "—"
    if 0 < number < 0.001:
        return "<0.1%"
    return ">99.9%" if 0.999 < number < 1 else f"{100 * number:.1f}%"


def handled(side: Mapping[str, Any]) -> str:
    """Whether a kind of request is handled, with the share of items and its interval: ✓ 92% (65–99)."""
    return f"{side['mark']} {100 * side['rate']:.0f}% ({100 * side['low']:.0f}–{100 * side['high']:.0f})"


def distinct_names(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The name of each run (by id), with the end of its id where several runs have the same name."""
    named = {row["run"]: row.get("name", row["run"]) for row in rows}
    often = Counter(named.values())
    return {run: f"{name} ({run[-6:]})" if often[name] > 1 else name for run, name in named.items()}


def rank_text(row: Mapping[str, Any]) -> str:
    """A rank with its interval: 3 (2–5)."""
    return f"{row['rank']} ({row['rank_low']}–{row['rank_high']})"


def points(number: float | None) -> str:
    """Points of an area, 0–100."""
    return "—" if number is None else f"{number:.1f}"


def half_width(low: float | None, high: float | None) -> str:
    """Half the width of an interval, as ±."""
    return "" if low is None or high is None else f"±{(high - low) / 2:.1f}"
