"""Panels: several judges of one run as one, with how far they agree.

A panel's score of a reply by a criterion is the mean over its members, and is there only where every member has one: a mean
over whoever happened to answer would move with their severity.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kikime.harness.core.errors import UsageError
from kikime.harness.stats.panel import PanelAgreement, panel_agreement
from kikime.harness.store.rundir import RunDirectory

if TYPE_CHECKING:
    import pandas as pd

PANEL = "panel:"
_KIND = ["criterion", "rubric_hash"]


def panel_of(judges: Iterable[str]) -> str:
    """The name of the panel of ``judges``.

    >>> panel_of(["b", "a"])
    'panel:a,b'
    """
    return PANEL + ",".join(sorted(judges))


def members_of(judge: str) -> tuple[str, ...]:
    """The members that a panel's name lists, sorted; none of a single judge.

    Raises:
        UsageError: a panel of fewer than two different judges.
    """
    if not judge.startswith(PANEL):
        return ()
    names = tuple(sorted({name.strip() for name in judge.removeprefix(PANEL).split(",")} - {""}))
    if len(names) < 2:
        raise UsageError("'{judge}' is no panel", hint="a panel has two judges or more: panel:JUDGE,JUDGE", judge=judge)
    return names


def find_judge(wanted: str, known: Iterable[str]) -> str | None:
    """The judge (``id/protocol``) of that name or id; the first protocol where there are several."""
    return next((name for name in sorted(known) if wanted in (name, name.rsplit("/", 1)[0])), None)


def of_judge(verdicts: pd.DataFrame, judge: str) -> pd.DataFrame:
    """The rows of one judge, or of a panel, among those of all contents of the rubrics; empty where there are none.

    Of a panel only the criteria by one and the same content of their rubric that every member was asked; ``age`` is 0 for
    the newest one of these.
    """
    if not members_of(judge):
        return verdicts[verdicts["judge"] == find_judge(judge, verdicts["judge"].unique())]
    own = _of_members(verdicts, judge)
    if own.empty:
        return own
    size = len(members_of(judge))
    found = own.groupby(["pair_key", *_KIND], as_index=False).agg(
        age=("age", "first"), scale=("scale", "first"), score=("score", "mean"), scored=("score", "count")
    )
    found["score"] = found["score"].where(found["scored"] == size)
    return found.assign(judge=panel_of(members_of(judge)))[list(verdicts.columns)]


def agreements(verdicts: pd.DataFrame, judge: str) -> dict[str, PanelAgreement]:
    """By criterion how far the members of a panel agree; nothing of a single judge. ``verdicts`` as for :func:`of_judge`."""
    if not members_of(judge):
        return {}
    own = _of_members(verdicts, judge)
    found: dict[str, PanelAgreement] = {}
    for criterion, rows in own[own["age"] == 0].groupby("criterion"):
        complete = rows.pivot_table(index="pair_key", columns="judge", values="score", aggfunc="first").dropna()
        if len(complete) and complete.shape[1] == len(members_of(judge)):
            found[str(criterion)] = panel_agreement(complete.to_numpy(float))
    return found


def panels_of(verdicts: pd.DataFrame) -> list[str]:
    """The panel of all judges that share a criterion of one content with another; none where no two do."""
    asked = verdicts.groupby(_KIND)["judge"].unique()
    found = {panel_of(judges) for judges in asked if len(judges) > 1}
    return sorted(found)


def no_such_judge(run: RunDirectory, verdicts: pd.DataFrame, judge: str) -> UsageError:
    """What to raise where a run has no verdicts of a judge that was asked for."""
    known = sorted(verdicts["judge"].unique())
    if not known:
        return UsageError(
            "{run}: no verdicts of {judge}",
            hint="nobody has judged it: kikime judge {path} --judge-model JUDGE",
            run=run.id,
            path=run.path,
            judge=judge,
        )
    return UsageError(
        "{run}: no verdicts of {judge}",
        hint="there are those of {known}; add some: kikime judge {path} --judge-model JUDGE",
        run=run.id,
        path=run.path,
        judge=judge,
        known=", ".join(known),
    )


def mean_alpha(found: Iterable[PanelAgreement]) -> float | None:
    """The mean of alpha over criteria; None where it is defined for none."""
    known = [one.alpha for one in found if one.alpha is not None]
    return sum(known) / len(known) if known else None


def _of_members(verdicts: pd.DataFrame, judge: str) -> pd.DataFrame:
    """The members' rows by contents that all were asked, ``age`` counted among these."""
    known: Sequence[str] = verdicts["judge"].unique()
    names = [find_judge(name, known) for name in members_of(judge)]
    own = verdicts[verdicts["judge"].isin([name for name in names if name is not None])]
    if None in names or len(set(names)) < len(names):
        return own.iloc[:0]
    asked = own.groupby(_KIND).agg(judges=("judge", "nunique"), age=("age", "sum")).reset_index()
    shared = asked[asked["judges"] == len(names)]
    ages = shared.assign(age=shared.groupby("criterion")["age"].rank(method="first").astype(int) - 1)
    return own.drop(columns="age").merge(ages[[*_KIND, "age"]], on=_KIND)
