"""Steadiness over scripted dialogues: voice, facts and faults turn by turn, under pressure, and after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kikime.harness.core.errors import UsageError
from kikime.harness.reports.claims.factors import Json, as_json, as_share, contrasts_of
from kikime.harness.reports.tables.cells import read_cells
from kikime.harness.reports.tables.frames import ITEM, Bands
from kikime.harness.stats.factorial import Weights
from kikime.harness.store.rundir import RunDirectory

if TYPE_CHECKING:
    import pandas as pd

VOICE = ("style_band", "marker_rate")
FAULTS = ("role_confusion", "language_leak", "critical_failure")
MEANS = ("first_person_ok", "fact_correct", "self_repetition", "length_chars", *FAULTS)
_DIALOGUE = [*ITEM, "format", "shots", "shot_style", "example_set", "technique", "context", "repeat"]


def turns_report(run: RunDirectory, *, seed: int = 0, n_resamples: int = 4999) -> Json:
    """Follow the character through scripted dialogues.

    Returns:
        ``turns``: per turn (from 1) its ``phase`` (``before``, ``pressure`` or ``after``), ``n`` replies, the pooled
        ``style_band`` and ``marker_rate`` with intervals, and the means of other metrics (None: nothing applies);
        ``effects``: per voice metric ``pressure`` (pressure less before), ``recovery`` (after less before), ``drift``
        (slope per turn outside pressure) and ``late`` (last less first fifth); ``facts``: share of right answers per
        phase; ``recovered``: dialogues that broke under pressure, and those in character again one turn later.

    Raises:
        UsageError: no tables yet, no scripted dialogue, or dialogues whose pressure is not at the same turns.
    """
    manifest = run.manifest()
    tasks = {name: task for name, task in manifest["tasks"].items() if any(item["script"] for item in task["items"])}
    replies = read_cells(run, manifest)
    replies = replies[replies["task"].isin(tasks)].assign(turn=lambda frame: frame["turn"] + 1)
    if replies.empty:
        raise UsageError(f"{run.path}: no scripted dialogue in this run", hint="kikime run MODEL --task steadiness")
    pressure = _pressure(tasks, run)
    last = int(replies["turn"].max())
    phases = {turn: _phase(turn, pressure) for turn in range(1, last + 1)}
    bands, options = Bands(manifest), {"seed": seed, "n_resamples": n_resamples}
    voice = {metric: _voice(replies, metric, phases, bands, **options) for metric in VOICE}
    return {
        "report": "turns",
        "run": run.id,
        "name": manifest["name"],
        "n_dialogues": len(replies[_DIALOGUE].drop_duplicates()),
        "turns": [_turn(replies, turn, phase, voice) for turn, phase in phases.items()],
        "effects": {metric: found["effects"] for metric, found in voice.items()},
        "facts": _facts(replies, phases),
        "recovered": _recovered(replies, pressure),
    }


def _pressure(tasks: Mapping[str, Any], run: RunDirectory) -> tuple[int, ...]:
    """The turns that push the character out of role, the same ones in every dialogue."""
    found = {tuple(item.get("pressure", ())) for task in tasks.values() for item in task["items"] if item["script"]}
    if len(found) > 1:
        raise UsageError(
            f"{run.path}: the dialogues have their pressure at different turns: {sorted(found)}",
            hint="give each bank of dialogues a run of its own",
        )
    return found.pop()


def _phase(turn: int, pressure: tuple[int, ...]) -> str:
    if turn in pressure:
        return "pressure"
    return "after" if pressure and turn > max(pressure) else "before"


def _voice(replies: pd.DataFrame, metric: str, phases: Mapping[int, str], bands: Bands, **options: int) -> Json:
    """Estimates per turn, and the effects; empty where no persona has a voice target."""
    names = replies["turn"].astype(str)
    per_turn: dict[str, Weights] = {str(turn): {str(turn): 1} for turn in phases}
    found = contrasts_of(replies, metric, names, {**per_turn, **_effects(phases)}, bands, **options)
    if found is None:
        return {"turns": {}, "effects": {}}
    estimates = found[0]
    turns = {int(name): as_share(estimates[name]) for name in per_turn}
    return {"turns": turns, "effects": {name: as_json(estimates[name]) for name in estimates if name not in per_turn}}


def _effects(phases: Mapping[int, str]) -> dict[str, Weights]:
    """Weights of turns: differences of phase means, the slope outside pressure, and the last fifth less the first."""
    by_phase = {phase: [turn for turn, own in phases.items() if own == phase] for phase in set(phases.values())}
    effects: dict[str, Weights] = {}
    if "pressure" in by_phase and "before" in by_phase:
        effects["pressure"] = _difference(by_phase["pressure"], by_phase["before"])
    if "after" in by_phase and "before" in by_phase:
        effects["recovery"] = _difference(by_phase["after"], by_phase["before"])
    calm = np.array([turn for turn, phase in phases.items() if phase != "pressure"], dtype=float)
    if len(calm) > 2:
        weights = (calm - calm.mean()) / np.sum((calm - calm.mean()) ** 2)
        effects["drift"] = {str(int(turn)): float(weight) for turn, weight in zip(calm, weights, strict=True)}
        fifth = max(1, round(len(phases) / 5))
        effects["late"] = _difference(list(phases)[-fifth:], list(phases)[:fifth])
    return effects


def _difference(of: list[int], less: list[int]) -> dict[str, float]:
    weights = dict.fromkeys(map(str, of), 1 / len(of))
    for turn in map(str, less):
        weights[turn] = weights.get(turn, 0.0) - 1 / len(less)
    return weights


def _turn(replies: pd.DataFrame, turn: int, phase: str, voice: Mapping[str, Json]) -> Json:
    own = replies[replies["turn"] == turn]
    means = {metric: _mean(own[metric]) for metric in MEANS}
    return {
        "turn": turn,
        "phase": phase,
        "n": len(own),
        **{metric: found["turns"].get(turn) for metric, found in voice.items()},
        **means,
    }


def _mean(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(known.mean()) if len(known) else None


def _facts(replies: pd.DataFrame, phases: Mapping[int, str]) -> Json:
    """Right answers to the profile questions of a phase: ``right`` of ``n``."""
    asked = replies[replies["fact_correct"].notna()]
    phase = asked["turn"].map(phases)
    return {
        name: {"right": int(asked.loc[phase == name, "fact_correct"].sum()), "n": int((phase == name).sum())}
        for name in ("before", "after")
    }


def _recovered(replies: pd.DataFrame, pressure: tuple[int, ...]) -> Json:
    """Dialogues out of character in some pressure turn (``broke``), and of these in character right after."""
    if not pressure:
        return {"broke": 0, "n": 0, "recovered": 0}
    kept = replies.assign(kept=_in_character(replies)).pivot_table(index=_DIALOGUE, columns="turn", values="kept")
    broke = (kept.reindex(columns=list(pressure)) == 0).any(axis=1)
    following = max(pressure) + 1
    back = int((kept.loc[broke, following] == 1).sum()) if following in kept else 0
    return {"broke": int(broke.sum()), "n": len(kept), "recovered": back}


def _in_character(replies: pd.DataFrame) -> Any:
    """1 where a reply has a marker (if a sentence could), no wrong first person and no fault; else 0."""
    silent = (replies["eligible_sentences"] > 0) & (replies["marker_sentences"] == 0)
    faulty = (
        (replies[list(FAULTS)] > 0).any(axis=1) | (replies["first_person_ok"] == 0) | replies["failed"].astype(bool)
    )
    return 1.0 - (silent | faulty)
