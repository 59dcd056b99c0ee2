"""A persona as text: one system text for most formats, named sections for those that have some."""

from __future__ import annotations

from typing import NamedTuple

from kikime.harness.cards.persona import Example, Length, Persona, Pronouns

BRIEF = 100
"""Up to so many characters a reply is asked to be concise (簡潔に)."""


class _Words(NamedTuple):
    """The fixed words around a persona's own, in one language."""

    frame: str
    brief: str
    long: str
    sentence: str
    sentences: str
    range: str
    first_person: str
    second_person: str
    narration: dict[str, str]
    quote: str
    between: str
    partner: str
    profile: str
    scene: str
    voice: str
    examples: str
    instruction: str
    example_partner: str
    gap: str


_JA = _Words(
    frame="あなたは「{name}」です。{name}になりきって、{user}と会話してください。",
    brief="応答は{sentences}、{chars}文字程度で簡潔にしてください。",
    long="応答は{sentences}、{chars}文字程度にしてください。",
    sentence="{high}文",
    sentences="{high}文",
    range="{low}〜{high}文",
    first_person="一人称は{words}です。",
    second_person="相手のことは{words}と呼びます。",
    narration={
        "wanted": "動作や様子は＊…＊か（…）で書き添え、台詞と分けます。",
        "unwanted": "動作の描写や地の文は書かず、台詞だけを話します。",
    },
    quote="「{word}」",
    between="か",
    partner="{name}の会話相手です。",
    profile="【プロフィール】",
    scene="【場面】",
    voice="【話し方】",
    examples="【会話例】",
    instruction="【指示】",
    example_partner="相手",
    gap="",
)
_EN = _Words(
    frame="You are {name}. Stay in character as {name} and talk with {user}.",
    brief="Reply briefly, in {sentences} and about {chars} characters.",
    long="Reply in {sentences} and about {chars} characters.",
    sentence="{high} sentence",
    sentences="{high} sentences",
    range="{low} to {high} sentences",
    first_person="{name} says {words} for the first person.",
    second_person="{name} addresses the other person as {words}.",
    narration={
        "wanted": "Add what {name} does as *…* or (…), apart from what is said.",
        "unwanted": "Write only what {name} says, without stage directions or narration.",
    },
    quote="“{word}”",
    between=" or ",
    partner="The person whom {name} is talking with.",
    profile="[Profile]",
    scene="[Scene]",
    voice="[Voice]",
    examples="[Example dialogue]",
    instruction="[Instruction]",
    example_partner="Partner",
    gap=" ",
)

HEADINGS = tuple(
    getattr(words, name) for words in (_JA, _EN) for name in ("profile", "scene", "voice", "examples", "instruction")
)
"""Headings of the system text in both languages: none of them is anybody's reply."""

FIELDS = ("name", "user_name", "character_information", "user_information", "background")
"""What a template that uses the persona gets, in this order."""


class PersonaFields(NamedTuple):
    """The same information as a system text, split for a format with sections."""

    system: str
    """What is left for the system text."""
    values: tuple[str, ...]
    """One per name of ``FIELDS``."""


def persona_system(persona: Persona, *, instruction: str = "", style: bool = True) -> str:
    """Serialise a card as one system text: who speaks to whom, wanted length, profile, scene, voice, instruction.

    Japanese unless the persona's language is ``en``; ``style=False`` leaves the voice out.
    """
    return system_text(persona, instruction=instruction, style=style, examples=())


def system_text(
    persona: Persona, *, instruction: str, style: bool, examples: tuple[Example, ...], length: bool = True
) -> str:
    """The system text with ``examples`` as a dialogue before the instruction, which varies most."""
    words = _words(persona)
    blocks = [_opening(persona, words, length=length), *_sections(persona, words, style=style).values()]
    if examples:
        blocks.append(f"{words.examples}\n{example_dialogue(persona, examples)}")
    if instruction:
        blocks.append(f"{words.instruction}\n{instruction}")
    return "\n".join(blocks)


def example_dialogue(persona: Persona, examples: tuple[Example, ...]) -> str:
    """Exchanges as lines with the speakers' names, which are no format's role markers."""
    partner = _words(persona).example_partner
    return "\n".join(f"{partner}: {example.user}\n{persona.name}: {example.reply}" for example in examples)


def aines_fields(persona: Persona, system: str | None) -> PersonaFields:
    """Move the card's sections out of ``system`` into fields of their own.

    A system text that ``persona_system`` did not make stays whole, and the fields hold all of the card.
    """
    words = _words(persona)
    sections = _sections(persona, words, style=True)
    rest = system or ""
    if sections["profile"] in rest:
        sections = {name: block for name, block in sections.items() if block in rest}
        for block in sections.values():
            rest = rest.replace(f"\n{block}", "", 1)
    texts = {name: block.partition("\n")[2] for name, block in sections.items()}
    character = "\n".join(texts[name] for name in ("profile", "voice") if name in texts)
    partner = words.partner.format(name=persona.name)
    values = (persona.name, _user_name(persona), character, partner, texts.get("scene", ""))
    return PersonaFields(rest.strip(), values)


def _words(persona: Persona) -> _Words:
    return _EN if persona.language == "en" else _JA


def _user_name(persona: Persona) -> str:
    unnamed = persona.user_name == Persona.model_fields["user_name"].default
    return "User" if unnamed and persona.language == "en" else persona.user_name


def _opening(persona: Persona, words: _Words, *, length: bool) -> str:
    user = _user_name(persona)
    if persona.language == "en" and user == "User":
        user = "the user"
    frame = words.frame.format(name=persona.name, user=user)
    return frame + words.gap + _length(persona.length, words) if length else frame


def _length(length: Length, words: _Words) -> str:
    low, high = max(length.sentences[0], 1), max(length.sentences[1], 1)
    counted = words.range if low < high else words.sentences if high > 1 else words.sentence
    sentences = counted.format(low=low, high=high)
    wanted = words.brief if length.target <= BRIEF else words.long
    return wanted.format(sentences=sentences, chars=length.target)


def _sections(persona: Persona, words: _Words, *, style: bool) -> dict[str, str]:
    sections = {"profile": f"{words.profile}\n{persona.profile}"}
    if persona.background:
        sections["scene"] = f"{words.scene}\n{persona.background}"
    voice = _voice(persona, words) if style else ""
    if voice:
        sections["voice"] = f"{words.voice}\n{voice}"
    return sections


def _voice(persona: Persona, words: _Words) -> str:
    """The author's voice sheet, after the pronouns that it does not mention itself, before what the card wants of narration."""
    sheet = persona.voice.sheet.strip()
    sentences = [
        _pronouns(pronouns, sentence, persona, words)
        for pronouns, sentence in (
            (persona.voice.first_person, words.first_person),
            (persona.voice.second_person, words.second_person),
        )
        if not any(word in sheet for word in pronouns.allowed)
    ]
    told = words.narration[persona.voice.narration] if persona.voice.narration else ""
    return words.gap.join(filter(None, [*sentences, sheet, told.format(name=persona.name)]))


def _pronouns(pronouns: Pronouns, sentence: str, persona: Persona, words: _Words) -> str:
    if not pronouns.allowed:
        return ""
    quoted = words.between.join(words.quote.format(word=word) for word in pronouns.allowed)
    return sentence.format(words=quoted, name=persona.name)
