"""What is wrong is told in the language of the command, whoever finds it: kikime, a model of YAML, or click."""

import re

import pytest

from tests.support.commands import kikime

FAILING = {
    "unknown command": "compre a b",
    "unknown option": "compare a b --mistake",
    "missing argument": "compare a",
    "missing option": "formats render --format alpaca",
    "missing value": "show a --report",
    "bad choice": "export a --to doc",
    "bad number": "plan demo:august --shots many",
    "missing run": "show nobody",
    "missing runs": "compare nobody noone",
    "missing suite file": "plan demo:august --suite {folder}/none.yaml",
    "unknown suite": "plan demo:august --suite quikc",
    "unknown task": "plan demo:august --task dayly",
    "unknown persona": "personas show ojousam",
    "unknown format": "formats show alpacca",
    "unknown bundled checkpoint": "plan demo:january",
    "missing checkpoint": "plan ./nothing",
    "bad served model": "plan openai:nothing",
    "card with several problems": "personas check {folder}/card.yaml",
    "broken YAML": "personas check {folder}/broken.yaml",
    "empty YAML": "personas check {folder}/empty.yaml",
    "missing card": "personas check {folder}/none.yaml",
    "bad messages": "formats render --format alpaca --messages {folder}/messages.json",
    "broken JSON": "formats render --format alpaca --messages {folder}/broken.json",
    "unknown schema": "schema summry",
    "bad engine argument": "plan demo:august --engine-arg speed",
    "nothing to judge": "judge",
}
JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")
ENGLISH = re.compile(r"(?<![-./\w'])[a-z]+ (?:is|are|be|not|the|of|to|no|cannot|needs|has) ")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    files = {
        "card.yaml": "id: 1\nname: ''\nprofil: x\nlength: {chars: [9, 1], target: many}\nexamples: 3\n",
        "broken.yaml": "id: [a\nname: b\n",
        "empty.yaml": "",
        "messages.json": '[{"role": "narrator", "content": "x"}]',
        "broken.json": '[{"role": }]',
    }
    made = tmp_path_factory.mktemp("wrong")
    for name, text in files.items():
        (made / name).write_text(text, encoding="utf-8")
    return made


@pytest.mark.parametrize("line", FAILING.values(), ids=FAILING.keys())
def test_what_is_wrong_is_told_in_the_language_of_the_command(line, folder, monkeypatch):
    monkeypatch.chdir(folder)
    arguments = line.format(folder=folder).split()
    japanese, english = (kikime(*arguments, "--lang", language) for language in ("ja", "en"))
    assert japanese.returncode == english.returncode != 0
    assert JAPANESE.search(japanese.stderr)
    assert not ENGLISH.search(japanese.stderr)
    assert not JAPANESE.search(english.stderr)
