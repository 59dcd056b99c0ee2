"""Checks one run; nothing in it is changed."""

from __future__ import annotations

import pyarrow as pa

from kikime.harness.core.errors import RunLocked, UsageError
from kikime.harness.core.manifest import Manifest
from kikime.harness.core.reasons import Reason
from kikime.harness.metrics import versions_of
from kikime.harness.reports.integrity.log import LogCheck, expected_content
from kikime.harness.reports.integrity.records import Checked, Finding, Verification, fault, remark
from kikime.harness.reports.integrity.tables import LinesCheck, TableCheck, check_summary, check_verdicts
from kikime.harness.store.lines import StoredLines
from kikime.harness.store.rundir import SEAL, RunDirectory, seal_of
from kikime.harness.store.summary import summary_of
from kikime.harness.store.tables import StoredReplies


def verify_run(run: RunDirectory) -> Verification:
    """Compare the parts of a run with each other.

    Raises:
        RunLocked: another process works on the run.
    """
    if run.is_worked_on():
        raise RunLocked(
            "{path}: another process works on this run", hint="verify it when that has ended", path=run.path
        )
    return _Check(run).verification()


class _Check:
    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._resume = Reason("mend_resume", {"path": str(run.path)})
        self._findings: list[Finding] = []

    def verification(self) -> Verification:
        checked = self._checked()
        ok = not any(finding.state == "fault" for finding in self._findings)
        return Verification(self._run.id, str(self._run.path), ok, checked, self._findings)

    def _checked(self) -> Checked:
        log = LogCheck(self._run, self._resume)
        self._findings += log.findings
        manifest = self._manifest()
        if manifest is None:
            return Checked(log_lines=log.n_lines)
        stored, lines = StoredReplies(self._run), StoredLines(self._run)
        self._check_counts(manifest, stored, lines.n_unspoken)
        if not (self._run.samples_file.is_file() and self._run.scores_file.is_file()):
            self._no_tables()
            return Checked(log_lines=log.n_lines, replies=len(stored))
        expected = dict(expected_content(stored, versions_of(manifest["hashes"])))
        if not expected:
            self._findings.append(remark("wal", "no_log", Reason("mend_copy")))
        tables = TableCheck(self._run, expected, self._resume)
        self._findings += tables.findings
        spoken = LinesCheck(self._run, lines, self._resume)
        self._findings += spoken.findings
        n_verdicts = self._check_verdicts(tables)
        self._check_summary()
        return Checked(log.n_lines, len(stored), tables.n_samples, tables.n_scores, n_verdicts, spoken.n_lines)

    def _manifest(self) -> Manifest | None:
        try:
            manifest = self._run.manifest()
        except UsageError as error:
            self._add_fault("manifest.json", "manifest_broken", Reason("mend_copy"), reason=str(error.message))
            return None
        seal = manifest.get(SEAL)
        if seal is not None and seal != seal_of(manifest):
            self._add_fault("manifest.json", "manifest_changed", Reason("mend_copy"))
        return manifest

    def _check_counts(self, manifest: Manifest, stored: StoredReplies, n_unspoken: int) -> None:
        planned = manifest["plan"]["n_replies"] - n_unspoken
        if len(stored) > planned:
            self._add_fault("wal", "too_many", Reason("mend_report"), n=len(stored), planned=planned)
        if stored and stored.n_done < planned:
            what = remark("wal", "unfinished", self._resume, n=stored.n_done, planned=planned, failed=stored.n_failed)
            self._findings.append(what)

    def _no_tables(self) -> None:
        complete = self._run.status().get("state") == "complete"
        found = (fault if complete else remark)("samples.parquet", "no_tables", self._resume)
        self._findings.append(found)

    def _check_verdicts(self, tables: TableCheck) -> int:
        if not self._run.judge_file.is_file():
            return 0
        try:
            n, problems = check_verdicts(self._run, tables.keys, Reason("mend_judge", {"path": str(self._run.path)}))
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            mend = Reason("mend_judge", {"path": str(self._run.path)})
            self._add_fault("judge.parquet", "table_broken", mend, reason=reason)
            return 0
        self._findings += problems
        return n

    def _check_summary(self) -> None:
        if not self._run.summary_file.is_file():
            self._add_fault("summary.json", "no_summary", self._resume)
            return
        if any(finding.what.code == "verify_table_broken" for finding in self._findings):
            return
        try:
            self._findings += check_summary(self._run, summary_of(self._run), self._resume)
        except UsageError as error:
            self._add_fault("summary.json", "summary_unknown", self._resume, reason=str(error.message))

    def _add_fault(self, file: str, code: str, mend: Reason, **values: str | float) -> None:
        self._findings.append(fault(file, code, mend, **values))
