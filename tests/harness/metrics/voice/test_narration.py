"""Style is measured on what is said; how much is told has a metric of its own."""

from __future__ import annotations

import pytest

from kikime.harness.cards.persona import Persona, load_persona
from kikime.harness.metrics import METRICS, Scorer
from kikime.harness.prompts.scoring import scorer_of

SAID = "よい朝ですわ。お庭の薔薇が咲きましたの。"
STYLE = ("eligible_sentences", "marker_sentences", "marker_rate", "polite_ratio", "first_person_used", "speech")


@pytest.mark.parametrize(
    "reply",
    [
        f"{SAID}（窓を開ける）",
        f"（窓を開ける）{SAID}",
        f"{SAID}＊俺は窓を開けた＊",
        f"【微笑みながら】{SAID}",
        f"[窓を開ける] {SAID}",
        "「よい朝ですわ。お庭の薔薇が咲きましたの」と彼女は窓を開けた。",
    ],
)
def test_stage_directions_change_nothing_of_the_style(scorer: Scorer, reply: str) -> None:
    measured, plain = scorer.score(reply), scorer.score(SAID)
    assert [measured[name] for name in STYLE] == [plain[name] for name in STYLE]
    assert 0 < float(measured["narration_share"] or 0) < 1
    assert plain["narration_share"] == 0


def test_a_reply_that_only_tells_says_nothing(scorer: Scorer) -> None:
    measured = scorer.score("＊静かに微笑む＊")
    assert (measured["narration_share"], measured["speech"], measured["marker_rate"]) == (1.0, 0, None)


@pytest.mark.parametrize(("wanted", "expected"), [(None, [None, None]), ("wanted", [1, 0]), ("unwanted", [0, 1])])
def test_a_card_may_want_narration(wanted: str | None, expected: list[int | None]) -> None:
    card = load_persona("ojousama")
    voice = {**card.voice.model_dump(), "narration": wanted}
    own = scorer_of(Persona.model_validate({**card.model_dump(), "voice": voice}))
    assert [own.score(reply)["narration_ok"] for reply in (f"{SAID}（微笑む）", SAID)] == expected


def test_where_narration_is_shows(scorer: Scorer) -> None:
    reply = f"{SAID}（窓を開ける）"
    ((start, end),) = scorer.explain(reply)["narration_share"]
    assert reply[start:end] == "（窓を開ける）"


def test_cards_without_the_field_are_written_as_before() -> None:
    assert "narration" not in load_persona("ojousama").model_dump()["voice"]
    assert METRICS["narration_share"].version != METRICS["length_chars"].version


def test_a_scene_that_a_card_wants_has_lines_of_others() -> None:
    card = load_persona("kansai")
    scene = "いらっしゃい。\n客「満月玉ください」\n月子「はいよ」"
    assert scorer_of(card).score(scene)["turn_leak"] == 1
    voice = card.voice.model_copy(update={"narration": "wanted"})
    assert scorer_of(card.model_copy(update={"voice": voice})).score(scene)["turn_leak"] == 0
