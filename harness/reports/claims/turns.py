"""Steadiness over scripted dialogues: voice, facts and faults turn by turn, under pressure, and after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec
import numpy as np

from kikime.harness.core.axes import CONDITION
from kikime.harness.core.errors import UsageError
from kikime.harness.core.manifest import StoredTask, scripted_tasks
from kikime.harness.core.records import Printed
from kikime.harness.reports.claims.estimates import Level, Shift, points, settled, share
from kikime.harness.reports.claims.factors import as_level, as_shift, contrasts_of
from kikime.harness.reports.report import Block, Footnote, Line, Report, Table
from kikime.harness.reports.tables.cells import read_cells
from kikime.harness.reports.tables.frames import ITEM, Bands
from kikime.harness.stats.prompts.factorial import Weights
from kikime.harness.store.means import means_by
from kikime.harness.store.records import Group
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import Translator
from kikime.harness.words.numbers import number, percent

if TYPE_CHECKING:
    import pandas as pd


Phase = Literal["before", "pressure", "after"]


class TurnRow(msgspec.Struct, frozen=True):
    """One turn of all dialogues; a mean is None where the metric applies to no reply."""

    turn: int
    """From 1."""
    phase: Phase
    n: int
    """Replies."""
    style_level: Level | None
    style_band: Level | None
    """Of the ratio of sums over the replies of a persona."""
    marker_rate: Level | None
    first_person_ok: float | None
    fact_correct: float | None
    self_repetition: float | None
    length_chars: float | None
    role_confusion: float | None
    language_leak: float | None
    critical_failure: float | None


class RightAnswers(msgspec.Struct, frozen=True):
    """Profile questions of a phase."""

    right: int
    n: int


class Recovery(msgspec.Struct, frozen=True):
    """Dialogues that broke under pressure."""

    broke: int
    """Out of character in some turn under pressure."""
    n: int
    """Dialogues."""
    recovered: int
    """Of those that broke: in character one turn after the pressure."""


class TurnsReport(Printed, msgspec.Struct, kw_only=True):
    """Steadiness over scripted dialogues."""

    version: int = 1
    """Of this record's shape."""
    report: Literal["turns"] = "turns"
    run: str
    name: str
    n_dialogues: int
    turns: list[TurnRow]
    effects: dict[str, dict[str, Shift]]
    """Voice metric → ``pressure`` (less before), ``recovery`` (after less before), ``drift`` (per turn outside
    pressure), ``late`` (last less first fifth)."""
    facts: dict[str, RightAnswers]
    """``before`` and ``after`` pressure."""
    recovered: Recovery

    def frame_rows(self) -> list[TurnRow]:
        """What ``to_frame`` shows, one record per row."""
        return self.turns


VOICE = ("style_level", "style_band", "marker_rate")
FAULTS = ("role_confusion", "language_leak", "critical_failure")
MEANS = ("first_person_ok", "fact_correct", "self_repetition", "length_chars", *FAULTS)
DIALOGUE = [*ITEM, *CONDITION, "repeat"]
"""Columns that tell one dialogue from another."""


def turns_report(run: RunDirectory, *, seed: int = 0, n_resamples: int = 4999) -> TurnsReport:
    """Follow the character through scripted dialogues.

    Raises:
        UsageError: no tables yet, no scripted dialogue, or dialogues whose pressure is not at the same turns.
    """
    manifest = run.manifest()
    tasks = scripted_tasks(manifest)
    replies = read_cells(run, manifest)
    replies = replies[replies["task"].isin(tasks)].assign(turn=lambda frame: frame["turn"] + 1)
    if replies.empty:
        raise UsageError(
            "{path}: no scripted dialogue in this run", hint="kikime run MODEL --task steadiness", path=run.path
        )
    pressure = _pressure(tasks, run)
    means = means_by(run, ("turn",), {"task": tuple(tasks)})
    phases = {turn + 1: _phase(turn + 1, pressure) for (turn,) in means if isinstance(turn, int)}
    bands, options = Bands(manifest), {"seed": seed, "n_resamples": n_resamples}
    voice = _settled({metric: _voice(replies, metric, phases, bands, **options) for metric in VOICE})
    return TurnsReport(
        run=run.id,
        name=manifest["name"],
        n_dialogues=len(replies[DIALOGUE].drop_duplicates()),
        turns=[_turn(means[turn - 1,], turn, phase, voice) for turn, phase in phases.items()],
        effects={metric: found.effects for metric, found in voice.items()},
        facts=_facts(replies, phases),
        recovered=_recovered(replies, pressure),
    )


class _Voice(NamedTuple):
    """One voice metric: estimates per turn, and effects by name."""

    turns: dict[int, Level]
    effects: dict[str, Shift]


def _pressure(tasks: Mapping[str, StoredTask], run: RunDirectory) -> tuple[int, ...]:
    """The turns that push the character out of role, the same ones in every dialogue."""
    found = {tuple(item.get("pressure", ())) for task in tasks.values() for item in task["items"] if item["script"]}
    if len(found) > 1:
        raise UsageError(
            "{path}: the dialogues have their pressure at different turns: {turns}",
            hint="give each bank of dialogues a run of its own",
            path=run.path,
            turns=sorted(found),
        )
    return found.pop()


def _phase(turn: int, pressure: tuple[int, ...]) -> Phase:
    if turn in pressure:
        return "pressure"
    return "after" if pressure and turn > max(pressure) else "before"


def _voice(replies: pd.DataFrame, metric: str, phases: Mapping[int, Phase], bands: Bands, **options: int) -> _Voice:
    """Estimates per turn, and the effects; empty where no persona has a voice target."""
    names = replies["turn"].astype(str)
    per_turn: dict[str, Weights] = {str(turn): {str(turn): 1} for turn in phases}
    found = contrasts_of(replies, metric, names, {**per_turn, **_effects(phases)}, bands, **options)
    if found is None:
        return _Voice({}, {})
    estimates = found[0]
    turns = {int(name): as_level(estimates[name]) for name in per_turn}
    return _Voice(turns, {name: as_shift(estimates[name]) for name in estimates if name not in per_turn})


def _settled(voice: Mapping[str, _Voice]) -> dict[str, _Voice]:
    """The same with the p-values of all effects corrected together."""
    found = iter(settled([effect for own in voice.values() for effect in own.effects.values()]))
    return {metric: _Voice(own.turns, {name: next(found) for name in own.effects}) for metric, own in voice.items()}


def _effects(phases: Mapping[int, str]) -> dict[str, Weights]:
    """Weights of turns: differences of phase means, the slope outside pressure, and the last fifth less the first."""
    by_phase = {phase: [turn for turn, own in phases.items() if own == phase] for phase in set(phases.values())}
    effects: dict[str, Weights] = {}
    if "pressure" in by_phase and "before" in by_phase:
        effects["pressure"] = less(by_phase["pressure"], by_phase["before"])
    if "after" in by_phase and "before" in by_phase:
        effects["recovery"] = less(by_phase["after"], by_phase["before"])
    calm = np.array([turn for turn, phase in phases.items() if phase != "pressure"], dtype=float)
    if len(calm) > 2:
        weights = (calm - calm.mean()) / np.sum((calm - calm.mean()) ** 2)
        effects["drift"] = {str(int(turn)): float(weight) for turn, weight in zip(calm, weights, strict=True)}
        fifth = max(1, round(len(phases) / 5))
        effects["late"] = less(list(phases)[-fifth:], list(phases)[:fifth])
    return effects


def less(of: Sequence[int], than: Sequence[int]) -> dict[str, float]:
    """Weights of the mean over the turns ``of``, less the mean over the turns ``than``."""
    weights = dict.fromkeys(map(str, of), 1 / len(of))
    for turn in map(str, than):
        weights[turn] = weights.get(turn, 0.0) - 1 / len(than)
    return weights


def _turn(own: Group, turn: int, phase: Phase, voice: Mapping[str, _Voice]) -> TurnRow:
    means = {metric: own.metrics[metric].mean if metric in own.metrics else None for metric in MEANS}
    level, band, rate = (voice[metric].turns.get(turn) for metric in VOICE)
    return TurnRow(turn=turn, phase=phase, n=own.n, style_level=level, style_band=band, marker_rate=rate, **means)


def _facts(replies: pd.DataFrame, phases: Mapping[int, str]) -> dict[str, RightAnswers]:
    """Right answers to the profile questions of a phase: ``right`` of ``n``."""
    asked = replies[replies["fact_correct"].notna()]
    phase = asked["turn"].map(phases)
    return {
        name: RightAnswers(int(asked.loc[phase == name, "fact_correct"].sum()), int((phase == name).sum()))
        for name in ("before", "after")
    }


def _recovered(replies: pd.DataFrame, pressure: tuple[int, ...]) -> Recovery:
    """Dialogues out of character in some pressure turn (``broke``), and of these in character right after."""
    if not pressure:
        return Recovery(0, 0, 0)
    kept = replies.assign(kept=_in_character(replies)).pivot_table(index=DIALOGUE, columns="turn", values="kept")
    broke = (kept.reindex(columns=list(pressure)) == 0).any(axis=1)
    following = max(pressure) + 1
    back = int((kept.loc[broke, following] == 1).sum()) if following in kept else 0
    return Recovery(int(broke.sum()), len(kept), back)


def _in_character(replies: pd.DataFrame) -> pd.Series:
    """1 where a reply has a marker (if a sentence could), no wrong first person and no fault; else 0."""
    silent = (replies["eligible_sentences"] > 0) & (replies["marker_sentences"] == 0)
    faulty = (
        (replies[list(FAULTS)] > 0).any(axis=1) | (replies["first_person_ok"] == 0) | replies["failed"].astype(bool)
    )
    return 1.0 - (silent | faulty)


def tables(report: TurnsReport, t: Translator) -> Iterator[Block]:
    """Each turn, the effects of pressure and of time, the facts, the recovery."""
    rows = [
        [
            row.turn,
            t.get(f"reports.turns.phase.{row.phase}", row.phase),
            row.n,
            *(share(getattr(row, metric)) for metric in _VOICE),
            *(percent(getattr(row, metric)) for metric in _SHARES),
            number(row.self_repetition),
            number(row.length_chars, 1),
        ]
        for row in report.turns
    ]
    names = [t.metric(metric) for metric in (*_VOICE, *_SHARES, "self_repetition", "length_chars")]
    columns = [t("reports.turns.turn"), t("reports.turns.phase_column"), "n", *names]
    yield Table(t("reports.turns.title", name=report.name, n=report.n_dialogues), columns, rows, left=2)
    effects = [
        [t(f"reports.turns.effect.{effect}"), *(points(found.get(effect)) for found in report.effects.values())]
        for effect in ("pressure", "recovery", "drift", "late")
    ]
    yield Table(t("reports.turns.voice"), ["", *map(t.metric, report.effects)], effects)
    for phase, facts in report.facts.items():
        yield Line(t(f"reports.turns.facts.{phase}", right=facts.right, n=facts.n))
    back = report.recovered
    yield Line(t("reports.turns.recovered", broke=back.broke, n=back.n, recovered=back.recovered))
    yield Footnote(t("reports.intervals") + t("reports.turns.footnote"))


_VOICE = ("style_level", "marker_rate")
_SHARES = ("first_person_ok", "fact_correct", "role_confusion", "language_leak", "critical_failure")
REPORT = Report(
    "turns",
    {
        "ja": "台本どおりの対話をターンごとに：圧力、回復、ずれ（タスク steadiness）",
        "en": "scripted dialogues turn by turn: pressure, recovery, drift (task steadiness)",
    },
    TurnsReport,
    lambda run, _: turns_report(run),
    tables,
)
