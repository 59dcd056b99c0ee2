import pytest

from kikime.harness.core.errors import EnvironmentFault, UsageError
from kikime.harness.reports.export.dataset import export_dataset
from tests.support.builders import IN_VOICE, make_materials, make_run, talk_task


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path, "a", IN_VOICE, materials=make_materials([talk_task(3)], personas=("ojousama",)))


def test_a_run_without_verdicts_has_one_split_in_plan_order(run, tmp_path):
    from datasets import load_from_disk

    loaded = load_from_disk(str(export_dataset(run, tmp_path / "out")))
    assert list(loaded) == ["replies"]
    assert loaded["replies"]["item_id"][:] == ["t00", "t01", "t02"]
    assert loaded["replies"]["length_chars"][:] == [len(IN_VOICE)] * 3


def test_a_folder_that_cannot_be_written_says_to_choose_another(run, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("here", encoding="utf-8")
    with pytest.raises(EnvironmentFault, match="cannot be written") as caught:
        export_dataset(run, blocked / "out")
    assert caught.value.hint == "choose another -o"


def test_a_run_without_tables_is_refused(run, tmp_path):
    run.samples_file.unlink()
    with pytest.raises(UsageError):
        export_dataset(run, tmp_path / "out")
