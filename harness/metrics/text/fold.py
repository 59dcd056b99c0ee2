"""Views of a reply: folded for matching, raw for counting."""

from __future__ import annotations

import re
import unicodedata

import regex

Span = tuple[int, int]
"""Start and end offsets in a text, end exclusive."""

_INVISIBLE = (
    " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
)
_INVISIBLE += "\u2028\u2029\u202f\u205f\u3000\u200b\u200c\u200e\u200f\u2060\ufeff\u00ad\u3164"
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_WIDE_STOP = re.compile("．(?![0-9０-９A-Za-zＡ-Ｚａ-ｚ])")
_ONE_CODE_POINT_EACH = re.compile(
    "[\n\\x20-\\x7e\u2010-\u2027\u2030-\u205e\u2190-\u23ff\u2500-\u2bff"
    "\u3000-\u3029\u3030-\u3098\u309b-\u30ff\u4e00-\u9fff\uff01-\uff9d]*"
)
_NEWLINE_RUN = re.compile(r"[\r\n\v\f\x85\u2028\u2029]\s*")
_CLUSTER = regex.compile(r"\r\n|.[\p{M}\uFF9E\uFF9F]*", regex.DOTALL)
_GRAPHEME = regex.compile(r"\X")


def fold(text: str) -> str:
    r"""Fold to NFKC with \n as the only line end; a full-width stop that ends a sentence becomes 。.

    >>> fold("ＵＳＥＲ：ﾊﾛｰ！\r\nです．")
    'USER:ハロー!\nです。'
    """
    if text.isascii() and "\r" not in text:
        return text
    if "．" in text:
        text = _WIDE_STOP.sub("。", text)
    return _LINE_ENDS.sub("\n", unicodedata.normalize("NFKC", text))


def fold_spans(text: str) -> tuple[str, list[Span]]:
    """Fold like :func:`fold` and give, for each folded character, the span of ``text`` that it comes from.

    >>> fold_spans("㍍だ")
    ('メートルだ', [(0, 1), (0, 1), (0, 1), (0, 1), (1, 2)])
    """
    pieces: list[str] = []
    spans: list[Span] = []
    for match in _CLUSTER.finditer(_WIDE_STOP.sub("。", text)):
        piece = _LINE_ENDS.sub("\n", unicodedata.normalize("NFKC", match[0]))
        pieces.append(piece)
        spans.extend([match.span()] * len(piece))
    return "".join(pieces), spans


def visible(text: str) -> str:
    r"""Strip white space and zero-width characters from both ends.

    >>> visible("\ufeff はい\u200b\n")
    'はい'
    """
    return text.strip(_INVISIBLE)


def graphemes(text: str) -> int:
    """Count user-perceived characters (extended grapheme clusters, UAX 29).

    >>> graphemes("がんばる👨‍👩‍👧")
    5
    """
    if _ONE_CODE_POINT_EACH.fullmatch(text):
        return len(text)
    return sum(1 for _ in _GRAPHEME.finditer(text))


def newline_runs(text: str) -> int:
    r"""Count places where a line ends, blank lines and CRLF included in one run; outer ones do not count.

    >>> newline_runs("一行\r\n\r\n二行\n三行\n")
    2
    """
    return len(_NEWLINE_RUN.findall(visible(text)))
