"""YAML that parses, but means trouble."""

import pytest

from kikime.harness.core.errors import FileFormatError
from kikime.harness.core.files.yamlfile import StrictModel, load_yaml


class Pair(StrictModel):
    x: dict[str, int]
    y: dict[str, int]


@pytest.mark.parametrize(
    ("text", "where", "problem"),
    [
        ("a: 1\nversion: 2026-13-45\n", "", "cannot be read"),
        ("? [a]\n: 1\n", ":1", "not a plain word"),
        ("x: &a [*a]\n", ":1", "contains itself"),
        ("x: !!python/object:os.system 1\n", ":1", "not valid YAML"),
        ("", "", "empty"),
    ],
)
def test_trouble_is_a_message_with_file_and_line(tmp_path, text, where, problem):
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileFormatError, match=problem) as caught:
        load_yaml(path, Pair)
    assert str(caught.value).startswith(f"{path}{where}: ")


def test_an_alias_repeats_a_value(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("x: &a {k: 1}\ny: *a\n", encoding="utf-8")
    assert load_yaml(path, Pair) == Pair(x={"k": 1}, y={"k": 1})
