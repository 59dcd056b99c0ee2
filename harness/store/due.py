"""Which replies a judge's criterion is due for, and how many of them it scored."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from kikime.harness.core.manifest import Manifest, StoredItem

if TYPE_CHECKING:
    import pandas as pd


class Coverage(NamedTuple):
    """How much of what a criterion is due for has a score."""

    scored: int
    due: int
    """Replies; 0 where the criterion is due for none."""

    @property
    def share(self) -> float:
        """0–1; 1 where nothing is due."""
        return self.scored / self.due if self.due else 1.0


class DueReplies:
    """The replies of one run that criteria are due for.

    A criterion is due for every reply of the tasks that declare its rubric; of a rubric for dialogues, for the last reply of
    each dialogue of several turns. One that no task declares was asked for on the command line, and is due for every reply.
    A generation that failed is no reply.
    """

    def __init__(self, manifest: Manifest) -> None:
        stored = manifest.get("rubrics", {})
        self._dialogues = {name for name, content in stored.items() if content["kind"] == "dialogue"}
        self._tasks: dict[str, set[str]] = {}
        self._turns: dict[tuple[str, str], int] = {}
        for name, task in manifest["tasks"].items():
            for rubric in task.get("rubrics", ()):
                self._tasks.setdefault(rubric, set()).add(name)
            self._turns |= {(name, item["id"]): _last_turn(item) for item in task.get("items", ())}
        self.declared = frozenset(
            f"{rubric}.{criterion['id']}"
            for rubric in self._tasks
            if rubric in stored
            for criterion in stored[rubric]["criteria"]
        )
        """Criteria (``rubric.criterion``) that some task declares; none of a run of an old version."""

    def coverage(self, criterion: str, replies: pd.DataFrame, scored: Collection[str]) -> Coverage:
        """How many of the replies that ``criterion`` (``rubric.criterion``) is due for are among ``scored``.

        Args:
            criterion: its rubric's id, a dot, and its own.
            replies: one row each, indexed as ``scored`` names them: ``task, item_id, turn, failed``.
            scored: the replies that have a score by it.
        """
        due = replies.index[self._due(criterion.partition(".")[0], replies)]
        return Coverage(int(due.isin(list(scored)).sum()), len(due))

    def _due(self, rubric: str, replies: pd.DataFrame) -> pd.Series:
        due = ~replies["failed"].astype(bool)
        if rubric in self._tasks:
            due &= replies["task"].isin(self._tasks[rubric])
        if rubric in self._dialogues:
            import numpy as np

            places = zip(replies["task"], replies["item_id"], replies["turn"], strict=True)
            last = [turn >= self._turns.get((task, item), turn + 1) for task, item, turn in places]
            due &= np.array(last, dtype=bool)
        return due


def _last_turn(item: StoredItem) -> int:
    """The number of an item's last turn, from 0; of one without an earlier line of the character a turn that never comes."""
    spoken = any(turn["role"] == "assistant" for turn in item.get("history", ()))
    script = item.get("script", ())
    return len(script) if script or spoken else 1
