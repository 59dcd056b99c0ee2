"""A run that is there: its tables as frames, its summary, its manifest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kikime.harness.core.errors import UnfinishedRun
from kikime.harness.core.manifest import Manifest
from kikime.harness.core.reasons import Phrase, Reason
from kikime.harness.core.stores.mirror import local_runs
from kikime.harness.store.records import Summary
from kikime.harness.store.rundir import RunDirectory, find_run, list_runs

if TYPE_CHECKING:
    import pandas as pd

    from kikime.harness.reports.overview.records import JudgedRun
    from kikime.harness.store.database import Table
    from kikime.harness.store.samples import Sample
    from kikime.judges.jobs.session import JudgeSettings, Outcome
    from kikime.leaderboard.data.notes import Tagged


class Judging(NamedTuple):
    """Who judged a run just now, and what came of it."""

    settings: JudgeSettings
    outcome: Outcome


class Unscored(NamedTuple):
    """Verdicts without a score, for one reason."""

    judge: str
    status: str
    reason: str
    n: int


class Run:
    """One checkpoint on one suite. Tables are read when they are asked for, and kept."""

    def __init__(self, directory: RunDirectory, judging: Sequence[Judging] = ()) -> None:
        self.directory = directory
        self.judging = tuple(judging)
        """The judging that was part of making this run, by each judge; empty of a run that was loaded."""

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @property
    def path(self) -> Path:
        """The run's directory."""
        return self.directory.path

    @property
    def name(self) -> str:
        """What the run is called; several runs may have one name."""
        return str(self.manifest["name"])

    @cached_property
    def manifest(self) -> Manifest:
        """The resolved plan, versions and hashes, as ``manifest.json`` holds them."""
        return self.directory.manifest()

    @cached_property
    def summary(self) -> Summary:
        """Means by metric and slice.

        Raises:
            UsageError: the run is not finished, or its summary is broken.
        """
        summary = self.directory.summary()
        if summary is None:
            raise unfinished(self.directory)
        return summary

    @cached_property
    def samples(self) -> pd.DataFrame:
        """One row per reply, in plan order: its cell, prompt, response, finish reason, token counts, error."""
        return self._table("samples", " ORDER BY position, turn")

    @cached_property
    def scores(self) -> pd.DataFrame:
        """One row per reply (``key``) and ``metric``: its ``value``."""
        return self._table("scores")

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """One row per reply (``key``), judge and criterion; empty where nobody has judged."""
        if self.directory.table_state("judge") is None:
            import pandas as pd

            return pd.DataFrame(columns=["key", "judge_id", "protocol", "rubric", "criterion", "score", "status"])
        return self._table("judge")

    @property
    def engine_notes(self) -> list[Reason]:
        """What the engine changed of the requests, as its server would not take them, once each."""
        told = [note for session in self.directory.sessions() for note in session.notes]
        return [note for number, note in enumerate(told) if note not in told[:number]]

    def replies(self, where: str | None = None, limit: int | None = None) -> list[Sample]:
        """Replies in plan order, each with its ``metrics`` and, of these, those of its task as ``task_metrics``.

        ``where`` is an SQL condition on columns and metric names.

        Raises:
            UsageError: the run has no tables yet, one is broken, or the condition is wrong.
        """
        from kikime.harness.store.samples import read_samples

        tasks = self.manifest["tasks"]
        return [
            {**row, "task_metrics": {name: row["metrics"].get(name) for name in tasks[row["task"]]["metrics"]}}
            for row in read_samples(self.directory, where=where, limit=limit)
        ]

    def why_unscored(self, limit: int = 3) -> list[Unscored]:
        """The most frequent reasons why verdicts have no score."""
        from kikime.harness.store.database import open_tables

        with open_tables(self.directory, "judge") as connection:
            rows = connection.execute(
                """SELECT judge_id, status, split_part(coalesce(error, ''), chr(10), 1) AS reason, count(*) AS n
                   FROM judge WHERE status != 'ok' GROUP BY ALL ORDER BY n DESC, judge_id, status, reason LIMIT ?""",
                [limit],
            ).fetchall()
        return [Unscored(*row) for row in rows]

    def judged(self, judge: str) -> JudgedRun:
        """What ``judge`` (its id, id/protocol, or ``panel:JUDGE,JUDGE``) says of the run, by criterion.

        Raises:
            UsageError: no verdicts of that judge, or of some member of the panel.
        """
        from kikime.harness.reports.overview.judged import judged_run

        return judged_run(self.directory, judge)

    def panels(self) -> list[JudgedRun]:
        """The panel of all judges that share a criterion, where several judged the run."""
        from kikime.harness.reports.overview.judged import panels_of_run

        return panels_of_run(self.directory)

    def to_frame(self) -> pd.DataFrame:
        """The replies with their scores as columns: :attr:`samples` beside :attr:`scores`, wide."""
        wide = self.scores.pivot_table(index="key", columns="metric", values="value", aggfunc="first")
        return self.samples.merge(wide.reset_index(), on="key", how="left")

    def to_json(self) -> str:
        """The summary as JSON."""
        return self.summary.to_json()

    def _table(self, name: Table, order: str = "") -> pd.DataFrame:
        from kikime.harness.store.database import open_tables, require_tables

        require_tables(self.directory)
        with open_tables(self.directory, name) as connection:
            frame: pd.DataFrame = connection.execute(f"SELECT * FROM {name}{order}").df()  # noqa: S608  (own names)
        return frame


_ENDED = {
    "running": Phrase("ended unexpectedly"),
    "complete": Phrase("the summary is missing"),
    "failed": Phrase("failed"),
    "interrupted": Phrase("interrupted"),
    "unknown": Phrase("unknown"),
}
"""What became of a run without a summary, by the state that it wrote down last."""


def tagged(
    run_list: Sequence[Run | str | Path] = (), tags: Sequence[str] = (), *, runs: str | Path = "runs"
) -> Iterator[Tagged]:
    """The replies that readers noted on the page, of every run below ``runs`` by default, as training or test data.

    Args:
        run_list: only of these runs.
        tags: only those with one of these tags; ``★`` stands for a star.
        runs: folder of the runs.

    Raises:
        UsageError: no such run.
    """
    from kikime.leaderboard.data.notes import tagged as noted

    found = [load_run(run, runs=runs) for run in run_list] or load_runs(runs)
    return (row for run in found for row in noted(run.directory, tags))


def unfinished(run: RunDirectory) -> UnfinishedRun:
    """What to raise of a run without a summary: it is still worked on, ended in order, or was killed."""
    status = run.status()
    replies = Phrase(
        "{done:,} of {planned:,} {planned:reply|replies}", done=status.get("done", 0), planned=status.get("planned", 0)
    )
    if run.is_worked_on():
        return UnfinishedRun(
            "{path}: no summary yet: running, {replies}",
            hint="wait for it to end; if it is stopped for good: kikime resume {path}",
            path=run.path,
            replies=replies,
        )
    state = status.get("state", "unknown")
    return UnfinishedRun(
        "{path}: no summary yet: {state}, {replies}",
        hint="go on: kikime resume {path}",
        path=run.path,
        state=_ENDED.get(state, state),
        replies=replies,
    )


def load_run(run: Run | str | Path, *, runs: str | Path = "runs", unfinished: bool = False) -> Run:
    """A run by path, id or name below ``runs``: of a name the newest complete benchmark.

    ``runs`` may be an address of fsspec that runs were published at, such as ``s3://bucket/runs``.

    With ``unfinished`` a name means the newest run that is not complete.

    Raises:
        UsageError: no such run.
    """
    return run if isinstance(run, Run) else Run(find_run(str(run), local_runs(runs), unfinished=unfinished))


def load_runs(runs: str | Path = "runs") -> list[Run]:
    """All runs below ``runs``, oldest first."""
    return [Run(directory) for directory in list_runs(local_runs(runs))]
