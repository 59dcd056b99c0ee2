"""A run as lm-eval's files, so that tools which read those can read kikime: results_*.json and samples_*.jsonl."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import orjson

from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.core.manifest import Manifest
from kikime.harness.core.reasons import system_reason
from kikime.harness.engines.options import EngineOptions
from kikime.harness.metrics.registry import METRICS
from kikime.harness.prompts import format_ids, load_format
from kikime.harness.prompts.format import NATIVE
from kikime.harness.store.rundir import RunDirectory, slug, write_json
from kikime.harness.store.samples import Sample, read_samples

Group = tuple[str, str, int]


def export_lm_eval(run: RunDirectory, folder: Path) -> Path:
    """Write lm-eval's layout ``<folder>/<model>/results_<date>.json`` and one samples file per task × format × shots.

    Raises:
        UsageError: the run has no tables yet.
        EnvironmentFault: the folder cannot be written.
    """
    manifest, samples = run.manifest(), read_samples(run)
    date = manifest["created_at"].replace(":", "-").removesuffix("+00-00")
    target = folder / slug(manifest["checkpoint"]["name"])
    groups: dict[Group, list[Sample]] = {}
    for sample in samples:
        groups.setdefault((sample["task"], sample["format"], sample["shots"]), []).append(sample)
    try:
        target.mkdir(parents=True, exist_ok=True)
        for group, own in groups.items():
            lines = [_line(number, sample, manifest) for number, sample in enumerate(own)]
            (target / f"samples_{task_name(group)}_{date}.jsonl").write_bytes(b"".join(lines))
    except OSError as error:
        raise EnvironmentFault(
            "{target}: cannot be written: {reason}",
            hint="choose another -o",
            target=target,
            reason=system_reason(error),
        ) from error
    write_json(target / f"results_{date}.json", _results(manifest, groups))
    return target


def task_name(group: Group) -> str:
    """One unique name per task × format × shots, as lm-eval wants it."""
    task, form, shots = group
    return f"kikime_{slug(task)}_{slug(form)}_{shots}shot"


def _results(manifest: Manifest, groups: Mapping[Group, Sequence[Sample]]) -> dict[str, object]:
    named = {task_name(group): (group, own) for group, own in groups.items()}
    tasks, seconds = manifest["tasks"], datetime.fromisoformat(manifest["created_at"]).timestamp()
    sampling = manifest["suite"]["sampling"]
    return {
        "results": {name: {"alias": name, **_means(own)} for name, (_, own) in named.items()},
        "group_subtasks": {name: [] for name in named},
        "configs": {
            name: {
                "task": name,
                "num_fewshot": group[2],
                "output_type": "generate_until",
                "generation_kwargs": generation_kwargs(manifest, group[0], group[1]),
                "metadata": {"version": tasks[group[0]]["version"], "format": group[1], "source": "kikime"},
            }
            for name, (group, _) in named.items()
        },
        "versions": {name: tasks[group[0]]["version"] for name, (group, _) in named.items()},
        "n-shot": {name: group[2] for name, (group, _) in named.items()},
        "higher_is_better": {
            name: {m: METRICS[m].direction == "higher" for m in own[0]["metrics"] if METRICS[m].direction != "none"}
            for name, (_, own) in named.items()
        },
        "n-samples": {name: {"original": len(own), "effective": len(own)} for name, (_, own) in named.items()},
        "config": {
            "model": EngineOptions(engine=manifest["options"]["engine"]).generator,
            "model_args": f"pretrained={manifest['checkpoint']['reference']}",
            "model_num_parameters": manifest["checkpoint"]["n_params"],
            "gen_kwargs": sampling,
            "random_seed": sampling["seed"],
        },
        "git_hash": manifest["kikime"].get("git_sha"),
        "date": seconds,
        "model_source": EngineOptions(engine=manifest["options"]["engine"]).generator,
        "model_name": manifest["checkpoint"]["reference"],
        "model_name_sanitized": slug(manifest["checkpoint"]["name"]),
    }


def _means(samples: Sequence[Sample]) -> dict[str, float]:
    """Mean and standard error of each metric over the replies to which it applies, under lm-eval's names."""
    means: dict[str, float] = {}
    for metric in samples[0]["metrics"]:
        values = [sample["metrics"][metric] for sample in samples if sample["metrics"][metric] is not None]
        if not values:
            continue
        mean = math.fsum(values) / len(values)
        means[f"{metric},none"] = mean
        if len(values) > 1:
            spread = math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
            means[f"{metric}_stderr,none"] = math.sqrt(spread / len(values))
    return means


def generation_kwargs(manifest: Manifest, task: str, form: str) -> dict[str, object]:
    """How the replies of a cell were asked for, in lm-eval's words: until, max_gen_toks, do_sample, temperature ….

    ``until`` has the format's stop strings; the checkpoint's own end of turn, which stops every format, is a token. It is
    empty for a format that this version does not know as the run knew it.
    """
    sampling = manifest["suite"]["sampling"]
    return {
        "until": _stops(manifest, form),
        "max_gen_toks": manifest["tasks"][task]["max_tokens"],
        "do_sample": sampling["temperature"] > 0,
        **sampling,
    }


def _stops(manifest: Manifest, name: str) -> list[str]:
    if name in manifest.get("formats", {}):
        return list(manifest["formats"][name]["stop"])
    known = name in format_ids() and manifest["hashes"]["formats"].get(name) in {load_format(name).hash, NATIVE}
    return list(load_format(name).stop) if known else []


def _line(number: int, sample: Sample, manifest: Manifest) -> bytes:
    asked = generation_kwargs(manifest, sample["task"], sample["format"])
    doc = {name: sample[name] for name in ("item_id", "persona", "technique", "context", "turn", "user")}
    doc |= {"history": orjson.loads(sample["history"]), "expect": orjson.loads(sample["expect"])}
    measured = {name: value for name, value in sample["metrics"].items() if value is not None}
    record = {
        "doc_id": number,
        "doc": doc,
        "target": "",
        "arguments": {"gen_args_0": {"arg_0": sample["prompt"], "arg_1": asked | {"seed": sample["seed"]}}},
        "resps": [[sample["response"]]],
        "filtered_resps": [sample["response"]],
        "filter": "none",
        "metrics": list(measured),
        "doc_hash": _sha256(json.dumps(doc, indent=2, ensure_ascii=False)),
        "prompt_hash": _sha256(sample["prompt"]),
        "target_hash": _sha256(""),
        **measured,
    }
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def _sha256(text: str) -> str:
    """As lm-eval hashes texts."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
