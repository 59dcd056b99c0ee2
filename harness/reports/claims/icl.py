"""In-context learning: does the model learn the labels from the examples, or answer from what it knew before?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kikime.harness.core.errors import UsageError
from kikime.harness.reports.claims.factors import Json, as_json, as_share, contrasts_of
from kikime.harness.reports.tables.cells import read_cells
from kikime.harness.reports.tables.frames import ITEM, Bands
from kikime.harness.stats.factorial import Estimate
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.samples import read_samples

if TYPE_CHECKING:
    import pandas as pd


def icl_report(run: RunDirectory, *, seed: int = 0, n_resamples: int = 4999) -> Json:
    """Accuracy by number of examples and kind of label, and what each kind loses against the natural labels.

    Accuracy is that of the label whose log-probability, less its log-probability after a content-free input, is the
    higher one (contextual calibration); it is a mean over the example sets of each item, and items are drawn. A failed
    reply is a wrong one; items that lack some number of examples or kind of label are left out.

    Returns:
        ``rows``: per task, format and number of ``shots`` the ``kinds`` (``accuracy``, ``uncalibrated`` and, but for
        the natural labels, ``minus_natural``); ``gain``: per task, format and kind the most examples less the fewest;
        ``reading``: per kind ``examples``, ``prior`` or ``unclear`` at the most examples. ``chance`` is 1 / labels.

    Raises:
        UsageError: no tables yet, or no labelled task in the run.
    """
    manifest = run.manifest()
    labelled = {name: task["label_sets"] for name, task in manifest["tasks"].items() if task["label_sets"]}
    replies = read_cells(run, manifest)
    replies = replies[replies["task"].isin(labelled)]
    if replies.empty:
        raise UsageError(f"{run.path}: no in-context learning task in this run", hint="kikime run MODEL --suite icl")
    replies = _split(replies, run)
    report: Json = {"report": "icl", "run": run.id, "name": manifest["name"], "rows": [], "gain": [], "reading": []}
    for (task, form), asked in replies.groupby(["task", "format"], sort=False):
        own = _whole(asked)
        if own.empty:
            continue
        kinds = [kind for kind in labelled[task] if kind in set(own["kind"])]
        chance = 1 / len(labelled[task][kinds[0]])
        estimates = _estimates(own, kinds, Bands(manifest), seed=seed, n_resamples=n_resamples)
        if estimates is None:
            continue
        found, n_items = estimates
        where = {"task": task, "format": form, "n_items": n_items, "chance": chance}
        raw = own.groupby(["shots", "kind"])["uncalibrated"].mean()
        shots = sorted(set(own["shots"]))
        report["rows"] += [{**where, "shots": int(k), "kinds": _kinds(found, kinds, k, raw)} for k in shots]
        if len(shots) > 1:
            report["gain"] += [{**where, "kind": kind, **as_json(found[f"gain {kind}"])} for kind in kinds]
        labels = {kind: list(labelled[task][kind]) for kind in kinds}
        report["reading"] += [{**where, **entry} for entry in _reading(found, labels, shots[-1], chance)]
    return report


def _split(replies: pd.DataFrame, run: RunDirectory) -> pd.DataFrame:
    """Replies by kind of label, the item being the same question for every kind; ``uncalibrated`` without the prior."""
    stored = {row["pair_key"]: row for row in read_samples(run)}
    kinds, raw = [], []
    for key in replies.index:
        expect, logprobs = json.loads(stored[key]["expect"]), stored[key]["logprobs"]
        kinds.append(expect["kind"])
        raw.append(float(logprobs is not None and _first(json.loads(logprobs)) == expect["label"]))
    items = [item.removesuffix(f".{kind}") for item, kind in zip(replies["item"], kinds, strict=True)]
    return replies.assign(kind=kinds, item=items, uncalibrated=raw)


def _whole(replies: pd.DataFrame) -> pd.DataFrame:
    """Replies to the items that were asked with every number of examples and kind of label."""
    cell = replies["kind"] + " " + replies["shots"].astype(str)
    asked = cell.groupby([replies[name] for name in ITEM]).transform("nunique")
    whole: pd.DataFrame = replies[asked == cell.nunique()]
    return whole


def _first(logprobs: Mapping[str, float]) -> int:
    labels = {name: value for name, value in logprobs.items() if name.startswith("label.")}
    return int(max(labels, key=labels.__getitem__).removeprefix("label."))


def _estimates(
    own: pd.DataFrame, kinds: list[str], bands: Bands, *, seed: int, n_resamples: int
) -> tuple[dict[str, Estimate], int] | None:
    shots = sorted(set(own["shots"]))
    natural = kinds[0]
    contrasts: dict[str, dict[str, float]] = {}
    for kind in kinds:
        contrasts |= {f"{kind} {k}": {f"{kind} {k}": 1} for k in shots}
        contrasts |= {f"{kind} − {k}": {f"{kind} {k}": 1, f"{natural} {k}": -1} for k in shots if kind != natural}
        if len(shots) > 1:
            contrasts[f"gain {kind}"] = {f"{kind} {shots[-1]}": 1, f"{kind} {shots[0]}": -1}
    names = own["kind"] + " " + own["shots"].astype(str)
    return contrasts_of(own, "label_correct", names, contrasts, bands, seed=seed, n_resamples=n_resamples)


def _kinds(found: Mapping[str, Estimate], kinds: list[str], k: int, raw: Any) -> Json:
    return {
        kind: {
            "accuracy": as_share(found[f"{kind} {k}"]),
            "uncalibrated": float(raw[k, kind]),
            "minus_natural": as_json(found[f"{kind} − {k}"]) if kind != kinds[0] else None,
        }
        for kind in kinds
    }


def _reading(found: Mapping[str, Estimate], labels: Mapping[str, list[str]], k: int, chance: float) -> list[Json]:
    """Above chance: the examples were followed. Below: the usual meaning of the labels, where these exchange theirs."""
    entries, natural = [], next(iter(labels.values()))
    for kind, names in labels.items():
        estimate = found[f"{kind} {k}"]
        low, high = estimate.ci_low, estimate.ci_high
        follows = "unclear"
        if low is not None and low > chance:
            follows = "examples or prior" if names == natural else "examples"
        elif high is not None and high < chance and names != natural and sorted(names) == sorted(natural):
            follows = "prior"
        entries.append({"kind": kind, "labels": names, "shots": int(k), "follows": follows})
    return entries
