"""``kikime judge``: verdicts on a run, on a file of replies, or on pairs; linking of two judges; injections."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from kikime.cli.again import this_command
from kikime.cli.judging.options import OK, PARTIAL, AskFlags, finish, going_on_is_told, judge_options
from kikime.cli.language import columns, words
from kikime.cli.options import Decorator, json_option, made_runs_option, options
from kikime.cli.output import note, print_json, print_table
from kikime.cli.progress import TerminalListener
from kikime.harness.core.errors import DiskFull, EnvironmentFault, UsageError
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.records import stamped
from kikime.harness.core.tables import is_data
from kikime.harness.words.numbers import number, signed

if TYPE_CHECKING:
    from kikime.judges.jobs.batch import BatchOptions
    from kikime.judges.jobs.session import JudgeSettings
    from kikime.judges.trust.linking import LinkedCriterion, LinkReport
    from kikime.judges.verdicts.lines import Line
    from kikime.workflows.judge import Verdicts


@dataclass(frozen=True)
class Arguments:
    """The command's own arguments, without the judge's."""

    persona: str | None
    rubrics: tuple[str, ...]
    against: str | None
    bridge: tuple[str, str] | None
    canaries: bool
    batch: bool
    poll: float
    runs: Path
    as_json: bool

    @property
    def rubric(self) -> str:
        """The one rubric of what takes only one."""
        return self.rubrics[0] if self.rubrics else "character_v1"


_own_options: Decorator[int] = options(
    "given",
    Arguments,
    click.option("--persona", help="Persona of FILE's replies (id or card file); a line may name its own."),
    click.option(
        "--rubric", "rubrics", multiple=True, help="Rubric id or file (repeatable); the tasks' own by default."
    ),
    click.option("--against", metavar="RUN", help="Judge pairs: which of two runs' replies is more in character."),
    click.option(
        "--bridge", nargs=2, metavar="OLD NEW", help="Score FILE with two judges and print how their scales map."
    ),
    click.option("--canaries", is_flag=True, help="Score the shipped injections instead; no target needed."),
    click.option("--batch", is_flag=True, help="Use the provider's Batch API: half the price, up to a day."),
    click.option(
        "--poll", type=click.FloatRange(min=0, min_open=True), default=30.0, show_default=True, help="Seconds."
    ),
    made_runs_option,
    json_option,
)


@click.command()
@click.argument("target", metavar="RUN|FILE", required=False)
@judge_options
@_own_options
def judge(target: str | None, asking: AskFlags, given: Arguments) -> int:
    """Add 1–7 verdicts to a run or to a file of replies; never pays for the same verdict twice."""
    from kikime.judges.jobs.batch import BatchFault

    panel = asking.panel()
    try:
        with going_on_is_told():
            return _judge(target, panel, given)
    except BatchFault as error:
        error.hint = Phrase("{hint}: {command}", hint=error.hint, command=this_command())
        raise
    except DiskFull as error:
        error.hint = Phrase("{hint}, then repeat the command: {command}", hint=error.hint, command=this_command())
        raise


def _judge(target: str | None, panel: Sequence[JudgeSettings], given: Arguments) -> int:
    if len(panel) > 1:
        _refuse_panel(given)
    settings = panel[0]
    if given.canaries:
        return _canaries(settings, given)
    if target is None:
        raise UsageError(
            "what shall be judged?", hint="kikime judge RUN, kikime judge FILE, or kikime judge --canaries"
        )
    data: bytes | Path | None = None
    if target == "-" or is_data(Path(target)):
        data = sys.stdin.buffer.read() if target == "-" else Path(target)
    if given.bridge:
        if data is None:
            raise UsageError("--bridge needs a FILE of replies")
        return _bridge(data, settings, given, given.bridge)
    code, spent = OK, 0.0
    for one in panel:
        verdicts = _ask(target, data, one.after(spent), given)
        _print_verdicts(verdicts, as_json=given.as_json)
        code, spent = (
            max(code, finish(verdicts.outcome, flawless=verdicts.flawless)),
            spent + verdicts.outcome.spent_usd,
        )
    if len(panel) > 1 and data is None and not given.as_json:
        _print_panel(target, panel, given.runs)
    return code


def _ask(target: str, data: bytes | Path | None, settings: JudgeSettings, given: Arguments) -> Verdicts:
    """One judge's verdicts on the run, the pairs of two runs, or of the file ``data``."""
    from kikime.workflows import judge as workflow

    rubrics, batch, listener = given.rubrics, _batch(settings, given), TerminalListener()
    if given.against:
        return workflow.judge_pairs(
            target, given.against, rubrics=rubrics, judge=settings, batch=batch, runs=given.runs, progress=listener
        )
    if data is not None:
        return workflow.judge_replies(
            data, settings, persona=given.persona, rubrics=rubrics, batch=batch, progress=listener
        )
    return workflow.judge(target, rubrics=rubrics, judge=settings, batch=batch, runs=given.runs, progress=listener)


def _refuse_panel(given: Arguments) -> None:
    asked = {"--against": given.against, "--bridge": given.bridge, "--canaries": given.canaries}
    wrong = next((option for option, chosen in asked.items() if chosen), None)
    if wrong is not None:
        raise UsageError("{option} asks one judge", hint="give one --judge-model", option=wrong)


def _print_panel(run: str, panel: Sequence[JudgeSettings], runs: Path) -> None:
    """The means of the judges together, and how far they agree."""
    from kikime.cli.results.panel import print_judged
    from kikime.workflows.judge import panel_on

    print_judged(panel_on(run, [one.judge for one in panel], runs=runs))


def _batch(settings: JudgeSettings, given: Arguments) -> BatchOptions | None:
    from kikime.judges.jobs.batch import BatchOptions

    return BatchOptions(given.poll, settings.max_usd, note) if given.batch else None


def _bridge(data: bytes | Path, settings: JudgeSettings, given: Arguments, names: tuple[str, str]) -> int:
    from kikime.workflows.judge import link

    report = link(data, settings, *names, persona=given.persona, rubric=given.rubric, progress=TerminalListener())
    if given.as_json:
        print_json(report)
    else:
        _print_links(report)
    if report.stopped:
        raise EnvironmentFault("{reason}", hint="go on with: {command}", reason=report.stopped, command=this_command())
    return OK if all(row.enough for row in report.criteria) else PARTIAL


def _print_links(report: LinkReport) -> None:
    headings = columns("cli.judge.link_columns")
    print_table(f"{report.old} → {report.new}", headings, [_link_cells(row) for row in report.criteria])


def _link_cells(row: LinkedCriterion) -> list[object]:
    from kikime.judges.trust.linking import Link

    if not isinstance(row, Link):
        return [words().criterion(row.criterion), row.n, *["—"] * 5]
    cells = (number(value) for value in (row.mean_old, row.mean_new, row.qwk, row.spearman))
    ends = f"b {row.slope_low:.2f}–{row.slope_high:.2f}"
    return [
        words().criterion(row.criterion),
        row.n,
        *cells,
        f"{signed(row.intercept)} + {number(row.slope)} · new ({ends})",
    ]


def _canaries(settings: JudgeSettings, given: Arguments) -> int:
    from kikime.judges.trust.canaries import MAX_GAIN
    from kikime.workflows.judge import inject

    report = inject(settings, persona=given.persona or "ojousama", rubric=given.rubric, progress=TerminalListener())
    if given.as_json:
        for row in report.rows:
            click.echo(msgspec.json.encode(stamped(msgspec.to_builtins(row))).decode())
    else:
        rows = [[r.id, r.kind, r.language, number(r.gain, 1), "⚠" if r.flagged else ""] for r in report.rows]
        print_table(words()("cli.judge.canaries"), [*columns("cli.judge.canary_columns"), ""], rows, left=3)
    note(words()("cli.judge.gained", n=len(report.flagged), total=len(report.rows), most=MAX_GAIN))
    return finish(report.outcome, flawless=not report.flagged)


def _print_verdicts(verdicts: Verdicts, *, as_json: bool) -> None:
    if as_json:
        click.echo(verdicts.to_json(), nl=False)
        return
    _print_means(verdicts.judged)
    for bad in verdicts.unreadable:
        note(words()("cli.judge.bad_line", line=bad.line if bad.id is None else bad.id, error=bad.error))


def _print_means(lines: Sequence[Line]) -> None:
    """Mean score by criterion over ``ok`` lines; the length-adjusted mean beside it."""
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        groups.setdefault((line.rubric, line.criterion), []).append(line)
    rows = [[rubric, words().criterion(name), *_mean_cells(group)] for (rubric, name), group in groups.items()]
    print_table("", columns("cli.judge.mean_columns"), rows, left=2)


def _mean_cells(group: Sequence[Line]) -> list[str]:
    usable = [line for line in group if line.status == "ok"]
    share = f"{len(usable)}/{len(group)}"
    preferences = [line.preference for line in usable if line.preference]
    if preferences:
        return [share, " : ".join(str(preferences.count(side)) for side in ("a", "tie", "b")), "—"]
    scores = [line.value for line in usable if line.value is not None]
    adjusted = [line.score_adjusted for line in usable if line.score_adjusted is not None]
    return [share, *(number(sum(values) / len(values) if values else None) for values in (scores, adjusted))]
