from string import Formatter

import pytest

from harness.metrics.registry import METRICS
from leaderboard.i18n import LANGUAGES, Translator, texts


def placeholders(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts():
    assert texts("ja").keys() == texts("en").keys()


def test_placeholders_are_the_same_in_both_languages():
    different = [key for key, text in texts("ja").items() if placeholders(text) != placeholders(texts("en")[key])]
    assert different == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_metric_has_a_name(language):
    assert all(Translator(language).metric(name) for name in METRICS)


def test_an_unknown_language_is_japanese():
    assert Translator("<script>").language == "ja"
