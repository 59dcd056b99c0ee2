import base64
import json
import zipfile

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from kikime.harness.cards.foreign import exchanges_of, read_foreign, to_tavern
from kikime.harness.cards.persona import load_persona
from kikime.harness.core.errors import FileFormatError

V1 = {
    "name": "雪村紬",
    "description": "{{char}}は十九歳の書店員。{{user}}は常連客である。",
    "personality": "物静か。",
    "scenario": "閉店前の書店。",
    "first_mes": "いらっしゃいませ、{{user}}さん。",
    "mes_example": "<START>\n{{user}}: 雨だね\n{{char}}: ええ。*窓を見る* よく降りますね。\n"
    "<START>\n{{user}}: おすすめは？\n{{char}}: こちらなどいかがでしょう。",
}


def v2(**more):
    return {"spec": "chara_card_v2", "spec_version": "2.0", "data": {**V1, **more}}


def written(tmp_path, value, name="card.json"):
    path = tmp_path / name
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def test_the_flat_first_version(tmp_path):
    card = read_foreign(written(tmp_path, V1), user_name="先輩")
    assert (card.kind, card.name) == ("tavern_v1", "雪村紬")
    assert card.description == "雪村紬は十九歳の書店員。先輩は常連客である。"
    assert card.greetings == ("いらっしゃいませ、先輩さん。",)
    assert [(e.user, e.reply) for e in card.exchanges] == [
        ("雨だね", "ええ。*窓を見る* よく降りますね。"),
        ("おすすめは？", "こちらなどいかがでしょう。"),
    ]


def test_alternate_greetings_and_lorebook(tmp_path):
    book = {
        "entries": [
            {"keys": ["店長"], "content": "{{char}}の伯父。", "enabled": True, "insertion_order": 1},
            {"keys": ["消えた"], "content": "使わない。", "enabled": False},
            {"keys": [], "content": "店は駅前にある。", "constant": True},
            {"keys": ["猫"], "secondary_keys": ["黒"], "selective": True, "content": "店の黒猫は墨という。"},
        ]
    }
    card = read_foreign(written(tmp_path, v2(alternate_greetings=["おや。"], character_book=book)))
    assert card.greetings[1:] == ("おや。",)
    assert [entry.content for entry in card.lorebook] == ["雪村紬の伯父。", "店は駅前にある。", "店の黒猫は墨という。"]
    assert card.lorebook[1].constant
    assert card.lorebook[2].secondary_keys == ("黒",)


def test_entries_that_work_otherwise_are_named(tmp_path):
    book = {
        "entries": [
            {"keys": ["消えた"], "content": "使わない。", "enabled": False},
            {"name": "店", "keys": ["店(長|主)"], "content": "伯父。", "use_regex": True},
            {"keys": ["/猫+/i"], "content": "墨。"},
            {"keys": ["雨"], "content": "@@depth 4\n@@role system\n\n傘を貸す。", "use_regex": False},
        ]
    }
    card = read_foreign(written(tmp_path, v2(character_book=book)))
    assert [entry.content for entry in card.lorebook] == ["伯父。", "墨。", "傘を貸す。"]
    assert card.unmapped == (
        "@@depth",
        "@@role",
        "character_book[/猫+/i].use_regex",
        "character_book[店].use_regex",
        "character_book[消えた].enabled=false",
    )


def test_what_has_no_place_is_named(tmp_path):
    card = read_foreign(written(tmp_path, v2(system_prompt="丁寧に。", scenario="{{random:雨,晴れ}}の日")))
    assert card.unmapped == ("system_prompt", "{{random:雨,晴れ}}")


def test_the_third_version_prefers_the_nickname(tmp_path):
    value = {"spec": "chara_card_v3", "spec_version": "3.0", "data": {**V1, "nickname": "つむぎ"}}
    card = read_foreign(written(tmp_path, value))
    assert (card.kind, card.name, card.description[:3]) == ("tavern_v3", "つむぎ", "つむぎ")


def test_examples_may_be_under_the_name_or_the_nickname(tmp_path):
    lines = "<START>\n{{user}}: 一\n雪村紬: 二\n<START>\n{{user}}: 三\nつむぎ: 四"
    value = {"spec": "chara_card_v3", "data": {**V1, "nickname": "つむぎ", "mes_example": lines}}
    card = read_foreign(written(tmp_path, value))
    assert [(e.user, e.reply) for e in card.exchanges] == [("一", "二"), ("三", "四")]


def test_the_user_of_older_cards_is_you(tmp_path):
    lines = "You: 雨だね\n紬: よく降りますね。\nYou: 傘は？\n紬: あります。"
    value = {
        "char_name": "紬",
        "char_persona": "書店員。",
        "char_greeting": "いらっしゃい。",
        "example_dialogue": lines,
    }
    card = read_foreign(written(tmp_path, value))
    assert [(e.user, e.reply) for e in card.exchanges] == [("雨だね", "よく降りますね。"), ("傘は？", "あります。")]
    assert (card.name, card.description, card.greetings) == ("紬", "書店員。", ("いらっしゃい。",))


def test_data_without_its_kind_is_of_the_second_version(tmp_path):
    card = read_foreign(written(tmp_path, {"data": V1}))
    assert (card.kind, card.name, len(card.exchanges)) == ("tavern_v2", "雪村紬", 2)


@pytest.mark.parametrize("after", [False, True])
def test_a_picture_may_have_lost_pixels(tmp_path, after):
    info = PngInfo()
    info.add_text("chara", base64.b64encode(json.dumps(v2()).encode()).decode())
    path = tmp_path / "card.png"
    Image.effect_noise((64, 64), 90).save(path, pnginfo=info)
    data = path.read_bytes()
    chunk, pixels = data.index(b"tEXt") - 4, data.index(b"IDAT") - 4
    head, card, rest = data[:chunk], data[chunk:pixels], data[pixels : pixels + 200]
    path.write_bytes(head + rest + card if after else head + card + rest)
    assert read_foreign(path).name == "雪村紬"


@pytest.mark.parametrize("chunk", ["chara", "ccv3"])
def test_a_picture_that_carries_a_card(tmp_path, chunk):
    info = PngInfo()
    info.add_text(chunk, base64.b64encode(json.dumps(v2(), ensure_ascii=False).encode()).decode())
    path = tmp_path / "card.png"
    Image.new("RGB", (2, 2)).save(path, pnginfo=info)
    assert read_foreign(path).name == "雪村紬"


def test_a_picture_without_a_card_says_so(tmp_path):
    path = tmp_path / "photo.png"
    Image.new("RGB", (2, 2)).save(path)
    with pytest.raises(FileFormatError, match="carries no character card"):
        read_foreign(path)


def test_an_archive(tmp_path):
    path = tmp_path / "card.charx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("card.json", json.dumps(v2()))
    assert read_foreign(path).kind == "tavern_v2"


def test_oobabooga(tmp_path):
    path = tmp_path / "card.yaml"
    path.write_text(
        "name: 紬\ngreeting: |-\n  いらっしゃいませ。\ncontext: |-\n  紬's Persona: 物静かな書店員。\n\n"
        "  {{user}}: 雨だね\n  {{char}}: よく降りますね。\n",
        encoding="utf-8",
    )
    card = read_foreign(path)
    assert (card.kind, card.description) == ("oobabooga", "物静かな書店員。")
    assert [(e.user, e.reply) for e in card.exchanges] == [("雨だね", "よく降りますね。")]
    assert card.greetings == ("いらっしゃいませ。",)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"spec": "chara_card_v9", "data": {}}, "unknown kind"),
        ({"hello": 1}, "not a character card"),
        (v2(name=""), "names no character"),
    ],
)
def test_what_is_no_card_is_refused(tmp_path, value, says):
    with pytest.raises(FileFormatError, match=says):
        read_foreign(written(tmp_path, value))


def test_a_reply_of_several_lines_stays_whole():
    assert exchanges_of("A: 一\n二\nユーザー: 三\nA: 四", ["A"], "ユーザー")[0].reply == "一\n二"


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_an_exported_card_reads_back(tmp_path, version):
    persona = load_persona("ojousama")
    card = read_foreign(written(tmp_path, to_tavern(persona, version)))
    assert card.kind == f"tavern_{version}"
    assert (card.name, card.description, card.scenario) == (persona.name, persona.profile, persona.background)
    assert [(e.user, e.reply) for e in card.exchanges] == [(e.user, e.reply) for e in persona.examples]
