"""Sentences of Japanese chat text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from kikime.harness.metrics.text.fold import Span
from kikime.harness.metrics.text.lexicon import COPULAS

_QUOTED = re.compile(r"「[^「」『\n]*」|『[^「『』\n]*』")
_URL = re.compile(r"(?:https?://|www\.)[!-~]+")
_EMOJI = "\U0001f000-\U0001faff\u2600-\u27bf\u2b50\ufe0f\u200d"
_MUSIC = "♪♫♬♡♥❤☆★✨"
_FACE = r"\((?:笑|汗|泣|照|爆|怒|嘘|涙|微笑)\)"
_FINAL_FORM = rf"(?:{'|'.join(COPULAS)}|ください|ませ|かしら|もの|こと|[わよねぞぜただ])"
_FINAL_CHAR = "すんたういせらのとわよねぞぜだなかっーー~〜"
_CLOSERS = "」』）)\\]】〉》”\"'*"
_BREAK = re.compile(
    rf"\n+|[。!?！？｡]+(?:[{_CLOSERS}]|\s?(?:[{_MUSIC}{_EMOJI}]|{_FACE}|w+(?![A-Za-z])))*"
    rf"|(?<=[{_FINAL_CHAR}])(?:[{_MUSIC}{_EMOJI}]+|{_FACE}|w+|笑)(?=\s?[ぁ-んァ-ヴ一-龥A-Za-z「『])"
)
_ENDS_FINAL = re.compile(rf"{_FINAL_FORM}[わよねなのか]*[っー~〜]*\Z")
_LATIN_STOP = re.compile(r"(?<=[A-Za-z)\"'])[.!?]+[\"')]*(?=\s|\Z)|\n+")
_LETTER = re.compile(r"[^\W_]")
_WRAPPED = re.compile(
    r"([^\s「」『』。、!?:\n]{0,24}?)\s?:?\s?(?:「([^「」]*(?:「[^「」]*」[^「」]*)*)」|『([^『』]*)』)\Z"
)
_NO_HIRAGANA = re.compile(r"[^ぁ-ん]*\Z")

_FORMULA = re.compile(
    r"(?:(?>はい|ええ|いいえ|いえ|ううん|うん|うふふ|ふふ|おほほ|ほほほ|あら|まあ|まぁ|あの|ああ|あっ|えっ|へえ|ねえ|さあ|では|"
    r"そう|うーん|んー|わあ|やった|おお|おっ|もう|ごきげんよう|御機嫌よう|おはよう(?:ございます)?+|こんにち[はわ]|こんばん[はわ]|"
    r"おやすみ(?:なさい)?|さようなら|ありがとう(?:ございます|ございました)?|ごめんなさい|すみません|失礼(?:します|いたします)|"
    r"いただきます|ごちそうさま(?:でした)?|はじめまして|初めまして|こちらこそ|(?:それ)?で?は?、?また(?:ね|明日)?|お疲れ様(?:です|でした)?|いってらっしゃい(?:ませ)?|おかえり(?:なさい)?|ただいま|(?:どうぞ)?よろしく(?:お願い(?:します|いたします|致します))?|お願い(?:します|いたします)|"
    r"[ふはほえ])[、,・。.!?ー~〜っ…\s]*+)++\Z"
)


def is_formula(sentence: str) -> bool:
    """Whether a folded sentence is nothing but greetings and interjections.

    >>> is_formula("はい、ええ。"), is_formula("おはようございます!"), is_formula("よく眠れましたわ。")
    (True, True, False)
    """
    return len(sentence) < 40 and _FORMULA.match(sentence) is not None


def mask(text: str) -> str:
    """Replace quotations and URLs by as many 〓, so that offsets stay and nothing inside them counts.

    >>> mask("兄が「行くよ。」と言いましたわ。")
    '兄が〓〓〓〓〓〓と言いましたわ。'
    """
    if "「" in text or "『" in text:
        text = _QUOTED.sub(_blank, text)
        text = _QUOTED.sub(_blank, text)
    if "://" in text or "www." in text:
        text = _URL.sub(_blank, text)
    return text


def blanked(text: str, spans: Iterable[Span]) -> str:
    """Replace spans by as many 〓.

    >>> blanked("はい</s>", [(2, 6)])
    'はい〓〓〓〓'
    """
    pieces: list[str] = []
    reached = 0
    for start, end in sorted(spans):
        pieces += (text[reached:start], "〓" * (end - max(start, reached)))
        reached = max(reached, end)
    return "".join((*pieces, text[reached:]))


def _blank(match: re.Match[str]) -> str:
    return "〓" * len(match[0])


def unwrap(text: str, names: Collection[str] = ()) -> Span:
    """Find what a reply says inside ``Name「…」`` or after ``Name:``; the whole text when it is not wrapped.

    The name is one of ``names``, absent, or any word without hiragana.

    >>> text = "小野寺絢音「ごきげんよう。」"
    >>> start, end = unwrap(text); text[start:end]
    'ごきげんよう。'
    >>> unwrap("わたくしは「薔薇」")
    (0, 9)
    """
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    label = next((name for name in names if text.startswith((f"{name}:", f"{name} :"), start)), None)
    if label is not None:
        start = text.index(":", start) + 1
        start += len(text[start:end]) - len(text[start:end].lstrip())
    if end > start and text[end - 1] in "」』" and (match := _WRAPPED.match(text, start, end)):
        name = match[1]
        if name in names or _NO_HIRAGANA.match(name):
            return match.span(2) if match[2] is not None else match.span(3)
    return (start, max(start, end))


def split_sentences(text: str, *, language: str = "ja") -> list[Span]:
    r"""Split folded text into sentences, as offsets without outer white space.

    New lines and 。!? end a sentence; 「…」 and URLs are never split; ♪, emoji, (笑) and w end one only after a
    sentence-final form. A full stop ``.`` ends a sentence in English personas only. Pieces without a letter or digit belong
    to the sentence before them.

    >>> text = "まあ!!素敵ですわ♪わたくしも「行く。」と言いました。3.5点ですわ"
    >>> [text[a:b] for a, b in split_sentences(text)]
    ['まあ!!', '素敵ですわ♪', 'わたくしも「行く。」と言いました。', '3.5点ですわ']
    """
    masked = mask(text)
    pattern = _LATIN_STOP if language == "en" else _BREAK
    cuts = [match.end() for match in pattern.finditer(masked) if _is_break(masked, match)]
    if not cuts:
        return _trimmed(text, 0, len(text))
    sentences: list[Span] = []
    begin = 0
    for cut in (*cuts, len(text)):
        for start, end in _trimmed(text, begin, cut):
            if sentences and not _LETTER.search(text, start, end):
                sentences[-1] = (sentences[-1][0], end)
            else:
                sentences.append((start, end))
        begin = cut
    if len(sentences) > 1 and not _LETTER.search(text, *sentences[0]):
        sentences[:2] = [(sentences[0][0], sentences[1][1])]
    return sentences


def _is_break(text: str, match: re.Match[str]) -> bool:
    if match[0][0] in "\n。!?！？｡." or "." in match[0]:
        return True
    return _ENDS_FINAL.search(text, max(0, match.start() - 12), match.start()) is not None


def _trimmed(text: str, start: int, end: int) -> list[Span]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return [(start, end)] if start < end else []
