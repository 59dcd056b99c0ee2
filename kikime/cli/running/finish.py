"""How ``kikime run`` and ``kikime resume`` end: the summaries, and an error where something is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import click
from msgspec.structs import asdict as fields_of

from kikime.cli.language import words
from kikime.cli.output import note, print_json
from kikime.cli.results.panel import print_panels
from kikime.cli.results.show import print_summary
from kikime.harness.core.errors import EnvironmentFault, PartialResult
from kikime.workflows.judged import judge_again
from kikime.workflows.loaded import Run


def finish(results: Sequence[Run], *, as_json: bool) -> None:
    """Print the runs' summaries and paths.

    Raises:
        EnvironmentFault: the judge stopped.
        PartialResult: replies failed.
    """
    for text in dict.fromkeys(text for run in results for text in words().reasons(run.engine_notes)):
        note(text)
    if as_json:
        summaries = [{**fields_of(run.summary), **_stopped(run), "path": str(run.path)} for run in results]
        print_json(summaries[0] if len(summaries) == 1 else summaries)
    else:
        for run in results:
            print_summary(run)
            print_panels(run)
            click.echo(run.path)
    refuse_partial(results)


def refuse_partial(results: Sequence[Run]) -> None:
    """Say that something is missing of the runs, where it is.

    Raises:
        EnvironmentFault: the judge stopped.
        PartialResult: replies failed.
    """
    stopped = [found for run in results if (found := _stopped(run))]
    if stopped:
        raise EnvironmentFault(
            "the judge stopped: {reason}",
            hint="the replies are kept; add verdicts: {again}",
            reason=stopped[0]["judge_stopped"],
            again=" && ".join(found["judge_again"] for found in stopped),
        )
    errors = sum(run.summary.counts["errors"] for run in results)
    if errors:
        planned = sum(run.summary.counts["planned"] for run in results)
        raise PartialResult(
            "{errors} of {planned} {planned:reply|replies} failed ({reason}); {errors:it counts|they count} as the worst score",
            hint="see them: kikime show {path} --samples --where 'error IS NOT NULL'",
            errors=errors,
            planned=planned,
            reason=_commonest_error(results),
            path=results[0].path,
        )


def _commonest_error(results: Sequence[Run]) -> str:
    """The commonest error of the runs' replies, in the engine's own words."""
    errors = Counter(reply["error"] for run in results for reply in run.replies("error IS NOT NULL"))
    [(error, _)] = errors.most_common(1)
    return str(error)


def _stopped(run: Run) -> dict[str, str]:
    """Why the judge stopped, and the command that goes on; empty where it did not."""
    stopped = {judge: outcome.stop for judge, outcome in run.judging if outcome.stop is not None}
    if not stopped:
        return {}
    reason = str(next(iter(stopped.values())).message)
    return {"judge_stopped": reason, "judge_again": judge_again(run.directory, list(stopped))}
