"""Dialogues turn by turn: voice, length, repetition and failures, with scripted users and with simulated ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from kikime.harness.core.errors import EmptyReport
from kikime.harness.core.manifest import USER_MODEL, Manifest, scripted_tasks
from kikime.harness.core.records import Printed
from kikime.harness.reports.claims.estimates import Level, Shift, change, points, settled, share
from kikime.harness.reports.claims.factors import as_level, as_shift, contrasts_of
from kikime.harness.reports.claims.turns import DIALOGUE, less
from kikime.harness.reports.report import Block, Footnote, Line, Report, Table
from kikime.harness.reports.tables.cells import read_cells
from kikime.harness.reports.tables.frames import Bands
from kikime.harness.store.lines import StoredLines
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import Translator
from kikime.harness.words.labels import is_share
from kikime.harness.words.numbers import number

if TYPE_CHECKING:
    import pandas as pd

METRICS = ("style_level", "length_chars", "self_repetition", "critical_failure")
Speaker = Literal["script", "self", "model"]


class DialogueTurn(msgspec.Struct, frozen=True):
    """One turn of a task's dialogues; a value is None where the metric applies to no reply."""

    task: str
    user: Speaker
    """Who speaks the user's lines: the bank (``script``), the model itself, or another ``model``."""
    turn: int
    """From 1."""
    n: int
    """Replies: of simulated dialogues fewer in later turns, as some have ended."""
    style_level: Level | None
    length_chars: Level | None
    """Graphemes."""
    self_repetition: Level | None
    """Share of a reply that stood in an earlier one."""
    critical_failure: Level | None


class DialogueTask(msgspec.Struct, frozen=True):
    """The dialogues of one task."""

    task: str
    user: Speaker
    user_model: str | None
    """What the run calls it; None of scripted ones."""
    n_dialogues: int
    late: dict[str, Shift]
    """Metric → last less first fifth of the turns, over the items whose dialogues have both."""
    endings: dict[str, int]
    """How many dialogues ended early, by the status of the user model's line: ``last`` (a farewell), ``echo`` …"""


class DialogueReport(Printed, msgspec.Struct, kw_only=True):
    """Dialogues turn by turn."""

    version: int = 1
    """Of this record's shape."""
    report: Literal["dialogue"] = "dialogue"
    run: str
    name: str
    tasks: list[DialogueTask]
    turns: list[DialogueTurn]

    def frame_rows(self) -> list[DialogueTurn]:
        """What ``to_frame`` shows, one record per row."""
        return self.turns


def dialogue_report(run: RunDirectory, *, seed: int = 0, n_resamples: int = 4999) -> DialogueReport:
    """Follow the dialogues of every task turn by turn.

    Raises:
        UsageError: no tables yet.
        EmptyReport: the run has no dialogue, or no reply in one.
    """
    manifest = run.manifest()
    tasks = scripted_tasks(manifest)
    if not tasks:
        raise EmptyReport(
            "{path}: no task of this run asks dialogues", hint="kikime run MODEL --suite dialogue", path=run.path
        )
    replies = read_cells(run, manifest)
    replies = replies[replies["task"].isin(tasks)].assign(turn=lambda frame: frame["turn"] + 1)
    if replies.empty:
        raise EmptyReport("{path}: no dialogue has a reply yet", hint="kikime resume {path}", path=run.path)
    options = {"seed": seed, "n_resamples": n_resamples}
    bands, endings = Bands(manifest), _endings(run)
    found: list[DialogueTask] = []
    turns: list[DialogueTurn] = []
    for task, own in replies.groupby("task"):
        name, (speaker, model) = str(task), _speaker(manifest, str(task))
        turns += _turns(own, name, speaker, bands, **options)
        n = len(own[DIALOGUE].drop_duplicates())
        ended = {status: times for (of, status), times in sorted(endings.items()) if of == name}
        found.append(DialogueTask(name, speaker, model, n, _late(own, bands, **options), ended))
    return DialogueReport(run=run.id, name=manifest["name"], tasks=_settled(found), turns=turns)


def _speaker(manifest: Manifest, task: str) -> tuple[Speaker, str | None]:
    """Who speaks the user's lines of a task, and what the run calls that model; only scenes are played by one."""
    model = str(manifest["hashes"]["sampling"].get(USER_MODEL, ""))
    if not model or manifest["tasks"][task].get("kind") != "dialogue":
        return "script", None
    beside = manifest["user"].get("checkpoint") if "user" in manifest else None
    return ("self" if model.startswith("self:") else "model"), beside["name"] if beside else model


def _endings(run: RunDirectory) -> Counter[tuple[str, str]]:
    """By task and status the lines of user models that ended their dialogues."""
    lines = StoredLines(run).in_plan_order()
    return Counter((line["task"], line["status"]) for line in lines if line["status"] != "ok")


def _turns(replies: pd.DataFrame, task: str, speaker: Speaker, bands: Bands, **options: int) -> Iterator[DialogueTurn]:
    """Each turn by the items that came to it."""
    for turn, own in replies.groupby("turn"):
        names = own["turn"].astype(str)
        levels = {}
        for metric in METRICS:
            found = contrasts_of(own, metric, names, {"": {str(turn): 1}}, bands, **options)
            levels[metric] = None if found is None else _above_zero(as_level(found[0][""]))
        yield DialogueTurn(task=task, user=speaker, turn=int(str(turn)), n=len(own), **levels)


def _above_zero(level: Level) -> Level:
    """The same, its interval cut off where no length and no share can be."""
    return level if level.ci_low is None else msgspec.structs.replace(level, ci_low=max(0.0, level.ci_low))


def _late(replies: pd.DataFrame, bands: Bands, **options: int) -> dict[str, Shift]:
    """Last less first fifth of the turns in which a metric applies."""
    late = {}
    for metric in METRICS:
        own = replies[replies[metric].notna()]
        turns = sorted(int(turn) for turn in own["turn"].unique())
        fifth = max(1, round(len(turns) / 5))
        if len(turns) < 2 * fifth:
            continue
        weights = {"late": less(turns[-fifth:], turns[:fifth])}
        found = contrasts_of(own, metric, own["turn"].astype(str), weights, bands, **options)
        if found is not None:
            late[metric] = as_shift(found[0]["late"])
    return late


def _settled(tasks: Sequence[DialogueTask]) -> list[DialogueTask]:
    """The same with the p-values of all shifts corrected together."""
    shifts = iter(settled([shift for task in tasks for shift in task.late.values()]))
    return [msgspec.structs.replace(task, late={name: next(shifts) for name in task.late}) for task in tasks]


def tables(report: DialogueReport, t: Translator) -> Iterator[Block]:
    """Per task its turns, then how the last fifth differs from the first, then what ended dialogues early."""
    names = [t.metric(metric) for metric in METRICS]
    for task in report.tasks:
        rows = [
            [row.turn, row.n, *(_level(metric, getattr(row, metric)) for metric in METRICS)]
            for row in report.turns
            if row.task == task.task
        ]
        user = t(f"reports.dialogue.user.{task.user}", model=task.user_model or "")
        title = t("reports.dialogue.title", name=report.name, task=task.task, user=user, n=task.n_dialogues)
        yield Table(title, [t("reports.turns.turn"), "n", *names], rows)
        for status, n in task.endings.items():
            yield Line(t("reports.dialogue.ended", n=n, status=t.get(f"reports.dialogue.status.{status}", status)))
    late = [
        [task.task, t(f"reports.dialogue.short.{task.user}"), *(_shift(m, task.late.get(m)) for m in METRICS)]
        for task in report.tasks
        if task.late
    ]
    if late:
        columns = [t("reports.dialogue.task"), t("reports.dialogue.spoken_by"), *names]
        yield Table(t("reports.turns.effect.late"), columns, late, left=2)
    yield Footnote(t("reports.intervals") + t("reports.dialogue.footnote"))


def _level(metric: str, found: Level | None) -> str:
    if found is None or is_share(metric):
        return share(found)
    inside = "" if found.ci_low is None else f" [{number(found.ci_low, 1)}, {number(found.ci_high, 1)}]"
    return number(found.value, 1) + inside


def _shift(metric: str, found: Shift | None) -> str:
    return points(found) if found is None or is_share(metric) else change(found)


REPORT = Report(
    "dialogue",
    {
        "ja": "対話をターンごとに：口調、長さ、繰り返し、致命的な失敗（台本のユーザーと、模擬ユーザーを分けて）",
        "en": "dialogues turn by turn: voice, length, repetition, critical failures (scripted and simulated users apart)",
    },
    DialogueReport,
    lambda run, _: dialogue_report(run),
    tables,
)
