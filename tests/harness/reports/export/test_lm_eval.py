import orjson
import pytest

from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.prompts import load_format
from kikime.harness.reports.export.lm_eval import export_lm_eval, generation_kwargs, task_name
from tests.support.builders import IN_VOICE, PLAIN, make_materials, make_run, talk_task


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    materials = make_materials(
        [talk_task(4)], personas=("ojousama",), shots=(0, 2), sampling={"temperature": 0.7, "seed": 5}
    )
    return make_run(
        tmp_path_factory.mktemp("lm"), "mine", lambda q: PLAIN if q.item_id == "t00" else IN_VOICE, materials=materials
    )


@pytest.fixture(scope="module")
def folder(run, tmp_path_factory):
    return export_lm_eval(run, tmp_path_factory.mktemp("out"))


@pytest.fixture(scope="module")
def results(folder):
    return orjson.loads(next(folder.glob("results_*.json")).read_bytes())


def test_a_cell_of_the_grid_is_a_task_of_its_own():
    assert task_name(("persona_facts", "aines_v3", 3)) == "kikime_persona_facts_aines_v3_3shot"


def test_every_number_of_examples_has_its_results_and_its_samples(folder, results):
    names = {"kikime_talk_alpaca_0shot", "kikime_talk_alpaca_2shot"}
    assert set(results["results"]) == set(results["configs"]) == set(results["versions"]) == names
    assert results["n-shot"] == {"kikime_talk_alpaca_0shot": 0, "kikime_talk_alpaca_2shot": 2}
    assert all(len(list(folder.glob(f"samples_{name}_*.jsonl"))) == 1 for name in names)


def test_a_mean_comes_with_its_standard_error(results):
    own = results["results"]["kikime_talk_alpaca_0shot"]
    lengths = [len(PLAIN), *[len(IN_VOICE)] * 3]
    mean = sum(lengths) / 4
    error = (sum((length - mean) ** 2 for length in lengths) / 3 / 4) ** 0.5
    assert own["length_chars,none"] == mean
    assert own["length_chars_stderr,none"] == pytest.approx(error)


def test_a_metric_without_a_better_end_is_not_called_better_when_higher(results):
    better = results["higher_is_better"]["kikime_talk_alpaca_0shot"]
    assert (better["length_fit"], better["critical_failure"]) == (True, False)
    assert "length_chars" not in better


def test_sampling_is_told_as_it_was(run, results):
    asked = generation_kwargs(run.manifest(), "talk", "alpaca")
    assert (asked["do_sample"], asked["temperature"], asked["seed"]) == (True, 0.7, 5)
    assert results["config"]["random_seed"] == 5


def test_stop_strings_are_those_of_the_format_that_the_run_knew(run):
    manifest = run.manifest()
    own = {"formats": {"alpaca": {"stop": ["###"]}}}
    assert generation_kwargs(manifest, "talk", "alpaca")["until"] == list(load_format("alpaca").stop)
    assert generation_kwargs(manifest | own, "talk", "alpaca")["until"] == ["###"]


def test_a_format_that_has_changed_since_has_no_stop_strings(run):
    manifest = run.manifest() | {"formats": {}}
    changed = manifest["hashes"] | {"formats": {"alpaca": "of another version"}}
    assert generation_kwargs(manifest | {"hashes": changed}, "talk", "alpaca")["until"] == []


def test_a_folder_that_cannot_be_written_says_to_choose_another(run, tmp_path):
    (tmp_path / "file").write_text("here", encoding="utf-8")
    with pytest.raises(EnvironmentFault, match="cannot be written") as caught:
        export_lm_eval(run, tmp_path / "file")
    assert caught.value.hint == "choose another -o"
