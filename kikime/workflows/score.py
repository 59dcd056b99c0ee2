"""Rule metrics for replies that exist already."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from kikime.harness.cards.persona import Persona, load_persona
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.tables import read_bytes, read_table
from kikime.harness.core.tables.jsontext import parse_json
from kikime.harness.core.tables.replies import is_readable, replies_of, reply_id_of
from kikime.harness.core.tables.table import Row, Table, filled
from kikime.harness.metrics import Scorer as RuleScorer
from kikime.harness.metrics.jsonlines import ScoredLine, score_lines
from kikime.harness.plan.asked import asked
from kikime.harness.prompts.scoring import known_strings, scorer_of

FOREIGN = frozenset({".csv", ".tsv", ".tab", ".txt", ".parquet"})
"""Suffixes of what is never JSON lines."""


def score(replies: Iterable[Mapping[str, Any] | str | bytes], persona: Persona | str) -> Iterator[ScoredLine]:
    """Score replies in order, keeping nothing.

    Args:
        replies: each a text, a mapping as a line of ``kikime score`` (``response`` and, if you like, ``id``, ``user``,
            ``history``, ``system``, ``examples``, ``finish_reason``, ``expect``, ``persona``, ``task``,
            ``item``, ``turn``, ``format``), or such a line as bytes.
        persona: who speaks: a card, a bundled id or a card file; a reply's own ``persona`` wins.

    Raises:
        UsageError: no such persona, or its card is wrong. A wrong reply is a line with an ``error``.
    """
    card = load_persona(persona) if isinstance(persona, str) else persona
    lines = (_line(reply, number) for number, reply in enumerate(replies, 1))
    return score_lines(lines, persona=card, scorer_of=scorer_of, resolve=asked)


def score_file(path: Path, persona: Persona | str) -> Iterator[ScoredLine]:
    """Score the replies of a file: JSON lines in ``kikime score``'s own shape keep nothing in memory, whatever else is read whole.

    Raises:
        UsageError: no such file or persona, or nothing in the file looks like a reply.
    """
    card = load_persona(persona) if isinstance(persona, str) else persona
    if path.is_file() and path.suffix.lower() not in FOREIGN and _is_own(path):
        with path.open("rb") as stream:
            yield from score(stream, card)
        return
    yield from score_table(read_table(path, other=".jsonl"), card)


def score_table(table: Table, card: Persona) -> Iterator[ScoredLine]:
    """Score the replies of a table: rows of ``response``, or training data in its usual shapes."""
    rows = _own_rows(table) if "response" in table.columns else _training_rows(table, card)
    return score_lines(rows, persona=card, scorer_of=scorer_of, resolve=asked)


def _is_own(path: Path) -> bool:
    """Whether a file is UTF-8 text whose first line is an object with a ``response``, or no JSON at all."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        with path.open("rb") as stream:
            first = decoder.decode(next((line for line in stream if line.strip(b"\xef\xbb\xbf \t\r\n")), b""))
            for chunk in iter(partial(stream.read, 1 << 20), b""):
                if "\0" in decoder.decode(chunk):
                    return False
    except UnicodeDecodeError:
        return False
    return _is_own_line(first.encode())


def _is_own_line(line: bytes) -> bool:
    try:
        row = parse_json(line)
    except ValueError:
        return not line.lstrip().startswith(b"[")
    return isinstance(row, dict) and ("response" in row or not is_readable(row))


def score_stream(lines: Iterable[bytes], persona: Persona | str) -> Iterator[ScoredLine]:
    """Score what comes in through a pipe, line by line as it comes; JSON of another shape is read to its end first."""
    card = load_persona(persona) if isinstance(persona, str) else persona
    incoming = iter(lines)
    first = next(incoming, b"")
    if _is_own_line(first.removeprefix(codecs.BOM_UTF8)):
        return score(chain([first], incoming), card)
    return score_table(read_bytes(b"".join([first, *incoming]), "-"), card)


def _own_rows(table: Table) -> Iterator[Row | ScoredLine]:
    for record in table.records:
        if record.problem is not None:
            yield ScoredLine(None, record.place, error=record.problem)
        else:
            yield {"id": record.place, **filled(record.row, ["response"])}


def _training_rows(table: Table, card: Persona) -> Iterator[Row | ScoredLine]:
    for reply in replies_of(table, own_names=[card.name], alone=True):
        row = table.rows[reply.row - 1]
        reply_id = reply_id_of(row, reply)
        if reply.problem is not None:
            yield ScoredLine(
                reply_id, reply.row, error=Phrase("{where}: {problem}", where=reply.where, problem=reply.problem)
            )
        else:
            yield {"id": reply_id, "response": reply.reply, "user": reply.user, "history": list(reply.history)}


class Scorer(RuleScorer):
    """Measures replies of one character as ``kikime run`` and ``kikime score`` do: with the markers of every format.

    >>> Scorer("ojousama").score("薔薇が好きですわ")["marker_rate"]
    1.0
    """

    def __init__(self, persona: Persona | str) -> None:
        card = load_persona(persona) if isinstance(persona, str) else persona
        super().__init__(card, **known_strings())


def _line(reply: Mapping[str, Any] | str | bytes, number: int) -> bytes:
    if isinstance(reply, bytes):
        return reply
    return orjson.dumps({"id": number, "response": reply} if isinstance(reply, str) else {"id": number, **reply})
