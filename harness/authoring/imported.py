"""A persona card from a card of another program: its texts as they are, its voice measured on what the character says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from kikime.harness.authoring.draft import MAX_EXAMPLES, MIN_LINES, Content, measured_card, validated
from kikime.harness.cards.foreign import KIND_NAMES, ForeignCard, Kind, read_foreign
from kikime.harness.cards.lines import CharacterLine
from kikime.harness.cards.persona import USER_NAME, Persona
from kikime.harness.core.errors import UsageError

_NOT_IN_IDS = re.compile(r"[^a-z0-9]+")


class Imported(NamedTuple):
    """What became of a foreign card."""

    text: str
    """The persona card as YAML."""
    card: Persona
    kind: Kind
    unmapped: tuple[str, ...]
    """What of the foreign card has no place in a persona card."""
    n_lines: int
    """How many lines of the character it has."""
    measured: bool
    """Whether its voice was measured on them; False for a card that kikime exported, which brings its own."""

    @property
    def program(self) -> str:
        """Whose card it was, with its version."""
        return KIND_NAMES[self.kind]

    @property
    def guessed(self) -> bool:
        """Whether its voice was measured on too few lines to say much."""
        return self.measured and self.n_lines < MIN_LINES


def import_card(path: Path, *, persona_id: str | None = None, user_name: str | None = None) -> Imported:
    """Read a card of SillyTavern, Tavern or oobabooga as a persona card.

    Profile, scene, lorebook, first message and alternate greetings are kept; the voice (markers, pronouns, politeness,
    length) is measured on the example dialogues and greetings, stage directions aside. A card that kikime exported comes
    back with all that it had.

    Args:
        path: the card; see :func:`kikime.harness.cards.foreign.read_foreign`.
        persona_id: id of the persona card, ``[a-z0-9-]+``; from the file's name when None.
        user_name: what ``{{user}}`` stands for; :data:`~kikime.harness.cards.persona.USER_NAME` when None.

    Raises:
        UsageError: no such file, or no id can be made of its name.
        FileFormatError: no card in it.
    """
    foreign = read_foreign(path, user_name=user_name or USER_NAME)
    wanted = persona_id or _NOT_IN_IDS.sub("-", path.stem.lower()).strip("-")
    if not wanted:
        raise UsageError("no id can be made of the file's name", hint="give one with --id: a–z, 0–9 and -")
    said = [CharacterLine(each.reply, each.user) for each in foreign.exchanges]
    said += [CharacterLine(greeting) for greeting in foreign.greetings]
    card = validated(_content(foreign, wanted, said))
    text = _yaml(card, foreign, len(said))
    return Imported(text, card, foreign.kind, foreign.unmapped, len(said), measured=foreign.own is None)


def _content(foreign: ForeignCard, persona_id: str, said: Sequence[CharacterLine]) -> Content:
    card: Content = dict(foreign.own) if foreign.own else measured_card(said, persona_id, foreign.name)[0]
    card |= {"id": persona_id, "name": foreign.name, "user_name": foreign.user_name, "background": foreign.scenario}
    card |= {"greetings": list(foreign.greetings), "lorebook": [entry.model_dump() for entry in foreign.lorebook]}
    if foreign.own:
        card["profile"] = foreign.description or card["profile"]
        if foreign.personality != str(card["voice"].get("sheet", "")).strip():
            card["voice"] = {**card["voice"], "sheet": foreign.personality}
        return card
    if len(said) < MIN_LINES:
        card["length"] = _widened(card["length"])
    examples = [{"user": each.user, "reply": each.reply} for each in foreign.exchanges if each.user]
    return {**card, "profile": _profile(foreign), "examples": examples[:MAX_EXAMPLES]}


def _widened(length: Content) -> Content:
    """A length that few lines say little about: from half of the shortest to twice the longest."""
    (low, high), (fewest, most) = length["chars"], length["sentences"]
    return {**length, "chars": [max(1, low // 2), 2 * high], "sentences": [fewest, most + 1]}


def _profile(foreign: ForeignCard) -> str:
    told = [foreign.description]
    if foreign.personality and foreign.personality not in foreign.description:
        told.append(f"性格：{foreign.personality}")
    return "\n".join(filter(None, told)) or f"{foreign.name}という人物である。"


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def _yaml(card: Persona, foreign: ForeignCard, n_lines: int) -> str:
    content = {name: value for name, value in card.model_dump(mode="json").items() if value not in ("", [], None)}
    written = yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10**6)
    left = "".join(f"# 移せなかったもの: {' '.join(name.split())}\n" for name in foreign.unmapped)
    notes = "".join(f"# {line}\n" for line in foreign.creator_notes.splitlines() if line.strip())
    measured = f"口調は{n_lines}件の台詞で測りました。語尾、一人称、長さを確かめてください。"
    voice = "口調は kikime から書き出したときのままです。" if foreign.own else measured
    return f"# {KIND_NAMES[foreign.kind]} のカードから作りました。{voice}\n" + left + notes + written
