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
SWING = ("素振りは毎朝何回しますか？", ["五百"], ["百回", "千回"])
INSTRUMENT = ("Which instrument do you play?", ["ukulele"], ["violin"])
MOOD = ("いまの気持ちは？", ["ほっとし", "ほっとす"], ["心配"])
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
        (BUTLER, "執事長は榊でございます。鷹取様はお客様でございました。"),
        (FRIEND, "「ケンタ」だよ。タケルは昔のチームメイトでさ。"),
        (SWING, "毎朝、千回でござる。五百では足りぬ。"),
        (SWING, "百回じゃ。五百までは、まだまだ遠いのう。"),
        (INSTRUMENT, "I play the guitar. The ukulele's too small for me."),
        (MOOD, "心配でたまらない。ほっとするのは見つかってからだ。"),
        (MOOD, "ほっとしたと言えば嘘になりますわ。"),
        (MOOD, "ほっとしていたらあかん。心配や。"),
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
        (MOOD, "ほっとしたでござる。心配するのはもうやめ申した。"),
        (SWING, "五百でござる。千回までは、まだ届かぬ。"),
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


AGE = Answer(["18歳", "18"], ["17歳"], lure=["19歳", "19"])
FLOOR = Answer(["五階"], lure=["二階"], corrections=["よく見える"])
SHOP = Answer(["函館"], lure=["札幌"], corrections=["札幌じゃ"])
WIFE = Answer(["亡くな"], lure=["奥様", "妻"])


@pytest.mark.parametrize(
    ("user", "answer", "reply", "correct"),
    [
        ("19歳になったのでしたっけ？", AGE, "気の早いこと。十九になるのは来年の五月ですの。", 1),
        ("もう19歳でしたっけ？", AGE, "19とは手厳しいですわ。", 1),
        ("もう19歳でしたっけ？", AGE, "19歳まではあと一年ございますの。", 1),
        ("もう19歳でしたっけ？", AGE, "ええ、19歳ですわ。17歳のころが懐かしいですわ。", 0),
        ("二階だと星は見えないよね。", FLOOR, "ううん、五階だからよく見えるの！", 1),
        ("二階だと星は見えないよね。", FLOOR, "ううん、二階でもよく見えるの！", 0),
        ("札幌のお店は何年目？", SHOP, "札幌では三年目かな。函館にも二号店を出したいんだ。", 0),
        ("札幌のお店は何年目？", SHOP, "札幌？ うちは函館だよ。", 1),
        ("奥様はお元気ですか？", WIFE, "妻は亡くなりました。", 1),
    ],
)
def test_a_premise_is_put_right_or_granted(user: str, answer: Answer, reply: str, correct: int) -> None:
    assert measure_fact(reply, answer, user=user)["fact_correct"] == correct


def test_two_names_with_titles_are_two_answers() -> None:
    answer = Answer(["白石"], ["青木"])
    assert measure_fact("青木様と白石様でございます。", answer)["fact_correct"] == 0
    assert measure_fact("白石様でございます。", answer)["fact_correct"] == 1


def test_who_calls_itself_by_name_is_heard_not_knowing() -> None:
    reply = "こはるのほうが知りたいの！"
    assert measure_unanswerable(reply, selves=("こはる",))["abstained"] == 1
    assert measure_unanswerable("みのりちゃんのおうちなの！", selves=("みのり",))["hallucinated"] == 1
