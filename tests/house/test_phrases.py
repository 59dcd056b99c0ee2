"""What errors say can be said in every language: templates are written out, and their values are theirs."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

from kikime.cli import click_words
from kikime.harness.core.files import yamlfile
from kikime.harness.metrics.answers import expect, parameters
from kikime.harness.words.catalogue import messages, texts
from tests.support.phrases import ROOT, made, placeholders

TO_DEVELOPERS = r"DeprecationWarning|declar|defined|Boolean option|Choice\(|start character|Do you want|Confirm the"


def test_no_message_is_put_together_where_it_is_raised():
    assert [found.where for found in made() if found.built()] == []


def test_every_template_gets_the_values_that_it_names_and_no_other():
    wrong = []
    for found in made():
        needed = {name for template in found.templates() for name in placeholders(template)}
        if found.templates() and not found.open and needed != found.values:
            wrong.append(f"{found.where}: {sorted(needed ^ found.values)}")
    assert wrong == []


def test_every_template_has_its_japanese_and_no_japanese_is_left_over():
    said = templates()
    assert sorted({template for template in said if has_words(template)} - messages("ja").keys()) == []
    assert sorted(messages("ja").keys() - said - reasons()) == []


def test_the_japanese_of_a_template_has_its_placeholders():
    japanese = messages("ja")
    wrong = [text for text in japanese if placeholders(text) != placeholders(japanese[text])]
    assert wrong == ["{value!r} is not a valid {number_type}."]  # click knows no Japanese word for its types


def test_no_template_stands_twice_in_the_catalogue():
    lines = (ROOT / "harness/words/ja/errors.yaml").read_text(encoding="utf-8").splitlines()
    keys = Counter(key.group() for line in lines if (key := re.match(r'"(\\.|[^"\\])*"', line)))
    assert [key for key, n in keys.items() if n > 1] == []


def templates():
    """Every template of the source; those of pydantic's errors and of constraints stand in tables."""
    tables = (yamlfile.WRONG, parameters.WANTED, expect.WANTED)
    own = {template for found in made() for template in found.templates()}
    return own.union(click_sentences(), *(table.values() for table in tables))


def click_sentences():
    """What click asks gettext for, where it says something to a user and not to whoever declares commands."""
    trees = [ast.parse(Path(module.__file__).read_text(encoding="utf-8")) for module in click_words.MODULES]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    asked = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in {"_", "ngettext"}]
    found = {text.value for call in asked for text in call.args if isinstance(text, ast.Constant)}
    return {text for text in found if not re.search(TO_DEVELOPERS, text)} | {"required"}


def reasons():
    return {text for key, text in texts("en").items() if key.startswith("reasons.")}


def has_words(template):
    """Whether there is anything to translate: more than values and signs, or a command to copy."""
    prose = re.sub(r"\{[^{}]*\}", "", template)
    return bool(re.search("[A-Za-z]", prose)) and not re.fullmatch(r"(kikime|pip) [-\w {}'\[\]]+", template)
