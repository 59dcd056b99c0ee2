"""Messages: what went wrong and what to do next, in the reader's language."""

from __future__ import annotations

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.core.reasons import Phrase, Reason
from kikime.harness.words.catalogue import Translator, own_language, reason_message, use_language

JA, EN = Translator("ja"), Translator("en")
PARTS = Phrase("the judge cannot be reached: {reason}", reason=Phrase("Connection refused"))


def test_the_values_of_a_message_are_worded_too():
    assert JA.message(PARTS) == "ジャッジに接続できません：接続を拒否されました"
    assert EN.message(PARTS) == "the judge cannot be reached: Connection refused"


def test_an_error_as_a_value_is_told_with_its_own_words():
    inner = UsageError("{path}: not a JSON object", path="a.json")
    told = Phrase("the judge cannot be reached: {reason}", reason=inner)
    assert JA.message(told) == "ジャッジに接続できません：a.json：JSON オブジェクトではありません"


def test_an_error_tells_what_to_do_next_below_it():
    error = UsageError("the file is empty", hint="no run at all")
    assert JA.error(error).splitlines()[0] == "ファイルが空です"
    assert JA.error(error).splitlines()[1].startswith("  → ")
    assert "\n" not in JA.error(UsageError("the file is empty"))


def test_an_error_of_another_library_speaks_for_itself():
    assert JA.error(ValueError("42")) == "42"
    assert JA.error(ValueError(Phrase("the file is empty"))) == "ファイルが空です"


@pytest.mark.parametrize("text", ["gpt-4o-mini", "Incorrect API key {x}", "", "名前"])
def test_names_and_words_of_others_stay(text):
    assert JA.message(text) == JA.stored(text) == EN.stored(text) == text


def test_a_stored_sentence_of_ours_is_found_by_itself():
    assert JA.stored(str(Phrase("the judge did not answer in time"))) == "ジャッジが時間内に答えませんでした"
    assert EN.stored("the judge did not answer in time") == "the judge did not answer in time"


def test_sentences_that_are_joined_have_the_languages_own_sign_between_them():
    both = Phrase.joined("; ", [Phrase("the file is empty"), Phrase("Connection refused")])
    assert EN.message(both) == "the file is empty; Connection refused"
    assert JA.message(both) == "ファイルが空です；接続を拒否されました"


def test_a_reason_may_be_told_by_an_error():
    message = reason_message(Reason("no_shared_cell"))
    assert JA.message(message) == JA.reason(Reason("no_shared_cell"))
    assert EN.message(message) == "the runs share no cell"


@pytest.mark.parametrize(
    ("name", "ja", "en"),
    [
        ("character_v1.tone", "口調", "tone"),
        ("character_v1.tone@gpt-4o-mini", "口調 (gpt-4o-mini)", "tone (gpt-4o-mini)"),
        ("mine.odd", "odd", "odd"),
        ("my_metric", "判定：my_metric", "my metric"),
        ("style_level", "口調の水準", "style level"),
    ],
)
def test_metrics_and_criteria_have_names(name, ja, en):
    assert (JA.metric(name), EN.metric(name)) == (ja, en)


def test_numbers_in_a_text_have_a_minus_sign():
    told = JA(
        "judging.calibration.must_not", judge="j", n=3, criterion="c", found="ρ", bias=-0.5, spearman=0.6, allowed=0.3
    )
    assert "−0.50" in told
    assert "-0.50" not in told


def test_a_choice_of_a_language_goes_before_the_environment(monkeypatch):
    monkeypatch.setenv("KIKIME_LANG", "en")
    use_language("ja")
    try:
        assert own_language() == "ja"
    finally:
        use_language(None)
    assert own_language() == "en"
