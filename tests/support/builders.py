"""Small run directories from hand-made replies, written by the project's own store code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kikime.harness.cards.persona import load_persona
from kikime.harness.core.hashing import digest
from kikime.harness.core.request import Reply, Request
from kikime.harness.engines.options import EngineOptions
from kikime.harness.environment.provenance import provenance
from kikime.harness.metrics import metric_versions, versions_of
from kikime.harness.plan.planner import Identity, Planner
from kikime.harness.plan.prepare import comparability
from kikime.harness.run.measuring import log_to
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.summary import summarise
from kikime.harness.store.tables import compact
from kikime.harness.store.wal import REPLIES, Segment
from kikime.harness.suites.grid import Materials
from kikime.harness.suites.suite import Suite
from kikime.harness.suites.task import Item, Task

Answer = Callable[[Request], str | None]
"""From a request to the reply's text; None is a failed generation."""

IN_VOICE = "ごきげんよう、今日も良い一日にいたしますわ。"
PLAIN = "今日は良い天気だから、散歩に行くと気持ちがいいと思う。"


def talk_task(n: int = 6, **changes: Any) -> Task:
    """Small talk of ``n`` items that measures voice and length."""
    fields: dict[str, Any] = {
        "id": "talk",
        "version": 1,
        "title": "雑談",
        "measures": "口調と長さ",
        "source": "テスト用",
        "metrics": ("style_band", "first_person_ok", "length_fit", "sentence_fit"),
        "items": tuple(Item(id=f"t{i:02d}", user=f"{i}番目の話を聞かせてください。") for i in range(n)),
    }
    return Task(**{**fields, **changes})


def facts_task(**changes: Any) -> Task:
    """The facts of each persona's card."""
    fields: dict[str, Any] = {
        "id": "persona_facts",
        "version": 1,
        "title": "事実",
        "measures": "事実",
        "source": "テスト用",
        "metrics": ("fact_correct", "fact_wrong", "abstained"),
        "items_from": "facts",
    }
    return Task(**{**fields, **changes})


def make_materials(
    tasks: Sequence[Task] | None = None, personas: Sequence[str] = ("ojousama", "bushi"), **suite: Any
) -> Materials:
    """A suite of ``tasks`` × ``personas``; further suite fields as keywords."""
    tasks = tasks or [talk_task()]
    fields: dict[str, Any] = {"id": "tiny", "formats": ("alpaca",), **suite}
    fields |= {"tasks": [{"id": task.id} for task in tasks], "personas": list(personas)}
    chosen = Suite.model_validate(fields, context={"resolved": True})
    return Materials.of(chosen, {task.id: task for task in tasks}, {name: load_persona(name) for name in personas})


def make_run(
    runs: Path,
    name: str,
    answer: Answer | str,
    *,
    materials: Materials | None = None,
    keep: Callable[[Request], bool] = lambda _: True,
    n_params: int | None = 3_000_000,
    fingerprint: str | None = None,
    manifest: Mapping[str, Any] | None = None,
    cut_at: int | None = None,
) -> RunDirectory:
    """A complete run whose replies are ``answer``; requests that ``keep`` refuses stay without a row.

    ``manifest`` replaces parts of the manifest, to imitate runs of other versions. Longer replies than ``cut_at`` characters
    are cut off there.
    """
    materials = materials or make_materials()
    fingerprint = fingerprint or digest("model", name)
    planner = Planner(materials, None, Identity(fingerprint, "test/none"))
    requests = list(planner.requests())
    run = RunDirectory.create(runs, name)
    checkpoint = {
        "reference": name,
        "name": name,
        "path": None,
        "fingerprint": fingerprint,
        "n_params": n_params,
        "max_model_len": 2048,
        "revision": None,
        "base_url": None,
        "mutable": False,
        "adapter": None,
    }
    written = {
        "run": run.id,
        "name": name,
        "checkpoint": checkpoint,
        "options": {"engine": "vllm", "dtype": "auto"},
        "plan": {"hash": "0", "n_replies": 0, "n_prompt_tokens": 0, "max_output_tokens": 0},
        **comparability(materials, EngineOptions()),
        **materials.to_json(),
        **provenance(),
    }
    planned = 0
    with Segment.create(run.wal, REPLIES) as segment:
        log = log_to(
            segment, materials, metric_versions(name for task in materials.tasks.values() for name in task.metrics)
        )
        while requests:
            request = requests.pop(0)
            planned += 1
            reply = _reply(request, answer, cut_at)
            if keep(request):
                log(request, reply)
            following = planner.next_turn(request, reply.text)
            requests += [following] if following else []
    written["plan"]["n_replies"] = planned
    run.write_manifest({**written, **(manifest or {})})
    compact(run, versions_of(run.manifest()["hashes"]))
    summarise(run)
    run.write_status({"state": "complete", "planned": planned, "done": planned, "errors": 0})
    return run


def _reply(request: Request, answer: Answer | str, cut_at: int | None) -> Reply:
    text = answer if isinstance(answer, str) else answer(request)
    if text is None:
        return Reply(key=request.key, text="", finish_reason="error", error="the engine refused it")
    cut = text[:cut_at]
    return Reply(key=request.key, text=cut, finish_reason="stop" if cut == text else "length", n_output_tokens=len(cut))


def add_verdicts(
    run: RunDirectory,
    score: Callable[[dict[str, Any]], int | None],
    *,
    judge: str = "judge-a",
    rubric: str = "character_v1",
    rubric_hash: str = "h1",
    criteria: Sequence[str] = ("tone", "personality"),
    scale: int | None = None,
) -> None:
    """Write verdicts of one judge for every reply; None is a refusal, which carries no score.

    ``scale``: the highest point; None as tables of earlier versions have it, which is 7.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    from kikime.harness.store.samples import read_samples
    from kikime.judges.runs.table import verdict_columns

    rows = []
    for sample in read_samples(run):
        if sample["error"] is not None:
            continue
        value = score(sample)
        rows += [
            {
                "judge_key": f"{sample['key']}-{judge}-{rubric}",
                "key": sample["key"],
                "judge_id": judge,
                "protocol": "cot",
                "rubric": rubric,
                "rubric_version": 1,
                "rubric_hash": rubric_hash,
                "criterion": criterion,
                "score": value,
                "scale": scale,
                "status": "refused" if value is None else "ok",
                "grounded": True,
                "rationale": "口調が資料と合っている。",
                "evidence": [],
                "flags": [],
                "n_in": 1,
                "n_out": 1,
                "cost_usd": 0.0,
            }
            for criterion in criteria
        ]
    if run.judge_file.is_file():
        rows = pq.read_table(run.judge_file).to_pylist() + rows
    schema = verdict_columns()
    columns = {name: [row.get(name) for row in rows] for name in schema.names}
    pq.write_table(pa.table(columns, schema=schema), run.judge_file)


def august_and_september(runs: Path) -> None:
    """Two runs of different voices in two formats, one of them without the later turns, and ``judged``."""
    both = make_materials([talk_task(4), facts_task()], formats=("alpaca", "chatml"))
    make_run(runs, "august", lambda request: PLAIN if request.turn == 0 else None, materials=both)
    make_run(runs, "september", IN_VOICE, materials=both)
    add_verdicts(make_run(runs, "judged", IN_VOICE), lambda _: 5)


def invoke(runs: Path, *arguments: str | Path, **environment: str) -> Any:
    """Call ``kikime`` in this process: ``exit_code``, ``stdout``, ``stderr``."""
    from click.testing import CliRunner

    from kikime.cli import main

    return CliRunner().invoke(main, [str(a) for a in arguments], env={"KIKIME_RUNS": str(runs), **environment})
