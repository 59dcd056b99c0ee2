"""A run, or the comparison of two, in other tools' formats."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kikime.harness.core.errors import UsageError
from kikime.harness.core.files import unwritable, write_atomically
from kikime.harness.core.names import or_known
from kikime.harness.reports.export import TARGETS, TEXTS, Target, Text
from kikime.harness.words.catalogue import Translator
from kikime.workflows.loaded import Run, load_run
from kikime.workflows.results import Reference, compare, write_report

if TYPE_CHECKING:
    from kikime.harness.reports.comparison.records import Comparison


def export(
    *run_list: Reference,
    to: Target,
    output: str | Path | None = None,
    common: bool = False,
    judge: str | None = None,
    runs: str | Path = "runs",
) -> Path:
    """Write one run, or the comparison of two, as a file or folder of another tool; returns where.

    Args:
        run_list: the runs.
        to: ``csv`` (a row per reply; of a pair per metric and slice), ``md``, ``json``, ``html`` (the report),
            ``lm-eval`` (results and samples files) or ``hf`` (a data set for ``datasets.load_from_disk``).
        output: the file or folder; named after the runs, in the working folder, by default.
        common: of a pair, compare the shared cells where the runs do not have the same ones.
        judge: of all verdicts only that judge's (its id, or id/protocol), or the means of a panel (``panel:JUDGE,JUDGE``).
        runs: folder of runs that are given by name.

    Raises:
        UsageError: no such run, too many runs for the format, or the two cannot be compared.
        EnvironmentFault: the file cannot be written.
    """
    if to not in TARGETS:
        known = ", ".join(TARGETS)
        raise UsageError(
            "no export '{target}'{meant}",
            hint="there are: {known}",
            target=to,
            meant=or_known(to, TARGETS),
            known=known,
        )
    if to == "html":
        return write_report(*run_list, output=output, common=common, judge=judge, runs=runs)
    found = _loaded(run_list, runs)
    name = "-vs-".join(run.directory.id for run in found)
    if to in TEXTS:
        return _saved(Path(output or f"{name}.{to}"), export_text(*found, to=to, common=common, judge=judge))
    if len(found) != 1:
        raise UsageError("--to {target} takes one run", target=to)
    run = found[0].directory
    if to == "lm-eval":
        from kikime.harness.reports.export.lm_eval import export_lm_eval

        return export_lm_eval(run, Path(output or f"{name}-lm-eval"))
    from kikime.harness.reports.export.dataset import export_dataset

    return export_dataset(run, Path(output or f"{name}-dataset"))


def export_text(
    *run_list: Reference, to: Text, common: bool = False, judge: str | None = None, runs: str | Path = "runs"
) -> bytes:
    """The formats that are one text, in UTF-8; arguments and errors as of :func:`export`."""
    from kikime.harness.core.records import stamped
    from kikime.harness.reports.export.csv import comparison_csv, run_csv
    from kikime.harness.reports.export.markdown import comparison_markdown, run_markdown
    from kikime.harness.reports.overview.run import run_overview
    from kikime.harness.store.rundir import json_bytes

    found, t = _loaded(run_list, runs), Translator.of(None)
    if len(found) > 2:
        raise UsageError("--to {target} takes one run or two, not {n}", target=to, n=len(found))
    if len(found) == 2:
        report = _comparison(found, common=common, judge=judge)
        if to == "csv":
            return comparison_csv(report, t)
        return comparison_markdown(report, t).encode("utf-8", "replace") if to == "md" else json_bytes(stamped(report))
    if to == "csv":
        return run_csv(found[0].directory)
    overview = run_overview(found[0].directory, judge=judge)
    return run_markdown(overview, t).encode("utf-8", "replace") if to == "md" else json_bytes(stamped(overview))


def _loaded(run_list: tuple[Reference, ...], runs: str | Path) -> list[Run]:
    return [load_run(run, runs=runs) for run in run_list]


def _comparison(found: list[Run], *, common: bool, judge: str | None) -> Comparison:
    from kikime.harness.reports.comparison.pairs import not_comparable

    report = compare(*found, common=common, judge=judge)
    if not report.comparable:
        raise not_comparable(report.why_not_codes, report.hint_code)
    return report


def _saved(output: Path, data: bytes) -> Path:
    """Write a file into a folder that is made if it is missing, as for the formats that are folders."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(output.parent, error) from error
    write_atomically(output, data)
    return output
