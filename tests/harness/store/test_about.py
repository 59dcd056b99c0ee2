import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.store.about import About, about_or_nothing, checked, read_about, write_about
from kikime.harness.store.rundir import RunDirectory


@pytest.fixture
def run(tmp_path):
    return RunDirectory(tmp_path)


def test_what_is_said_is_read_back_and_can_be_taken_back(run):
    said = checked({"link": "https://example.com/m", "license": "", "type": "tuned", "params": 3_000_000_000})
    write_about(run, said)
    assert read_about(run) == About(link="https://example.com/m", type="tuned", params=3_000_000_000)
    write_about(run, About())
    assert not (run.path / "about.yaml").exists()


@pytest.mark.parametrize(
    "wrong", [{"link": "javascript:alert(1)"}, {"type": "quantised"}, {"params": 0}, {"licence": "mit"}]
)
def test_a_wrong_value_is_told(wrong):
    with pytest.raises(UsageError, match=f"about the model.*{next(iter(wrong))}"):
        checked(wrong)


def test_a_file_that_cannot_be_read_says_nothing_in_tables(run):
    (run.path / "about.yaml").write_text("link: [", encoding="utf-8")
    assert about_or_nothing(run) == About()
