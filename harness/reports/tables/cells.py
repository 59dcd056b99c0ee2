"""A run's tables as one row per reply: condition, rule metrics, quality, verdicts. No text."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import duckdb

from kikime.harness.core.axes import CELL
from kikime.harness.core.errors import UsageError
from kikime.harness.core.manifest import Manifest
from kikime.harness.metrics import versions_of
from kikime.harness.metrics.belonging import CONFINED, SPOKEN_MARKERS, tasks_of
from kikime.harness.metrics.registry import METRICS
from kikime.harness.reports.tables.frames import Bands
from kikime.harness.reports.tables.panels import of_judge
from kikime.harness.reports.tables.quality import with_quality
from kikime.harness.store.database import open_tables, require_tables
from kikime.harness.store.means import ENDED, ENDING
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.verdicts import SCORE, age_verdicts

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ("pair_key", "key", "position", *CELL)
_VERDICT = ("pair_key", "judge", "criterion", "rubric_hash", "age", "scale", "score")


def read_cells(run: RunDirectory, manifest: Manifest, *, without: Collection[str] = ()) -> pd.DataFrame:
    """One row per reply, indexed by ``pair_key``: condition, ``item``, ``failed``, ``ending``, every metric.

    A metric is NaN where it does not apply, or does not belong (:mod:`kikime.harness.metrics.belonging`).

    ``without``: metrics that are read as not applicable, and play no part in the quality of a reply.

    Raises:
        UsageError: the run has no tables yet, a score is NaN, or a cell occurs twice; the key is named.
    """
    require_tables(run)
    with open_tables(run, "samples", "scores") as connection:
        _refuse_nan(connection, run)
        _refuse_twice(connection, run)
        connection.execute("CREATE TABLE wide AS PIVOT scores ON metric USING first(value) GROUP BY key")
        cells = connection.execute(
            f"""SELECT {", ".join(_COLUMNS)}, task || '/' || item_id AS item, error IS NOT NULL AS failed,
                       {ENDED} AS {ENDING},
                       wide.* EXCLUDE (key) FROM samples LEFT JOIN wide USING (key) ORDER BY position, turn"""  # noqa: S608
        ).df()
    METRICS.learn(manifest.get("metrics", {}))
    for metric in METRICS:
        if metric not in cells or metric in without:
            cells[metric] = float("nan")
    return _confined(with_quality(cells, manifest), manifest).set_index("pair_key")


def _confined(cells: pd.DataFrame, manifest: Manifest) -> pd.DataFrame:
    """Take metrics from the replies of tasks to which they do not belong, and the voice from what is not the model's own.

    ``voiced`` says whether a reply's task measures the voice. A copied example or an echo has no voice of its own, whatever
    its markers; runs of earlier versions counted them.
    """
    declared = {name: task["metrics"] for name, task in manifest["tasks"].items()}
    voiced = cells["task"].isin(tasks_of("style_level", declared)).to_numpy()
    borrowed = (cells[["fewshot_copy", "prompt_echo"]].to_numpy(dtype=float, na_value=0.0) > 0).any(axis=1)
    for metric in CONFINED:
        away = ~cells["task"].isin(tasks_of(metric, declared)).to_numpy()
        cells[metric] = cells[metric].mask(away | borrowed if metric in SPOKEN_MARKERS else away)
    cells["voiced"] = voiced
    cells["style_level"] = _levels(cells, Bands(manifest))
    return cells


def _levels(cells: pd.DataFrame, bands: Bands) -> pd.Series:
    """Style level of each reply by itself; runs of earlier versions have no such score."""
    rates = cells["marker_sentences"] / cells["eligible_sentences"].where(cells["eligible_sentences"] > 0)
    levels = rates * float("nan")
    for persona in bands.targets:
        at = cells["persona"] == persona
        levels[at] = bands.levels(persona, rates[at].to_numpy(dtype=float, na_value=float("nan")))
    return levels.mask(cells["failed"] & cells["voiced"], 0.0)


def read_versions(run: RunDirectory, manifest: Manifest) -> dict[str, str]:
    """The version of each metric that the run has scores of.

    It is the manifest's; where other versions measured some replies, because newer code went on with the run, all are
    named: ``rules/4 + rules/5``.

    Raises:
        UsageError: the table is broken.
    """
    planned = versions_of(manifest["hashes"])
    with open_tables(run, "scores") as connection:
        rows = connection.execute(
            "SELECT metric, list(DISTINCT scorer_version) FROM scores GROUP BY metric ORDER BY metric"
        ).fetchall()
    found = {metric: sorted({*filter(None, versions), planned.get(metric, "")} - {""}) for metric, versions in rows}
    return {metric: " + ".join(versions) for metric, versions in found.items() if versions}


def read_verdicts(run: RunDirectory, *, former: bool = False, judge: str | None = None) -> pd.DataFrame:
    """Verdicts of every judge, one row per reply and criterion: ``pair_key, judge, criterion, rubric_hash, age, score``.

    ``judge``: only that judge's, by its id or id/protocol, or those of a panel (:mod:`kikime.harness.reports.tables.panels`).

    ``score`` is NaN unless the verdict's status is ``ok``; ``judge`` is the judge's id and protocol. Only verdicts by the
    newest content of each rubric (``age`` 0; see :func:`kikime.harness.store.verdicts.age_verdicts`), with ``former`` also those
    by earlier ones: then one row per reply, criterion and ``rubric_hash``.

    Raises:
        UsageError: a score is NaN although the verdict is ok; the key is named. Or the panel is none.
    """
    if judge is not None:
        found = of_judge(read_verdicts(run, former=True), judge)
        return found if former else found[found["age"] == 0]
    if run.table_state("judge") is None:
        return _no_verdicts()
    with open_tables(run, "samples", "judge") as connection:
        age_verdicts(connection, run)
        verdicts = connection.execute(
            f"""SELECT pair_key, key, judge_id || '/' || protocol AS judge, rubric || '.' || criterion AS criterion,
                      rubric_hash, age, scale, status,
                      CASE WHEN status = 'ok' THEN {SCORE} END AS score
               FROM verdicts JOIN samples USING (key) WHERE age = 0 OR ? ORDER BY pair_key, judge, criterion, age""",  # noqa: S608  (fixed text)
            [former],
        ).df()
    broken = verdicts[(verdicts["status"] == "ok") & verdicts["score"].isna()]
    if len(broken):
        row = broken.iloc[0]
        raise UsageError(
            "{path}: key={key}, {criterion} of {judge}: the score is NaN",
            path=run.path,
            key=row["key"],
            criterion=row["criterion"],
            judge=row["judge"],
        )
    return verdicts[list(_VERDICT)]


def criterion_scores(cells: pd.DataFrame, verdicts: pd.DataFrame) -> pd.Series:
    """The scores (from 1) of one judge's criterion in the order of ``cells``; 1 for a failed reply, NaN where unscored."""
    scores = verdicts.set_index("pair_key")["score"].reindex(cells.index)
    return scores.mask(cells["failed"].astype(bool), 1.0)


def _no_verdicts() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({name: [] for name in _VERDICT})


def _refuse_nan(connection: duckdb.DuckDBPyConnection, run: RunDirectory) -> None:
    row = connection.execute(
        "SELECT key, metric, value FROM scores WHERE isnan(value) OR isinf(value) ORDER BY key, metric LIMIT 1"
    ).fetchone()
    if row:
        raise UsageError(
            "{path}: key={key}, metric={metric}: the value is {value}, not a number",
            hint="a metric that does not apply is null; build the tables again from the log: kikime resume {path}",
            path=run.path,
            key=row[0],
            metric=row[1],
            value=row[2],
        )


def _refuse_twice(connection: duckdb.DuckDBPyConnection, run: RunDirectory) -> None:
    row = connection.execute(
        "SELECT pair_key, count(*) FROM samples GROUP BY pair_key HAVING count(*) > 1 ORDER BY 1 LIMIT 1"
    ).fetchone()
    if row:
        raise UsageError(
            "{path}: pair_key={key} is there {n} {n:time|times}",
            hint="the suite names a cell twice",
            path=run.path,
            key=row[0],
            n=row[1],
        )
