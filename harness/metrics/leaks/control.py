"""Leaks of the prompt's machinery: the next turn, template strings, unfilled placeholders."""

from __future__ import annotations

import re

from kikime.harness.metrics.metric import Metric
from kikime.harness.metrics.text.fold import Span

_BRACKET_WORD = (
    r"(?:名前|氏名|ここに|地名|日付|挿入|記入|入力して|キャラ(?:クター)?名|[◯○〇●]{2,}"
    r"|(?<![A-Za-z])(?:your|name|user(?:name)?|char|insert|xx+)(?![A-Za-z]))"
)
_PLACEHOLDER = re.compile(
    rf"[\[〔{{<][^\[\]〔〕{{}}<>\n\":]{{0,12}}?{_BRACKET_WORD}[^\[\]〔〕{{}}<>\n\":]{{0,12}}[\]〕}}>]"
    r"|[\[〔{][ぁ-んァ-ヴー一-龥]{0,8}(?:ユーザー名|[^有別]名|場所|年齢|職業|趣味|日時|住所)[\]〕}]"
    r"|[《【(]お?名前[》】)](?=さん|様|さま|くん|君|ちゃん)|\((?:ここにお?(?:名前|氏名)|[^()\n]{1,8}を(?:入力|記入|挿入))[^()\n]{0,8}\)"
    r"|%(?:user|name|char)[a-z_]{0,12}%|(?<!_)__[A-Z]{3,12}__(?!_)|(?<!_)_{2,8}(?=さん|様|さま|くん|君|ちゃん)"
    r"|\((?:あなた|お客様|ユーザー|ご自身|自分|相手|主人公|私)の(?:お)?名前\)"
    r"|(?<![一二三四五六七八九十百千万億兆\d◯○〇])(?:〇{2,}|○{2,}|◯{2,})(?![一二三四五六七八九十百千万億兆\d◯○〇])"
    r"|(?<![●△▲□■×A-Za-z])(?:●{2,}|△{2,}|▲{2,}|□{2,}|■{2,}|×{2,}|X{2,3})(?=さん|様|さま|くん|君|ちゃん|先生|年|月|日|県|市|町|高校|大学|株式会社|駅)",
    re.IGNORECASE,
)


_PLACEHOLDER_HINT = re.compile(r"[\[〔{<(《【%_〇○◯●△▲□■×Xx]")


def placeholders(text: str) -> list[Span]:
    """Spans of unfilled placeholders in folded text: [あなたの名前], {name}, 〇〇さん, XX年.

    >>> placeholders("私の名は、[あなたの名前]です。"), placeholders("二〇〇五年の[笑]")
    ([(5, 13)], [])
    """
    if not _PLACEHOLDER_HINT.search(text):
        return []
    return [match.span() for match in _PLACEHOLDER.finditer(text)]


METRICS = (
    Metric(
        name="turn_leak",
        kind="binary",
        direction="lower",
        group="leak",
        ja="次の発話まで書いてしまった",
        en="the reply goes on with another turn",
        short_ja="次の発話の書き足し",
        short_en="further turn written",
        critical=True,
        version="rules/7",
        function=lambda reading: int(bool(reading.turns)),
        spans=lambda reading: reading.turns,
    ),
    Metric(
        name="template_leak",
        kind="binary",
        direction="lower",
        group="leak",
        ja="テンプレートの制御文字列、文、見出しが漏れた",
        en="a control string, sentence or heading of the template leaked",
        short_ja="制御文字列の漏れ",
        short_en="control string leak",
        critical=True,
        version="rules/7",
        function=lambda reading: int(bool(reading.templates)),
        spans=lambda reading: reading.templates,
    ),
    Metric(
        name="placeholder_leak",
        kind="binary",
        direction="lower",
        group="leak",
        ja="穴埋めの記号が残っている",
        en="an unfilled placeholder is left",
        short_ja="穴埋め記号",
        short_en="unfilled placeholder",
        critical=True,
        version="rules/6",
        function=lambda reading: int(bool(placeholders(reading.whole))),
        spans=lambda reading: placeholders(reading.whole),
    ),
)
