"""``kikime run MODEL --retention BASE``: what a tuned checkpoint still can of what its base can."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kikime.cli.output import note, number, percent, print_json, print_table
from kikime.harness.core.errors import UsageError
from kikime.harness.engines import EngineOptions, load_engine
from kikime.harness.plan.prepare import Prepared
from kikime.harness.reports.tables.margins import load_margins
from kikime.harness.retention import lm_eval_outcomes, retention_report, run_outcomes, with_and_without_persona
from kikime.harness.retention.report import Kept, Row, to_json
from kikime.harness.store.rundir import RunDirectory, list_runs, read_json, write_json
from kikime.harness.suites.grid import Materials
from kikime.workflows import run as workflow

if TYPE_CHECKING:
    import pandas as pd

    from kikime.harness.lmeval.evaluate import LmEvalTasks

_LM_EVAL_FILE = "lm_eval.json"
_REPORT_FILE = "retention.json"
_VERDICTS = {"pass": "pass", "fail": "fail", "insufficient evidence": "unclear"}
_FOOTNOTE = """verdict   pass: not worse by {margin} or more; unclear: more items would settle it
retained  tuned / base; — where the base itself does not surely reach 20 %
form tax  right content in a broken form; what is lost of base → tuned is lost knowledge plus more form tax"""


@dataclass(frozen=True)
class _Job:
    """What both checkpoints do alike."""

    lm_eval: LmEvalTasks | None
    chat: bool
    """Whether both checkpoints have a chat template for lm-eval's tasks."""
    limit: int | None
    runs: Path
    quiet: bool


def run_retention(
    model: str,
    base: str,
    *,
    adapters: Sequence[str],
    lm_eval_tasks: Sequence[str],
    materials: Materials,
    options: EngineOptions,
    runs: Path,
    name: str | None,
    as_json: bool,
) -> None:
    """Run neutral tasks on base and tuned checkpoint, with and without the persona, and print what is retained.

    Runs of the same plan that are there already are used, or gone on with.

    Raises:
        UsageError: a task is not neutral, or lm-eval's tasks are asked of a server without token ids.
    """
    materials = with_and_without_persona(materials)
    [base_plan] = workflow.prepare_all(base, (), materials, options)
    tuned_plans = list(workflow.prepare_all(model, adapters, materials, options))
    job = _job([base_plan, *tuned_plans], lm_eval_tasks, materials.suite.limit, runs, quiet=as_json)
    base_run, base_outcomes = _measured(base_plan, job, None)
    reports = []
    for plan in tuned_plans:
        run, outcomes = _measured(plan, job, name)
        rows = retention_report(base_outcomes, outcomes)
        report = {
            "base": {"name": base_plan.checkpoint.name, "run": str(base_run.path)},
            "tuned": {"name": plan.checkpoint.name, "run": str(run.path)},
            "margin": load_margins().margins["binary"],
            "rows": to_json(rows),
        }
        write_json(run.path / _REPORT_FILE, report)
        reports.append(report)
        if not as_json:
            _print(report, rows)
    if as_json:
        print_json(reports[0] if len(reports) == 1 else reports)


def _job(plans: Sequence[Prepared], names: Sequence[str], limit: int | None, runs: Path, *, quiet: bool) -> _Job:
    wanted = [name for given in names for name in given.split(",") if name]
    if not wanted:
        return _Job(None, False, limit, runs, quiet)
    from kikime.harness.lmeval.evaluate import LmEvalTasks

    for plan in plans:
        if plan.planner.tokenizer is None:
            raise UsageError(
                f"--lm-eval-tasks needs token ids, which {plan.checkpoint.base_url} does not take",
                hint="serve the checkpoint with vLLM and give --tokenizer PATH, or leave the option out",
            )
    chat = all(plan.planner.tokenizer.chat_template for plan in plans)
    return _Job(LmEvalTasks(wanted), chat, limit, runs, quiet)


def _measured(plan: Prepared, job: _Job, name: str | None) -> tuple[RunDirectory, pd.DataFrame]:
    """Complete one checkpoint's run on one engine; returns its outcomes."""
    import pandas as pd

    note(workflow.plan_line(plan, job.runs))
    run = _same_plan(plan, job.runs) or workflow.new_run(plan, job.runs, name)[1]
    wanted = None if job.lm_eval is None else {"tasks": job.lm_eval.names, "limit": job.limit, "chat": job.chat}
    stored = read_json(run.path / _LM_EVAL_FILE) or {}
    missing = wanted is not None and stored.get("wanted") != wanted
    with ExitStack() as stack:
        engine = None
        if missing:
            engine = load_engine(plan.checkpoint, plan.options)
            stack.callback(engine.close)
        workflow.execute_all([(plan, run)], judge=None, quiet=job.quiet, engine=engine)
        if missing and job.lm_eval is not None:
            stored = {"wanted": wanted, "conditions": _lm_eval(plan, job, job.lm_eval, engine)}
            write_json(run.path / _LM_EVAL_FILE, stored)
    found = [run_outcomes(run)]
    if wanted is not None:
        found += [lm_eval_outcomes(entry["rows"], persona=entry["persona"]) for entry in stored["conditions"]]
    return run, pd.concat(found, ignore_index=True)


def _lm_eval(plan: Prepared, job: _Job, tasks: LmEvalTasks, engine: Any) -> list[dict[str, Any]]:
    from kikime.harness.prompts import persona_system

    systems: dict[str | None, str | None] = {None: None}
    systems |= {name: persona_system(card) for name, card in plan.materials.personas.items()}
    conditions = []
    for persona, system in systems.items():
        note(f"lm-eval: {', '.join(tasks.names)} ({'without persona' if persona is None else persona})")
        rows = tasks.evaluate(
            engine,
            plan.planner.tokenizer,
            max_model_len=plan.max_model_len,
            system=system,
            chat=job.chat,
            limit=job.limit,
        )
        conditions.append({"persona": persona, "rows": rows})
    return conditions


def _same_plan(plan: Prepared, runs: Path) -> RunDirectory | None:
    """The newest run of exactly this plan: same checkpoint, prompts and sampling."""
    for run in reversed(list_runs(runs)):
        manifest = read_json(run.manifest_file) or {}
        if manifest.get("plan", {}).get("hash") == plan.plan_hash:
            return run
    return None


def _print(report: dict[str, Any], rows: Sequence[Row]) -> None:
    columns = ["condition", "task", "items", "base", "tuned", "retained", "verdict", "knowledge", "retained", "verdict"]
    table = [
        [
            row.condition,
            row.task,
            row.n_items,
            *_side(row.strict),
            *_knowledge(row.knowledge),
            _tax(row),
            row.lost or "—",
        ]
        for row in rows
    ]
    title = f"{report['tuned']['name']} against {report['base']['name']} (95 % intervals)"
    print_table(title, [*columns, "form tax", "lost"], table, left=2)
    note(_FOOTNOTE.format(margin=percent(report["margin"])))
    click.echo(f"base    {report['base']['run']}\ntuned   {report['tuned']['run']}")
    click.echo(f"report  {report['tuned']['run']}/{_REPORT_FILE}")


def _side(kept: Kept | None) -> list[str]:
    if kept is None:
        return ["—"] * 4
    return [percent(kept.base), percent(kept.tuned), _share(kept), _VERDICTS[kept.verdict]]


def _knowledge(kept: Kept | None) -> list[str]:
    if kept is None:
        return ["—"] * 3
    return [f"{percent(kept.base)} → {percent(kept.tuned)}", _share(kept), _VERDICTS[kept.verdict]]


def _share(kept: Kept) -> str:
    if kept.retained is None:
        return "—"
    return f"{percent(kept.retained)} [{number(kept.retained_low)}, {number(kept.retained_high)}]"


def _tax(row: Row) -> str:
    tax = row.form_tax
    return "—" if tax is None else f"{percent(tax.base)} → {percent(tax.tuned)}"
