"""Base against tuned: retained share, non-inferiority, and whether form or knowledge was lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kikime.harness.reports.tables.margins import load_margins
from kikime.harness.stats.decisions import Decision, decide
from kikime.harness.stats.paired import PairedDifference, paired_difference
from kikime.harness.stats.prompts.flexibility import flexibility

if TYPE_CHECKING:
    import pandas as pd

ALL = "all"
_KEYS = ["source", "task", "condition", "persona", "item"]


@dataclass(frozen=True)
class Kept:
    """How much of one ability is left."""

    base: float
    """Mean over personas of the mean over items, 0–1."""
    tuned: float
    delta: float
    """tuned − base."""
    ci_low: float | None
    """95 % interval of ``delta``."""
    ci_high: float | None
    p_value: float
    mde: float | None
    """Smallest true change that this many items find with 80 % power."""
    retained: float | None
    """tuned / base; None unless the base's mean is surely above 0.2."""
    retained_low: float | None
    retained_high: float | None
    verdict: Decision
    """Non-inferiority by the margin: ``pass``, ``fail`` or ``insufficient evidence``."""
    n_needed: int | None
    """Items that would settle it, where they do not."""


@dataclass(frozen=True)
class FormTax:
    """Share of items whose content is right and whose form is broken: knowledge − strict."""

    base: float
    tuned: float
    delta: float
    """tuned − base."""
    ci_low: float | None
    """95 % interval of ``delta``."""
    ci_high: float | None


@dataclass(frozen=True)
class Row:
    """One task (or all of one source) under one condition."""

    source: str
    """``kikime`` or ``lm-eval``."""
    task: str
    condition: str
    """``with persona`` or ``without persona``."""
    n_items: int
    n_personas: int
    strict: Kept | None
    """The task done as asked; None where there is no form (log-probabilities)."""
    knowledge: Kept | None
    """The content right, whatever the form; None where it cannot be told apart."""
    form_tax: FormTax | None
    """None unless both are there."""
    lost: str | None
    """What explains a failed verdict: ``knowledge``, ``form``, ``knowledge and form`` or ``undecided``."""


def retention_report(base: pd.DataFrame, tuned: pd.DataFrame, *, seed: int = 0, n_resamples: int = 9999) -> list[Row]:
    """Compare outcomes of the same items, per task and condition, and over all tasks of a source.

    Args:
        base: as :func:`kikime.harness.retention.run_outcomes` gives them; items that only one side has are left out.
        tuned: the same of the tuned checkpoint.
        seed: of resampling.
        n_resamples: bootstrap draws.
    """
    both = base.merge(tuned, on=_KEYS, suffixes=("_base", "_tuned"))
    return [
        _row(source, task, condition, rows, seed=seed, n_resamples=n_resamples)
        for source, task, condition, rows in _slices(both)
    ]


def _slices(both: pd.DataFrame) -> Iterator[tuple[str, str, str, pd.DataFrame]]:
    for (source, condition), rows in both.groupby(["source", "condition"], sort=False):
        tasks = list(rows.groupby("task", sort=False))
        for task, own in tasks:
            yield source, task, condition, own
        if source == "kikime" and len(tasks) > 1:
            yield source, ALL, condition, rows


def _row(source: str, task: str, condition: str, rows: pd.DataFrame, *, seed: int, n_resamples: int) -> Row:
    known = {name: bool(rows[[f"{name}_base", f"{name}_tuned"]].notna().all(axis=None)) for name in _SIDES}
    kept = {name: _kept(rows, name, seed=seed, n_resamples=n_resamples) if known[name] else None for name in _SIDES}
    tax = None
    if all(known.values()):
        sides = {side: rows[f"knowledge_{side}"] - rows[f"strict_{side}"] for side in ("base", "tuned")}
        tax = _difference(
            rows.assign(a=sides["base"], b=sides["tuned"]), higher=False, seed=seed, n_resamples=n_resamples
        )
    return Row(
        source=source,
        task=task,
        condition=condition,
        n_items=int(rows["item"].nunique()),
        n_personas=int(rows["persona"].nunique()),
        strict=kept["strict"],
        knowledge=kept["knowledge"],
        form_tax=None if tax is None else FormTax(tax.mean_a, tax.mean_b, tax.delta, tax.ci_low, tax.ci_high),
        lost=_lost(kept["strict"], kept["knowledge"], tax),
    )


_SIDES = ("strict", "knowledge")


def _kept(rows: pd.DataFrame, name: str, *, seed: int, n_resamples: int) -> Kept:
    pair = rows.rename(columns={f"{name}_base": "a", f"{name}_tuned": "b"})
    difference = _difference(pair, higher=True, seed=seed, n_resamples=n_resamples)
    settled = decide(difference, margin=load_margins().margins["binary"])
    cells = pair.melt(["persona", "item"], ["a", "b"], var_name="format", value_name="value")
    share = flexibility(cells, native="a", seed=seed, n_resamples=n_resamples)
    said = difference.estimate
    return Kept(
        base=said.mean_a,
        tuned=said.mean_b,
        delta=said.delta,
        ci_low=said.ci_low,
        ci_high=said.ci_high,
        p_value=said.p_value,
        mde=said.mde,
        retained=share.retained,
        retained_low=share.ci_low,
        retained_high=share.ci_high,
        verdict=settled.decision,
        n_needed=settled.n_needed,
    )


def _difference(pair: pd.DataFrame, *, higher: bool, seed: int, n_resamples: int) -> PairedDifference:
    return paired_difference(
        pair[["persona", "item", "a", "b"]],
        higher_is_better=higher,
        margin=load_margins().margins["binary"],
        seed=seed,
        n_resamples=n_resamples,
    )


def _lost(strict: Kept | None, knowledge: Kept | None, tax: PairedDifference | None) -> str | None:
    """Name what a checkpoint lost; the loss of ``strict`` is the loss of knowledge plus the rise of the form tax."""
    failed = [name for name, kept in (("strict", strict), ("knowledge", knowledge)) if kept and kept.verdict == "fail"]
    if not failed:
        return None
    taxed = tax is not None and tax.verdict == "worse"
    if "knowledge" in failed:
        return "knowledge and form" if taxed else "knowledge"
    return "form" if taxed else "undecided"
