"""The lm-eval tasks: in step with the banks, the same prompts, ids and values as ``kikime run``."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from kikime.harness.core.errors import UsageError
from kikime.harness.core.files import data_path
from kikime.harness.core.request import Reply
from kikime.harness.lmeval.documents import cell_materials, documents
from kikime.harness.lmeval.files import FORMATS, QUICK, task_files
from kikime.harness.lmeval.scoring import (
    NEEDS_FINISH_REASON,
    NEVER_KNOWN,
    Finished,
    Score,
    mean_style_level,
    persona_mean,
    pooled_style_band,
    process_logprobs,
    process_results,
)
from kikime.harness.metrics import VoiceSums, style_band_of
from kikime.harness.plan.planner import Identity, Planner
from kikime.harness.prompts import load_format, load_tokenizer
from kikime.harness.run.measuring import Measuring
from kikime.harness.suites.suite import load_suite

FOLDER = data_path("lm_eval")
PARITY = ("persona_facts_alpaca_0shot", "conversation_end_alpaca_0shot", "style_alpaca_0shot", "style_alpaca_3shot")
LEFT_OUT = (*NEEDS_FINISH_REASON, *NEVER_KNOWN)
STYLE = {"task": "style", "format": "alpaca", "shots": 0, "personas": ["ojousama", "bushi"], "limit": 3}


def checkpoint(name: str) -> str:
    return str(data_path("checkpoints") / name)


def test_the_files_are_in_step_with_the_banks():
    there = {str(path.relative_to(FOLDER)): path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.yaml")}
    assert there == task_files(), "run tools/write_lm_eval_tasks.py"


def test_each_task_has_a_name_of_its_own_which_is_its_files():
    names = [path.stem for path in FOLDER.glob("*/*.yaml")]
    assert len(names) == len(set(names))
    for path in FOLDER.glob("*/*.yaml"):
        assert f"\ntask: {path.stem}\n" in path.read_text(encoding="utf-8")


def test_the_quick_group_is_the_quick_suite():
    from lm_eval.tasks import TaskManager

    index = TaskManager(include_path=FOLDER, include_defaults=False)
    assert set(index.all_groups) == {"kikime_quick", *(f"kikime_quick_{form}" for form in FORMATS)}
    suite = load_suite("quick")
    cells = {(s.id, form, k) for s in suite.tasks for form in QUICK for k in s.shots or suite.shots}
    groups = (yaml.safe_load((FOLDER / f"kikime_quick_{form}.yaml").read_text(encoding="utf-8")) for form in QUICK)
    names = {name for group in groups for name in group["task"]}
    assert names == {f"kikime_{task}_{form}_{k}shot" for task, form, k in cells}


def test_lm_eval_builds_a_task_and_its_requests():
    from lm_eval.tasks import TaskManager

    manager = TaskManager(include_path=FOLDER, include_defaults=False, metadata={"pretrained": checkpoint("august")})
    task = manager.load(["kikime_style_alpaca_3shot"])["tasks"]["kikime_style_alpaca_3shot"]
    task.build_all_requests(limit=None, rank=0, world_size=1)
    prompt, options = task.instances[0].args
    assert prompt == planned("august", {**STYLE, "shots": 3, "personas": ["ojousama", "bushi", "shonen"]})[0].prompt
    assert options == {"until": list(load_format("alpaca").stop), "max_gen_toks": 128, "do_sample": False}


def planned(name: str, cell: dict[str, Any]) -> list[Any]:
    tokenizer = load_tokenizer(checkpoint(name))
    return list(Planner(cell_materials(json.dumps(cell)), tokenizer, Identity("x", "y")).requests())


@pytest.mark.parametrize("form", ["alpaca", "vicuna", "llama2", "aines_v3"])
@pytest.mark.parametrize(("name", "shots"), [("august", 0), ("september", 3)])
def test_lm_eval_sends_the_ids_of_kikime_run(form, name, shots):
    cell = {**STYLE, "format": form, "shots": shots}
    requests = planned(name, cell)
    rows = documents(cell=cell, pretrained=checkpoint(name))["test"]
    assert [row["pair_key"] for row in rows] == [request.pair_key for request in requests]
    tokenizer = load_tokenizer(checkpoint(name))
    bos = tokenizer.bos_token
    for row, request in zip(rows, requests, strict=True):
        ids = tokenizer(row["prompt"], add_special_tokens=not row["prompt"].startswith(bos)).input_ids
        assert ids == request.token_ids
        assert ids.count(tokenizer.bos_token_id) == request.prompt.count(bos)


def test_a_format_without_bos_needs_a_model_that_adds_none():
    cell = {**STYLE, "format": "chatml"}
    with pytest.raises(UsageError, match=r"(?s)other token ids.*add_bos_token=False"):
        documents(cell=cell, pretrained=checkpoint("september"))
    assert documents(cell=cell, pretrained=checkpoint("september"), add_bos_token=False)["test"].num_rows == 6


def test_without_a_tokenizer_the_bos_is_left_to_the_model():
    rows = documents(cell=STYLE)["test"]
    tokenizer = load_tokenizer(checkpoint("august"))
    ids = [tokenizer(row["prompt"]).input_ids for row in rows]
    assert ids == [request.token_ids for request in planned("august", STYLE)]


def test_the_checkpoints_own_template_needs_its_tokenizer():
    cell = {**STYLE, "format": "native"}
    with pytest.raises(UsageError, match="native"):
        documents(cell=cell)
    rows = documents(cell=cell, tokenizer=checkpoint("august"))["test"]
    assert rows[0]["prompt"] == planned("august", cell)[0].prompt


def test_an_end_of_turn_that_lm_eval_cannot_know_is_refused(tmp_path):
    model = tmp_path / "model"
    shutil.copytree(checkpoint("august"), model)
    shutil.copy(data_path("checkpoints") / "september" / "chat_template.jinja", model)
    cell = {**STYLE, "format": "native"}
    assert documents(cell=cell, pretrained=str(model), add_bos_token=False)["test"].num_rows == 6
    (model / "generation_config.json").unlink()
    with pytest.raises(UsageError, match=r"would not stop at '<\|im_end\|>'"):
        documents(cell=cell, pretrained=str(model), add_bos_token=False)


def test_a_cell_that_names_nothing_known_says_so():
    with pytest.raises(UsageError, match="no task 'stile'"):
        documents(cell={**STYLE, "task": "stile"})


def test_a_document_is_measured_as_in_a_run():
    row = documents(cell=STYLE, pretrained=checkpoint("august"))["test"][0]
    request = planned("august", STYLE)[0]
    text = "わたくしは音楽室で譜面を片づけておりますわ。\nユーザー: そうですか"
    expected = Measuring(cell_materials(json.dumps(STYLE)))(request, Reply(request.key, text, "length"))
    assert process_results(row, [Finished(text, "length")]) == {
        name: value for name, value in expected.items() if value is not None and name not in NEVER_KNOWN
    }


def test_what_needs_the_finish_reason_is_left_out_where_nobody_knows_it():
    row = documents(cell=STYLE, pretrained=checkpoint("august"))["test"][0]
    known, unknown = (process_results(row, [text]) for text in (Finished("はい。", "stop"), "はい。"))
    assert known.keys() - unknown.keys() == set(NEEDS_FINISH_REASON)
    assert {name: known[name] for name in unknown} == unknown


def test_personas_weigh_the_same_in_levels_and_bands():
    a, b = VoiceSums(3, 4, 0.8, 0.3), VoiceSums(0, 1, 0.8, 0.3)
    scores = [Score(0.75, "x", a), Score(0.0, "x", b), Score(1.0, "y", VoiceSums(1, 1, 0.5, 0.5))]
    assert persona_mean([Score(1, "x"), Score(0, "x"), Score(1, "y")]) == 0.75
    assert mean_style_level(scores) == pytest.approx((0.375 / 0.8 + 0.5) / 2)
    assert pooled_style_band(scores) == pytest.approx(
        (style_band_of(3, 5, 0.8, 0.3) + style_band_of(1, 1, 0.5, 0.5)) / 2
    )


def test_a_score_survives_the_way_between_processes_and_into_json():
    score = pickle.loads(pickle.dumps(Score(0.5, "x", VoiceSums(1, 2, None, 0.3))))
    assert (score, score.persona, score.voice) == (0.5, "x", VoiceSums(1, 2, None, 0.3))
    assert json.dumps({"style_band": score}) == '{"style_band": 0.5}'


def test_the_include_path_is_printed(kikime):
    assert Path(kikime("tasks", "path").stdout.strip()) == FOLDER


@pytest.mark.parametrize(
    ("task", "n_candidates"), [("kikime_icl_sentiment_alpaca_4shot", 4), ("kikime_form_facts_alpaca_0shot", 2)]
)
def test_lm_eval_is_asked_for_every_candidate_once(task, n_candidates):
    from lm_eval.tasks import TaskManager

    manager = TaskManager(include_path=FOLDER, include_defaults=False, metadata={"pretrained": checkpoint("september")})
    loaded = manager.load([task])["tasks"][task]
    loaded.build_all_requests(limit=3, rank=0, world_size=1)
    assert {instance.request_type for instance in loaded.instances} == {"loglikelihood"}
    tokenizer = load_tokenizer(checkpoint("september"))
    cell = loaded.config.dataset_kwargs["cell"]
    for instances, request in zip(batched(loaded.instances, n_candidates), planned("september", cell), strict=False):
        assert len(instances) == len(request.candidates)
        for instance, candidate in zip(instances, request.candidates, strict=True):
            text = "".join(instance.args)
            bos = text.startswith(tokenizer.bos_token)
            assert tokenizer(text, add_special_tokens=not bos).input_ids == candidate.token_ids
            assert instance.args[1] == candidate.text


def batched(rows: list[Any], size: int) -> list[list[Any]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def test_log_likelihoods_are_measured_as_in_a_run():
    cell = {"task": "icl_sentiment", "format": "alpaca", "shots": 2, "personas": ["ojousama"], "limit": 3}
    row = documents(cell=cell, pretrained=checkpoint("september"))["test"][0]
    assert process_logprobs(row, [(-1.0, False), (-2.0, False), (-0.5, False), (-3.0, False)]) == {
        "label_correct": 0,
        "label_margin": -1.5,
    }


@pytest.mark.engine
def test_lm_eval_run_gives_the_values_of_kikime_run(kikime, tmp_path):
    _lm_eval([f"kikime_{name}" for name in PARITY], tmp_path / "lm_eval")
    tasks = [argument for name in ("persona_facts", "conversation_end", "style") for argument in ("--task", name)]
    ours = kikime(
        "run", checkpoint("september"), *tasks, "--format", "alpaca", "--dtype", "float32", "--json", timeout=600
    )
    assert ours.returncode == 0, ours.stderr
    summary = json.loads(ours.stdout)
    _same_replies(Path(summary["path"]), tmp_path / "lm_eval")
    _same_results(summary, tmp_path / "lm_eval")


@pytest.mark.engine
def test_lm_eval_run_scores_candidates_as_kikime_run_does(kikime, tmp_path):
    _lm_eval(["kikime_form_facts_alpaca_0shot", "kikime_icl_sentiment_alpaca_2shot"], tmp_path / "lm_eval")
    samples = [json.loads(line) for path in tmp_path.rglob("samples_*.jsonl") for line in path.open(encoding="utf-8")]
    found = {(s["doc"]["pair_key"], metric): s[metric] for s in samples for metric in s["metrics"]}
    tasks = ["--task", "form_facts", "--task", "icl_sentiment", "--shots", "0", "--shots", "2"]
    ours = kikime(
        "run", checkpoint("september"), *tasks, "--format", "alpaca", "--dtype", "float32", "--json", timeout=600
    )
    assert ours.returncode == 0, ours.stderr
    run = json.loads(ours.stdout)["path"]
    with duckdb.connect() as connection:
        query = f"SELECT pair_key, metric, value FROM '{run}/samples.parquet' JOIN '{run}/scores.parquet' USING (key)"
        values = {(pair_key, metric): value for pair_key, metric, value in connection.execute(query).fetchall()}
    assert len(found) == 2 * (20 + 180)
    assert found == pytest.approx({key: values[key] for key in found}, abs=1e-3)


def _lm_eval(tasks: list[str], output: Path) -> None:
    """``lm_eval run`` on september, in float32 as the runs that it is compared with."""
    arguments = (
        f"pretrained={checkpoint('september')},dtype=float32,enforce_eager=True,enable_chunked_prefill=False,"
        "generation_config=vllm"
    )
    command = ["run", "--model", "vllm", "--model_args", arguments, "--include_path", str(FOLDER), "--log_samples"]
    command += ["--tasks", ",".join(tasks), "--batch_size", "auto", "--output_path", str(output)]
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    }
    done = subprocess.run(
        [sys.executable, "-m", "lm_eval", *command], capture_output=True, text=True, timeout=600, env=environment
    )
    assert done.returncode == 0, done.stderr[-3000:]


def _same_replies(run: Path, folder: Path) -> None:
    values: dict[tuple[str, str], float] = {}
    with duckdb.connect() as connection:
        query = f"SELECT pair_key, metric, value, response FROM '{run}/samples.parquet' JOIN '{run}/scores.parquet' USING (key)"
        rows = connection.execute(query).fetchall()
    replies = {pair_key: response for pair_key, _, _, response in rows}
    values = {(pair_key, metric): value for pair_key, metric, value, _ in rows if value is not None}
    samples = [json.loads(line) for path in folder.rglob("samples_*.jsonl") for line in path.open(encoding="utf-8")]
    assert {sample["doc"]["pair_key"]: sample["resps"][0][0] for sample in samples} == replies
    found = {(s["doc"]["pair_key"], metric): s[metric] for s in samples for metric in s["metrics"]}
    assert found == pytest.approx({key: v for key, v in values.items() if key[1] not in LEFT_OUT}, abs=1e-9)


def _same_results(summary: dict[str, Any], folder: Path) -> None:
    from kikime.harness.store.means import means_by
    from kikime.harness.store.rundir import RunDirectory

    [path] = folder.rglob("results_*.json")
    results = json.loads(path.read_text(encoding="utf-8"))["results"]
    groups = means_by(RunDirectory(Path(summary["path"])), ("task", "format", "shots"))
    for (task, form, shots), entry in groups.items():
        for metric in entry.metrics.keys() - set(LEFT_OUT):
            found = results[f"kikime_{task}_{form}_{shots}shot"][f"{metric},none"]
            assert found == pytest.approx(entry.metrics[metric].mean, abs=1e-9)
