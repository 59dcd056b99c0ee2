"""Scores in free text: read when they are stated unmistakably, refused otherwise."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

import regex

_OPEN, _CLOSE = r"[「『\"'(\[]?\s*", r"\s*[」』\"')\]]?"
_POINT = r"(?<![\d.])(?P<score>[1-7])(?![\d.]|\s*(?:から|[~〜–-]|段階|点満点|点中|/(?!\s*7(?!\d))))"
_NOUN = r"(?:最終的?な?)?(?:評価|評点|スコア|点数|得点|採点|score|rating)"
_BARE = regex.compile(
    rf"^(?:(?:final\s+)?{_NOUN}\s*(?:は|[:：=])?\s*)?{_OPEN}(?P<score>[1-7]){_CLOSE}\s*点?\s*(?:/\s*7)?{_CLOSE}\s*。?$",
    regex.IGNORECASE,
)
_STATED = (
    regex.compile(rf"{_NOUN}\s*(?:は|を|として|としては|is|of|[:：])?\s*{_OPEN}{_POINT}{_CLOSE}", regex.IGNORECASE),
    regex.compile(
        rf"{_OPEN}{_POINT}{_CLOSE}\s*点?{_CLOSE}\s*(?:が(?:適当|妥当|適切|ふさわしい)"
        r"|と(?:します|する|致します|いたします|なります|評価|判断|考え|採点)|を(?:付け|つけ|与え))"
    ),
)
_BETWEEN = r"(?:から|か|または|あるいは|もしくは|ないし|or|[~〜–-])"
_RANGE_BEFORE = regex.compile(rf"(?:{_BETWEEN}|\d\s*点?\s*[、,・])\s*{_OPEN}$", regex.IGNORECASE)
_RANGE_AFTER = regex.compile(rf"^\s*点?{_CLOSE}\s*(?:{_BETWEEN}|[、,・])\s*{_OPEN}\d", regex.IGNORECASE)
_NEGATED = regex.compile(r"ない|ません|なく|難し|無理|\bnot\b", regex.IGNORECASE)


def parse_score(text: str) -> int | None:
    """The score that a free-text verdict ends with, or None when it is not unmistakable.

    Read are: a last line that holds nothing but the score, or a last line that states one score
    (「評価は「2」とします」, 「7点が適当だと考えます」). Refused are ranges, negations, fractions and
    statements that disagree.

    >>> parse_score("…反映していないため、評価は「2」とします。")
    2
    >>> parse_score("6〜7点が適当です。") is None
    True
    """
    lines = _lines(text)
    if not lines:
        return None
    bare = _trailing_bare(lines)
    rest = lines[: len(lines) - len(bare)]
    stated = _stated(rest[-1]) if rest else set()
    if bare:
        found = set(bare) | (stated or set())
        return bare[0] if len(found) == 1 and stated is not None else None
    return next(iter(stated)) if stated is not None and len(stated) == 1 else None


def parse_scores(text: str, titles: Mapping[str, str], *, high: int = 7) -> dict[str, int] | None:
    """Scores (1–``high``) of several criteria (id → title) from the last lines ``id: score``; None unless each stands there once."""
    names = {**{title: name for name, title in titles.items()}, **{name: name for name in titles}}
    line = regex.compile(
        rf"^[-・]?\s*(?P<name>{'|'.join(map(regex.escape, names))})\s*[:：]\s*(?P<score>[1-{high}])\s*点?$"
    )
    matches = [line.match(text) for text in _lines(text)[-len(titles) :]]
    scores = {names[match["name"]]: int(match["score"]) for match in matches if match}
    return scores if len(scores) == len(matches) == len(titles) else None


def _lines(text: str) -> list[str]:
    plain = regex.sub(r"[*`#]|__", "", unicodedata.normalize("NFKC", text))
    return [line.strip() for line in plain.splitlines() if line.strip()]


def _trailing_bare(lines: list[str]) -> list[int]:
    scores = []
    for line in reversed(lines):
        match = _BARE.match(line)
        if not match:
            break
        scores.append(int(match["score"]))
    return scores


def _stated(line: str) -> set[int] | None:
    """The scores that a line states; None when one of them is negated or part of a range."""
    found = set()
    for pattern in _STATED:
        for match in pattern.finditer(line):
            before, after = line[: match.start("score")], line[match.end("score") :]
            rest = regex.split(r"[。!?]", after, maxsplit=1)[0]
            if _RANGE_BEFORE.search(before) or _RANGE_AFTER.search(after) or _NEGATED.search(rest):
                return None
            found.add(int(match["score"]))
    return found
