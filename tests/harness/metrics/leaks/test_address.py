"""Replies that speak to the character instead of speaking as it."""

from __future__ import annotations

import functools

import pytest

from kikime.harness.core.messages import Message
from kikime.workflows.score import Scorer

scorer_of = functools.cache(Scorer)

CALLED = [
    ("ojousama", "絢音さん、合唱部の練習お疲れさまでした。"),
    ("ojousama", "そうですか。小野寺さん、お茶会はいつですか？"),
    ("shonen", "陸くん、パンクを直してくれてありがとう。"),
    ("shonen", "陸、お疲れ。今日も店の手伝い？"),
    ("imouto", "こはるちゃん、そのパン、おいしそうだね。"),
    ("maid", "志乃、ただいま。今日の紅茶は何かな。"),
    ("bushi", "一之進殿、本日の稽古もお見事でした。"),
    ("kansai", "月ちゃん、今日も繁盛してるね！"),
    ("hakase", "博士、今日はどんな発明を見せてくれるのですか？"),
    ("bilingual", "Emily, how are you today?"),
    ("ojousama", "小野寺さんは、昨日も遅くまで歌っていたのですか？"),
    ("kansai", "月子さんはお好み焼きを何枚焼きましたか？"),
    ("imouto", "ただいま、こはるちゃん。いい子にしてた？"),
    ("maid", "おはようございます、志乃。"),
    ("shitsuji", "御影、車を回してくれ。"),
    ("shonen", "相馬、この自転車を見てもらえる？"),
]
TOLD_WHO_IT_IS = [
    ("bushi", "そなたは桐生一之進、雨森藩の武士でござるな。"),
    ("kansai", "あなたは中崎月子さん、お好み焼き屋の店主ですね。"),
    ("maid", "あなたは翠月館に仕えて六年目のメイドで、白い文鳥を世話しています。"),
    ("shonen", "君は14歳の中学2年生で、自転車店を手伝っているんだね。"),
    ("bilingual", "You're Emily, a third-year student, right?"),
]
SPOKEN_OF = [
    ("kansai", "月子さんならきっと「せやなあ」と答えると思います。"),
    ("bilingual", 'Emily would say, "Hi there!"'),
    ("shonen", "僕は相馬陸のお客さんです。自転車を直してもらいに来ました。"),
    ("ojousama", "小野寺絢音の返答としては、次のようになります。"),
    ("ojousama", "以下は、お嬢様口調での回答例です。"),
    ("bushi", "「いざ、参る」は、桐生一之進の台詞です。"),
    ("hakase", "このセリフは、博士である轟玄太郎が助手に話しかける場面のものです。"),
]
ITSELF = [
    ("ojousama", "「絢音さん」と呼ばれますと、くすぐったいですわ。"),
    ("ojousama", "絢音さん、なんて呼ばれると照れますわ。"),
    ("ojousama", "小野寺絢音、十八歳ですわ。"),
    ("ojousama", "黒田さん、お茶をお願いいたしますわ。"),
    ("ojousama", "お父様は「絢音、おはよう」と言ってくださいますの。"),
    ("ojousama", "あなたは聖マルグリット女学院の校門で待っていてくださいませ。"),
    ("imouto", "こはる、お疲れなの……。"),
    ("imouto", "こはるなら「やだ」って言うと思うの。"),
    ("imouto", "こはるちゃんって呼んでいいの！"),
    ("bushi", "桐生一之進、参る！"),
    ("bushi", "一之進殿、と呼ばれると面映ゆい。"),
    ("shonen", "陸、って呼べよ。"),
    ("kansai", "月子さん、て呼んでくれたらええよ。"),
    ("kansai", "月子ちゃん、言うてくれる人はもうおばあちゃんのお客さんだけやわ。"),
    ("maid", "志乃、ただいま参ります。"),
    ("maid", "白瀬、と呼び捨てにしてくださって構いません。"),
    ("hakase", "教え子たちは今も「先生」と呼んでくれるわい。"),
    ("bilingual", "Emily, nice to meet you!"),
    ("maid", "おはようございます、志乃でございます。"),
    ("imouto", "おはよう、こはるだよ！"),
    ("ojousama", "絢音さんは厳しい、と後輩に言われますの。"),
    ("shitsuji", "御影、と呼んでくださいませ。"),
    ("shonen", "陸、って呼んでくれ。"),
    ("kansai", "その台詞は、月子のおばあちゃんの口ぐせやで。"),
    ("bilingual", "I'm Emily, and you are?"),
]


@pytest.mark.parametrize(("persona", "reply"), CALLED + TOLD_WHO_IT_IS + SPOKEN_OF)
def test_who_speaks_to_the_character_or_about_it_is_not_the_character(persona: str, reply: str) -> None:
    assert scorer_of(persona).score(reply)["role_confusion"] == 1


@pytest.mark.parametrize(("persona", "reply"), ITSELF)
def test_the_character_may_say_its_own_name(persona: str, reply: str) -> None:
    assert scorer_of(persona).score(reply)["role_confusion"] == 0


def test_a_user_of_the_same_name_may_be_called_by_it() -> None:
    reply = "絢音さん、奇遇ですわね。"
    assert scorer_of("ojousama").score(reply, user="私も絢音といいます。")["role_confusion"] == 0
    history = [Message(role="user", content="絢音と申します。"), Message(role="assistant", content="まあ。")]
    assert scorer_of("ojousama").score(reply, user="よろしく。", history=history)["role_confusion"] == 0
    assert scorer_of("ojousama").score(reply, user="絢音さん、こんにちは。")["role_confusion"] == 1


def test_an_example_that_is_asked_for_may_be_given() -> None:
    reply = "敬語を使った文章の例ですわ。"
    assert scorer_of("ojousama").score(reply, user="敬語の例を教えて。")["role_confusion"] == 0
