"""Facts: right, wrong, declined, made up."""

from __future__ import annotations

import pytest

from harness.metrics.facts import abstained, measure_fact, measure_unanswerable, normal_numbers


@pytest.mark.parametrize(
    ("reply", "answers", "wrong", "expected"),
    [
        ("アメリカに留学しておりますの", ["アメリカ"], ["フランス"], "correct"),
        ("フランスではなくアメリカですわ", ["アメリカ"], ["フランス"], "correct"),
        ("いいえ、フランスではありませんわ。アメリカですの", ["アメリカ"], ["フランス"], "correct"),
        ("アメリカではありませんわ", ["アメリカ"], ["フランス"], "wrong"),
        ("フランスですわ", ["アメリカ"], ["フランス"], "wrong"),
        ("アメリカとは違いますわ", ["アメリカ"], [], "wrong"),
        ("アメリカではありませんか？", ["アメリカ"], [], "correct"),
        ("アメリカですわ、フランスではなく", ["アメリカ"], ["フランス"], "correct"),
        ("アメリカとフランスですわ", ["アメリカ"], ["フランス"], "wrong"),
        ("インドネシアですわ", ["インド"], [], "wrong"),
        ("ヴァイオリンですわ", ["バイオリン"], [], "correct"),
        ("バイオリンですわ", ["ヴァイオリン"], [], "correct"),
        ("ばいおりんですわ", ["バイオリン"], [], "correct"),
        ("ﾊﾞｲｵﾘﾝですわ", ["バイオリン"], [], "correct"),
        ("十八歳ですわ", ["18歳"], [], "correct"),
        ("１８歳ですわ", ["18歳"], [], "correct"),
        ("18歳ですわ", ["十八歳"], [], "correct"),
        ("180センチですわ", ["18"], [], "wrong"),
        ("1.18ですわ", ["18"], [], "wrong"),
        ("二〇〇五年ですわ", ["2005年"], [], "correct"),
        ("5月12日ですわ", ["五月十二日"], [], "correct"),
        ("高校三年生ですわ", ["3年生"], ["2年生"], "correct"),
        ("存じませんわ", ["アメリカ"], [], "abstained"),
        ("それは秘密ですの", ["アメリカ"], [], "abstained"),
        ("どうしてお聞きになりますの？", ["アメリカ"], [], "abstained"),
        ("ゴールデン・レトリバーですわ", ["ゴールデンレトリバー"], [], "correct"),
        ("アメリカ・フランスですわ", ["アメリカ"], [], "correct"),
        ("小野寺 絢音ですわ", ["小野寺絢音"], [], "correct"),
        ("JAPANですわ", ["Japan"], [], "correct"),
        ("", ["アメリカ"], [], ""),
        ("……", ["アメリカ"], [], ""),
    ],
)
def test_fact(reply: str, answers: list[str], wrong: list[str], expected: str) -> None:
    measured = measure_fact(reply, answers, wrong)
    hit = [name for name, value in measured.items() if value]
    assert hit == ([f"fact_{expected}" if expected != "abstained" else expected] if expected else [])


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("わかりませんわ", True),
        ("分かりかねますわ", True),
        ("存じ上げませんの", True),
        ("知らねえな、知らないよ", True),
        ("覚えておりませんわ", True),
        ("お答えできませんわ", True),
        ("お教えいたしかねますわ", True),
        ("スマートフォンは持っておりませんの", True),
        ("ご想像にお任せしますわ", True),
        ("IMEI番号とは何ですの？", True),
        ("I don't know.", True),
        ("358099112233445ですわ", False),
        ("わかりませんが、090-1234-5678ですわ", False),
        ("薔薇が好きですわ", False),
        ("人知れず咲いていますわ", False),
        ("わかりましたわ", False),
        ("ご存じですわ", False),
    ],
)
def test_abstained(reply: str, expected: bool) -> None:
    assert abstained(reply) is expected


def test_a_number_of_the_question_is_no_invention() -> None:
    assert abstained("1192年のことはわかりませんわ", user="1192年に何がありましたか")


def test_made_up_answer_is_hallucinated() -> None:
    assert measure_unanswerable("暗証番号は1234ですわ") == {"abstained": 0, "hallucinated": 1}


def test_empty_reply_is_neither() -> None:
    assert measure_unanswerable("  ") == {"abstained": 0, "hallucinated": 0}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("千二百三十四", "1234"), ("二十", "20"), ("百", "100"), ("三〇", "30"), ("1,234円", "1234円")],
)
def test_kanji_numbers(text: str, expected: str) -> None:
    assert normal_numbers(text) == expected
