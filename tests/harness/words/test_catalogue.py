import re
from pathlib import Path
from string import Formatter

import pytest

from kikime import leaderboard
from kikime.harness.metrics.registry import METRICS
from kikime.harness.words.catalogue import LANGUAGES, Translator, messages, texts

COUNTED = (
    "answer|area|call|character|column|condition|dialogue|error|example|file|item|judge|line|model|pair|question|"
    "reply|replie|row|run|score|shot|time|token|turn|value|verdict|word"
)


def placeholders(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts():
    assert texts("ja").keys() == texts("en").keys()


def test_placeholders_are_the_same_in_both_languages():
    different = [key for key, text in texts("ja").items() if placeholders(text) != placeholders(texts("en")[key])]
    assert different == []


def test_one_of_a_thing_is_told_in_the_singular():
    limits = "context|high|least|len_type|mean|nargs|ratio|rows"
    plural = rf"(?<!/)\{{(?!{limits})\w+(?::,)?\}} (?:(?!of |in )\w+ )?(?:{COUNTED})s\b(?!/s)"
    assert [text for text in (*texts("en").values(), *messages("ja")) if re.search(plural, text)] == []


@pytest.mark.parametrize(("language", "term"), [("ja", "P(1位)"), ("en", "P(1st)")])
def test_the_chance_of_the_first_place_is_called_alike_everywhere(language, term):
    say = Translator(language)
    assert say("board.p_best") == term
    assert [say(key).split(" | ")[3] for key in ("cli.rank.columns", "report.ranking.columns")] == [term, term]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_metric_has_a_name(language):
    assert all(Translator(language).metric(name) for name in METRICS)


def test_an_unknown_language_is_japanese():
    assert Translator("<script>").language == "ja"


def test_every_text_that_the_page_asks_for_exists():
    root = Path(leaderboard.__file__).parent
    asked = {
        key
        for path in root.rglob("*.py")
        for key in re.findall(r"""\bt\("([a-z_.]+)\"""", path.read_text(encoding="utf-8"))
    }
    assert {key for key in asked if key not in texts("ja")} == set()
    assert len(asked) > 200


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ("tone: '9' is not an integer from 1 to 7", "tone：'9' は1から7までの整数ではありません"),
        ("only 0.12 of the probability is on the scores 1 to 5", "1〜5の点に載った確率は0.12だけです"),
        ("evidence is missing", "evidence がありません"),
    ],
)
def test_a_stored_sentence_with_values_is_told_in_the_reader_s_language(stored, told):
    assert Translator("ja").stored(stored) == told
    assert Translator("en").stored(stored) == stored


@pytest.mark.parametrize(
    "text", ["upstream timed out", "HTTP 503: overloaded", "Error code: 400 - {'x': 'y is missing'}"]
)
def test_what_a_server_said_stays_as_it_is(text):
    assert Translator("ja").stored(text) == text
