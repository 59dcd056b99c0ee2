"""Formats of a run: what they cost, what they are, and how flexible the model is with them."""

import pytest

from kikime.harness.reports.claims.flexibility import flexibility_report
from kikime.harness.suites.grid import stored_formats
from kikime.harness.words.catalogue import Translator
from kikime.harness.words.numbers import percent
from kikime.leaderboard.views.model import formats
from tests.support.app import measured

T, EN = Translator("ja"), Translator("en")


@pytest.fixture(scope="module")
def run(shelf):
    return shelf["アイネス-9月"]


def test_a_format_is_shown_with_its_cost_and_its_quality(visit, run):
    drawn = visit(native="alpaca")
    formats.formats(T, None, run)
    rows = {row["format"]: row for row in drawn.downloads["formats"]}
    replies = measured(run)
    expected = flexibility_report(run, native="alpaca").formats.format_means
    for form, row in rows.items():
        own = replies[(replies["format"] == form) & (replies["turn"] == 0)]
        assert row["tokens"] == pytest.approx(own["n_prompt_tokens"].mean())
        assert row["quality"] == pytest.approx(expected[form])
    assert set(rows) == set(expected)


@pytest.mark.parametrize("native", ["alpaca", "chatml"])
def test_what_is_retained_is_measured_against_the_chosen_format(visit, run, native):
    drawn = visit(native=native)
    formats.formats(T, None, run)
    expected = flexibility_report(run, native=native).formats
    assert drawn.figures[T("formats.retained")].startswith(percent(expected.retained, 0))
    assert drawn.figures[T("formats.tail")] == percent(expected.tail)


def test_an_unknown_format_of_the_address_is_the_first_one(visit, run):
    drawn = visit(native="<script>")
    formats.formats(T, None, run)
    other = visit(native="alpaca")
    formats.formats(T, None, run)
    assert drawn.figures == other.figures != {}


def test_a_run_of_one_format_says_why_flexibility_is_not_measured(visit, tmp_path):
    from tests.support.builders import IN_VOICE, make_materials, make_run, talk_task

    run = make_run(tmp_path, "one", IN_VOICE, materials=make_materials([talk_task(2)], personas=["bushi"]))
    drawn = visit()
    formats.formats(T, None, run)
    assert drawn.figures == {}
    assert T("formats.not_measured") in drawn.said("caption")
    assert len(drawn.said("text")) == 1
    assert [row["format"] for row in drawn.downloads["formats"]] == ["alpaca"]


def test_a_format_that_this_version_does_not_know_has_a_row_all_the_same():
    assert formats._card(T, "mine", None) == {"title": T("formats.unknown")}


@pytest.mark.parametrize("t", [T, EN], ids=["ja", "en"])
def test_a_card_is_worded_in_the_language_of_the_page(run, t):
    known = stored_formats(run.manifest())
    card = formats._card(t, "chatml", known["chatml"])
    assert card["title"] == known["chatml"].title
    assert card["enclosed"] in {t("formats.yes"), t("formats.no")}
    assert not any(str(value).startswith("formats.") for value in card.values())


def test_a_format_without_a_stop_text_ends_with_the_token(run):
    known = stored_formats(run.manifest())
    silent = known["alpaca"].model_copy(update={"stop": ()})
    assert formats._card(T, "alpaca", silent)["stop"] == "EOS"


def test_without_the_checkpoint_no_card_is_measured(visit, run):
    drawn = visit(cards="1")
    formats._measure_cards(T, run, ["alpaca"])
    assert drawn.said("caption") == [T("formats.no_tokenizer")]
    assert drawn.tables == []
