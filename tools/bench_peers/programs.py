"""The same requests through kikime, lm-eval and bare vLLM, each in processes of its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NamedTuple

import yaml

from kikime.harness.core.request import Request
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.lmeval.files import Cell, cell_file, common_file
from kikime.harness.plan.prepare import Prepared, prepare
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.suites.grid import gather_materials
from kikime.harness.suites.suite import load_suite
from kikime.harness.suites.task import load_task
from tools.measured import Used, measure

BARE = """
import json, sys
from vllm import LLM, SamplingParams
requests = json.load(open(sys.argv[1]))
llm = LLM(**json.load(open(sys.argv[2])))
parameters = [SamplingParams(**r["sampling"]) for r in requests]
llm.generate([{"prompt_token_ids": r["ids"]} for r in requests], parameters, use_tqdm=False)
"""


class Grid(NamedTuple):
    """What is asked of the checkpoint."""

    model: str
    dtype: str
    tasks: tuple[str, ...]
    personas: tuple[str, ...]
    formats: tuple[str, ...]
    shots: tuple[int, ...]
    limit: int


class Programs:
    """Files that the programs read, and how each is called."""

    def __init__(self, grid: Grid, folder: Path) -> None:
        self.grid, self.folder = grid, folder
        self.suite = folder / "peers.yaml"
        self.suite.write_text(yaml.safe_dump(_suite(grid)), encoding="utf-8")
        self.prepared = self._prepare()
        self.run: RunDirectory | None = None
        self._cells = [(form, name) for form, name in self._write_cells()]

    def _prepare(self) -> Prepared:
        options = EngineOptions(dtype=self.grid.dtype)
        return prepare(resolve_checkpoint(self.grid.model), gather_materials(load_suite(str(self.suite))), options)

    def _write_cells(self) -> list[tuple[str, str]]:
        (self.folder / "cells").mkdir()
        (self.folder / "common.yaml").write_text(common_file(), encoding="utf-8")
        named = []
        for form in self.grid.formats:
            for task in self.grid.tasks:
                for shots in self.grid.shots:
                    name = f"peers_{task}_{form}_{shots}shot"
                    spec = {"task": task, "format": form, "shots": shots, "personas": list(self.grid.personas)}
                    cell = Cell(name, load_task(task), {**spec, "limit": self.grid.limit})
                    (self.folder / "cells" / f"{name}.yaml").write_text(cell_file(cell), encoding="utf-8")
                    named.append((form, name))
        return named

    def warm_up(self) -> None:
        """Fill what the first start fills for all that come after it: bytecode, and vLLM's own cache of what models are."""
        first = ["--limit", "1", "--format", self.grid.formats[0], "--persona", self.grid.personas[0]]
        command = [sys.executable, "-m", "kikime", "run", self.grid.model, "--suite", str(self.suite), "--no-judge"]
        measure([*command, *first, "--dtype", self.grid.dtype, "--runs", str(self.folder / "warm")])

    def kikime(self, number: int) -> Used:
        """``kikime run`` on the whole grid."""
        runs = self.folder / f"runs{number}"
        command = [sys.executable, "-m", "kikime", "run", self.grid.model, "--suite", str(self.suite), "--no-judge"]
        used = measure([*command, "--dtype", self.grid.dtype, "--runs", str(runs)])
        self.run = RunDirectory(next(runs.iterdir()))
        return used

    def lm_eval_once(self, number: int) -> Used:
        """``lm_eval run`` on all cells in one call."""
        return self._lm_eval([name for _, name in self._cells], self.folder / f"once{number}")

    def lm_eval_each(self, number: int) -> Used:
        """``lm_eval run`` once per format, as its ``--apply_chat_template`` would have it."""
        calls = [
            self._lm_eval([name for own, name in self._cells if own == form], self.folder / f"each{number}" / form)
            for form in self.grid.formats
        ]
        total = calls[0]
        for call in calls[1:]:
            total = total.plus(call)
        return total

    def _lm_eval(self, names: list[str], output: Path) -> Used:
        arguments = f"pretrained={self.prepared.checkpoint.path},dtype={self.grid.dtype},generation_config=vllm"
        arguments += ",enforce_eager=True,enable_chunked_prefill=False,add_bos_token=False"
        command = [sys.executable, "-m", "lm_eval", "run", "--model", "vllm", "--model_args", arguments]
        command += ["--batch_size", "auto", "--include_path", str(self.folder), "--tasks", ",".join(names)]
        return measure([*command, "--log_samples", "--output_path", str(output)])

    def bare(self, number: int) -> Used:
        """Plain ``LLM.generate`` on the token lists and with the engine arguments of kikime's run."""
        assert self.run is not None
        [session] = self.run.status()["sessions"]
        requests, arguments = self.folder / "requests.json", self.folder / f"arguments{number}.json"
        requests.write_text(json.dumps([bare_request(request) for request in self.prepared.spool]), encoding="utf-8")
        own = {"model": self.prepared.checkpoint.path, **session["engine"]["arguments"]}
        arguments.write_text(json.dumps(own), encoding="utf-8")
        return measure([sys.executable, "-c", BARE, str(requests), str(arguments)])


def bare_request(request: Request) -> dict[str, object]:
    """A request as :data:`BARE` reads it."""
    return {
        "ids": request.token_ids,
        "sampling": {
            "max_tokens": request.sampling.max_tokens,
            "temperature": 0.0,
            "stop": request.stop or None,
            "stop_token_ids": request.stop_token_ids or None,
            "skip_special_tokens": False,
        },
    }


def _suite(grid: Grid) -> dict[str, object]:
    tasks = [{"id": task, "limit": grid.limit} for task in grid.tasks]
    axes = {"personas": list(grid.personas), "formats": list(grid.formats), "shots": list(grid.shots)}
    return {"id": "peers", "tasks": tasks, **axes}
