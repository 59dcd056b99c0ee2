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


def test_what_has_no_place_is_named(tmp_path):
    card = read_foreign(written(tmp_path, v2(system_prompt="丁寧に。", scenario="{{random:雨,晴れ}}の日")))
    assert card.unmapped == ("system_prompt", "{{random:雨,晴れ}}")


def test_the_third_version_prefers_the_nickname(tmp_path):
    value = {"spec": "chara_card_v3", "spec_version": "3.0", "data": {**V1, "nickname": "つむぎ"}}
    card = read_foreign(written(tmp_path, value))
    assert (card.kind, card.name, card.description[:3]) == ("tavern_v3", "つむぎ", "つむぎ")


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
    assert exchanges_of("A: 一\n二\nユーザー: 三\nA: 四", "A", "ユーザー")[0].reply == "一\n二"


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_an_exported_card_reads_back(tmp_path, version):
    persona = load_persona("ojousama")
    card = read_foreign(written(tmp_path, to_tavern(persona, version)))
    assert card.kind == f"tavern_{version}"
    assert (card.name, card.description, card.scenario) == (persona.name, persona.profile, persona.background)
    assert [(e.user, e.reply) for e in card.exchanges] == [(e.user, e.reply) for e in persona.examples]
