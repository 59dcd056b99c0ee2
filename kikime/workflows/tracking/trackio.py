"""trackio: a run per training run, kept on this machine; ``where`` is a project."""

from __future__ import annotations

import contextlib
import io

from kikime.workflows.tracking.result import Result

PROJECT = "kikime"


def log(result: Result, where: str | None) -> None:
    """Add a result to the run of its training run."""
    import trackio

    with contextlib.redirect_stdout(io.StringIO()):  # it greets on stdout, which is for data
        run = trackio.init(
            project=where or PROJECT,
            name=result.name,
            resume="allow",
            config=result.facts,
            embed=False,
            auto_log_gpu=False,
            auto_log_cpu=False,
        )
        run.log(result.values, step=result.step)
        run.finish()  # type: ignore[no-untyped-call]  # trackio has types elsewhere
