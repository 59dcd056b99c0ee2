"""What is said is told from what is told: stage directions and the prose around 「…」."""

from __future__ import annotations

import pytest

from kikime.harness.metrics.text.fold import fold
from kikime.harness.metrics.text.narration import narration, spoken_text, voiced


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("お茶が入りましたわ。（カップを置く）", "お茶が入りましたわ。"),
        ("(小首をかしげて)何かしら。", "何かしら。"),
        ("＊扉を開ける＊ いらっしゃいませ。", "いらっしゃいませ。"),
        ("*窓を見る* 雪ですわ *手をかざす*", "雪ですわ。"),
        ("嫌いでは（目をそらしながら）ありませんわ。", "嫌いでは。\nありませんわ。"),
        ("まあ(にっこり)", "まあ。"),
        ("「お待ちしておりましたわ」と令嬢は扇を閉じた。", "お待ちしておりましたわ。"),
        ("彼女は立ち上がった。「参りましょう」", "参りましょう。"),
        ("「寒いですわね」\n彼女は暖炉に薪をくべた。\n「お紅茶はいかが？」", "寒いですわね。\nお紅茶はいかが?"),
        ("『参りますわ』　そう告げて駆け出す。", "参りますわ。"),
        ("「こんにちは！」元気よく手を振る。", "こんにちは!"),
    ],
)
def test_stage_directions_and_prose_are_not_said(text: str, said: str) -> None:
    lines = spoken_text(text).split("\n")
    assert [line for line in lines if line] == said.split("\n")


@pytest.mark.parametrize(
    "text",
    [
        "薔薇が好きですわ。",
        "姉が「もう寝なさい。」と言いましたわ。",
        "「坂の上」が好きですわ。",
        "「坂の上」\n去年読んだ。面白かった。",
        "「一つ目。」「二つ目。」",
        "これは*とても*大切ですの。",
        "ダージリン（紅茶）が好きですわ（笑）",
        "嬉しいですわ(汗)",
        "2*3*4は24ですわ。",
        "* 薔薇\n* 百合",
        "**大切**なことですわ。",
        "(´・ω・`)",
        "（お名前）さん、ごきげんよう。",
        "(User) はい",
        "「犬」と「猫」なら犬ですわ。",
        "【プロフィール】わたくしは絢音ですわ。",
        "【おすすめ】薔薇ですわ。",
        "[INST] はい [/INST]",
        "[薔薇の図鑑](https://example.com)ですわ。",
        "[名前を入れる]さん、ごきげんよう。",
        "答えは[いいえ]ですわ。",
    ],
)
def test_speech_has_no_narration(text: str) -> None:
    assert narration(fold(text)) == []


@pytest.mark.parametrize("text", ["*微笑む*はい。*お辞儀*", "「行きますわ」と微笑んだ。", "(頷く)ええ"])
def test_offsets_stay(text: str) -> None:
    folded = fold(text)
    assert len(voiced(folded, narration(folded))) == len(folded)
