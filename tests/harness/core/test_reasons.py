"""Sentences that remember their template, and reasons that others give."""

from __future__ import annotations

import copy
import errno
import json
import os
import pickle

import pytest
import yaml

from kikime.harness.core.errors import FileFormatError, UsageError
from kikime.harness.core.reasons import Phrase, Reason, parser_reason, system_reason
from kikime.harness.words.catalogue import Translator, texts

NO_RUN = Phrase("no run '{run}' in {runs}", run="a", runs="runs")


def test_a_phrase_is_its_english_text():
    assert NO_RUN == "no run 'a' in runs"
    assert (NO_RUN.template, NO_RUN.values) == ("no run '{run}' in {runs}", {"run": "a", "runs": "runs"})


@pytest.mark.parametrize(
    ("n", "said"), [(0, "0 replies are"), (1, "1 reply is"), ("1", "1 reply is"), (2, "2 replies are")]
)
def test_a_word_goes_with_its_number(n, said):
    assert Phrase("{n} {n:reply is|replies are}", n=n) == said


def test_a_translation_may_do_without_the_words_of_a_number():
    told = UsageError("{n} {n:line is|lines are} too few to draft a card", n=1)
    assert str(told) == "1 line is too few to draft a card"
    assert Translator("ja").error(told) == "1行では、カードの下書きを作るには足りません"


def test_a_phrase_of_a_phrase_stays_as_it_is():
    assert Phrase(NO_RUN) is NO_RUN
    assert Phrase(NO_RUN).values == NO_RUN.values


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda phrase: pickle.loads(pickle.dumps(phrase))])
def test_a_copy_keeps_template_and_values(again):
    found = again(NO_RUN)
    assert (found, found.template, found.values) == (NO_RUN, NO_RUN.template, NO_RUN.values)


def test_an_error_that_went_through_another_process_can_still_be_worded():
    error = pickle.loads(pickle.dumps(UsageError("{path}: no such file", hint="give {path}", path="x.yaml")))
    assert Translator("ja").error(error).startswith("x.yaml：")


def test_braces_of_values_are_text():
    assert Phrase("{text}", text="{not} a {template}") == "{not} a {template}"
    joined = Phrase.joined("; ", ["{a}", NO_RUN])
    assert joined == "{a}; no run 'a' in runs"


def test_joined_phrases_are_worded_one_by_one():
    joined = Phrase.joined("; ", [Phrase("the file is empty"), "x.yaml"])
    assert joined == "the file is empty; x.yaml"
    worded = Translator("ja").message(joined)
    assert worded.endswith("；x.yaml")
    assert "empty" not in worded


def test_of_nothing_nothing_is_joined():
    assert Phrase.joined("; ", []) == ""


def test_a_value_may_be_an_error_or_a_phrase():
    inner = FileFormatError("card.yaml", 3, "the file is empty")
    outer = Phrase("{what} cannot be read: {reason}", what="x", reason=inner)
    assert "card.yaml:3" in outer
    assert "empty" not in Translator("ja").message(outer)


@pytest.mark.parametrize("code", [errno.ENOENT, errno.EACCES, errno.ENOSPC, errno.EISDIR, errno.ECONNREFUSED])
def test_why_the_system_refused_is_told_in_both_languages(code):
    reason = system_reason(OSError(code, os.strerror(code)))
    assert reason == os.strerror(code)
    assert Translator("ja").message(reason) != reason


@pytest.mark.parametrize(("error", "told"), [(OSError(9999, "odd"), "odd"), (OSError("only words"), "only words")])
def test_what_kikime_does_not_know_stays_in_the_systems_words(error, told):
    assert system_reason(error) == told


@pytest.mark.parametrize("text", ['{"a": }', '{"a" 1}', "[1, 2", '{"a": 1} x', '"open', "{a: 1}"])
def test_what_is_no_json_is_told_in_both_languages(text):
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads(text)
    reason = parser_reason(caught.value)
    assert isinstance(reason, Phrase)
    assert Translator("ja").message(reason) != reason


@pytest.mark.parametrize("text", ["a: [1", "a: b: c", "- a\nb: 1", "a: *x", 'a: "\\q"', "a: @b"])
def test_what_is_no_yaml_is_told_in_both_languages(text):
    with pytest.raises(yaml.MarkedYAMLError) as caught:
        yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    reason = parser_reason(caught.value)
    assert isinstance(reason, Phrase)
    assert Translator("ja").message(reason) != reason


def test_every_reason_has_its_sentence():
    assert Translator("en").reason(Reason("no_shared_cell")) == texts("en")["reasons.no_shared_cell"]
    with pytest.raises(KeyError):
        Translator("en").reason(Reason("nothing_of_the_kind"))
