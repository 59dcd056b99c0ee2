"""The scorer as a whole."""

from __future__ import annotations

import math

import pytest

from kikime.harness.cards.persona import Markers, Persona
from kikime.harness.metrics import Scorer
from kikime.harness.prompts.scoring import scorer_of

LARGE = 250_000
HOSTILE = (
    "あ",
    "!",
    "\n",
    "「",
    "」",
    "<",
    "[あ",
    "(",
    "a:",
    "素敵ですわ。",
    "w",
    "ですわ",
    "わたし",
    "〇",
    "一",
    "a ",
    "😊",
    "〜",
    "#",
    " ",
    "(笑)",
    "か\u3099",
    "a.",
    "ふ",
    "AI",
    "わたくしはAI",
    "http://",
    "`",
    "*",
    "「」",
    "USER: a\n",
    "\u1100",
    "\ud800",
    "<|a",
    "わたくしは、",
    "私は肉体",
    "\t\n",
    '"',
    "a@",
    "名前",
    "{name",
    "俺「",
    "絢音「",
    "です",
    "ます、",
    "ー",
    "\u200d",
    "_",
    "%user",
    "\\n: ",
    "] ",
    "as a large ",
)


def change_voice(card: Persona, **changes: object) -> Persona:
    return card.model_copy(update={"voice": card.voice.model_copy(update=changes)})


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.timeout(60)
def test_a_quarter_of_a_megabyte_of_one_piece_is_scored(scorer: Scorer, piece: str) -> None:
    reply = piece * (LARGE // len(piece.encode("utf-8", "surrogatepass")))
    measured = scorer.score(
        reply + "あ",
        user="薔薇は好きですか？お庭にありますか",
        finish_reason="length",
        examples=["薔薇が好きですわ、とても"],
    )
    assert measured["critical_failure"] == 1


def test_a_clean_reply_has_no_critical_failure(scorer: Scorer) -> None:
    measured = scorer.score("わたくしは紅茶が好きですわ。", user="何が好き？", finish_reason="stop")
    assert measured["critical_failure"] == 0
    assert (measured["marker_rate"], measured["first_person_ok"], measured["length_fit"]) == (1.0, 1, 0)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("stop", 0), ("STOP", 0), ("eos_token", 0), ("length", 1), ("abort", 1), ("error", 1), ("", None), (None, None)],
)
def test_no_eos(scorer: Scorer, reason: str | None, expected: int | None) -> None:
    assert scorer.score("はい", finish_reason=reason)["no_eos"] == expected


def test_unknown_finish_reason_is_no_failure(scorer: Scorer) -> None:
    assert scorer.score("紅茶が好きですわ")["critical_failure"] == 0


def test_style_reads_what_stands_before_the_leak(scorer: Scorer) -> None:
    measured = scorer.score("紅茶が好きですわ。\nUSER: 俺のマジだ。お前は？")
    assert (measured["turn_leak"], measured["sentences"], measured["marker_rate"]) == (1, 1, 1.0)
    assert (measured["first_person_ok"], measured["second_person_ok"], measured["forbidden_terms"]) == (None, None, 0)


def test_length_in_style_reads_what_stands_before_the_leak(scorer: Scorer) -> None:
    clean, leaked = (
        "わたくしは午後の紅茶がいちばん好きですわ。",
        "わたくしは午後の紅茶がいちばん好きですわ。</s>" + "あ" * 99,
    )
    assert scorer.score(leaked)["length_closeness"] == scorer.score(clean)["length_closeness"]
    assert scorer.score(leaked)["length_chars"] == len(leaked)


def test_leaks_read_all_of_it(scorer: Scorer) -> None:
    measured = scorer.score("はい。</s>[あなたの名前] 네 AIアシスタントです")
    assert [measured[name] for name in ("placeholder_leak", "language_leak", "role_confusion")] == [1, 1, 1]


def test_length_closeness(scorer: Scorer) -> None:
    assert scorer.score("あ" * 30)["length_closeness"] == 1.0
    assert scorer.score("あ" * 45)["length_closeness"] == pytest.approx(math.exp(-1))


@pytest.mark.parametrize(("length", "expected"), [(14, 0), (15, 1), (45, 1), (46, 0)])
def test_length_fit_is_closed(scorer: Scorer, length: int, expected: int) -> None:
    assert scorer.score("あ" * length)["length_fit"] == expected


def test_without_markers_the_rate_does_not_apply(card: Persona) -> None:
    measured = scorer_of(change_voice(card, markers=Markers())).score("紅茶が好きですわ")
    assert (measured["marker_rate"], measured["style_band"], measured["eligible_sentences"]) == (None, None, 0)


def test_weak_markers_do_not_count_beside_ore(card: Persona) -> None:
    markers = Markers(strong=("ですわ",), weak=("(だ|る|た)わ(ね|よ)?",), target_rate=0.8)
    scorer = scorer_of(change_voice(card, markers=markers))
    assert scorer.score("もう帰るわ")["marker_sentences"] == 1
    assert scorer.score("俺はもう帰るわ")["marker_sentences"] == 0
    assert scorer.score("めっちゃ疲れたわ")["marker_sentences"] == 0


def test_a_weak_pattern_never_matches_a_greeting(card: Persona) -> None:
    scorer = scorer_of(change_voice(card, markers=Markers(weak=("わ",))))
    assert scorer.score("皆さんこんばんわ")["marker_sentences"] == 0


def test_particles_in_a_row_are_no_spam(card: Persona) -> None:
    markers = Markers(strong=("わ", "ね", "よ", "の"), target_rate=0.8)
    scorer = scorer_of(change_voice(card, markers=markers))
    assert scorer.score("わたくしの家の庭のお花ですわね")["marker_spam"] == 0


def test_an_artificial_character_may_say_so(card: Persona) -> None:
    robot = card.model_copy(update={"profile": "わたくしはAIです。お屋敷で働いている。"})
    assert scorer_of(robot).score("わたくしはAIですわ")["role_confusion"] == 0


def test_a_vampire_is_no_human_being(card: Persona) -> None:
    vampire = card.model_copy(update={"profile": "三百年生きる吸血鬼である。"})
    assert scorer_of(vampire).score("わたくしは人間ではありませんもの")["role_confusion"] == 0
    assert scorer_of(vampire).score("わたくしはAIですわ")["role_confusion"] == 1


def test_the_words_of_the_question_are_no_foreign_language(scorer: Scorer) -> None:
    assert scorer.score("machine learningは存じませんわ", user="machine learningは？")["language_leak"] == 0
    assert scorer.score("machine learningは存じませんわ")["language_leak"] == 1


def test_latin_text_is_no_leak_for_a_bilingual_character(card: Persona) -> None:
    bilingual = scorer_of(card.model_copy(update={"language": "ja-en"}))
    assert bilingual.score("I like roses, you know.")["language_leak"] == 0
    assert bilingual.score("Привет")["language_leak"] == 1


def test_japanese_is_a_leak_for_an_english_character(card: Persona) -> None:
    english = scorer_of(card.model_copy(update={"language": "en"}))
    assert english.score("I like roses.")["language_leak"] == 0
    assert english.score("I like 薔薇です.")["language_leak"] == 1
    assert english.score("I like roses. They cost 3.5 pounds!")["sentences"] == 2


def test_markers_of_other_formats_can_be_given(card: Persona) -> None:
    scorer = Scorer(card, role_markers=("先生:",), control_strings=("{{next}}",))
    assert scorer.score("はい\n先生：次")["turn_leak"] == 1
    assert scorer.score("はい{{next}}")["template_leak"] == 0
    assert Scorer(card, role_markers=(), control_strings=("[NEXT]",)).score("はい[NEXT]")["template_leak"] == 1


def test_given_markers_are_added_to_those_of_all_formats(card: Persona) -> None:
    scorer = Scorer(card, role_markers=("先生:",), control_strings=("[NEXT]",))
    assert scorer.score("はい\nHuman: 次")["turn_leak"] == 1
    assert scorer.score("はい<think>")["template_leak"] == 1


def test_a_piece_of_the_name_opens_a_turn(scorer: Scorer) -> None:
    assert scorer.score("絢音：はい\n絢音：いいえ")["turn_leak"] == 1
    assert scorer.score("絢音：はい")["turn_leak"] == 0
    assert scorer.score("はい\n花子：いいえ")["turn_leak"] == 0


def test_the_users_name_opens_a_turn(card: Persona) -> None:
    scorer = scorer_of(card.model_copy(update={"user_name": "太郎"}))
    assert scorer.score("はい\n太郎：次")["turn_leak"] == 1
    assert scorer.score("はい\n太郎「次」")["role_confusion"] == 1
    assert scorer.score("太郎さん、ごきげんよう")["turn_leak"] == 0


def test_explain_points_at_the_raw_text(scorer: Scorer) -> None:
    reply = "ｱﾀｼはﾏｼﾞで好きですわ。\r\nＵＳＥＲ：次"
    marked = {name: [reply[a:b] for a, b in spans] for name, spans in scorer.explain(reply).items()}
    assert marked["first_person_ok"] == ["ｱﾀｼ"]
    assert marked["forbidden_terms"] == ["ﾏｼﾞ"]
    assert marked["turn_leak"] == ["ＵＳＥＲ："]


def test_explain_shifts_into_a_wrapper(scorer: Scorer) -> None:
    reply = "小野寺絢音「俺は好きですわ」"
    assert [reply[a:b] for a, b in scorer.explain(reply)["first_person_ok"]] == ["俺"]
