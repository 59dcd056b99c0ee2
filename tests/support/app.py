"""The page as streamlit runs it, without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from kikime import leaderboard
from kikime.harness.metrics.belonging import tasks_of
from kikime.harness.store.rundir import RunDirectory
from kikime.leaderboard.data.index import Index
from kikime.leaderboard.page.registry import pages

APP = Path(leaderboard.__file__).with_name("app.py")
_KINDS = ("text", "code", "caption", "markdown", "info", "warning", "error", "success", "title", "header")


def turned_to(app: AppTest, page: str) -> AppTest:
    """Let the next run draw a page: ``switch_page`` knows only those that are files."""
    app._page_hash = calc_hash(pages()[page].path)
    return app


def opened(page: str, /, **parameters: Any) -> AppTest:
    """Open a page of the app with parameters of its address."""
    app = turned_to(AppTest.from_file(str(APP), default_timeout=240), page)
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


def texts(app: AppTest) -> str:
    """Everything that is shown, whatever element shows it."""
    return "\n".join(str(element.value) for kind in _KINDS for element in app.get(kind))


def frames(app: AppTest) -> list[pd.DataFrame]:
    """The tables of the page."""
    return [element.value for element in app.dataframe]


def named(store: Path) -> dict[str, str]:
    """Ids of the store's runs by their names."""
    return {entry.name: entry.id for entry in Index(store).entries()}


def table(run: RunDirectory) -> list[dict[str, Any]]:
    """Every reply of a run as stored."""
    rows: list[dict[str, Any]] = pq.read_table(run.samples_file).to_pylist()
    return rows


def measured(run: RunDirectory) -> pd.DataFrame:
    """Every reply of a run in the plan's order, with a column for each metric: what queries are checked against."""
    samples = pq.read_table(run.samples_file).to_pandas()
    scores = pq.read_table(run.scores_file).to_pandas().pivot_table(index="key", columns="metric", values="value")
    rows = samples.merge(scores.reset_index(), on="key", how="left").sort_values(["position", "turn"], kind="stable")
    rows.attrs["declared"] = {name: task["metrics"] for name, task in run.manifest()["tasks"].items()}
    return rows


def concerned(rows: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Those of the replies from :func:`measured` whose tasks the metric belongs to."""
    own: pd.DataFrame = rows[rows["task"].isin(tasks_of(metric, rows.attrs["declared"]))]
    return own


def meant(rows: pd.DataFrame, metric: str) -> float:
    """Mean over the characters of the means over their questions, of replies from :func:`measured`."""
    own = concerned(rows, metric)
    return float(own.groupby(["persona", "task", "item_id"])[metric].mean().groupby("persona").mean().mean())


def judged(run: RunDirectory) -> pd.DataFrame:
    """Every verdict of a run as stored."""
    return pq.read_table(run.judge_file).to_pandas()
