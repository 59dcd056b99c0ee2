"""Texts as HTML that is built here: escaped text and fixed tags only, for the page and for the report in one file."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

Span = tuple[int, int]
_MARKS = ("#fde68a", "#bfdbfe", "#fecaca", "#bbf7d0", "#e9d5ff", "#fed7aa")
_FRAME = (
    "white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate;line-height:1.8;padding:.6rem .8rem;"
    "border:1px solid rgb(128 128 128 / 40%);border-radius:.5rem;margin:0"
)
_OWN = "background:rgb(29 78 216 / 12%);border-radius:1rem"
_DIFF_LIMIT = 4_000


def visible(text: str) -> str:
    """A piece of text as escaped HTML in which characters without a shape are named.

    >>> visible("a\u200b<b>")
    'a<span style="background:#ffedd5;color:#9a3412;font-size:.75em">[U+200B]</span>&lt;b&gt;'
    """
    return "".join(_character(character) for character in text)


def has_invisible(text: str) -> bool:
    """Whether a text holds characters without a shape, such as zero-width ones or those that turn the direction."""
    return any(map(_is_invisible, text))


def _is_invisible(character: str) -> bool:
    return character != "\n" and unicodedata.category(character) in {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"}


def _character(character: str) -> str:
    if not _is_invisible(character):
        return html.escape(character)
    return f'<span style="background:#ffedd5;color:#9a3412;font-size:.75em">[U+{ord(character):04X}]</span>'


def marked_html(text: str, spans: Mapping[str, Sequence[Span]], labels: Mapping[str, str]) -> str:
    """The HTML of :func:`marked`: every mark carries the numbers of its metrics, which a legend explains."""
    names = [name for name, found in spans.items() if found]
    numbers = {name: number for number, name in enumerate(names, 1)}
    edges = sorted({0, len(text), *(min(max(e, 0), len(text)) for name in names for span in spans[name] for e in span)})
    pieces = []
    for start, end in pairwise(edges):
        over = [name for name in names if any(a <= start and end <= b for a, b in spans[name])]
        pieces.append(_piece(text[start:end], [numbers[name] for name in over]))
    legend = " ".join(f"{_mark(str(number), number)} {html.escape(labels.get(n, n))}" for n, number in numbers.items())
    note = f'<div style="font-size:.85em;margin-top:.4rem">{legend}</div>' if legend else ""
    return f'<div style="{_FRAME}">{"".join(pieces)}</div>{note}'


def _piece(text: str, numbers: Sequence[int]) -> str:
    if not numbers:
        return visible(text)
    sign = "·".join(map(str, numbers))
    return _mark(f"{visible(text)}<sup>{sign}</sup>", numbers[0])


def _mark(inner: str, number: int) -> str:
    colour = _MARKS[(number - 1) % len(_MARKS)]
    return f'<mark style="background:{colour};color:#1f2937;border-radius:.2em;padding:0 .1em">{inner}</mark>'


def bubbles_html(lines: Sequence[tuple[bool, str, str]]) -> str:
    """A dialogue as bubbles: whether the user says it (they stand at the right), who says it, and what."""
    return "".join(
        f'<div style="margin:.4rem 0 .4rem {"auto" if own else "0"};max-width:85%;width:fit-content">'
        f'<div style="font-size:.8em;text-align:{"right" if own else "left"}">{html.escape(who)}</div>'
        f'<div dir="auto" style="{_FRAME};{_OWN if own else ""}">{visible(text)}</div></div>'
        for own, who, text in lines
    )


def diff_html(a: str, b: str) -> tuple[str, str]:
    """The HTML of both sides: deletions are struck out on the left, insertions underlined on the right."""
    if max(len(a), len(b)) > _DIFF_LIMIT:
        return tuple(f'<div style="{_FRAME}">{visible(text)}</div>' for text in (a, b))  # type: ignore[return-value]
    left, right = [], []
    for kind, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        same = kind == "equal"
        left.append(visible(a[a1:a2]) if same else _changed("del", a[a1:a2], "#fecaca"))
        right.append(visible(b[b1:b2]) if same else _changed("ins", b[b1:b2], "#bbf7d0"))
    return f'<div style="{_FRAME}">{"".join(left)}</div>', f'<div style="{_FRAME}">{"".join(right)}</div>'


def _changed(tag: str, text: str, colour: str) -> str:
    return f'<{tag} style="background:{colour};color:#1f2937">{visible(text)}</{tag}>' if text else ""
