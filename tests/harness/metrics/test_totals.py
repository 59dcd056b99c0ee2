"""Means of scored replies are those that a run shows."""

from __future__ import annotations

import pytest

from kikime.harness.cards.persona import load_persona
from kikime.harness.metrics.totals import Totals
from kikime.harness.metrics.voice.level import style_level_of
from kikime.harness.prompts.scoring import scorer_of
from kikime.harness.store.means import means_by
from tests.support.builders import IN_VOICE, PLAIN, make_run

CARD = load_persona("ojousama")


def totals_of(*replies, card=CARD):
    totals = Totals()
    for reply in replies:
        totals.add(card, reply)
    return totals


def test_characters_weigh_the_same_whatever_the_number_of_their_replies():
    totals = totals_of({"length_fit": 1}, {"length_fit": 1}, {"length_fit": 1})
    totals.add(load_persona("bushi"), {"length_fit": 0})
    assert (totals.mean("length_fit"), totals.n("length_fit"), totals.replies) == (0.5, 4, 4)
    assert [own.mean("length_fit") for own in totals.characters.values()] == [1, 0]


def test_what_applies_to_no_reply_is_no_metric_of_theirs():
    totals = totals_of({"fact_correct": None, "empty": 0})
    assert (totals.metrics(), totals.mean("fact_correct"), totals.n("fact_correct")) == (["empty"], None, 0)


def test_the_style_level_is_that_of_the_mean_rate():
    markers = CARD.voice.markers
    levels = [style_level_of(rate, markers.target_rate, markers.tolerance) for rate in (0.0, 1.0, 0.5)]
    totals = totals_of(
        *({"marker_rate": rate, "style_level": style} for rate, style in ((0, levels[0]), (1, levels[1])))
    )
    assert totals.mean("style_level") == levels[2]
    assert levels[2] != pytest.approx((levels[0] + levels[1]) / 2)


def test_the_voice_of_a_copied_example_is_not_the_characters():
    totals = totals_of({"marker_rate": 1.0, "prompt_echo": 1}, {"marker_rate": 0.0, "prompt_echo": 0})
    assert (totals.mean("marker_rate"), totals.n("marker_rate"), totals.n("prompt_echo")) == (0, 1, 2)


def test_the_means_are_those_of_a_run_of_the_same_replies(tmp_path):
    texts = {item: PLAIN if item == "t01" else IN_VOICE for item in (f"t{n:02}" for n in range(6))}
    run = make_run(tmp_path, "a", lambda request: texts[request.item_id])
    [group] = means_by(run).values()
    totals = Totals()
    for name in ("ojousama", "bushi"):
        card = load_persona(name)
        for text in texts.values():
            totals.add(card, scorer_of(card).score(text, finish_reason="stop"))
    for metric in ("style_level", "style_band", "marker_rate", "length_chars", "length_fit", "critical_failure"):
        assert totals.mean(metric) == pytest.approx(group.metrics[metric].mean), metric
