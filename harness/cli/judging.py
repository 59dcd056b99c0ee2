"""What the judge's commands do: compose settings, job and output."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from harness.cli.output import note, number, print_json, print_table
from harness.errors import EnvironmentFault, FileFormatError, UsageError
from harness.persona import load_persona
from harness.store.rundir import RunDirectory, find_run
from judges.collection import Judged, judge_subjects
from judges.models import end_warning
from judges.replies import BadLine, read_replies
from judges.rubric import load_rubric
from judges.session import JudgeSettings, Outcome, judge_settings
from judges.subject import Subject

if TYPE_CHECKING:
    from judges.batch import BatchOptions

OK, PARTIAL = 0, 4
DEFAULT_RUBRICS = ("character_v1", "pairwise_v1")
"""Of a file: replies by the first one, pairs by the second one."""


def take_settings(options: dict[str, Any]) -> JudgeSettings:
    """Take the judge's options out of a command's arguments."""
    names = ("judge_model", "judge_base_url", "protocol", "samples", "concurrency", "timeout", "max_usd")
    model, base_url, *rest = (options.pop(name) for name in names)
    protocol, samples, concurrency, timeout, max_usd = rest
    return judge_settings(
        model,
        base_url,
        protocol=protocol,
        samples=samples,
        concurrency=concurrency,
        timeout=timeout,
        max_usd=max_usd,
    )


def judge_command(target: str | None, **options: Any) -> int:
    """``kikime judge``."""
    settings = take_settings(options)
    again = f"kikime judge {target or '--canaries'}" + (
        f" --persona {options['persona']}" if options["persona"] else ""
    )
    settings.require_key(again)
    ending = end_warning(settings.judge.model, datetime.now(UTC).date())
    if ending and settings.judge.official:
        note(f"warning: {ending}")
    if options["canaries"]:
        return _canaries(settings, options, again)
    if target is None:
        raise UsageError(
            "what shall be judged?", hint="kikime judge RUN, kikime judge FILE, or kikime judge --canaries"
        )
    if options["against"]:
        return _against(find_run(target, options["runs"]), settings, options, again)
    if target == "-" or Path(target).is_file():
        return _file(target, settings, options, again)
    if Path(target).suffix in {".jsonl", ".json"}:
        raise FileFormatError(target, None, "no such file")
    if options["bridge"]:
        raise UsageError("--bridge needs a FILE of replies")
    return _run(find_run(target, options["runs"]), settings, options, again)


def _file(target: str, settings: JudgeSettings, options: dict[str, Any], again: str) -> int:
    persona = load_persona(options["persona"]) if options["persona"] else None
    data = sys.stdin.buffer.read() if target == "-" else Path(target).read_bytes()
    found = read_replies(data.split(b"\n"), persona)
    subjects = [reply for reply in found if isinstance(reply, Subject)]
    if options["bridge"]:
        return _bridge(subjects, settings, options, again)
    if options["sentinel"]:
        settings = _watch_drift(settings)
    rubrics = [load_rubric(name) for name in options["rubrics"] or DEFAULT_RUBRICS]
    judged = judge_subjects(subjects, rubrics, settings, say=note, batch=_batch(settings, options))
    groups = iter(judged.groups)
    lines = [line for reply in found for line in ([reply.line()] if isinstance(reply, BadLine) else next(groups))]
    _print_lines(lines, judged, as_json=options["as_json"])
    return _finish(judged.outcome, again, flawless=len(subjects) == len(found) and all(judged.groups))


def _batch(settings: JudgeSettings, options: dict[str, Any]) -> BatchOptions | None:
    if not options["batch"]:
        return None
    from judges.batch import BatchOptions

    return BatchOptions(options["poll"], settings.max_usd, note)


def _watch_drift(settings: JudgeSettings) -> JudgeSettings:
    """Re-score the sentinel set; returns the settings with what is left of the budget."""
    from judges.sentinel import run_sentinel

    report, outcome = run_sentinel(settings, say=note)
    since = f"compared with {report.since}" if report.since else "these are the first scores of this judge"
    note(f"warning: {report.warning}" if report.warning else f"sentinel set: no drift; {since}")
    return settings.after(outcome.spent_usd)


def _run(run: RunDirectory, settings: JudgeSettings, options: dict[str, Any], again: str) -> int:
    from judges.run_job import judge_run, run_lines

    outcome = judge_run(
        run,
        settings,
        rubrics=options["rubrics"],
        sentinel=options["sentinel"] is not False,
        batch=_batch(settings, options),
        say=note,
    )
    lines = run_lines(run, settings.judge.id, settings.judge.protocol)
    if options["as_json"]:
        _print_json_lines(lines)
    else:
        _print_means(list(lines))
    return _finish(outcome, again)


def _against(run: RunDirectory, settings: JudgeSettings, options: dict[str, Any], again: str) -> int:
    from judges.pairs import paired_subjects

    rival = find_run(options["against"], options["runs"])
    rubrics = [load_rubric(name) for name in options["rubrics"] or ("pairwise_v1",)]
    pairs = paired_subjects(run, rival)
    judged = judge_subjects(pairs, rubrics, settings, say=note, batch=_batch(settings, options))
    _print_lines(judged.lines, judged, as_json=options["as_json"])
    return _finish(judged.outcome, f"{again} --against {options['against']}")


def _bridge(subjects: Sequence[Subject], settings: JudgeSettings, options: dict[str, Any], again: str) -> int:
    from judges.bridge import bridge

    old, new = (_named(settings, name) for name in options["bridge"])
    rubric = load_rubric((options["rubrics"] or DEFAULT_RUBRICS)[0])
    report = bridge(subjects, rubric, old, new, say=note)
    if options["as_json"]:
        print_json(report)
    else:
        _print_bridge(report)
    if report["stopped"]:
        raise EnvironmentFault(report["stopped"], hint=f"go on with: {again} --bridge {old.judge.id} {new.judge.id}")
    return OK if all(row["enough"] for row in report["criteria"]) else PARTIAL


def _named(settings: JudgeSettings, name: str) -> JudgeSettings:
    """The settings with another judge."""
    return judge_settings(
        name,
        settings.judge.base_url,
        protocol=settings.judge.protocol,
        samples=settings.judge.samples,
        concurrency=settings.concurrency,
        timeout=settings.timeout,
        max_usd=settings.max_usd,
    )


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


def _canaries(settings: JudgeSettings, options: dict[str, Any], again: str) -> int:
    from judges.canaries import MAX_GAIN, run_canaries

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
    return _finish(report.outcome, again, flawless=not report.flagged)


def _finish(outcome: Outcome, again: str, *, flawless: bool = True) -> int:
    """Say what became of the session; 0 when everything is ``ok``, else 4, and an error when it ended early."""
    note(outcome.sentence())
    outcome.raise_for_stop(again)
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
        scores = [line["score"] if line["expected_score"] is None else line["expected_score"] for line in usable]
        adjusted = [line["score_adjusted"] for line in usable if line["score_adjusted"] is not None]
        cells = (number(sum(values) / len(values) if values else None) for values in (scores, adjusted))
        rows.append([rubric, criterion, f"{len(usable)}/{len(group)}", *cells])
    print_table("", ["rubric", "criterion", "ok", "mean (pairs: a : tie : b)", "at target length"], rows, left=2)


def audit_command(data: Path, **options: Any) -> int:
    """``kikime audit``."""
    from judges.audit import audit_table, find_columns, write_report
    from judges.table_file import open_table

    settings = take_settings(options)
    again = f"kikime audit {data} --persona {options['persona']}"
    settings.require_key(again)
    persona, rubric = load_persona(options["persona"]), load_rubric(options["rubric"])
    table = open_table(data, options["split"])
    columns = find_columns(table, options["user_column"], options["reply_column"])
    found = audit_table(table, columns, persona, rubric, settings, say=note)
    found.outcome.raise_for_stop(again)
    out = options["out"] or Path(f"{data.stem}-audit")
    out.mkdir(parents=True, exist_ok=True)
    report, filtered = out / "audit.csv", out / f"{data.stem}-kept{data.suffix}"
    write_report(found, report)
    kept = found.kept(options["keep_min"])
    table.write(filtered, kept)
    _print_audit(found, kept, report, filtered, as_json=options["as_json"])
    return _finish(found.outcome, again)


def _print_audit(found: Any, kept: Sequence[int], report: Path, filtered: Path, *, as_json: bool) -> None:
    unscored = sum(row.score is None for row in found.rows)
    if as_json:
        rows = [
            {
                "row": row.number,
                "score": row.score,
                "status": row.status,
                "verdicts": row.lines,
                "metrics": dict(row.metrics),
            }
            for row in found.by_score()
        ]
        kept_rows = [index + 1 for index in kept]
        paths = {"table": str(report), "filtered": str(filtered)}
        print_json({"rows": rows, "kept": kept_rows, "unscored": unscored, "histogram": found.histogram(), **paths})
        return
    for criterion, counts in found.histogram().items():
        widest = max([*counts.values(), 1])
        click.echo(criterion)
        for point, n in sorted(counts.items()):
            click.echo(f"  {point} {'█' * round(40 * n / widest)} {n}")
    lowest = [[r.subject.user, r.subject.response, r.number, number(r.score)] for r in found.by_score()[:10]]
    print_table("lowest", ["user", "reply", "row", "score"], lowest, left=2)
    note(
        f"{len(kept)} of {len(found.rows)} rows kept ({unscored} of them have no score) → {filtered}; table → {report}"
    )


def calibrate_command(ratings: Path, **options: Any) -> int:
    """``kikime calibrate``."""
    from judges.calibration_report import calibrate
    from judges.ratings import read_ratings

    low, high = options["scale"]
    report = calibrate(read_ratings(ratings, options["verdicts"]), low=low, high=high, seed=options["seed"])
    if options["as_json"]:
        print_json(report)
        return OK
    columns = ["criterion", "n", "Spearman", "QWK", "alpha", "ICC(2,1)", "bias", "MAE"]
    for judge in report["judges"]:
        names = ("spearman", "qwk", "alpha", "icc", "bias", "mae")
        rows = [
            [row["criterion"], row["n"], *(_with_interval(row, name) for name in names)] for row in judge["criteria"]
        ]
        print_table(judge["judge"], columns, rows)
        click.echo(f"{judge['sentence']}\n")
    for row in report["raters"]:
        click.echo(
            f"{row['criterion']}: alpha among {row['n_judges']} judges {number(row['alpha'])} ({row['n']} items)"
        )
    return OK


def _with_interval(row: dict[str, Any], name: str) -> str:
    if row[name] is None:
        return "—"
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return f"{row[name]:.2f}" + (f" [{low:.2f}, {high:.2f}]" if low is not None else "")
