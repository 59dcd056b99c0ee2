"""What succeeds is told in one language too: every command and report, searched for words of the other language."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
import yaml

from kikime.harness.core.files import data_path
from kikime.harness.environment import doctor
from kikime.harness.metrics.registry import METRICS
from kikime.harness.words.catalogue import texts
from kikime.workflows import library
from tests.support.builders import (
    IN_VOICE,
    PLAIN,
    add_verdicts,
    august_and_september,
    facts_task,
    invoke,
    make_materials,
    make_run,
    talk_task,
)
from tests.support.canned_runs import FORM, canned_run, learner, probed

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
ENGLISH = re.compile(r"(?<![-./\w'])[a-z]+ (?:is|are|be|not|the|of|to|no|by|with|cannot|needs|has) (?=[a-z])")
BANK, CARD = data_path("banks/style.yaml"), data_path("personas/ojousama.yaml")
COMMANDS = {
    "show": "show august",
    "show by": "show august --by task --by persona",
    "judged": "show judged",
    "icl": "show icl --report icl",
    "techniques": "show techniques --report techniques",
    "shots": "show shots --report shots",
    "turns": "show turns --report turns",
    "dialogue": "show turns --report dialogue",
    "memory": "show talk --report memory",
    "address": "show talk --report address",
    "form_facts": "show form-tuned --report form_facts --base form-base",
    "samples": "show august --samples --n 4",
    "compare": "compare august september",
    "compare judged": "compare judged judged2 --examples 1",
    "about": "about august",
    "verify": "verify august",
    "rank": "rank",
    "explain": "rank --explain",
    "flexibility": "rank --flexibility",
    "gate": "gate august september --metric style_level",
    "plan": "plan demo:august --suite smoke --limit 1 --format alpaca",
    "tasks": "tasks list",
    "task": "tasks show style",
    "task check": f"tasks check {BANK}",
    "personas": "personas list",
    "persona": "personas show ojousama",
    "persona check": f"personas check {CARD}",
    "formats": "formats list",
    "format": "formats show chatml",
    "doctor": "doctor",
    "md": "export august --to md",
    "md of two": "export august september --to md",
    "csv": "export august --to csv",
    "csv of two": "export august september --to csv",
    "html": "export august september --to html -o {folder}/{language}.html",
    "html of one": "export judged --to html -o {folder}/one-{language}.html",
    "lm-eval": "export august --to lm-eval -o {folder}/lm-{language}",
    "schema": "schema",
}
OF_MACHINES = {"csv", "csv of two", "lm-eval", "schema", "format"}
"""Read by programs, or mostly a template: the same in both languages."""

QUOTING = {"html"}
"""Marks differences inside of Japanese replies; the page of one run has the same words and no such marks."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    august_and_september(folder)
    add_verdicts(make_run(folder, "judged2", IN_VOICE), lambda _: 5)
    one = {"personas": ("ojousama",)}
    make_run(folder, "shots", IN_VOICE, materials=make_materials([talk_task(4)], shots=(0, 2), **one))
    asked = make_materials([talk_task(4)], techniques=("plain", "no_style"), **one)
    make_run(folder, "techniques", IN_VOICE, materials=asked)
    canned_run(folder, "icl", learner, tasks=[{"id": "icl_sentiment", "limit": 4}], shots=[2, 4])
    talk = [{"id": "long_memory", "limit": 2}, {"id": "address", "limit": 4}]
    canned_run(folder, "talk", lambda _: IN_VOICE, tasks=talk)
    canned_run(folder, "turns", lambda _: IN_VOICE, tasks=[{"id": "steadiness", "limit": 2}])
    for name, told in (("form-base", 0.0), ("form-tuned", 1.0)):
        canned_run(folder, name, probed("old", told), tasks=FORM)
    return folder


@pytest.fixture(scope="module")
def data():
    """Texts of people and models, longest first: what is quoted stays as it is."""
    files = [*data_path("banks").glob("*.yaml"), *data_path("personas").glob("*.yaml"), data_path("techniques.yaml")]
    found = {IN_VOICE, PLAIN, *leaves([task.model_dump() for task in (talk_task(9), facts_task())])}
    for file in files:
        content = yaml.load(Path(file).read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        if file.parent.name == "banks":  # a bank says of itself what it measures: that is ours, and has its English
            content = {name: content[name] for name in content if name not in {"title", "measures", "source"}}
        found |= set(leaves(content))
    return sorted(found, key=len, reverse=True)


def leaves(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from leaves(each)
    elif isinstance(value, str):
        yield from (line.strip() for line in value.splitlines() if line.strip())


@pytest.fixture(autouse=True)
def _an_engine_that_imports(monkeypatch):
    """What the doctor says of it is told elsewhere; importing the real one takes seconds."""
    monkeypatch.setattr(doctor, "_import", lambda what, _: doctor.Finding("ok", what, "imports"))


def told(runs, name, language, tmp_path):
    line = COMMANDS[name].format(folder=tmp_path, language=language)
    done = invoke(runs, *line.split(), "--lang", language, LANG="C.UTF-8", COLUMNS="1000")
    assert done.exit_code in {0, {"doctor": 3, "gate": 4}.get(name)}, done.output
    if "html" in name:
        page = (tmp_path / line.rsplit("/", 1)[1]).read_text(encoding="utf-8")
        return re.sub(r"<style>.*?</style>|<[^>]+>", "\n", page, flags=re.DOTALL)
    if name == "plan":
        return done.output.partition("\n── ")[0]  # prompts follow
    if name == "csv":
        rows = csv.DictReader(done.output.splitlines())
        return "\n".join(f"{at}: {row[at]}" for row in rows for at in row if at not in {"user", "response"})
    return whole_cells(done.output) if name == "tasks" else done.output


def whole_cells(text):
    """A table with each cell in one line of its own: a title that is cited may be broken over several."""
    rows = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("│").split("│")]
        if cells[0] or not rows or len(cells) != len(rows[-1]):
            rows.append(cells)
        else:
            joined = [" ".join(filter(None, pair)) for pair in zip(rows[-1], cells, strict=True)]
            rows[-1] = joined
    return "\n".join(cell for row in rows for cell in row)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in QUOTING])
def test_english_results_hold_no_japanese_but_quotations(runs, data, tmp_path, name):
    text = told(runs, name, "en", tmp_path)
    for quoted in data:
        text = text.replace(quoted, "")
    text = re.sub(r"'[^'\n]*'|「[^」\n]*」", "", text)
    found = [line for line in text.splitlines() if JAPANESE.search(line) and not line.startswith("  > ")]
    assert found == []


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in OF_MACHINES])
def test_japanese_results_hold_no_english_but_names(runs, data, english_words, tmp_path, name):
    text = told(runs, name, "ja", tmp_path)
    assert JAPANESE.search(text)
    for quoted in data:
        text = text.replace(quoted, "")
    text = re.sub(
        r"'[^'\n]*'|\"[^\"\n]*\"|“[^”\n]*”|「[^」\n]*」|\bkikime [a-z]+.*|\{[%{].*?[%}]\}|\(\d{4}\)[^。]*", "", text
    )
    assert [line for line in text.splitlines() if ENGLISH.search(line)] == []
    cells = {cell.strip(" ◎") for line in text.splitlines() for cell in re.split(r"[│┃|]", line)}
    assert cells & english_words == set()


@pytest.fixture(scope="module")
def english_words():
    """Texts of the English catalogue that Japanese says in other words, ids left out."""
    english, japanese = texts("en"), texts("ja")
    ids = {*METRICS, *library.formats(), *names()}
    words = {part.strip() for key in english if english[key] != japanese[key] for part in english[key].split("|")}
    shared = {part.strip() for text in japanese.values() for part in text.split("|")}
    return {word for word in words if re.search("[a-z]", word)} - ids - shared


def names():
    for task in library.tasks():
        yield task.id
    for card in library.personas():
        yield card.id
    yield from (
        "plain",
        "no_style",
        "none",
        "native",
        "turns",
        "steadiness",
        "text",
        "natural",
        "unrelated",
        "flipped",
        "talk",
        "facts",
    )
