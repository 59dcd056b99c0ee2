"""A run as a Hugging Face dataset on disk: one row per reply with every metric, and the verdicts as a second split."""

from __future__ import annotations

from pathlib import Path

from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.store.database import Table, open_tables, require_tables
from kikime.harness.store.rundir import RunDirectory


def export_dataset(run: RunDirectory, folder: Path) -> Path:
    """Write ``folder`` so that ``datasets.load_from_disk`` reads it: splits ``replies`` and, where judged, ``verdicts``.

    Raises:
        UsageError: the run has no tables yet, or one is broken.
        EnvironmentFault: the folder cannot be written.
    """
    from datasets import Dataset, DatasetDict
    from datasets.utils.logging import disable_progress_bar

    require_tables(run)
    disable_progress_bar()
    judged: tuple[Table, ...] = ("judge",) if run.table_state("judge") else ()
    with open_tables(run, "samples", "scores", *judged) as connection:
        connection.execute("CREATE TABLE wide AS PIVOT scores ON metric USING first(value) GROUP BY key")
        query = "SELECT samples.*, wide.* EXCLUDE (key) FROM samples LEFT JOIN wide USING (key) ORDER BY position, turn"
        splits = {"replies": Dataset(connection.sql(query).to_arrow_table())}
        if judged:
            splits["verdicts"] = Dataset(connection.sql("SELECT * FROM judge").to_arrow_table())
    try:
        DatasetDict(splits).save_to_disk(str(folder))
    except OSError as error:
        raise EnvironmentFault(
            "{folder}: cannot be written: {reason}", hint="choose another -o", folder=folder, reason=error
        ) from error
    return folder
