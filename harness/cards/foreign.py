"""Character cards of other programs: SillyTavern and Tavern V1–V3 (JSON, PNG, CHARX) and oobabooga's YAML.

Specifications: https://github.com/malfoyslastname/character-card-spec-v2 and
https://github.com/kwaroran/character-card-spec-v3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from kikime.harness.cards.containers import read_content
from kikime.harness.cards.persona import USER_NAME, LoreEntry, Persona
from kikime.harness.core.errors import FileFormatError
from kikime.harness.core.manifest import Json

Kind = Literal["tavern_v1", "tavern_v2", "tavern_v3", "oobabooga"]
KIND_NAMES: Mapping[Kind, str] = {
    "tavern_v1": "SillyTavern V1",
    "tavern_v2": "SillyTavern V2",
    "tavern_v3": "SillyTavern V3",
    "oobabooga": "oobabooga",
}
"""What people call them."""

_KINDS: Mapping[str, Kind] = {"chara_card_v2": "tavern_v2", "chara_card_v3": "tavern_v3"}
_UNMAPPED = {
    "system_prompt": "system_prompt",
    "post_history_instructions": "post_history_instructions",
    "group_only_greetings": "group_only_greetings",
    "assets": "assets",
    "depth_prompt": "extensions.depth_prompt",
}
_CHAR = re.compile(r"\{\{char\}\}|<BOT>|<CHAR>", re.IGNORECASE)
_USER = re.compile(r"\{\{user\}\}|<USER>", re.IGNORECASE)
_COMMENT = re.compile(r"\{\{//.*?\}\}|\{\{comment:.*?\}\}", re.DOTALL | re.IGNORECASE)
_MACRO = re.compile(r"\{\{([^{}]{1,80})\}\}")
_YOU = "You"
_DECORATORS = re.compile(r"\A(?:\s*@@[^\n]*(?:\n|\Z))+")
_DECORATOR = re.compile(r"@@@?\w+")
_PATTERN_KEY = re.compile(r"/.+/[a-z]*", re.DOTALL)
_START = re.compile(r"^\s*<START>\s*$", re.IGNORECASE | re.MULTILINE)


class Exchange(msgspec.Struct, frozen=True):
    """One of the card's example exchanges."""

    user: str
    """What the character answers; empty where it speaks first."""
    reply: str
    """What the character says, narration included."""


class ForeignCard(msgspec.Struct, frozen=True):
    """What a foreign card says, its macros resolved."""

    kind: Kind
    name: str
    user_name: str
    description: str
    personality: str
    scenario: str
    greetings: tuple[str, ...]
    """The first message and the alternate ones."""
    exchanges: tuple[Exchange, ...]
    lorebook: tuple[LoreEntry, ...]
    creator_notes: str
    unmapped: tuple[str, ...]
    """Fields that say something and have no place in a persona card, and macros that were left as they are."""
    own: Json | None = None
    """The persona card that kikime exported as this card."""


def read_foreign(path: Path, *, user_name: str = USER_NAME) -> ForeignCard:
    """Read a card of another program.

    Args:
        path: ``.json``, ``.png`` (chunk ``ccv3`` or ``chara``), ``.charx`` or ``.yaml``/``.yml``; told by content, not by suffix.
        user_name: what ``{{user}}`` stands for.

    Raises:
        UsageError: no such file.
        FileFormatError: no card in it.
    """
    card = read_content(path)
    inner = card.get("data")
    data: dict[str, object] = inner if isinstance(inner, dict) else card
    kind = _kind(path, card)
    if kind == "oobabooga":
        data = {
            "name": card.get("name") or card.get("bot") or card.get("char_name"),
            "description": card.get("context") or card.get("char_persona"),
            "first_mes": card.get("greeting") or card.get("char_greeting"),
            "mes_example": card.get("example_dialogue"),
        }
    return _read(path, kind, data, user_name)


def _read(path: Path, kind: Kind, data: Json, user_name: str) -> ForeignCard:
    name = _text(data, "nickname") or _text(data, "name") or _text(data, "char_name")
    if not name:
        raise FileFormatError(path, None, "the card names no character", hint="it needs a 'name'")
    left: set[str] = {label for key, label in _UNMAPPED.items() if _says(data, key)}

    def resolved(text: str) -> str:
        text = _COMMENT.sub("", _USER.sub(user_name, _CHAR.sub(name, text))).strip()
        left.update(f"{{{{{macro}}}}}" for macro in _MACRO.findall(text))
        return text

    description, examples = resolved(_text(data, "description") or _text(data, "char_persona")), ""
    if kind == "oobabooga":
        description, examples = _split_context(description, name, user_name)
    greetings = [_text(data, "first_mes") or _text(data, "char_greeting"), *_texts(data.get("alternate_greetings"))]
    examples = examples or resolved(_text(data, "mes_example") or _text(data, "example_dialogue"))
    return ForeignCard(
        kind=kind,
        name=name,
        user_name=user_name,
        description=description,
        personality=resolved(_text(data, "personality")),
        scenario=resolved(_text(data, "scenario") or _text(data, "world_scenario")),
        greetings=tuple(text for greeting in greetings if (text := resolved(greeting))),
        exchanges=tuple(exchanges_of(examples, (name, _text(data, "name") or name), user_name)),
        lorebook=_lorebook(data.get("character_book"), resolved, left),
        creator_notes=_text(data, "creator_notes"),
        unmapped=tuple(sorted(left)),
        own=_own(data.get("extensions")),
    )


def _own(extensions: object) -> Json | None:
    own = extensions.get("kikime") if isinstance(extensions, dict) else None
    return own if isinstance(own, dict) and {"voice", "length"} <= own.keys() else None


def exchanges_of(text: str, names: Sequence[str], user_name: str) -> list[Exchange]:
    r"""Example dialogues (``mes_example``) as exchanges; lines without a speaker go on with the line before.

    Args:
        text: the dialogues.
        names: what the character is called.
        user_name: what the user is called; ``You`` too, as in Pygmalion's cards.

    >>> exchanges_of("<START>\nユーザー: やあ\n絢音: ごきげんよう。\n*微笑む*", ["絢音"], "ユーザー")
    [Exchange(user='やあ', reply='ごきげんよう。\n*微笑む*')]
    """
    found = []
    speakers = "|".join(map(re.escape, [*names, user_name, _YOU]))
    speaker = re.compile(rf"^\s*({speakers})\s*[:：]\s?", re.MULTILINE)
    for block in _START.split(text):
        parts = speaker.split(block)
        asked = ""
        for who, said in zip(parts[1::2], parts[2::2], strict=True):
            if who not in names:
                asked = said.strip()
            elif said.strip():
                found.append(Exchange(asked, said.strip()))
                asked = ""
    return found


def _split_context(context: str, name: str, user_name: str) -> tuple[str, str]:
    """Oobabooga writes example dialogues at the end of ``context``."""
    first = re.search(rf"^\s*(?:{re.escape(name)}|{re.escape(user_name)}|{_YOU})\s*[:：]", context, re.MULTILINE)
    begin = first.start() if first else len(context)
    start = _START.search(context)
    begin = min(begin, start.start()) if start else begin
    persona = re.sub(rf"^\s*{re.escape(name)}'s Persona\s*[:：]\s*", "", context[:begin])
    return persona.strip(), context[begin:]


def _kind(path: Path, card: Json) -> Kind:
    spec = card.get("spec")
    if isinstance(spec, str):
        if spec not in _KINDS:
            known = ", ".join(_KINDS)
            raise FileFormatError(
                path, None, "a card of the unknown kind '{spec}'", hint="known: {known}", spec=spec, known=known
            )
        return _KINDS[spec]
    inner = card.get("data")
    if isinstance(inner, dict) and {"description", "first_mes"} & inner.keys():
        return "tavern_v2"
    if "context" in card or "greeting" in card:
        return "oobabooga"
    if {"description", "char_persona", "first_mes", "char_greeting"} & card.keys():
        return "tavern_v1"
    raise FileFormatError(
        path, None, "not a character card", hint="SillyTavern V1–V3 (JSON, PNG, CHARX) or oobabooga YAML"
    )


def _text(data: Json, key: str) -> str:
    value = data.get(key)
    return value.strip() if isinstance(value, str) else ""


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _says(data: Json, key: str) -> bool:
    value = data.get(key)
    extensions = data.get("extensions")
    if value is None and isinstance(extensions, dict):
        value = extensions.get(key)
        value = value.get("prompt") if isinstance(value, dict) else value
    return bool(value.strip() if isinstance(value, str) else value)


def _lorebook(book: object, resolved: Callable[[str], str], left: set[str]) -> tuple[LoreEntry, ...]:
    """The entries of a lorebook; what of them has no place in a persona card is added to ``left``."""
    entries = book.get("entries") if isinstance(book, dict) else None
    if isinstance(entries, dict):
        entries = list(entries.values())
    found = []
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict):
            continue
        given = _texts(entry.get("keys") or entry.get("key"))
        label = f"character_book[{_text(entry, 'name') or _text(entry, 'comment') or '、'.join(given)}]"
        if entry.get("enabled") is False or entry.get("disable") is True:
            left.add(f"{label}.enabled=false")
            continue
        if entry.get("use_regex") is True or any(map(_PATTERN_KEY.fullmatch, given)):
            left.add(f"{label}.use_regex")
        content = resolved(_undecorated(_text(entry, "content"), left))
        keys = tuple(key for text in given if (key := resolved(text)))
        constant = bool(entry.get("constant"))
        if content and (keys or constant):
            second = _texts(entry.get("secondary_keys") or entry.get("keysecondary")) if entry.get("selective") else []
            found.append(
                LoreEntry(keys=keys, content=content, secondary_keys=tuple(map(resolved, second)), constant=constant)
            )
    return tuple(found)


def _undecorated(content: str, left: set[str]) -> str:
    """An entry's text without the decorators (``@@depth 4``) that begin it in the third version."""
    head = _DECORATORS.match(content)
    if head is None:
        return content
    left.update(_DECORATOR.findall(head[0]))
    return content[head.end() :]


def to_tavern(persona: Persona, version: Literal["v2", "v3"]) -> dict[str, object]:
    """The persona as a Tavern card, for ``json.dump``; ``read_foreign`` reads it back.

    The voice sheet becomes ``personality``, the scene ``scenario``, the examples ``mes_example``; the whole card travels
    in ``extensions.kikime``.
    """
    dialogue = "".join(f"<START>\n{{{{user}}}}: {line.user}\n{{{{char}}}}: {line.reply}\n" for line in persona.examples)
    data: dict[str, object] = {
        "name": persona.name,
        "description": persona.profile,
        "personality": persona.voice.sheet,
        "scenario": persona.background,
        "first_mes": persona.greetings[0] if persona.greetings else "",
        "mes_example": dialogue,
        "creator_notes": "",
        "system_prompt": "",
        "post_history_instructions": "",
        "alternate_greetings": list(persona.greetings[1:]),
        "tags": [],
        "creator": "",
        "character_version": str(persona.version),
        "extensions": {"kikime": persona.model_dump(mode="json")},
    }
    if persona.lorebook:
        data["character_book"] = {"extensions": {}, "entries": [_entry(n, e) for n, e in enumerate(persona.lorebook)]}
    if version == "v2":
        return {"spec": "chara_card_v2", "spec_version": "2.0", "data": data}
    return {"spec": "chara_card_v3", "spec_version": "3.0", "data": {**data, "group_only_greetings": []}}


def _entry(number: int, entry: LoreEntry) -> dict[str, object]:
    return {
        "keys": list(entry.keys),
        "content": entry.content,
        "extensions": {},
        "enabled": True,
        "insertion_order": number,
        "use_regex": False,
        "constant": entry.constant,
        "selective": bool(entry.secondary_keys),
        "secondary_keys": list(entry.secondary_keys),
    }
