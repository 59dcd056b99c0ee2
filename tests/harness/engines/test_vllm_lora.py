"""LoRA adapters on one loaded base, as ``kikime run BASE --lora NAME=DIR`` uses them."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from tools.gpu_check.models import write_adapter


@pytest.mark.engine
def test_two_adapters_share_one_load_and_get_a_run_each(kikime, tmp_path, august):
    still = write_adapter(tmp_path / "still", august, 0.0)
    wild = write_adapter(tmp_path / "wild", august, 0.5)
    arguments = ["--suite", "smoke", "--limit", "1", "--lora", f"still={still}", "--lora", f"wild={wild}"]
    done = kikime("run", "demo:august", *arguments)
    assert done.returncode in {0, 4}, done.stderr
    assert done.stderr.count("loading the engine") == 1
    runs = {json.loads((run / "manifest.json").read_text())["name"]: run for run in tmp_path.glob("runs/*")}
    assert set(runs) == {"august+still", "august+wild"}
    replies = {name: pq.read_table(run / "samples.parquet").to_pylist() for name, run in runs.items()}
    texts = {name: [row["response"] for row in rows] for name, rows in replies.items()}
    assert texts["august+still"] != texts["august+wild"]
    assert not {row["key"] for row in replies["august+still"]} & {row["key"] for row in replies["august+wild"]}
    assert [row["pair_key"] for row in replies["august+still"]] == [row["pair_key"] for row in replies["august+wild"]]
