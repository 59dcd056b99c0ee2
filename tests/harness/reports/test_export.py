import csv
import io
import json

import orjson
import pytest

from kikime.harness.reports.comparison.compare import compare
from kikime.harness.reports.export.csv import comparison_csv, run_csv
from kikime.harness.reports.export.dataset import export_dataset
from kikime.harness.reports.export.lm_eval import export_lm_eval
from kikime.harness.reports.export.markdown import comparison_markdown, escape_cell, run_markdown
from kikime.harness.reports.overview.run import run_overview
from kikime.harness.reports.ranking.rank import rank
from kikime.harness.words.catalogue import Translator
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, make_run

JA = Translator("ja")
EVIL = '=HYPERLINK("http://x","y")'


def test_replies_with_formulas_are_guarded_in_the_run_s_csv(tmp_path):
    data = run_csv(make_run(tmp_path, "a", EVIL))
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert {row["response"] for row in rows} == {"'" + EVIL}
    assert {row["empty"] for row in rows} == {"0.0"}


def test_a_comparison_s_csv_has_wholes_and_slices(pair):
    report = compare(*pair, n_resamples=300)
    rows = list(csv.DictReader(io.StringIO(comparison_csv(report, JA).decode("utf-8-sig"))))
    assert len(rows) == sum(1 + len(row.slices) for row in report.metrics)
    assert {row["by"] for row in rows} == {"", "キャラクター", "タスク", "書式", "例示の数"}


def test_markdown_shows_plus_minus_and_n(pair):
    text = run_markdown(run_overview(pair[0]), JA)
    row = next(line for line in text.splitlines() if "`quality`" in line)
    assert "±" in row
    assert row.rstrip(" |").endswith(f" {pair[0].summary().counts['done']:,}")


def test_a_mean_is_the_same_in_the_export_of_a_run_in_a_comparison_and_in_a_ranking(pair):
    report = compare(*pair, n_resamples=300, slices=False)
    ranked = {row.name: row for row in rank(list(pair), n_resamples=300).rows}
    for run, side in zip(pair, ("a", "b"), strict=True):
        overview = run_overview(run)
        alone = {row.metric: row.mean for row in overview.metrics}
        compared = {row.metric: getattr(row, f"mean_{side}") for row in report.metrics}
        assert compared == pytest.approx({metric: alone[metric] for metric in compared})
        row = ranked[overview.name]
        assert row.critical_failure_rate == pytest.approx(alone["critical_failure"])
        assert row.mean_length == pytest.approx(alone["length_chars"])


def test_a_mean_that_never_varied_is_not_called_certain(tmp_path):
    rows = {row.metric: row for row in run_overview(make_run(tmp_path, "a", IN_VOICE)).metrics}
    assert rows["length_fit"].mean == 1.0
    assert rows["length_fit"].half_width == pytest.approx(1 - 0.025 ** (1 / 12))


def test_a_criterion_has_the_same_mean_alone_and_compared(tmp_path):
    a = make_run(tmp_path, "a", lambda q: None if q.item_id == "t01" else IN_VOICE)
    add_verdicts(a, lambda sample: 7 if sample["item_id"] == "t00" else 4)
    alone = {row.metric: row.mean for row in run_overview(a).metrics}
    compared = {row.metric: row.mean_a for row in compare(a, a, n_resamples=300, slices=False).metrics}
    assert alone["character_v1.tone@judge-a/cot"] == compared["character_v1.tone"] == pytest.approx((7 + 1 + 4 * 4) / 6)


def test_markdown_of_a_pair_names_both(pair):
    assert "| 指標 | august | september |" in comparison_markdown(compare(*pair, n_resamples=300, slices=False), JA)


def test_a_cell_cannot_leave_its_table():
    assert escape_cell("a|b\n<img> [x](y)") == r"a\|b \<img\> \[x\](y)"


def test_lm_eval_files_have_lm_eval_s_shape(tmp_path):
    run = make_run(tmp_path, "a", IN_VOICE)
    folder = export_lm_eval(run, tmp_path / "out")
    results = orjson.loads(next(folder.glob("results_*.json")).read_bytes())
    [name] = results["results"]
    assert name == "kikime_talk_alpaca_0shot"
    assert results["results"][name]["length_fit,none"] == 1.0
    assert results["higher_is_better"][name]["critical_failure"] is False
    lines = next(folder.glob(f"samples_{name}_*.jsonl")).read_bytes().splitlines()
    assert len(lines) == results["n-samples"][name]["effective"] == 12
    assert orjson.loads(lines[0])["filtered_resps"] == [IN_VOICE]


def test_lm_eval_samples_have_the_generation_s_arguments_as_lm_eval_writes_them(tmp_path):
    from lm_eval.defaults import default_gen_kwargs
    from lm_eval.utils import hash_string

    from kikime.harness.prompts import load_format

    run = make_run(tmp_path, "a", IN_VOICE)
    folder = export_lm_eval(run, tmp_path / "out")
    sample = orjson.loads(next(folder.glob("samples_*.jsonl")).read_bytes().splitlines()[0])
    prompt, asked = sample["arguments"]["gen_args_0"].values()
    assert asked.keys() >= default_gen_kwargs(until=None).keys()
    assert asked["until"] == list(load_format("alpaca").stop)
    assert asked["max_gen_toks"] == run.manifest()["tasks"]["talk"]["max_tokens"]
    assert (asked["do_sample"], asked["temperature"]) == (False, 0.0)
    assert sample["prompt_hash"] == hash_string(prompt)
    assert sample["doc_hash"] == hash_string(json.dumps(sample["doc"], indent=2, ensure_ascii=False))


def test_lm_eval_s_own_reader_of_results_accepts_the_folder(tmp_path):
    from lm_eval.utils import get_results_filenames, get_sample_results_filenames

    files = [str(path) for path in export_lm_eval(make_run(tmp_path, "a", IN_VOICE), tmp_path / "out").iterdir()]
    assert len(get_results_filenames(files)) == 1
    assert len(get_sample_results_filenames(files)) == 1


def test_the_data_set_loads_from_disk(tmp_path):
    from datasets import load_from_disk

    run = make_run(tmp_path, "a", lambda q: None if q.item_id == "t00" else PLAIN)
    add_verdicts(run, lambda _: 5)
    loaded = load_from_disk(str(export_dataset(run, tmp_path / "ds")))
    assert set(loaded) == {"replies", "verdicts"}
    assert loaded["replies"].num_rows == 12
    assert loaded["replies"][1]["response"] == PLAIN
    assert loaded["replies"][1]["length_fit"] == 1.0
