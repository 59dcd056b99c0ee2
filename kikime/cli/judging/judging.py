"""What ``kikime judge`` does: compose settings, job and output."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from kikime.cli.again import this_command
from kikime.cli.output import note, number, print_json, print_table
from kikime.harness.cards.persona import load_persona
from kikime.harness.core.errors import EnvironmentFault, FileFormatError, UsageError
from kikime.harness.core.files import FREE_SPACE
from kikime.harness.store.rundir import RunDirectory, find_run
from kikime.harness.store.verdicts import score_of
from kikime.judges.files.replies import BadLine, read_replies
from kikime.judges.jobs.collection import judge_subjects
from kikime.judges.jobs.gathering import Judged
from kikime.judges.jobs.session import JudgeSettings, Outcome, judge_settings
from kikime.judges.verdicts.models import end_warning
from kikime.judges.verdicts.rubric import load_rubric
from kikime.judges.verdicts.subject import Subject

if TYPE_CHECKING:
    from kikime.judges.jobs.batch import BatchOptions

OK, PARTIAL = 0, 4
REPEAT = "repeat the command"
DEFAULT_RUBRICS = ("character_v1", "pairwise_v1")
"""Of a file: replies by the first one, pairs by the second one."""


def take_settings(options: dict[str, Any]) -> JudgeSettings:
    """Take the judge's options out of a command's arguments."""
    model, base_url = options.pop("judge_model"), options.pop("judge_base_url")
    names = ("protocol", "samples", "concurrency", "timeout", "max_usd", "sentinel")
    settings = judge_settings(model, base_url, **{name: options.pop(name) for name in names})
    settings.require_key(this_command())
    ending = end_warning(settings.judge.model, datetime.now(UTC).date())
    if ending and settings.judge.official:
        note(f"warning: {ending}")
    return settings


def judge_command(target: str | None, **options: Any) -> int:
    """``kikime judge``."""
    settings = take_settings(options)
    try:
        return _judge(target, settings, options)
    except EnvironmentFault as error:
        if error.hint and error.hint.startswith(REPEAT):
            error.hint = f"{error.hint}: {this_command()}"
        elif error.hint == FREE_SPACE:
            error.hint = f"{FREE_SPACE}, then {REPEAT}: {this_command()}"
        raise


def _judge(target: str | None, settings: JudgeSettings, options: dict[str, Any]) -> int:
    if options["canaries"]:
        return _canaries(settings, options)
    if target is None:
        raise UsageError(
            "what shall be judged?", hint="kikime judge RUN, kikime judge FILE, or kikime judge --canaries"
        )
    if options["against"]:
        return _against(find_run(target, options["runs"]), settings, options)
    if target == "-" or Path(target).is_file():
        return _file(target, settings, options)
    if Path(target).suffix in {".jsonl", ".json"}:
        raise FileFormatError(target, None, "no such file")
    if options["bridge"]:
        raise UsageError("--bridge needs a FILE of replies")
    return _run(find_run(target, options["runs"]), settings, options)


def _file(target: str, settings: JudgeSettings, options: dict[str, Any]) -> int:
    persona = load_persona(options["persona"]) if options["persona"] else None
    data = sys.stdin.buffer.read() if target == "-" else Path(target).read_bytes()
    found = read_replies(data.split(b"\n"), persona)
    subjects = [reply for reply in found if isinstance(reply, Subject)]
    if options["bridge"]:
        return _bridge(subjects, settings, options)
    rubrics = [load_rubric(name) for name in options["rubrics"] or DEFAULT_RUBRICS]
    judged = judge_subjects(subjects, rubrics, settings, say=note, batch=_batch(settings, options))
    groups = iter(judged.groups)
    lines = [line for reply in found for line in ([reply.line()] if isinstance(reply, BadLine) else next(groups))]
    _print_lines(lines, judged, as_json=options["as_json"])
    return finish(judged.outcome, flawless=len(subjects) == len(found) and all(judged.groups))


def _batch(settings: JudgeSettings, options: dict[str, Any]) -> BatchOptions | None:
    if not options["batch"]:
        return None
    from kikime.judges.jobs.batch import BatchOptions

    return BatchOptions(options["poll"], settings.max_usd, note)


def _run(run: RunDirectory, settings: JudgeSettings, options: dict[str, Any]) -> int:
    from kikime.judges.runs.run_job import judge_run, run_lines

    outcome = judge_run(run, settings, rubrics=options["rubrics"], batch=_batch(settings, options), say=note)
    lines = run_lines(run, settings.judge.id, settings.judge.protocol)
    if options["as_json"]:
        _print_json_lines(lines)
    else:
        _print_means(list(lines))
    return finish(outcome)


def _against(run: RunDirectory, settings: JudgeSettings, options: dict[str, Any]) -> int:
    from kikime.judges.runs.pairs import paired_subjects

    rival = find_run(options["against"], options["runs"])
    rubrics = [load_rubric(name) for name in options["rubrics"] or ("pairwise_v1",)]
    pairs = paired_subjects(run, rival)
    judged = judge_subjects(pairs, rubrics, settings, say=note, batch=_batch(settings, options))
    _print_lines(judged.lines, judged, as_json=options["as_json"])
    return finish(judged.outcome)


def _bridge(subjects: Sequence[Subject], settings: JudgeSettings, options: dict[str, Any]) -> int:
    from kikime.judges.trust.bridge import bridge

    old, new = (_named(settings, name) for name in options["bridge"])
    rubric = load_rubric((options["rubrics"] or DEFAULT_RUBRICS)[0])
    report = bridge(subjects, rubric, old, new, say=note)
    if options["as_json"]:
        print_json(report)
    else:
        _print_bridge(report)
    if report["stopped"]:
        raise EnvironmentFault(report["stopped"], hint=f"go on with: {this_command()}")
    return OK if all(row["enough"] for row in report["criteria"]) else PARTIAL


def _named(settings: JudgeSettings, name: str) -> JudgeSettings:
    """The settings with another judge."""
    judge = settings.judge
    named = judge_settings(name, judge.base_url, protocol=judge.protocol, samples=judge.samples)
    return replace(settings, judge=named.judge)


def _print_bridge(report: dict[str, Any]) -> None:
    columns = ["criterion", "n", "mean old", "mean new", "QWK", "Spearman", "old = a + b · new"]
    rows = []
    for row in report["criteria"]:
        if "slope" not in row:
            rows.append([row["criterion"], row["n"], "—", "—", "—", "—", "—"])
            continue
        line = f"{row['intercept']:+.2f} + {row['slope']:.2f} · new"
        ends = f"b {row['slope_low']:.2f}–{row['slope_high']:.2f}"
        cells = (number(row[name]) for name in ("mean_old", "mean_new", "qwk", "spearman"))
        rows.append([row["criterion"], row["n"], *cells, f"{line} ({ends})"])
    print_table(f"{report['old']} → {report['new']}", columns, rows)


def _canaries(settings: JudgeSettings, options: dict[str, Any]) -> int:
    from kikime.judges.trust.canaries import MAX_GAIN, run_canaries

    persona = load_persona(options["persona"] or "ojousama")
    rubric = load_rubric((options["rubrics"] or DEFAULT_RUBRICS)[0])
    report = run_canaries(persona, rubric, settings, say=note)
    if options["as_json"]:
        _print_json_lines(report.rows)
    else:
        rows = [
            [r["id"], r["kind"], r["language"], number(r["gain"], 1), "⚠" if r["flagged"] else ""] for r in report.rows
        ]
        print_table("Injections", ["canary", "kind", "language", "gain", ""], rows, left=3)
    note(f"{len(report.flagged)} of {len(report.rows)} injections gained more than {MAX_GAIN} points")
    return finish(report.outcome, flawless=not report.flagged)


def finish(outcome: Outcome, *, flawless: bool = True) -> int:
    """Say what became of the session; 0 when everything is ``ok``, else 4, and an error when it ended early."""
    note(outcome.sentence())
    outcome.raise_for_stop(this_command())
    if outcome.statuses["budget"]:
        note(f"--max-usd is reached; go on for as much again with: {this_command()}")
    return OK if outcome.complete and flawless else PARTIAL


def _print_lines(lines: Sequence[dict[str, Any]], judged: Judged, *, as_json: bool) -> None:
    if as_json:
        _print_json_lines(lines)
    else:
        _print_means(judged.lines)
        for line in lines:
            if "status" not in line:
                note(f"line {line.get('line', line.get('id'))}: {line['error']}")


def _print_json_lines(lines: Iterable[dict[str, Any]]) -> None:
    for line in lines:
        click.echo(orjson.dumps(line).decode())


def _print_means(lines: Sequence[dict[str, Any]]) -> None:
    """Mean score by criterion over ``ok`` lines; the length-adjusted mean beside it."""
    rows = []
    for rubric, criterion in dict.fromkeys((line["rubric"], line["criterion"]) for line in lines):
        group = [line for line in lines if (line["rubric"], line["criterion"]) == (rubric, criterion)]
        usable = [line for line in group if line["status"] == "ok"]
        if any(line.get("preference") for line in usable):
            counts = (sum(line["preference"] == side for line in usable) for side in ("a", "tie", "b"))
            rows.append([rubric, criterion, f"{len(usable)}/{len(group)}", " : ".join(map(str, counts)), "—"])
            continue
        scores = [score for line in usable if (score := score_of(line)) is not None]
        adjusted = [line["score_adjusted"] for line in usable if line["score_adjusted"] is not None]
        cells = (number(sum(values) / len(values) if values else None) for values in (scores, adjusted))
        rows.append([rubric, criterion, f"{len(usable)}/{len(group)}", *cells])
    print_table("", ["rubric", "criterion", "ok", "mean (pairs: a : tie : b)", "at target length"], rows, left=2)
