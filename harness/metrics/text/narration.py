"""What of a reply is told and not said: stage directions (*…*, (…), […], 【…】) and the prose around 「…」 of a novel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from kikime.harness.metrics.text.fold import Span, fold

_HINT = re.compile(r"[*(「『\[【]")
_BEFORE = r"(?:\A|(?<=[\s。!?！？…♪♡)」』*~〜―]))"
_AFTER = r"(?=[\s「『(*]|\Z)"
_STARRED = r"\*(?![\s*])[^*\n]{1,300}(?<!\s)\*(?!\*)"
_BRACKETED = r"\([^()\n]{2,200}\)"
_STARS = re.compile(rf"(?<!\*)(?:{_BEFORE}{_STARRED}|{_STARRED}{_AFTER})")
_BRACKETS = re.compile(_BRACKETED)
_FRAMED = re.compile(rf"{_BEFORE}(?:\[([^\[\]\n]{{2,200}})\]|【([^【】\n]{{2,200}})】)(?!\()")
"""Also headings, tags and links stand in square brackets: only what reads as an act is told."""
_WORDS = re.compile(r"[\sぁ-んァ-ヴー一-龥々〆A-Za-z0-9、,。.…・~〜!?'\"-]+\Z")
_SIGNS = re.compile(r"\(?(?:笑い?|汗|泣き?|照れ?|爆笑?|怒|嘘|涙|微笑|苦笑|謎|ぇ|違|略|仮|注|株|有|税込|税別)\)?\Z")
_BLANK = re.compile(r"名前|入力|記入|ここに|省略|[A-Z][A-Za-z]*\Z")
"""What a form asks to fill in, or who speaks."""
_MIMETIC = re.compile(r"([ぁ-んァ-ヴー]{2})\1\Z|[ぁ-んァ-ヴ]+[っッりリ]\Z")
_MANNER = re.compile(r"(?:ながら|つつ|[声顔目]で|そうに|げに)\Z")
_DONE = re.compile(r"(?:[うくぐすつぬぶむるただいん]|s|ed|ing)[。.…!?]*\Z")
_QUOTED = re.compile(r"[「『]([^「」『』\n]{2,})[」』]")
_SAID = re.compile(r"[。、!?！？…]|(?:[わよねぞぜなさか]|です|ます|ました|[よょろ]う|ない|たい|ください)\Z")
"""What a quoted sentence has and a title has not."""
_TOLD = re.compile(r"(?<![でま])(?<!まし)(?<!でし)[うくぐすつぬぶむるただいん][。.…]*\Z")
_POLITE = re.compile(r"(?:です|ます|でした|ました|ません|でしょう|ください)[わのねよかがさぜぞ]*[。.…!?]*\Z")
_PARTICLE = re.compile(r"[がはをにのもでへや]|と(?:いう|いった|いえば|言えば|か|も|は|の|言った(?:ら|ほう))|って")
_SENTENCE = re.compile(r"[^。!?！？…]*(?:[。!?！？…]+|\Z)")


def narration(text: str) -> list[Span]:
    """Spans of folded text that are told and not said, quotation marks around speech included.

    An emphasised word, a bracket inside a sentence, (笑) and a quotation in what is said are none.

    >>> def told(text): return [text[a:b] for a, b in narration(text)]
    >>> told("ごきげんよう。*微笑む*"), told("(小声で)行きますわ"), told("紅茶(アールグレイ)が好きですわ(笑)")
    (['*微笑む*'], ['(小声で)'], [])
    >>> told("【うなずきながら】承知しましたわ。"), told("[小さく手を振る] またね。"), told("【おすすめ】薔薇ですわ。")
    (['【うなずきながら】'], ['[小さく手を振る]'], [])
    >>> told("「行きますわ」と彼女は微笑んだ。"), told("「薔薇」が好きですわ。")
    (['「', '」と彼女は微笑んだ。'], [])
    """
    if not _HINT.search(text):
        return []
    found = [match.span() for match in _STARS.finditer(text)] if "*" in text else []
    if "(" in text:
        found += [match.span() for match in _BRACKETS.finditer(text) if _is_direction(text, *match.span())]
    if "[" in text or "【" in text:
        found += [match.span() for match in _FRAMED.finditer(text) if _is_act(match[1] or match[2])]
    if "「" in text or "『" in text:
        found += _prose(text)
    return _joined(found)


def spoken_text(text: str) -> str:
    """A text, folded, without what is told in it.

    >>> spoken_text("＊微笑む＊ ごきげんよう。")
    'ごきげんよう。'
    """
    folded = fold(text)
    return voiced(folded, narration(folded)).strip()


def voiced(text: str, told: list[Span]) -> str:
    r"""Folded text with as many line feeds in the place of what is told, so that offsets stay.

    What is said before it ends there: it gets a 。 where it has no final mark.

    >>> voiced("「行きますわ」と微笑んだ", [(0, 1), (6, 12)])
    '\n行きますわ。\n\n\n\n\n'
    """
    for start, end in told:
        kept = text[:start].rstrip()
        mark = "。" if kept[-1:].isalnum() or kept.endswith("ー") else ""
        text = kept + mark + "\n" * (end - len(kept) - len(mark)) + text[end:]
    return text


def _is_direction(text: str, start: int, end: int) -> bool:
    """Whether a bracket tells what is done, rather than explaining the word before it."""
    inner = text[start + 1 : end - 1].strip()
    if not _WORDS.match(inner) or _SIGNS.match(inner) or _BLANK.search(inner) or inner.isdigit():
        return False
    if not text[start - 1 : start].isalnum() or start == 0 or _MANNER.search(inner):
        return True
    return not text[end : end + 1].isalnum() and bool(_DONE.search(inner) or _MIMETIC.match(inner))


def _is_act(inner: str) -> bool:
    """Whether what is in square brackets says what somebody does, and how."""
    inner = inner.strip()
    if not _WORDS.match(inner) or _SIGNS.match(inner) or _BLANK.search(inner):
        return False
    return bool(_MANNER.search(inner) or _DONE.search(inner) or _MIMETIC.match(inner))


def _prose(text: str) -> list[Span]:
    """Of a text that quotes what is said and tells the rest, all but what is quoted."""
    if not any(_SAID.search(match[1]) for match in _QUOTED.finditer(text)):
        return []
    lines = [match.span() for match in re.finditer(r"[^\n]+", text)]
    around = [_around(text, start, end) for start, end in lines]
    alone = [told is None and _is_told(text[start:end]) for told, (start, end) in zip(around, lines, strict=True)]
    if not any(told and told.prose for told in around) and not (any(alone) and any(around)):
        return []
    found: list[Span] = []
    for line, told, is_told in zip(lines, around, alone, strict=True):
        found += told.edges if told else [line] if is_told else []
    return found


class _Around(NamedTuple):
    """What surrounds the quotations of one line."""

    edges: list[Span]
    prose: bool
    """Whether it is more than quotation marks."""


def _around(text: str, start: int, end: int) -> _Around | None:
    """What a line tells around its quotations; None where it is all told, or speech that quotes something."""
    quotes = list(_QUOTED.finditer(text, start, end))
    pieces = [(a, b) for a, b in _between(quotes, start, end) if text[a:b].strip()]
    if not quotes or not all(_is_prose(text, a, b, at_start=a == start) for a, b in pieces):
        return None
    inside = [edge for match in quotes for edge in match.span(1)]
    edges = [start, *inside, end]
    return _Around([(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a], bool(pieces))


def _between(quotes: list[re.Match[str]], start: int, end: int) -> Iterator[Span]:
    reached = start
    for match in quotes:
        yield reached, match.start()
        reached = match.end()
    yield reached, end


def _is_prose(text: str, start: int, end: int, *, at_start: bool) -> bool:
    piece = text[start:end].strip()
    if at_start:
        return piece.endswith(("。", "!", "?", "…")) and _is_told(piece)
    return not _PARTICLE.match(piece) and _is_told(piece)


def _is_told(text: str) -> bool:
    """Whether every sentence ends as narration does: plainly, without a particle of talk."""
    sentences = [match[0].strip() for match in _SENTENCE.finditer(text) if match[0].strip(" 　。!?…\n")]
    return bool(sentences) and all(_TOLD.search(s) and not _POLITE.search(s) and s[-1] not in "!?" for s in sentences)


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
