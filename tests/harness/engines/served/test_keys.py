"""API keys: where they come from, and that none is shown."""

from __future__ import annotations

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.core.reasons import Phrase
from kikime.harness.engines.served.keys import read_key, redactor


def test_white_space_around_a_key_is_none_of_it(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", " secret-key\n")
    assert read_key() == "secret-key"


def test_an_empty_key_is_no_key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "  ")
    assert read_key() is None


@pytest.mark.parametrize("key", ["“secret”", "secret\x07key", "鍵"])
def test_a_key_that_was_copied_wrongly_is_told_without_showing_it(monkeypatch, key):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(UsageError) as caught:
        read_key()
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("bad key secret-secret", "bad key [redacted]"),
        ("prefixsecret-secretsuffix", "prefix[redacted]suffix"),
        ("sk-other_1234567 and Bearer abcdefgh", "[redacted] and [redacted]"),
        ("a task of risk-taking", "a task of risk-taking"),
    ],
)
def test_no_key_is_shown(text, shown):
    assert redactor("secret-secret", "")(text) == shown


def test_a_sentence_stays_one_that_can_be_worded_in_another_language():
    clean = redactor("secret-secret")
    phrase = clean(
        Phrase("the judge cannot be reached: {reason}", reason=Phrase("{n} of {key}", n=1, key="secret-secret"))
    )
    assert isinstance(phrase, Phrase)
    assert phrase == "the judge cannot be reached: 1 of [redacted]"
    assert isinstance(phrase.values["reason"], Phrase)
