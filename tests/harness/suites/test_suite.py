from pathlib import Path

import pytest

from kikime.harness.core.errors import FileFormatError, UsageError
from kikime.harness.suites.suite import load_suite, restore_suite, suite_ids


def write(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", suite_ids())
def test_every_bundled_suite_loads(name):
    assert load_suite(name).id == name


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("id: x\ntasks: [daily]\npersona: [ojousama]\n", 3, "did you mean 'personas'"),
        ("id: x\ntasks: [dayly]\npersonas: [ojousama]\n", 2, "did you mean 'daily'"),
        ("id: x\ntasks: [daily]\npersonas: [ojosama]\n", 3, "did you mean 'ojousama'"),
        ("id: x\ntasks: [daily]\npersonas: [ojousama]\nformats:\n  - native\n  - chatlm\n", 6, "did you mean 'chatml'"),
        ("id: x\ntasks:\n  - id: daily\n    limt: 3\npersonas: [ojousama]\n", 4, "did you mean 'limit'"),
        ("id: x\ntasks: [daily]\npersonas: [ojousama]\nshots: [-1]\n", 4, "greater than or equal to 0"),
        ("id: x\ntasks: [daily]\npersonas: [ojousama]\ntasks: [style]\n", 4, "duplicate key 'tasks'"),
        ("id: x\ntasks: [daily\n", 3, "not valid YAML"),
        ("id: x\ntasks: [daily]\npersonas: [missing.yaml]\n", 3, "no such persona file"),
    ],
)
def test_a_typo_names_file_line_and_the_nearest_valid_name(tmp_path, text, line, problem):
    path = write(tmp_path, text)
    with pytest.raises(FileFormatError) as caught:
        load_suite(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert problem in str(caught.value)


def test_an_unknown_suite_lists_the_bundled_ones():
    with pytest.raises(UsageError, match="smoke"):
        load_suite("smke")


def test_a_file_beside_the_suite_is_found(tmp_path):
    from kikime.harness.core.files import data_path

    card = (data_path("personas") / "ojousama.yaml").read_text(encoding="utf-8")
    (tmp_path / "mine-persona.yaml").write_text(card.replace("id: ojousama", "id: mine", 1), encoding="utf-8")
    suite = load_suite(write(tmp_path, "id: x\ntasks: [daily]\npersonas: [mine-persona.yaml]\n"))
    assert suite.personas == (str(tmp_path / "mine-persona.yaml"),)


def test_a_suite_survives_the_manifest():
    suite = load_suite("smoke")
    assert restore_suite(suite.model_dump(mode="json")) == suite
