"""The whole board as a folder of pages that needs no server: rankings, models, comparisons and every reply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from kikime.harness.core.errors import EnvironmentFault, KikimeError, UsageError
from kikime.harness.core.files import write_atomically
from kikime.harness.core.reasons import system_reason
from kikime.harness.core.records import stamped
from kikime.harness.metrics.registry import METRICS
from kikime.harness.reports.comparison.compare import compare
from kikime.harness.reports.comparison.records import Comparison
from kikime.harness.reports.overview.records import Overview
from kikime.harness.reports.overview.run import run_overview
from kikime.harness.store.rundir import RunDirectory, json_bytes
from kikime.harness.words import labels
from kikime.harness.words.catalogue import LANGUAGES, Translator
from kikime.leaderboard.charts.svg import Interval, interval_chart
from kikime.leaderboard.data.index import Entry, Index
from kikime.leaderboard.data.queries.samples import PAGE, Sample, read_dialogue
from kikime.leaderboard.data.queries.tables import opened
from kikime.leaderboard.data.queries.whole import count, whole_page
from kikime.leaderboard.report.write import ReportContent, comparison_parts, report_content, template

_ALL_PAIRS = 5
"""Ranked models of which every two are compared; of more, each with the next one on the board."""


class Board(NamedTuple):
    """One suite's place in the site."""

    suite: str
    file: str
    runs: list[RunDirectory]


class Pair(NamedTuple):
    """A comparison's place in the site."""

    a: str
    b: str
    verdict: str
    file: str


@dataclass(frozen=True)
class _Known:
    """What is the same in every language."""

    overviews: dict[str, Overview] = field(default_factory=dict)
    comparisons: dict[tuple[str, str], Comparison] = field(default_factory=dict)


@dataclass
class _Site:
    """What all pages of one language share."""

    t: Translator
    boards: list[Board]
    unread: list[tuple[str, str]]
    judge: str | None
    write: Callable[[str, bytes], None]
    known: _Known
    names: dict[str, str] = field(default_factory=dict)
    """Run → what the board calls it."""

    def draw(self, name: str, file: str, title: str, content: ReportContent, **more: Any) -> None:
        """Write one page."""
        other = next(language for language in LANGUAGES if language != self.t.language)
        about = {"title": title, "file": file, "other": other, "boards": self.boards}
        page = template(f"site/{name}.html.jinja").render({**vars(content), "linked": True, **about, **more}, t=self.t)
        self.write(f"{self.t.language}/{file}", page.encode("utf-8", "replace"))


def write_site(
    runs: Path, folder: Path, *, judge: str | None = None, step: Callable[[str], None] = lambda _: None
) -> Path:
    """Write every run below ``runs`` that can be read to ``folder``, in both languages; returns the first page.

    Each suite has a board of its own, that of most runs is the first page. ``judge`` is whose verdicts count in ranks
    (``panel:JUDGE,JUDGE``: means). ``step`` is told each page that is written.

    Raises:
        UsageError: no run can be shown.
        EnvironmentFault: the folder cannot be written.
    """
    entries = Index(runs).entries()
    readable, unread = _sorted_out(runs, entries)
    if not readable:
        raise UsageError("{folder}: there is no run that can be shown", hint="kikime run MODEL", folder=runs)

    def write(name: str, data: bytes) -> None:
        step(name)
        try:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EnvironmentFault(
                "{folder}: cannot be created: {reason}", folder=folder, reason=system_reason(error)
            ) from error
        write_atomically(folder / name, data)

    boards, known = _boards(readable), _Known()
    for language in LANGUAGES:
        t = Translator(language)
        told = [(name, t(f"problems.{problem}")) for name, problem in unread]
        site = _Site(t, boards, told, judge, write, known)
        for board in boards:
            _draw_board(site, board)
    write("index.html", _front().encode())
    return folder / "index.html"


def _sorted_out(runs: Path, entries: Sequence[Entry]) -> tuple[list[tuple[str, RunDirectory]], list[tuple[str, str]]]:
    """Suites and runs that can be shown, newest first, and names and problems of the others."""
    readable, unread = [], []
    for entry in entries:
        run = RunDirectory(runs / entry.id)
        if entry.head is None:
            unread.append((entry.id, entry.problem))
            continue
        try:
            run.manifest()
            with opened(run):
                readable.append((entry.head.suite, run))
        except KikimeError:
            unread.append((entry.id, "tables"))
    return readable, unread


def _boards(readable: Sequence[tuple[str, RunDirectory]]) -> list[Board]:
    """A board per suite, the one of most runs first."""
    sizes = Counter(suite for suite, _ in readable)
    suites = sorted(sizes, key=lambda suite: (-sizes[suite], suite))
    own = {suite: [run for name, run in readable if name == suite] for suite in suites}
    files = ["index.html", *(f"board-{number}.html" for number in range(2, len(suites) + 1))]
    return [Board(suite, file, own[suite]) for suite, file in zip(suites, files, strict=True)]


def _draw_board(site: _Site, board: Board) -> None:
    overviews = [_overview(site, run) for run in board.runs]
    content = report_content(board.runs, site.t, judge=site.judge, compared=False, overviews=overviews)
    site.names = {**site.names, **{overview.run: overview.name for overview in content.overviews}}
    pairs = [pair for a, b in _compared(content) if (pair := _draw_pair(site, board, content, a, b)) is not None]
    for run, overview in zip(board.runs, content.overviews, strict=True):
        files = _draw_replies(site, run, content)
        row = next((row for row in content.ranking.rows if row.run == run.id), None)
        chart = _areas(site.t, content, run.id)
        only = vars(content) | {"overviews": [overview], "comparison": None}
        more = {"row": row, "n_ranked": len(content.ranking.rows), "areas": chart, "replies": files[0]}
        site.draw("model", f"model-{run.id}.html", overview.name, ReportContent(**only), **more)
    listed = {"pairs": pairs, "subject": _subject(site.t, board, content)}
    unread = site.unread if board.file == "index.html" else []
    site.draw("board", board.file, site.t("pages.board"), content, unread=unread, **listed)
    if site.t.language == LANGUAGES[0]:
        site.write(f"{board.file.removesuffix('.html')}.json", json_bytes(stamped(content.ranking)))


def _subject(t: Translator, board: Board, content: ReportContent) -> str:
    cards = [card for run in board.runs for card in run.manifest()["personas"].items()]
    names = {name: str(card.get("name") or name) for name, card in cards}
    newest = max(overview.created_at for overview in content.overviews)[:10]
    called = t("common.comma").join(sorted(names.values()))
    return t("board.subject", suite=board.suite, personas=called, n=len(board.runs), day=newest)


def _compared(content: ReportContent) -> Iterator[tuple[str, str]]:
    """Which runs are compared, the older one first."""
    ranked = [row.run for row in content.ranking.rows]
    for two in combinations(ranked, 2) if len(ranked) <= _ALL_PAIRS else pairwise(ranked):
        a, b = sorted(two)
        yield a, b


def _overview(site: _Site, run: RunDirectory) -> Overview:
    if run.id not in site.known.overviews:
        site.known.overviews[run.id] = run_overview(run, judge=site.judge)
    return site.known.overviews[run.id]


def _draw_pair(site: _Site, board: Board, whole: ReportContent, a: str, b: str) -> Pair | None:
    two = sorted((run for run in board.runs if run.id in {a, b}), key=lambda run: run.id)
    if (a, b) not in site.known.comparisons:
        site.known.comparisons[a, b] = compare(*two, judge=site.judge, slices=False)
    report = site.known.comparisons[a, b]
    if not report.comparable:
        return None
    content = ReportContent(**(vars(whole) | comparison_parts(site.t, two, report)))
    verdicts: Counter[str] = Counter(row.verdict for row in report.metrics if row.primary)
    kinds = ("better", "worse", "equivalent", "inconclusive")
    told = site.t("report.listed").join(f"{site.t(f'verdict.{kind}')} {verdicts[kind]}" for kind in kinds)
    pair = Pair(site.names[a], site.names[b], told, f"compare-{a}--{b}.html")
    site.draw("pair", pair.file, f"{pair.a} → {pair.b}", content)
    return pair


def _areas(t: Translator, content: ReportContent, run: str) -> Any:
    """The areas of one run, as its board has them."""
    row = next((row for row in content.ranking.rows if row.run == run), None)
    rows = [
        Interval(
            label=f"{t(f'area.{area.id}')}　{labels.points(row.areas[area.id])}",
            text=t("report.labelled", name=t(f"area.{area.id}"), text=labels.points(row.areas[area.id])),
            value=row.areas[area.id],
            low=row.areas_ci[area.id][0],
            high=row.areas_ci[area.id][1],
        )
        for area in content.ranking.areas
        if row is not None and area.counts and row.areas.get(area.id) is not None
    ]
    return interval_chart(t("report.site.areas"), rows, low=0, high=100)


def _draw_replies(site: _Site, run: RunDirectory, content: ReportContent) -> list[str]:
    """Write the pages of one run's replies; returns their files."""
    total = count(run)
    last = max(1, -(-total // PAGE))
    files = [f"replies-{run.id}-{page}.html" for page in range(1, last + 1)]
    title = f"{site.names[run.id]} · {site.t('pages.samples')}"
    more = {"total": total, "last": last, "files": files, "model": f"model-{run.id}.html"}
    more |= {"dialogue": lambda sample: read_dialogue(sample.history), "faults": _faults, "expected": _expected}
    for page, file in enumerate(files, 1):
        site.draw("replies", file, title, content, samples=whole_page(run, page), page=page, **more)
    return files


def _faults(sample: Sample) -> list[str]:
    """The binary metrics that a reply fails."""
    failed = {"higher": 0.0, "lower": 1.0}
    return [
        name
        for name, value in sample.metrics.items()
        if name in METRICS and METRICS[name].kind == "binary" and value == failed.get(METRICS[name].direction)
    ]


def _expected(sample: Sample) -> str:
    wanted = sample.expected()
    return orjson.dumps(wanted).decode() if wanted else ""


def _front() -> str:
    """The page that leads to both languages: the first one opens by itself."""
    links = " · ".join(
        f'<a href="{name}/index.html" lang="{name}">{Translator(name)("lang." + name)}</a>' for name in LANGUAGES
    )
    return (
        f'<!doctype html><html lang="{LANGUAGES[0]}"><head><meta charset="utf-8"><title>kikime</title>'
        f'<meta http-equiv="refresh" content="0; url={LANGUAGES[0]}/index.html"></head><body><p>{links}</p></body></html>\n'
    )
