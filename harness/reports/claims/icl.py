"""In-context learning: does the model learn the labels from the examples, or answer from what it knew before?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec.structs import asdict as fields_of
from msgspec.structs import replace

from kikime.harness.core.errors import EmptyReport, UsageError
from kikime.harness.core.records import Printed
from kikime.harness.reports.claims.estimates import Level, Shift, grouped, points, settled, share
from kikime.harness.reports.claims.factors import as_level, as_shift, contrasts_of
from kikime.harness.reports.report import Block, Footnote, Line, Report, Table
from kikime.harness.reports.tables.cells import read_cells
from kikime.harness.reports.tables.frames import ITEM, Bands
from kikime.harness.stats.prompts.factorial import Estimate
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.samples import read_samples
from kikime.harness.words.catalogue import Translator
from kikime.harness.words.numbers import percent

if TYPE_CHECKING:
    import pandas as pd


class LabelKind(msgspec.Struct, frozen=True):
    """How one kind of labels was answered."""

    accuracy: Level
    """After contextual calibration, 0–1."""
    uncalibrated: float
    minus_natural: Shift | None
    """Less the accuracy with natural labels; None for these."""


class LabelRow(msgspec.Struct, frozen=True):
    """Accuracy of one task in one format with so many examples."""

    task: str
    format: str
    n_items: int
    chance: float
    """1 / labels."""
    shots: int
    kinds: dict[str, LabelKind]
    """Kind of label → its accuracy; the natural labels first."""


class LabelGain(Shift, kw_only=True, frozen=True):
    """Accuracy with the most examples less that with the fewest."""

    task: str
    format: str
    n_items: int
    chance: float
    kind: str


Follows = Literal["examples", "prior", "examples or prior", "unclear"]


class LabelReading(msgspec.Struct, frozen=True):
    """What the answers follow with the most examples."""

    task: str
    format: str
    n_items: int
    chance: float
    kind: str
    labels: list[str]
    shots: int
    follows: Follows


class IclReport(Printed, msgspec.Struct, kw_only=True):
    """Whether a model learns labels from examples, or answers from what it knew before."""

    version: int = 1
    """Of this record's shape."""
    report: Literal["icl"] = "icl"
    run: str
    name: str
    rows: list[LabelRow] = []
    gain: list[LabelGain] = []
    reading: list[LabelReading] = []

    def frame_rows(self) -> list[LabelRow]:
        """What ``to_frame`` shows, one record per row."""
        return self.rows


def icl_report(run: RunDirectory, *, seed: int = 0, n_resamples: int = 4999) -> IclReport:
    """Accuracy by number of examples and kind of label, and what each kind loses against the natural labels.

    Accuracy is that of the label whose log-probability, less its log-probability after a content-free input, is the
    higher one (contextual calibration); it is a mean over the example sets of each item, and items are drawn. A failed
    reply is a wrong one; items that lack some number of examples or kind of label are left out.

    Raises:
        UsageError: no tables yet, or no labelled task in the run.
        EmptyReport: no item has all of them.
    """
    manifest = run.manifest()
    labelled = {name: task["label_sets"] for name, task in manifest["tasks"].items() if task["label_sets"]}
    replies = read_cells(run, manifest)
    replies = replies[replies["task"].isin(labelled)]
    if replies.empty:
        raise UsageError(
            "{path}: no in-context learning task in this run", hint="kikime run MODEL --suite icl", path=run.path
        )
    replies = _split(replies, run)
    report = IclReport(run=run.id, name=manifest["name"])
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
        where = (str(task), str(form), n_items, chance)
        raw = own.groupby(["shots", "kind"])["uncalibrated"].mean()
        shots = sorted(set(own["shots"]))
        report.rows += [LabelRow(*where, int(k), _kinds(found, kinds, k, raw)) for k in shots]
        if len(shots) > 1:
            report.gain += [_gain(found[f"gain {kind}"], *where, kind) for kind in kinds]
        labels = {kind: list(labelled[task][kind]) for kind in kinds}
        for kind, names in labels.items():
            follows = _follows(found[f"{kind} {shots[-1]}"], names, labels[kinds[0]], chance)
            report.reading.append(LabelReading(*where, kind, names, int(shots[-1]), follows))
    if not report.rows:
        raise EmptyReport(
            "{path}: no sentence was asked with every set of labels and every number of examples",
            hint="kikime resume {path}, if replies are missing, or run the suite icl again",
            path=run.path,
        )
    _settle(report)
    return report


def _gain(estimate: Estimate, task: str, form: str, n_items: int, chance: float, kind: str) -> LabelGain:
    own = fields_of(as_shift(estimate))
    return LabelGain(**own, task=task, format=form, n_items=n_items, chance=chance, kind=kind)


def _settle(report: IclReport) -> None:
    """Correct the p-values of all differences together."""
    less = [(row, kind, own) for row in report.rows for kind, own in row.kinds.items() if own.minus_natural]
    shifts: list[Shift] = [own.minus_natural for _, _, own in less if own.minus_natural]
    found = iter(settled([*shifts, *report.gain]))
    for row, kind, own in less:
        row.kinds[kind] = replace(own, minus_natural=next(found))
    report.gain = [gain for gain in found if isinstance(gain, LabelGain)]


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


def _kinds(found: Mapping[str, Estimate], kinds: list[str], k: int, raw: pd.Series) -> dict[str, LabelKind]:
    return {
        kind: LabelKind(
            accuracy=as_level(found[f"{kind} {k}"]),
            uncalibrated=float(raw[k, kind]),
            minus_natural=as_shift(found[f"{kind} − {k}"]) if kind != kinds[0] else None,
        )
        for kind in kinds
    }


def _follows(estimate: Estimate, names: list[str], natural: list[str], chance: float) -> Follows:
    """Above chance: the examples were followed. Below: the usual meaning of the labels, where these exchange theirs."""
    if estimate.ci_low is not None and estimate.ci_low > chance:
        return "examples or prior" if names == natural else "examples"
    below = estimate.ci_high is not None and estimate.ci_high < chance
    exchanged = names != natural and sorted(names) == sorted(natural)
    return "prior" if below and exchanged else "unclear"


def tables(report: IclReport, t: Translator) -> Iterator[Block]:
    """Accuracy by number of examples and kind of label, and what the model followed."""
    for (task, form), rows in grouped(report.rows, "task", "format"):
        kinds = list(rows[0].kinds)
        columns = [t("reports.icl.examples"), *kinds, *(f"{kind} − {kinds[0]}" for kind in kinds[1:])]
        table = [
            [
                row.shots,
                *(share(row.kinds[kind].accuracy) for kind in kinds),
                *(points(row.kinds[kind].minus_natural) for kind in kinds[1:]),
            ]
            for row in rows
        ]
        place = {"name": report.name, "task": task, "format": form}
        title = t("reports.icl.title", n=rows[0].n_items, chance=percent(rows[0].chance), **place)
        yield Table(title, columns, table)
    for entry in report.reading:
        follows = t.get(f"reports.icl.follows.{entry.follows}", entry.follows)
        place = {"kind": entry.kind, "labels": "/".join(entry.labels), "format": entry.format}
        yield Line(t("reports.icl.reading", shots=entry.shots, follows=follows, **place))
    yield Footnote(t("reports.intervals") + t("reports.icl.footnote"))


REPORT = Report(
    "icl",
    {
        "ja": "例示から学んだラベルか、もともと知っていたラベルか（評価セット icl）",
        "en": "few-shot labels: learnt from the examples, or known before (suite icl)",
    },
    IclReport,
    lambda run, _: icl_report(run),
    tables,
)
