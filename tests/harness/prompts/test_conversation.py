from __future__ import annotations

import pytest

from kikime.harness.cards.persona import Example, Length, Persona, Pronouns, Voice, load_persona, persona_ids
from kikime.harness.core import messages as chat
from kikime.harness.core.errors import UsageError
from kikime.harness.prompts import Renderer, build_messages, format_ids, load_format, persona_system

CARD = Persona(
    id="neko",
    name="タマ",
    profile="三毛猫である。\n魚屋に住む。",
    background="縁側。",
    voice=Voice(first_person=Pronouns(allowed=("吾輩", "わし")), second_person=Pronouns(allowed=("おぬし",))),
    length=Length(chars=(10, 40), target=30),
    examples=tuple(Example(user=f"問{n}", reply=f"答{n}") for n in range(5)),
)
ENGLISH = Persona(
    id="cat",
    name="Tama",
    language="en",
    profile="A cat.",
    voice=Voice(first_person=Pronouns(allowed=("I",))),
    length=Length(chars=(10, 400), target=200, sentences=(2, 2)),
)


def test_system_text_says_who_how_long_profile_scene_and_voice():
    assert persona_system(CARD, instruction="魚の話をしてください。") == (
        "あなたは「タマ」です。タマになりきって、ユーザーと会話してください。応答は1〜2文、30文字程度で簡潔にしてください。\n"
        "【プロフィール】\n三毛猫である。\n魚屋に住む。\n"
        "【場面】\n縁側。\n"
        "【話し方】\n一人称は「吾輩」か「わし」です。相手のことは「おぬし」と呼びます。\n"
        "【指示】\n魚の話をしてください。"
    )


def test_english_card_gets_an_english_frame():
    assert persona_system(ENGLISH) == (
        "You are Tama. Stay in character as Tama and talk with the user. "
        "Reply in 2 sentences and about 200 characters.\n"
        "[Profile]\nA cat.\n[Voice]\nTama says “I” for the first person."
    )


@pytest.mark.parametrize(
    ("wanted", "says"), [("wanted", "＊…＊か（…）で書き添え"), ("unwanted", "台詞だけを話します"), (None, "")]
)
def test_what_a_card_wants_of_narration_is_asked_for(wanted: str | None, says: str):
    card = CARD.model_copy(update={"voice": CARD.voice.model_copy(update={"narration": wanted})})
    assert says in persona_system(card)
    assert (persona_system(card) == persona_system(CARD)) == (wanted is None)


@pytest.mark.parametrize(
    ("sentences", "target", "says"),
    [
        ((0, 1), 30, "応答は1文、30文字程度で簡潔に"),
        ((3, 3), 60, "応答は3文、60文字"),
        ((3, 5), 200, "応答は3〜5文、200文字程度にして"),
    ],
)
def test_wanted_length(sentences: tuple[int, int], target: int, says: str):
    length = Length(chars=(1, 400), target=target, sentences=sentences)
    assert says in persona_system(CARD.model_copy(update={"length": length}))


def test_voice_sheet_speaks_for_the_pronouns():
    voice = Voice(first_person=Pronouns(allowed=("吾輩",)), sheet="一人称は「吾輩」で、偉そうに話す。")
    text = persona_system(CARD.model_copy(update={"voice": voice}))
    assert text.endswith("【話し方】\n一人称は「吾輩」で、偉そうに話す。")


def test_style_can_be_left_out():
    assert "話し方" not in persona_system(CARD, style=False)
    assert "三毛猫" in persona_system(CARD, style=False)


def test_one_shot_begins_three():
    one, three = (build_messages(CARD, user="u", shots=k) for k in (1, 3))
    assert one.messages[:3] == three.messages[:3]
    assert one.examples == three.examples[:1]
    assert len(three.messages) == 1 + 6 + 1


def test_example_sets_differ_and_are_fixed():
    orders = {build_messages(CARD, user="u", shots=5, example_set=n).examples for n in range(6)}
    assert len(orders) > 1
    assert all(sorted(order) == [f"答{n}" for n in range(5)] for order in orders)
    assert build_messages(CARD, user="a", shots=3).examples == build_messages(CARD, user="b", shots=3).examples


def test_text_shots_carry_the_same_examples():
    turns, text = (build_messages(CARD, user="u", shots=2, shot_style=style) for style in ("turns", "text"))
    assert turns.examples == text.examples
    assert len(text.messages) == 2
    for message in turns.messages[1:-1]:
        label = "相手" if message["role"] == "user" else "タマ"
        assert f"\n{label}: {message['content']}\n" in f"{text.system}\n"


def test_history_follows_the_shots():
    history = [chat.user("前"), chat.assistant("後")]
    messages = build_messages(CARD, user="u", shots=1, history=history).messages
    assert messages[-3:] == (*history, chat.user("u"))


def test_bare_system_holds_the_instruction_only():
    assert build_messages(CARD, user="u", bare_system=True).messages == (chat.user("u"),)
    assert build_messages(CARD, user="u", bare_system=True, instruction="短く。").system == "短く。"


def test_too_few_examples_name_persona_and_count():
    with pytest.raises(UsageError, match="persona 'neko' has 5 examples, 6 shots"):
        build_messages(CARD, user="u", shots=6)


def test_aines_moves_the_card_into_its_sections():
    renderer = Renderer(load_format("aines_v3"), None, persona=CARD)
    text = renderer.render(build_messages(CARD, user="鳴いて", shots=1, instruction="短く。").messages).text
    example = build_messages(CARD, user="", shots=1).messages[1:3]
    assert text == (
        "<s>あなたは「タマ」です。タマになりきって、ユーザーと会話してください。応答は1〜2文、30文字程度で簡潔にしてください。\n"
        "【指示】\n短く。\n"
        "[CONTEXT_START]\n<instruction>このセクションでは、登場人物と会話の状況を説明します。</instruction>\n"
        "<character_information: タマ>三毛猫である。\n魚屋に住む。\n"
        "一人称は「吾輩」か「わし」です。相手のことは「おぬし」と呼びます。</character_information>\n"
        "<character_information: ユーザー>タマの会話相手です。</character_information>\n"
        "<background>縁側。</background>\n[CONTEXT_END]\n[CHAT_START]\n"
        "<instruction>このセクションでは、登場人物が会話をします。最後のターンはタマのセリフです。</instruction>\n"
        f"<voiceline: ユーザー>{example[0]['content']}</voiceline>\n"
        f"<voiceline: タマ>{example[1]['content']}</voiceline>\n"
        "<voiceline: ユーザー>鳴いて</voiceline>\n<final_turn_indicator>\n<voiceline: タマ>"
    )


def test_aines_leaves_out_what_the_system_text_leaves_out():
    renderer = Renderer(load_format("aines_v3"), None, persona=CARD)
    assert "吾輩" not in renderer.render(build_messages(CARD, user="u", style=False).messages).text


@pytest.mark.parametrize("messages", [[chat.user("u")], [chat.system("S"), chat.user("u")]])
def test_aines_adds_the_card_to_a_foreign_system_text(messages: list[chat.Message]):
    text = Renderer(load_format("aines_v3"), None, persona=CARD).render(messages).text
    assert "<character_information: タマ>三毛猫である。" in text
    assert text.startswith("<s>S\n[CONTEXT_START]" if len(messages) == 2 else "<s>[CONTEXT_START]")


@pytest.mark.parametrize("format_id", [i for i in format_ids() if i != "native"])
@pytest.mark.parametrize("persona_id", persona_ids())
def test_every_format_carries_every_sentence_of_a_card(persona_id: str, format_id: str):
    persona = load_persona(persona_id)
    messages = build_messages(persona, user="こんにちは", shots=1, instruction="短く。").messages
    prompt = Renderer(load_format(format_id), None, persona=persona).render(messages).text.replace("<NL>", "\n")
    wanted = [persona.name, *persona.profile.split("\n"), persona.background, persona.voice.sheet.strip(), "短く。"]
    wanted += [message["content"] for message in messages[1:]]
    assert [part for part in wanted if part not in prompt] == []
