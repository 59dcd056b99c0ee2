"""Two runs side by side: replies to the same request, as pairs to judge."""

from __future__ import annotations

from kikime.harness.core.errors import UsageError
from kikime.harness.store.rundir import RunDirectory
from kikime.judges.runs.runs import RunMaterials, read_rows, spoken
from kikime.judges.verdicts.subject import Subject


def paired_subjects(a: RunDirectory, b: RunDirectory) -> list[Subject]:
    """Pairs of replies (``a``'s first) to requests that both runs answered, in ``a``'s order.

    Raises:
        UsageError: a run without tables, or with a broken one, or no request in common.
    """
    columns = ["pair_key", "persona", "user", "history", "response", "error", "key"]
    tables = [list(read_rows(run, columns)) for run in (a, b)]
    rivals = {row["pair_key"]: row for row in tables[1] if row["error"] is None}
    personas = RunMaterials(a.manifest()).personas
    pairs = [
        Subject(
            id=row["pair_key"],
            persona=personas[row["persona"]],
            user=row["user"],
            response=row["response"],
            history=spoken(row["history"]),
            rival=rivals[row["pair_key"]]["response"],
        )
        for row in tables[0]
        if row["error"] is None and row["pair_key"] in rivals and row["history"] == rivals[row["pair_key"]]["history"]
    ]
    if not pairs:
        raise UsageError(f"{a.id} and {b.id} have no request in common", hint="run both with the same suite")
    return pairs
