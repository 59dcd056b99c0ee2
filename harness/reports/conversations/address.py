"""How the character calls whom, and how politely it speaks to each kind of person."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import msgspec

from kikime.harness.core.errors import EmptyReport
from kikime.harness.core.records import Printed
from kikime.harness.metrics.text.fold import fold
from kikime.harness.reports.claims.estimates import Level, share
from kikime.harness.reports.conversations.asked import level_of, stored_items
from kikime.harness.reports.report import Block, Footnote, Report, Table
from kikime.harness.reports.tables.cells import read_cells
from kikime.harness.reports.tables.frames import Bands
from kikime.harness.store.database import open_tables
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import Translator
from kikime.harness.words.numbers import percent

if TYPE_CHECKING:
    import pandas as pd

TITLES = {
    "さん": "san",
    "様": "sama",
    "さま": "sama",
    "殿": "dono",
    "どの": "dono",
    "ちゃん": "chan",
    "くん": "kun",
    "君": "kun",
    "先生": "sensei",
    "せんせい": "sensei",
    "先輩": "senpai",
}
"""What follows a name, in writing, and how it is counted."""
SPARE = ("animal", "child", "elder")
"""Kinds of person that a narrow terminal leaves out, the first one first."""
_TITLE = "|".join(TITLES)
_WORD_WITH_TITLE = re.compile(rf"(?:{_TITLE})\Z")


class Counterpart(msgspec.Struct, frozen=True):
    """Replies to, or about, one kind of person."""

    who: str
    """``user``, ``stranger``, ``senior``, ``elder``, ``child``, ``animal``."""
    n: int
    """Replies."""
    right: Level | None
    """Share that call the person as the item wants it."""
    polite: Level | None
    """Share of polite (です・ます) sentences."""


class Calls(msgspec.Struct, frozen=True):
    """How one persona calls one kind of person."""

    persona: str
    who: str
    n: int
    """Replies to items that give a name."""
    titles: dict[str, int]
    """Replies by what follows the name: ``san``, ``sama`` …, ``bare`` for the name alone, ``none`` where it is not said."""
    polite: float | None
    """Mean share of polite sentences."""


class AddressReport(Printed, msgspec.Struct, kw_only=True):
    """How people are called."""

    version: int = 1
    """Of this record's shape."""
    report: Literal["address"] = "address"
    run: str
    name: str
    tasks: list[str]
    counterparts: list[Counterpart]
    calls: list[Calls]

    def frame_rows(self) -> list[Counterpart]:
        """What ``to_frame`` shows, one record per row."""
        return self.counterparts


def title_after(reply: str, names: Sequence[str]) -> str:
    """What a reply calls the first of ``names`` that it says.

    >>> title_after("水谷先生、お久しぶりですわ。", ["水谷"]), title_after("こむぎ、おいで。", ["こむぎ"]), title_after("はい。", ["葵"])
    ('sensei', 'bare', 'none')
    """
    found = _names(tuple(names)).search(fold(reply))
    if found is None:
        return "none"
    title = found["title"] or (_WORD_WITH_TITLE.search(found["name"]) or [""])[0]
    return TITLES[title] if title else "bare"


@lru_cache(maxsize=256)
def _names(names: tuple[str, ...]) -> re.Pattern[str]:
    ordered = "|".join(re.escape(fold(name)) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?P<name>{ordered})お?(?P<title>{_TITLE})?")


def address_report(run: RunDirectory, *, seed: int = 0, n_resamples: int = 4999) -> AddressReport:
    """Look at every reply to an item that says whom it is about.

    Raises:
        UsageError: no tables yet.
        EmptyReport: no item of the run names a counterpart, or none that does has a reply.
    """
    manifest = run.manifest()
    calls = {f"{task}/{item['id']}": content for task, item, content in stored_items(manifest, "calls")}
    if not calls:
        raise EmptyReport(
            "{path}: no task of this run says whom the character speaks to",
            hint="kikime run MODEL --task address",
            path=run.path,
        )
    replies = read_cells(run, manifest)
    replies = replies[replies["item"].isin(calls)]
    if replies.empty:
        raise EmptyReport(
            "{path}: no question about forms of address has a reply", hint="kikime resume {path}", path=run.path
        )
    said = [
        title_after(text, names) if (names := calls[item]["names"]) else ""
        for item, text in zip(replies["item"], _texts(run, replies), strict=True)
    ]
    replies = replies.assign(
        who=[calls[item]["who"] for item in replies["item"]],
        fact_correct=replies["fact_correct"].fillna(replies["constraint_ok"]),
        said=said,
    )
    bands, options = Bands(manifest), {"seed": seed, "n_resamples": n_resamples}
    return AddressReport(
        run=run.id,
        name=manifest["name"],
        tasks=sorted(replies["task"].unique()),
        counterparts=[_counterpart(str(who), own, bands, **options) for who, own in replies.groupby("who")],
        calls=[_calls(str(p), str(who), own) for (p, who), own in replies.groupby(["persona", "who"])],
    )


def _texts(run: RunDirectory, replies: pd.DataFrame) -> list[str]:
    with open_tables(run, "samples") as connection:
        found = dict(connection.execute("SELECT key, response FROM samples").fetchall())
    return [found[key] or "" for key in replies["key"]]


def _counterpart(who: str, own: pd.DataFrame, bands: Bands, **options: int) -> Counterpart:
    right, polite = (level_of(own, metric, bands, **options) for metric in ("fact_correct", "polite_ratio"))
    return Counterpart(who, len(own), right, polite)


def _calls(persona: str, who: str, own: pd.DataFrame) -> Calls:
    titles = Counter(own.loc[own["said"] != "", "said"])
    known = own["polite_ratio"].dropna()
    return Calls(persona, who, titles.total(), dict(titles.most_common()), float(known.mean()) if len(known) else None)


def tables(report: AddressReport, t: Translator) -> Iterator[Block]:
    """Each kind of person, then how each persona calls them."""
    title = t("reports.address.title", name=report.name, tasks=t("cli.listed").join(report.tasks))
    columns = [t(f"reports.address.{name}") for name in ("who", "n", "right", "polite")]
    rows = [
        [t(f"reports.address.people.{row.who}"), row.n, share(row.right), share(row.polite)]
        for row in report.counterparts
    ]
    yield Table(title, columns, rows)
    kinds = [row.who for row in report.counterparts]
    found = {(row.persona, row.who): row for row in report.calls}
    personas = dict.fromkeys(row.persona for row in report.calls)
    people = [t("reports.address.persona"), *(t(f"reports.address.people.{who}") for who in kinds)]
    spare = [1 + kinds.index(who) for who in SPARE if who in kinds]
    called = [[p, *(_most(found.get((p, who)), t) for who in kinds)] for p in personas]
    yield Table(t("reports.address.called"), people, called, spare=spare)
    polite = [[p, *(_polite(found.get((p, who))) for who in kinds)] for p in personas]
    yield Table(t("reports.address.politeness"), people, polite, spare=spare)
    yield Footnote(t("reports.intervals") + t("reports.address.footnote"))


def _most(calls: Calls | None, t: Translator) -> str:
    """The form of address that comes most often, and how often of how many."""
    if calls is None or not calls.titles:
        return "—"
    title, times = next(iter(calls.titles.items()))
    return f"{t(f'reports.address.titles.{title}')} {times}/{calls.n}"


def _polite(calls: Calls | None) -> str:
    return percent(None if calls is None else calls.polite, 0)


REPORT = Report(
    "address",
    {
        "ja": "呼び方と敬語：だれを何と呼び、どれだけ丁寧に話すか（タスク address）",
        "en": "forms of address: how whom is called, and how politely (task address)",
    },
    AddressReport,
    lambda run, _: address_report(run),
    tables,
)
