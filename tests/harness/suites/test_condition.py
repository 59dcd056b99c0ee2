"""Ways of asking: bundled, in files, and what they make of a question."""

from __future__ import annotations

import pytest

from kikime.harness.core.errors import FileFormatError, UsageError
from kikime.harness.suites.condition import (
    TECHNIQUES,
    Technique,
    bundled_techniques,
    in_usual_order,
    load_techniques,
    read_techniques,
)


def write(folder, text):
    path = folder / "ways.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_technique_stands_around_the_question():
    assert Technique(title="x", user_prefix="【", user_suffix="】").ask("紅茶は？") == "【紅茶は？】"
    assert bundled_techniques()["plain"].ask("紅茶は？") == "紅茶は？"


@pytest.mark.parametrize("question", ["", "\n", "{user}", "%s", "\U0001f600"])
def test_a_question_is_never_a_template(question):
    assert Technique(title="x", user_prefix="{", user_suffix="}").ask(question) == f"{{{question}}}"


def test_a_technique_is_found_by_its_id():
    assert load_techniques("no_style") == {"no_style": bundled_techniques()["no_style"]}
    assert not load_techniques("no_style")["no_style"].style


def test_a_file_may_hold_several(tmp_path):
    path = write(tmp_path, "techniques:\n  polite: {title: 丁寧, system: 丁寧に。}\n  short: {title: 短く}\n")
    assert list(load_techniques(str(path))) == ["polite", "short"]
    assert read_techniques(path)["polite"].system == "丁寧に。"


def test_a_package_brings_one_technique_per_file(tmp_path):
    one = write(tmp_path, "techniques:\n  polite: {title: 丁寧}\n")
    assert TECHNIQUES.find(str(one)).title == "丁寧"
    two = write(tmp_path, "techniques:\n  polite: {title: 丁寧}\n  short: {title: 短く}\n")
    with pytest.raises(FileFormatError):
        TECHNIQUES.find(str(two))


@pytest.mark.parametrize(
    "text",
    [
        "techniques: {}\n",
        "techniques: []\n",
        "techniques:\n  Polite: {title: x}\n",
        "techniques:\n  1st: {title: x}\n",
        "techniques:\n  polite: {}\n",
        "techniques:\n  polite: {title: x, sufix: y}\n",
        "ways:\n  polite: {title: x}\n",
    ],
)
def test_a_wrong_file_names_itself(tmp_path, text):
    path = write(tmp_path, text)
    with pytest.raises(FileFormatError) as caught:
        read_techniques(path)
    assert str(caught.value).startswith(str(path))


def test_an_unknown_technique_tells_the_nearest():
    with pytest.raises(UsageError, match="no_style"):
        load_techniques("no_stile")


def test_bundled_ones_stand_first_in_the_order_of_their_file():
    mine = Technique(title="自作")
    names = list(bundled_techniques())
    given = {"mine": mine, names[2]: mine, names[0]: mine}
    assert list(in_usual_order(given)) == [names[0], names[2], "mine"]
    assert in_usual_order({}) == {}
