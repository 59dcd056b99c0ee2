"""Form, not facts: what tuning moves and what given context moves, over {base, tuned} × {no context, context}."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np
from msgspec.structs import replace

from kikime.harness.core.errors import EmptyReport, UsageError
from kikime.harness.core.manifest import StoredTask
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.records import Printed
from kikime.harness.metrics.belonging import declares
from kikime.harness.metrics.registry import METRICS
from kikime.harness.reports.claims.estimates import Shift, change, settled
from kikime.harness.reports.claims.factors import as_shift, contrasts_of
from kikime.harness.reports.comparison.compare import describe
from kikime.harness.reports.comparison.pairs import Pair, load_pair, not_comparable
from kikime.harness.reports.comparison.records import Direction, Side
from kikime.harness.reports.report import Block, Footnote, Line, Report, Table
from kikime.harness.stats.prompts.factorial import Weights
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import Translator
from kikime.harness.words.numbers import number

if TYPE_CHECKING:
    import pandas as pd


class FormFactsRow(msgspec.Struct, kw_only=True, frozen=True):
    """One metric of one task over {base, tuned} × {no context, context}."""

    task: str
    metric: str
    kind: Literal["facts", "style"]
    direction: Direction
    n_items: int
    cells: dict[str, Shift]
    """``base``, ``base + context``, ``tuned``, ``tuned + context``."""
    effects: dict[str, Shift]
    """``tuning``, ``context``, ``context_after_tuning``, ``interaction``."""


class FormFactsReport(Printed, msgspec.Struct, kw_only=True):
    """What tuning moves and what given context moves."""

    version: int = 1
    """Of this record's shape."""
    report: Literal["form_facts"] = "form_facts"
    base: Side
    tuned: Side
    rows: list[FormFactsRow]
    reading: dict[str, dict[str, list[str]]]
    """Effect → kind (``facts``, ``style``) → the metrics that moved by the corrected p, as ``task.metric``."""

    def frame_rows(self) -> list[FormFactsRow]:
        """What ``to_frame`` shows, one record per row."""
        return self.rows


BASE, BASE_CONTEXT, TUNED, TUNED_CONTEXT = "base", "base + context", "tuned", "tuned + context"
SIDES = (BASE, BASE_CONTEXT, TUNED, TUNED_CONTEXT)
EFFECTS: dict[str, Weights] = {
    "tuning": {TUNED: 1, BASE: -1},
    "context": {BASE_CONTEXT: 1, BASE: -1},
    "context_after_tuning": {TUNED_CONTEXT: 1, TUNED: -1},
    "interaction": {TUNED_CONTEXT: 1, TUNED: -1, BASE_CONTEXT: -1, BASE: 1},
}
"""``interaction`` is the difference in differences: how much more the context does to the tuned checkpoint."""
FACTS = ("probe_shift", "probe_new_first", "fact_correct", "fact_wrong")
STYLE = ("marker_rate", "style_level")
_NONE, _GIVEN = "none", "relevant"


def form_facts_report(
    base: RunDirectory, tuned: RunDirectory, *, seed: int = 0, n_resamples: int = 4999
) -> FormFactsReport:
    """Compare a tuned checkpoint with its base, without and with the facts in the prompt, over the same items.

    Args:
        base: run of the checkpoint before tuning.
        tuned: run of the checkpoint after it, on the same suite.
        seed: of resampling.
        n_resamples: bootstrap draws.

    Raises:
        UsageError: the runs may not be compared, or no task was asked both with and without its facts.
    """
    pair = load_pair(base, tuned, common=True)
    if pair.why_not:
        raise UsageError(
            not_comparable(pair.why_not, None, what=Phrase("{a} and {b}", a=base.id, b=tuned.id)).message,
            hint="run both with the same suite: kikime run MODEL --suite form_facts",
        )
    rows = _settled(_rows(pair, seed=seed, n_resamples=n_resamples))
    if not rows:
        raise EmptyReport(
            "these runs asked no task both without context and with the relevant facts",
            hint="kikime run MODEL --suite form_facts, for both checkpoints",
        )
    return FormFactsReport(
        base=describe(base, pair.manifest_a),
        tuned=describe(tuned, pair.manifest_b),
        rows=rows,
        reading=reading(rows),
    )


def reading(rows: list[FormFactsRow]) -> dict[str, dict[str, list[str]]]:
    """Effect → kind → the metrics that surely moved, as ``task.metric``."""
    return {
        effect: {
            kind: [f"{r.task}.{r.metric}" for r in rows if r.kind == kind and r.effects[effect].change != "unclear"]
            for kind in ("facts", "style")
        }
        for effect in EFFECTS
    }


def _rows(pair: Pair, *, seed: int, n_resamples: int) -> Iterator[FormFactsRow]:
    replies = _both_sides(pair)
    for task, spec in pair.manifest_a["tasks"].items():
        own = replies[replies["task"] == task]
        if set(own["context"]) != {_NONE, _GIVEN}:
            continue
        for metric in _metrics(spec):
            found = contrasts_of(
                own,
                metric,
                own["side"],
                {**{side: {side: 1} for side in SIDES}, **EFFECTS},
                pair.bands,
                seed=seed,
                n_resamples=n_resamples,
            )
            if found is None:
                continue
            estimates, n_items = found
            yield FormFactsRow(
                task=task,
                metric=metric,
                kind="style" if metric in STYLE else "facts",
                direction=METRICS[metric].direction,
                n_items=n_items,
                cells={side: as_shift(estimates[side]) for side in SIDES},
                effects={effect: as_shift(estimates[effect]) for effect in EFFECTS},
            )


def _settled(rows: Iterable[FormFactsRow]) -> list[FormFactsRow]:
    """The rows with the p-values of all their effects corrected together."""
    rows = list(rows)
    found = iter(settled([effect for row in rows for effect in row.effects.values()]))
    return [replace(row, effects={name: next(found) for name in row.effects}) for row in rows]


def _metrics(task: StoredTask) -> list[str]:
    style = STYLE if not task["bare"] and declares(task["metrics"], "style_level") else ()
    return [*(name for name in FACTS if name in task["metrics"]), *style]


def _both_sides(pair: Pair) -> pd.DataFrame:
    """Replies of both runs that were asked without context or with the relevant one; ``side`` names the cell."""
    import pandas as pd

    parts = []
    for cells, plain, given in ((pair.a, BASE, BASE_CONTEXT), (pair.b, TUNED, TUNED_CONTEXT)):
        used = cells[cells["context"].isin([_NONE, _GIVEN])]
        parts.append(used.assign(side=np.where(used["context"] == _GIVEN, given, plain)))
    return pd.concat(parts, ignore_index=True)


def tables(report: FormFactsReport, t: Translator) -> Iterator[Block]:
    """What tuning moved, what context moved, and how they go together."""
    effects = ("tuning", "context", "interaction")
    rows = [
        [
            t.get(f"reports.form_facts.kind.{row.kind}", row.kind),
            row.task,
            t.metric(row.metric),
            row.n_items,
            *(number(cell.value) for cell in row.cells.values()),
            *(change(row.effects[effect]) for effect in effects),
        ]
        for row in report.rows
    ]
    heads = [t(f"reports.form_facts.{name}") for name in ("kind_column", "task", "metric", "items")]
    columns = [
        *heads,
        *(t(f"reports.form_facts.side.{side.replace(' + ', '_')}") for side in SIDES),
        *(t(f"reports.form_facts.effect.{effect}") for effect in effects),
    ]
    yield Table(t("reports.form_facts.title", tuned=report.tuned.name, base=report.base.name), columns, rows, left=3)
    for effect in ("tuning", "context"):
        moved = {kind: ", ".join(report.reading[effect][kind]) or t("reports.form_facts.nothing") for kind in _KINDS}
        yield Line(t("reports.form_facts.moved", effect=t(f"reports.form_facts.effect.{effect}"), **moved))
    yield Footnote(t("reports.form_facts.footnote", intervals=t("reports.intervals")))


_KINDS = ("facts", "style")


def _compute(run: RunDirectory, base: RunDirectory | None) -> FormFactsReport:
    if base is None:
        raise UsageError(
            "--report form_facts compares two runs",
            hint="kikime show {path} --report form_facts --base BASE",
            path=run.path,
        )
    return form_facts_report(base, run)


REPORT = Report(
    "form_facts",
    {
        "ja": "調整が動かすものと、与えた文脈が動かすもの（--base が要る。評価セット form_facts）",
        "en": "what tuning and what given context move; needs --base (suite form_facts)",
    },
    FormFactsReport,
    _compute,
    tables,
    base="needed",
)
