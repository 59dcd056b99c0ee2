"""Everything that kikime raises on purpose, as one tree.

- KikimeError
  - UsageError            wrong use or configuration (exit 2)
    - FileFormatError     a file's content is wrong; names file and line
    - UnfinishedRun       the run has no tables or no summary yet
  - EnvironmentFault      engine, lock, disk, network (exit 3)
    - EngineFault         the engine cannot load or died
    - DiskFull            no room to write
    - RunLocked           another process works on the run
  - PartialResult         finished, but some rows failed (exit 4)
"""

from __future__ import annotations

from pathlib import Path

from kikime.harness.core.reasons import Phrase


class KikimeError(Exception):
    """Base of all expected errors: what happened, where, and what to do next.

    ``template`` and ``hint`` are English templates that ``values`` fill::

        raise UsageError("no run '{run}' in {runs}", hint="there are: {known}", run=name, runs=runs, known=known)

    ``str(error)`` is English; the edge words an error by :meth:`kikime.harness.words.catalogue.Translator.error`.
    """

    exit_code = 1

    def __init__(self, template: str, /, *, hint: str | None = None, **values: object) -> None:
        self.message = Phrase(template, **values)
        self.hint = Phrase(hint, **values) if hint else None
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message}\n  → {self.hint}" if self.hint else self.message


class UsageError(KikimeError):
    """Wrong command-line use or configuration."""

    exit_code = 2


class FileFormatError(UsageError):
    """A file's content is wrong; the message starts with ``file:line``."""

    def __init__(
        self, path: Path | str, line: int | None, problem: str, /, *, hint: str | None = None, **values: object
    ) -> None:
        where = f"{path}:{line}" if line else path
        message = Phrase("{where}: {problem}", where=where, problem=Phrase(problem, **values))
        super().__init__(message, hint=Phrase(hint, **values) if hint else None)
        self.path = Path(path)
        self.line = line


class UnfinishedRun(UsageError):
    """The run has no tables or no summary yet; ``kikime resume`` writes them."""


class EmptyReport(UsageError):
    """The run has what a report speaks of, but too little of it to say anything."""

    exit_code = 4


class EnvironmentFault(KikimeError):
    """The machine, not the input, stands in the way: engine, lock, disk, network."""

    exit_code = 3


class EngineFault(EnvironmentFault):
    """The engine cannot load the checkpoint, or died while generating."""


class DiskFull(EnvironmentFault):
    """There is no room for what has to be written; what was written before is kept."""


class RunLocked(EnvironmentFault):
    """Another process works on the run directory."""


class PartialResult(KikimeError):
    """The command finished, but some rows failed; the good ones are kept."""

    exit_code = 4
