"""Persona cards from cards of other programs."""

from __future__ import annotations

import base64
import json
import zipfile
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from kikime.harness.authoring.imported import import_card
from kikime.harness.cards.foreign import to_tavern
from kikime.harness.cards.persona import LoreEntry, Persona, load_persona, load_persona_file
from kikime.harness.core.errors import UsageError

SAID = [
    "お茶が入りましたの",
    "よい香りですわ",
    "お庭の百合が咲きましたの",
    "わたくしが摘みましたわ",
    "わたくしの好きな花ですわ",
    "お呼びしましたの",
]
CARD: dict[str, Any] = {
    "name": "鷹宮澪",
    "description": "{{char}}は伯爵家の長女。{{user}}の許嫁。",
    "personality": "気位が高い",
    "scenario": "夏の離宮。",
    "first_mes": "＊扇を閉じる＊ ごきげんよう、{{user}}。",
    "mes_example": "".join(f"<START>\n{{{{user}}}}: 何？\n{{{{char}}}}: {said}。（微笑む）\n" for said in SAID),
}


def tavern(**more: Any) -> dict[str, Any]:
    return {"spec": "chara_card_v2", "spec_version": "2.0", "data": {**CARD, **more}}


def put(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def picture(path: Path) -> Path:
    info = PngInfo()
    info.add_text("chara", base64.b64encode(json.dumps(tavern()).encode()).decode())
    Image.new("RGB", (1, 1)).save(path, pnginfo=info)
    return path


def archive(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as stream:
        stream.writestr("card.json", json.dumps({"spec": "chara_card_v3", "spec_version": "3.0", "data": CARD}))
    return path


def notebook(path: Path) -> Path:
    context = f"{CARD['description']}\n{CARD['mes_example']}"
    content = {"name": CARD["name"], "greeting": CARD["first_mes"], "context": context}
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "path",
    [
        lambda p: put(p / "mio.json", CARD),
        lambda p: put(p / "mio.json", tavern()),
        lambda p: picture(p / "mio.png"),
        lambda p: archive(p / "mio.charx"),
        lambda p: notebook(p / "mio.yaml"),
    ],
    ids=["V1", "V2", "PNG", "CHARX", "oobabooga"],
)
def test_every_kind_of_card_becomes_a_persona_card(tmp_path: Path, path: Any) -> None:
    found = import_card(path(tmp_path), user_name="貴殿")
    card = found.card
    assert (card.id, card.name, card.user_name) == ("mio", "鷹宮澪", "貴殿")
    assert card.profile.startswith("鷹宮澪は伯爵家の長女。貴殿の許嫁。")
    assert card.greetings == ("＊扇を閉じる＊ ごきげんよう、貴殿。",)
    assert [example.reply for example in card.examples] == [f"{said}。（微笑む）" for said in SAID]
    assert "{{" not in found.text
    (tmp_path / "card.yaml").write_text(found.text, encoding="utf-8")
    assert load_persona_file(tmp_path / "card.yaml") == card


def test_the_voice_is_measured_on_what_is_said(tmp_path: Path) -> None:
    voice = import_card(put(tmp_path / "a.json", tavern())).card.voice
    assert voice.markers.strong == ("(です|ます|ません|でした|ました|でしょう|ましょう)(の|わ)",)
    assert voice.markers.target_rate == 0.86
    assert voice.first_person.allowed == ("わたくし",)
    assert (voice.polite, voice.narration) == (True, "wanted")


def test_first_messages_lorebook_and_what_has_no_place(tmp_path: Path) -> None:
    book = {"entries": [{"keys": ["離宮"], "content": "{{char}}の祖父が建てた。", "enabled": True}]}
    more = {
        "alternate_greetings": ["あら。"],
        "character_book": book,
        "system_prompt": "長く書け。",
        "creator_notes": "夏用",
    }
    found = import_card(put(tmp_path / "a.json", tavern(**more)))
    assert found.card.greetings[1:] == ("あら。",)
    assert found.card.lorebook == (LoreEntry(keys=("離宮",), content="鷹宮澪の祖父が建てた。"),)
    assert found.unmapped == ("system_prompt",)
    assert "# 移せなかったもの: system_prompt" in found.text
    assert "# 夏用" in found.text


def test_a_card_without_a_word_of_the_character_has_no_voice(tmp_path: Path) -> None:
    card = import_card(put(tmp_path / "a.json", {"name": "無口", "description": "話さない。", "first_mes": ""})).card
    assert card.voice.markers.strong == ()
    assert card.examples == card.greetings == ()


def test_an_id_is_needed_where_the_files_name_gives_none(tmp_path: Path) -> None:
    path = put(tmp_path / "澪.json", tavern())
    with pytest.raises(UsageError, match="--id"):
        import_card(path)
    assert import_card(path, persona_id="mio").card.id == "mio"


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize("persona", ["ojousama", "bushi"])
def test_an_exported_card_comes_back_whole(tmp_path: Path, persona: str, version: Literal["v2", "v3"]) -> None:
    card = load_persona(persona)
    card = Persona.model_validate({**card.model_dump(), "greetings": ["ようこそ。", "まあ。"]})
    assert (
        import_card(
            put(tmp_path / "a.json", to_tavern(card, version)), persona_id=persona, user_name=card.user_name
        ).card
        == card
    )


@pytest.mark.parametrize(
    "make", [lambda p: put(p / "a.json", tavern()), lambda p: picture(p / "a.png"), lambda p: notebook(p / "a.yaml")]
)
def test_where_a_persona_card_is_expected_the_command_is_named(tmp_path: Path, make: Any) -> None:
    with pytest.raises(UsageError, match="kikime personas import"):
        load_persona(make(tmp_path))
