"""Facts: right, wrong, declined, made up."""

from __future__ import annotations

import pytest

from kikime.harness.metrics.answers.correct import Answer
from kikime.harness.metrics.answers.facts import measure_fact, measure_unanswerable


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
        ("……18。", ["18"], [], "correct"),
        ("二〇〇五年ですわ", ["2005年"], [], "correct"),
        ("5月12日ですわ", ["五月十二日"], [], "correct"),
        ("高校三年生ですわ", ["3年生"], ["2年生"], "correct"),
        ("存じませんわ", ["アメリカ"], [], "abstained"),
        ("それは秘密ですの", ["アメリカ"], [], "declined"),
        ("どうしてお聞きになりますの？", ["アメリカ"], [], ""),
        ("ゴールデン・レトリバーですわ", ["ゴールデンレトリバー"], [], "correct"),
        ("アメリカ・フランスですわ", ["アメリカ"], [], "correct"),
        ("小野寺 絢音ですわ", ["小野寺絢音"], [], "correct"),
        ("JAPANですわ", ["Japan"], [], "correct"),
        ("My name is Emily", ["Emily"], [], "correct"),
        ("I'm Emily, you know.", ["Emily"], [], "correct"),
        ("店はBlue Gullだよ", ["Blue Gull"], [], "correct"),
        ("It's the Blue\nGull!", ["Blue Gull"], [], "correct"),
        ("I'm a third year student", ["third-year"], [], "correct"),
        ("It's July 14th", ["July 14"], [], "correct"),
        ("The 14th of July, you know", ["14th of July"], [], "correct"),
        ("I'm 21. 18 was fun", ["21"], [], "correct"),
        ("Hakodate, not Sapporo", ["Hakodate"], ["Sapporo"], "correct"),
        ("It's not Vancouver", ["Vancouver"], [], "wrong"),
        ("I don't live in Toronto", ["Toronto"], [], "wrong"),
        ("I can't wait for winter!", ["winter"], [], "correct"),
        ("Emilysonだよ", ["Emily"], [], "wrong"),
        ("わしの名前はな、源蔵じゃ", ["ハナ"], [], "wrong"),
        ("行くものはおらぬ", ["クモ"], [], "wrong"),
        ("ハナですわ", ["ハナ"], [], "correct"),
        ("ﾊﾅですわ", ["ハナ"], [], "correct"),
        ("イヌですわ", ["いぬ"], [], "correct"),
        ("クモが怖いですわ", ["クモが"], [], "correct"),
        ("かえるがずーっとないてて、うるさかったの。", ["かえる"], [], "correct"),
        ("トロントちゃうで", ["トロント"], [], "wrong"),
        ("ピアノを弾いちゃうの", ["ピアノ"], [], "correct"),
        ("アメリカじゃねえよ", ["アメリカ"], [], "wrong"),
        ("アメリカではござらぬ", ["アメリカ"], [], "wrong"),
        ("アメリカやないで", ["アメリカ"], [], "wrong"),
        ("アメリカじゃないか！", ["アメリカ"], [], "correct"),
        ("アメリカではないでしょうか。", ["アメリカ"], [], "correct"),
        ("アメリカではないかと思いますわ", ["アメリカ"], [], "correct"),
        ("", ["アメリカ"], [], ""),
        ("……", ["アメリカ"], [], ""),
    ],
)
def test_fact(reply: str, answers: list[str], wrong: list[str], expected: str) -> None:
    measured = measure_fact(reply, Answer(answers, wrong))
    hit = {name for name, value in measured.items() if value}
    also = {"abstained"} if expected == "declined" else set()
    assert hit == (
        ({f"fact_{expected}"} if expected in {"correct", "wrong"} else {expected} | also) if expected else set()
    )


def test_a_name_of_two_words_need_not_keep_its_space() -> None:
    assert measure_fact("BlueGullだよ", Answer(["Blue Gull"]))["fact_correct"] == 1


def test_made_up_answer_is_hallucinated() -> None:
    assert measure_unanswerable("暗証番号は1234ですわ") == {"abstained": 0, "declined": 0, "hallucinated": 1}


def test_empty_reply_is_neither() -> None:
    assert measure_unanswerable("  ") == {"abstained": 0, "declined": 0, "hallucinated": 0}


BREED = ("飼っている犬の種類はなんですか？", ["ゴールデンレトリバー", "ゴールデン"], ["柴犬"])
GRADE = ("小学校の何年生？", ["6年"], ["5年", "中学生"])
WORK = ("お仕事は何をしていますか？", ["藩校"], ["浪人"])
LETTER = ("この手紙は誰からですか？", ["渚"], [])
FRIEND = ("親友の名前は？", ["タケル"], ["ケンタ"])
HOLIDAY = ("定休日は何曜日ですか？", ["水曜"], ["火曜", "木曜"])
BUTLER = ("執事長は誰だっけ？", ["鷹取"], ["榊"])


@pytest.mark.parametrize(
    ("item", "reply"),
    [
        (BREED, "トイプードルですわ。毛の色はゴールデンですけれど。"),
        (GRADE, "5年生なの。らいねんは6年生でいちばんお姉さんになるの！"),
        (GRADE, "4年生なの。6年生になるのはまだ先なの。"),
        (WORK, "刀を研ぐのが生業でござる。藩校は子らの行くところゆえ縁がない。"),
        (LETTER, "母ちゃんからだよ。渚って人のは来てねえ。"),
        (FRIEND, "ソウタだよ。タケルってやつは知らねえ。"),
        (HOLIDAY, "水曜や思てたら、木曜になったんよ。"),
    ],
)
def test_a_value_before_the_right_word_in_passing_is_the_answer(
    item: tuple[str, list[str], list[str]], reply: str
) -> None:
    user, answers, wrong = item
    assert measure_fact(reply, Answer(answers, wrong), user=user)["fact_correct"] == 0


@pytest.mark.parametrize(
    ("item", "reply"),
    [
        (BREED, "犬種ですの？ ゴールデンレトリバーですわ。"),
        (GRADE, "えへへ、内緒だよ。うそ、6年生なの！"),
        (GRADE, "もうすぐ中学生なの！ いまは6年生なの。"),
        (FRIEND, "タケル以外いねえだろ。"),
        (FRIEND, "タケルのほかに誰がいるんだよ。"),
        (HOLIDAY, "火曜や思てたら、水曜になったんよ。"),
        (HOLIDAY, "木曜かと思いきや、水曜やで。"),
        (BUTLER, "鷹取でございます。庭師は榊でございます。"),
    ],
)
def test_chatter_before_and_other_topics_after_leave_the_answer_right(
    item: tuple[str, list[str], list[str]], reply: str
) -> None:
    user, answers, wrong = item
    assert measure_fact(reply, Answer(answers, wrong), user=user)["fact_correct"] == 1


def test_none_but_one_is_that_one_and_all_but_one_is_not() -> None:
    assert measure_fact("タケル以外のやつだよ。", Answer(["タケル"]), user="親友は？")["fact_correct"] == 0
    disliked = Answer(["パクチー"], disliked=True)
    assert measure_fact("パクチー以外はなんでも食べるで。", disliked, user="食べられないものは？")["fact_correct"] == 1
