"""What every metric means: direction, kind, scale, group and a line of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

QUALITY = "quality"
"""Name of the derived quality of a reply, which reports compute; see ``reports/tables/areas.yaml``."""

Direction = Literal["higher", "lower", "none"]
Kind = Literal["int", "rate", "binary"]
Group = Literal["length", "style", "leak", "repetition", "facts", "constraints", "labels", "critical"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One rule metric."""

    name: str
    """Name in scores, tables and JSON."""
    direction: Direction
    """Whether higher or lower values are better; ``none`` for descriptions."""
    kind: Kind
    """``int`` counts, ``rate`` is a real number in the scale, ``binary`` is 0 or 1."""
    low: float | None
    """Smallest possible value; None when there is no bound."""
    high: float | None
    """Largest possible value; None when there is no bound."""
    group: Group
    """Heading under which tables show it."""
    ja: str
    """One line of description in Japanese."""
    en: str
    """One line of description in English."""
    critical: bool = False
    """Whether 1 makes the reply a critical failure."""


def _binary(name: str, direction: Direction, group: Group, ja: str, en: str, *, critical: bool = False) -> Metric:
    return Metric(name, direction, "binary", 0, 1, group, ja, en, critical)


def _rate(name: str, direction: Direction, group: Group, ja: str, en: str) -> Metric:
    return Metric(name, direction, "rate", 0, 1, group, ja, en)


def _count(name: str, direction: Direction, group: Group, ja: str, en: str) -> Metric:
    return Metric(name, direction, "int", 0, None, group, ja, en)


_ALL = (
    _count("length_chars", "none", "length", "返答の文字数", "characters of the reply"),
    _binary("length_fit", "higher", "length", "文字数がカードの範囲内", "length is inside the card's range"),
    _rate("length_closeness", "higher", "length", "目標文字数への近さ", "closeness to the wanted length"),
    _count("sentences", "none", "length", "文の数", "sentences of the reply"),
    _binary("sentence_fit", "higher", "length", "文数がカードの範囲内", "sentence count is inside the card's range"),
    _count("newlines", "none", "length", "改行の数（連続は1回）", "line breaks, runs counted once"),
    _count("eligible_sentences", "none", "style", "語尾を判定できる文の数", "sentences that could carry a marker"),
    _count("marker_sentences", "none", "style", "役柄の語尾で終わる文の数", "sentences that end in the character's marker"),
    _rate("marker_rate", "none", "style", "役柄の語尾で終わる文の割合", "share of sentences with the marker"),
    _binary("marker_spam", "lower", "style", "語尾の不自然な重ね使い", "markers are piled up"),
    _rate("style_band", "higher", "style", "語尾の割合が本人の水準に近い", "marker rate is near the character's own"),
    _binary("first_person_used", "none", "style", "一人称を使っている", "a first-person pronoun is used"),
    _binary("first_person_ok", "higher", "style", "一人称が役柄どおり", "first-person pronouns are in character"),
    _binary("second_person_ok", "higher", "style", "二人称が役柄どおり", "second-person pronouns are in character"),
    _count("forbidden_terms", "lower", "style", "禁止語の数", "words that the card forbids"),
    _rate("polite_ratio", "none", "style", "丁寧体の文の割合", "share of polite (です・ます) sentences"),
    _binary("missing_kuten", "none", "style", "句点などの文末記号がない文がある", "a sentence lacks its final mark"),
    _binary("no_eos", "lower", "leak", "返答が終わらず打ち切られた", "the reply did not end by itself", critical=True),
    _binary("stop_by_string", "lower", "leak", "自力で終わらず停止文字列で止められた", "only a stop string of the format ended it"),
    _binary("turn_leak", "lower", "leak", "次の発話まで書いてしまった", "the reply goes on with another turn", critical=True),
    _binary("template_leak", "lower", "leak", "テンプレートの制御文字列が漏れた", "a control string leaked", critical=True),
    _binary("role_confusion", "lower", "leak", "AIを名乗る、相手の台詞を書く", "speaks as an AI or for the user", critical=True),
    _binary("placeholder_leak", "lower", "leak", "穴埋めの記号が残っている", "an unfilled placeholder is left", critical=True),
    _binary("language_leak", "lower", "leak", "別の言語が混ざった", "another language got in", critical=True),
    _rate("repetition", "lower", "repetition", "返答の中の繰り返し", "repetition inside the reply"),
    _rate("self_repetition", "lower", "repetition", "以前の自分の返答の繰り返し", "repetition of an earlier own reply"),
    _binary("fewshot_copy", "lower", "repetition", "例示した返答の丸写し", "an example was copied"),
    _binary("prompt_echo", "lower", "repetition", "質問や指示のオウム返し", "the prompt was echoed"),
    _binary("empty", "lower", "leak", "返答が空", "the reply is empty", critical=True),
    _binary("critical_failure", "lower", "critical", "致命的な失敗が一つ以上ある", "at least one critical failure"),
    _binary("fact_correct", "higher", "facts", "設定の事実を正しく答えた", "the profile's fact was given"),
    _binary("fact_wrong", "lower", "facts", "設定と違う答えを言い切った", "another answer than the profile's was given"),
    _binary("abstained", "none", "facts", "わからない・言えないと答えた", "the reply declines or does not know"),
    _binary("hallucinated", "lower", "facts", "答えようのない問いに断定で答えた", "an unanswerable question was answered"),
    _binary("constraint_ok", "higher", "constraints", "形式の指定をすべて守った", "all format constraints hold"),
    _binary(
        "constraint_ok_loose", "higher", "constraints", "前置きや装飾を除けば形式の指定を守った",
        "all format constraints hold without preamble and markdown",
    ),
    _binary("reasoning_leak", "lower", "leak", "推論と返事を分けられなかった", "reasoning and reply cannot be told apart"),
    _binary("label_correct", "higher", "labels", "ラベルが正しい（偏り補正後）", "the right label wins, its prior taken off"),
    Metric("label_margin", "none", "rate", None, None, "labels", "正しいラベルの優位（対数確率の差）", "lead in log-probability"),
    Metric("probe_shift", "none", "rate", None, None, "labels", "新しい事実への移り（対数確率の差）", "log p(new) − log p(old)"),
    _binary("probe_new_first", "none", "labels", "新しい事実のほうが確からしい", "the new fact is the likelier one"),
)  # fmt: skip

METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}
"""Every rule metric by name, in the order of tables."""

CRITICAL: tuple[str, ...] = tuple(metric.name for metric in _ALL if metric.critical)
"""Metrics of which any 1 is a critical failure."""
