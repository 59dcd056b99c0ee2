"""Numbers and short words, as every table, page and report shows them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from kikime.harness.words import labels
from kikime.harness.words.catalogue import LANGUAGES, Translator, own_language, use_language

JA, EN = Translator("ja"), Translator("en")


@pytest.mark.parametrize(
    ("metric", "number", "text"),
    [
        ("style_band", 0.1234, "12.3%"),
        ("quality", 1.0, "100.0%"),
        ("length_chars", 24.56, "24.6"),
        ("sentences", 1.005, "1.00"),
        ("style_band", None, "—"),
        ("character_v1.tone@j", 5.456, "5.46"),
    ],
)
def test_a_value_is_shown_in_the_unit_of_its_metric(metric, number, text):
    assert labels.value(metric, number) == text


@pytest.mark.parametrize(
    ("metric", "number", "text"),
    [
        ("style_band", 0.05, "+5.0"),
        ("style_band", -0.05, "−5.0"),
        ("style_band", -0.0001, "±0.0"),
        ("style_band", 0.0, "±0.0"),
        ("length_chars", 12.34, "+12.3"),
        ("sentences", -0.004, "±0.00"),
        ("sentences", None, "—"),
    ],
)
def test_a_change_has_a_sign_and_nothing_is_minus_zero(metric, number, text):
    assert labels.change(metric, number) == text
    assert "-" not in labels.change(metric, number)


@pytest.mark.parametrize("t", [JA, EN], ids=LANGUAGES)
@pytest.mark.parametrize(("low", "high"), [(None, 0.1), (0.1, None), (None, None)])
def test_an_interval_has_both_ends_or_is_a_dash(t, low, high):
    assert labels.interval(t, "style_band", low, high) == "—"
    assert "+10.0" in labels.interval(t, "style_band", -0.1, 0.1)
    assert "−10.0" in labels.interval(t, "style_band", -0.1, 0.1)


@pytest.mark.parametrize(
    ("number", "text"), [(None, "—"), (0.0, "<.001"), (0.00099, "<.001"), (0.001, "0.001"), (1.0, "1.000")]
)
def test_a_p_value_is_never_zero(number, text):
    assert labels.p_value(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(None, "—"), (0.0, "<0.1%"), (0.0005, "<0.1%"), (0.5, "50.0%"), (0.9995, ">99.9%"), (1.0, ">99.9%")],
)
def test_a_chance_is_never_certain(number, text):
    assert labels.chance(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(None, "—"), (0, "—"), (500, "500"), (1_500, "1.5K"), (3_100_000, "3.1M"), (7_200_000_000, "7.2B")],
)
def test_parameters_are_shown_as_people_write_them(number, text):
    assert labels.parameters(number) == text


@pytest.mark.parametrize(
    ("low", "high", "text"), [(40.0, 50.0, "±5.0"), (None, 50.0, ""), (40.0, None, ""), (3.0, 3.0, "±0.0")]
)
def test_half_a_width(low, high, text):
    assert labels.half_width(low, high) == text


@dataclass
class Row:
    run: str = "r-000001"
    name: str | None = "月"
    rank: int = 3
    rank_low: int = 2
    rank_high: int = 5
    holds: bool | None = None
    refuted: bool | None = None
    effect: float | None = None
    rate: float = 0.916
    low: float = 0.65
    high: float = 0.99
    mark: str = "✓"


def test_a_rank_has_its_interval():
    assert labels.rank_text(Row()) == "3 (2–5)"


def test_runs_of_one_name_are_told_apart_and_others_keep_theirs():
    rows = [Row("x-000001"), Row("x-000002"), Row("x-000003", "日"), Row("x-000004", None)]
    assert labels.distinct_names(rows) == {
        "x-000001": "月 (000001)",
        "x-000002": "月 (000002)",
        "x-000003": "日",
        "x-000004": "x-000004",
    }


@pytest.mark.parametrize("t", [JA, EN], ids=LANGUAGES)
def test_each_answer_to_a_claim_has_words_of_its_own(t):
    rows = [
        Row(holds=True, effect=0.1),
        Row(holds=False, refuted=True, effect=-0.1),
        Row(holds=False, refuted=False, effect=0.0),
        Row(holds=None, effect=0.1),
        Row(holds=None),
    ]
    assert len({labels.claim(t, row) for row in rows}) == 5


def test_a_kind_of_request_is_shown_with_its_share_and_interval():
    assert labels.handled(EN, Row()).endswith("92% (65–99)")


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"KIKIME_LANG": "ja", "LANG": "en_US.UTF-8"}, "ja"),
        ({"KIKIME_LANG": "fr", "LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "ja_JP.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "C"}, "en"),
    ],
)
def test_the_language_is_that_of_the_person(environment, language, monkeypatch):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "KIKIME_LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert own_language() == language
    use_language("en" if language == "ja" else "ja")
    assert own_language() != language
    use_language(None)


def test_a_name_from_data_is_never_a_text_of_the_catalogue():
    assert JA.metric("my_rubric.my_criterion@judge/cot").endswith("my_criterion (judge/cot)")
    assert JA.get("criterion.<b>", "<b>") == "<b>"
    with pytest.raises(KeyError):
        JA("no.such.text")
