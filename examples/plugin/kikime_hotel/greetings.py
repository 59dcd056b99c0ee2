"""A report: how many replies of a run open with a greeting."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from kikime.harness.reports.report import Block, Footnote, Report, Table
from kikime.harness.store.database import open_tables
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import Translator

_WORDS = ("いらっしゃいませ", "ようこそ", "こんにちは", "Welcome", "Hello")


class Greetings(msgspec.Struct, frozen=True):
    """Replies that open with a greeting."""

    run: str
    replies: int
    greeted: int


def compute(run: RunDirectory, _: RunDirectory | None) -> Greetings:
    """Count the greetings of a run."""
    with open_tables(run, "samples") as tables:
        texts = [text or "" for (text,) in tables.sql("SELECT response FROM samples").fetchall()]
    return Greetings(run.id, len(texts), sum(text.startswith(_WORDS) for text in texts))


def tables(report: Greetings, t: Translator) -> Iterator[Block]:
    """One row: replies and how many of them greet."""
    ja = t.language == "ja"
    title, columns = ("あいさつ", ["返答", "あいさつあり"]) if ja else ("Greetings", ["replies", "greet"])
    yield Table(title, columns, [[report.replies, report.greeted]], left=0)
    yield Footnote("最初の言葉だけを見ています。" if ja else "Only the first words are looked at.")


REPORT = Report(
    "greetings", {"ja": "あいさつで始まる返答", "en": "replies that open with a greeting"}, Greetings, compute, tables
)
