"""What runs come to: comparisons, rankings, gates, reports, and all of it in other tools' formats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kikime.harness.core.errors import UsageError
from kikime.harness.core.files import unwritable, write_atomically
from kikime.harness.core.names import or_known
from kikime.harness.core.stores.mirror import fetch_whole, local_runs
from kikime.harness.reports.export import TARGETS, TEXTS, Target, Text
from kikime.harness.store.rundir import BENCHMARK, find_run
from kikime.harness.words.catalogue import Translator
from kikime.workflows.loaded import Run, load_run, load_runs

if TYPE_CHECKING:
    import msgspec

    from kikime.harness.reports.claims.records import FlexibilityTable
    from kikime.harness.reports.comparison.records import Comparison, GateAnswer
    from kikime.harness.reports.integrity.records import Verification
    from kikime.harness.reports.ranking.records import Ranking
    from kikime.harness.reports.report import Report as Kind
    from kikime.harness.run.push import Pushed

Reference = Run | str | Path
"""A run, or its path, id or name."""


def compare(
    a: Reference,
    b: Reference,
    *,
    common: bool = False,
    judge: str | None = None,
    own_users: bool = False,
    n_examples: int = 10,
    seed: int = 0,
    runs: str | Path = "runs",
    on_step: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Compare run ``b`` with run ``a`` over the same questions; differences are b − a.

    Args:
        a: the baseline.
        b: the run that is compared with it.
        common: compare the shared cells where the runs do not have the same ones.
        judge: of all verdicts only that judge's (its id, or id/protocol), or the means of a panel (``panel:JUDGE,JUDGE``).
        own_users: compare also where each model played the user of its dialogues itself.
        n_examples: how many replies that got most worse, and most better, come along.
        seed: of resampling.
        runs: folder of runs that are given by name.
        on_step: hears what is computed now.

    Raises:
        UsageError: no such run, or one is not finished. Runs that cannot be compared are no error: see ``why_not``.
    """
    from kikime.harness.reports.comparison.compare import compare as compare_runs

    left, right = (load_run(run, runs=runs).directory for run in (a, b))
    return compare_runs(
        left,
        right,
        common=common,
        judge=judge,
        own_users=own_users,
        n_examples=n_examples,
        seed=seed,
        on_step=on_step,
    )


def verify(run: str | Path, *, runs: str | Path = "runs") -> Verification:
    """Check that the parts of a run agree: log, tables, verdicts, summary and manifest; nothing in it is changed.

    Args:
        run: its path, id or name; it need not be complete.
        runs: folder of runs that are given by name.

    Raises:
        UsageError: no such run.
        RunLocked: another process works on the run.
    """
    from kikime.harness.reports.integrity.check import verify_run

    found = find_run(str(run), local_runs(runs))
    fetch_whole(found.path)
    return verify_run(found)


def push(
    run: Reference, address: str, *, runs: str | Path = "runs", on_file: Callable[[str], None] = lambda _: None
) -> Pushed:
    """Publish a complete run where several machines read it: ``runs="s3://bucket/runs"`` of the functions that read runs.

    The run is there once all of its files are. Interrupted, the same call goes on; of a run that has changed since, what
    has changed is sent.

    Args:
        run: the run.
        address: any address of fsspec, such as ``s3://bucket/runs``, ``gs://…``, ``hf://…`` or ``file:///srv/runs``.
        runs: folder of runs that are given by name.
        on_file: hears the name of each file that is sent.

    Raises:
        UsageError: no such run, it is not complete, or an unknown kind of address.
        EnvironmentFault: the store cannot be reached or written.
    """
    from kikime.harness.run.push import push_run

    return push_run(load_run(run, runs=runs).directory, address, on_file=on_file)


def rank(
    run_list: Sequence[Reference] | None = None,
    *,
    suite: str | None = None,
    judge: str | None = None,
    common: bool = False,
    seed: int = 0,
    runs: str | Path = "runs",
) -> Ranking:
    """Rank runs (all below ``runs`` by default) with one joint bootstrap.

    Args:
        run_list: the runs; those of another suite, or with missing cells, are listed unranked.
        suite: rank the runs of this suite; by default the one with most runs.
        judge: also use this judge's verdicts (its id, or id/protocol), or the means of a panel (``panel:JUDGE,JUDGE``).
        common: rank runs of whatever grid on the replies that they share.
        seed: of the bootstrap.
        runs: folder of runs that are given by name.

    Raises:
        UsageError: no such run, folder or suite.
    """
    from kikime.harness.reports.ranking.rank import of_suite
    from kikime.harness.reports.ranking.rank import rank as rank_runs

    chosen = [run.directory for run in _chosen(run_list, runs)]
    if suite is not None:
        of_suite(chosen, suite)  # refuses a suite that no run is of
    return rank_runs(chosen, suite=suite, judge=judge, common=common, seed=seed)


def flexibility(
    run_list: Sequence[Reference] | None = None,
    *,
    suite: str | None = None,
    native: str = "native",
    seed: int = 0,
    runs: str | Path = "runs",
) -> FlexibilityTable:
    """How much of its quality each model keeps in formats that are not its own.

    Args:
        run_list: the runs; all below ``runs`` by default.
        suite: only the runs of this suite.
        native: the format that is the checkpoints' own.
        seed: of the bootstrap.
        runs: folder of runs that are given by name.

    Raises:
        UsageError: no such run, folder or suite.
    """
    from kikime.harness.reports.claims.flexibility import flexibility_table
    from kikime.harness.reports.ranking.rank import of_suite

    chosen = [run.directory for run in _chosen(run_list, runs)]
    own = chosen if suite is None else of_suite(chosen, suite)
    return flexibility_table(own, native=native, seed=seed)


def gate(
    a: Reference,
    b: Reference,
    metric: str,
    *,
    margin: float | None = None,
    common: bool = False,
    judge: str | None = None,
    runs: str | Path = "runs",
) -> GateAnswer:
    """Test that run ``b`` is not worse than run ``a`` in ``metric`` by ``margin`` or more; ``judge`` as of :func:`compare`.

    Raises:
        UsageError: no such run or metric, or the runs cannot be compared.
    """
    from kikime.harness.reports.comparison.gate import gate as decide

    left, right = (load_run(run, runs=runs).directory for run in (a, b))
    return decide(left, right, metric=metric, margin=margin, common=common, judge=judge)


def report(name: str, run: Reference, *, base: Reference | None = None, runs: str | Path = "runs") -> msgspec.Struct:
    """What a report says of a run.

    Args:
        name: ``icl``, ``turns``, ``dialogue``, ``techniques``, ``shots``,
            ``steps`` or ``form_facts``; an installed package's, or a Python file.
        run: the run.
        base: the run before tuning, where the report compares two.
        runs: folder of runs that are given by name.

    Raises:
        UsageError: no such report or run, the run lacks what the report speaks of, or the base is missing.
    """
    from kikime.harness.reports.registry import REPORTS

    found = REPORTS.find(name)
    if (found.base == "needed") != (base is not None):
        raise UsageError(
            "--report {name} compares two runs" if base is None else "--base does not go with --report {name}",
            hint="kikime show {path} --report {with_base} --base BASE",
            name=name,
            path=run.path if isinstance(run, Run) else run,
            with_base=_with_base(name, found),
        )
    other = None if base is None else load_run(base, runs=runs).directory
    return found.compute(load_run(run, runs=runs).directory, other)


def write_report(
    *run_list: Reference,
    output: str | Path | None = None,
    common: bool = False,
    judge: str | None = None,
    runs: str | Path = "runs",
) -> Path:
    """Write one run, the comparison of two, or a ranking of more as one HTML file that needs no server.

    Args:
        run_list: the runs.
        output: the file; named after the runs, in the working folder, by default.
        common: of a pair, compare the shared cells where the runs do not have the same ones.
        judge: of all verdicts only that judge's (its id, or id/protocol), or the means of a panel (``panel:JUDGE,JUDGE``).
        runs: folder of runs that are given by name.

    Raises:
        UsageError: no such run, or the two cannot be compared.
    """
    from kikime.leaderboard.report.write import write_report as write

    found = [load_run(run, runs=runs).directory for run in run_list]
    return write(found, Path(output or "-vs-".join(run.id for run in found[:2]) + ".html"), common=common, judge=judge)


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


def export_site(
    folder: str | Path,
    *,
    judge: str | None = None,
    runs: str | Path = "runs",
    step: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write every run as a folder of pages that needs no server, in both languages; returns its first page.

    Args:
        folder: where; its pages may lie on any static host, or be opened from the file system.
        judge: of all verdicts only that judge's (its id, or id/protocol), or the means of a panel (``panel:JUDGE,JUDGE``).
        runs: folder of the runs.
        step: told the name of each page before it is written.

    Raises:
        UsageError: no run can be shown.
        EnvironmentFault: the folder cannot be written.
    """
    from kikime.leaderboard.report.site import write_site

    return write_site(local_runs(runs), Path(folder), judge=judge, step=step)


def export_text(
    *run_list: Reference, to: Text, common: bool = False, judge: str | None = None, runs: str | Path = "runs"
) -> bytes:
    """The formats that are one text, in UTF-8; arguments and errors as of :func:`export`."""
    from kikime.harness.core.records import stamped
    from kikime.harness.reports.export.csv import comparison_csv, run_csv
    from kikime.harness.reports.export.markdown import comparison_markdown, run_markdown, steps_markdown
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
    if to == "json":
        return json_bytes(stamped(overview))
    text, series = run_markdown(overview, t), found[0].summary.series
    if series is not None and series.step is not None:
        from kikime.harness.reports.trends.steps import steps_report

        text += "\n" + steps_markdown(steps_report(found[0].directory), t)
    return text.encode("utf-8", "replace")


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


def _chosen(run_list: Sequence[Reference] | None, runs: str | Path) -> list[Run]:
    if run_list:
        return [load_run(run, runs=runs) for run in run_list]
    if not local_runs(runs).is_dir():
        raise UsageError("no folder {folder}", hint="give the folder of the runs by --runs", folder=str(runs))
    return [run for run in load_runs(runs) if run.directory.kind == BENCHMARK]


def _with_base(name: str, found: Kind) -> str:
    return name if found.base == "needed" else "form_facts"
