"""Dialogues in the shapes that training data has, as turns of user and character."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kikime.harness.core.messages import Message, assistant, user
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.tables.jsontext import parse_json
from kikime.harness.core.tables.names import REPLY_NAMES, SAID_NAMES, SPEAKER_NAMES, USER_NAMES, named, role_of
from kikime.harness.core.tables.table import is_missing
from kikime.harness.core.thinking import split_thinking

_TEXT_KEYS = ("text", "content", "value")


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a dialogue."""

    role: str
    """``user`` or ``assistant``, who is the character."""
    text: str
    problem: Phrase | None = None
    """Why there is nothing to read in it."""

    @property
    def said(self) -> str:
        """The text without what a reasoning model thought before it."""
        return split_thinking(self.text).speech if self.role == "assistant" else self.text


CALL = Turn("call", "")
"""Where the character calls a tool instead of saying something."""


def text_of(value: object) -> str | None:
    """The text of a cell or of a message's content: a text, or the text parts of a list; None where there is none.

    >>> text_of([{"type": "text", "text": "やあ"}, {"type": "image_url"}]), text_of(None), text_of(float("nan"))
    ('やあ', None, None)
    """
    if isinstance(value, str):
        return None if is_missing(value) else value
    if isinstance(value, Mapping):
        found = next((value[key] for key in _TEXT_KEYS if key in value), None)
        return text_of(found) if isinstance(found, str | list) else None
    if isinstance(value, Sequence):
        parts = [text for part in value if (text := text_of(part)) is not None]
        return "".join(parts) or None
    return None


def is_dialogue(value: object) -> bool:
    """Whether a cell holds turns: a list of messages, pairs or texts, columns of them, or such JSON as a text."""
    value = _opened(value)
    if isinstance(value, Mapping):
        return named(list(map(str, value)), SAID_NAMES) is not None
    return isinstance(value, list) and bool(value) and any(isinstance(turn, Mapping | list | str) for turn in value)


def turns_of(
    value: object, own_names: Iterable[str] = (), *, others_are_users: bool = False
) -> tuple[list[Turn], Phrase | None]:
    """The turns of a dialogue, and what keeps it from being one.

    Args:
        value: a list of messages (OpenAI's, ShareGPT's and similar ones), of pairs (user, character), or of texts in
            turn, the user's first.
        own_names: what the character is called.
        others_are_users: whether whoever is not known talks to the character; see :func:`others_talk_to_it`.
    """
    entries = _entries(_opened(value))
    if not entries:
        return [], Phrase("no dialogue in it")
    if all(isinstance(entry, str) for entry in entries):
        return [Turn(("user", "assistant")[n % 2], str(entry)) for n, entry in enumerate(entries)], None
    turns: list[Turn] = []
    speakers = [speaker_of(entry) for entry in entries if isinstance(entry, Mapping)]
    others_are_users = others_are_users or others_talk_to_it(speakers, own_names)
    for number, entry in enumerate(entries, 1):
        if isinstance(entry, Mapping):
            found = _message(entry, number, own_names, others_are_users=others_are_users)
            if isinstance(found, Phrase):
                return turns, found
            turns += found
        elif isinstance(entry, list | tuple) and len(entry) == 2:
            turns += [
                Turn(role, text)
                for role, said in zip(("user", "assistant"), entry, strict=True)
                if (text := text_of(said))
            ]
        else:
            return turns, Phrase("turn {n} is no message", n=number)
    return _merged(turns), None


def _opened(value: object) -> object:
    """A dialogue that lies in a text cell as JSON."""
    if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
        try:
            return parse_json(value)
        except ValueError:
            return value
    return value


def _entries(value: object) -> list[object]:
    """A list of turns; a mapping of lists, as some datasets store them, is turned around."""
    if isinstance(value, Mapping):
        columns = {key: cells for key, cells in value.items() if isinstance(cells, list)}
        if not columns:
            return [value]
        return [dict(zip(columns, cells, strict=False)) for cells in zip(*columns.values(), strict=False)]
    return list(value) if isinstance(value, list) else []


def speaker_of(entry: Mapping[str, object]) -> str | None:
    """The name of who speaks in an entry; of a chat log's, whether it is the user or the character."""
    if isinstance(entry.get("is_user"), bool):
        return "user" if entry["is_user"] else "system" if entry.get("is_system") else "assistant"
    key = named(list(map(str, entry)), SPEAKER_NAMES)
    return str(entry[key]) if key is not None and isinstance(entry.get(key), str) else None


def others_talk_to_it(speakers: Iterable[str | None], own_names: Iterable[str]) -> bool:
    """Whether who is not known among the speakers is the user: the character speaks under its own name, or with one other."""
    names = list(own_names)
    roles = {speaker: role_of(speaker, names) for speaker in speakers if speaker}
    if any(role == "assistant" and role_of(speaker) is None for speaker, role in roles.items()):
        return True
    known = set(roles.values())
    return "assistant" in known and "user" not in known and list(roles.values()).count(None) == 1


def _message(
    entry: Mapping[str, object], number: int, own_names: Iterable[str], *, others_are_users: bool
) -> list[Turn] | Phrase:
    speaker = speaker_of(entry)
    if speaker is None:
        return _exchange(entry) or Phrase("turn {n} does not say who speaks", n=number)
    role = role_of(speaker, own_names) or ("user" if others_are_users else None)
    if role is None:
        return Phrase("turn {n}: who is '{speaker}'?", n=number, speaker=speaker)
    if role == "system":
        return []
    key = named(list(map(str, entry)), SAID_NAMES)
    text = text_of(entry.get(key)) if key else None
    if text is not None:
        return [Turn(role, text)]
    if role == "user":
        return []
    return [CALL] if _calls(entry) else [Turn(role, "", Phrase("turn {n}: no text", n=number))]


def _calls(entry: Mapping[str, object]) -> bool:
    """Whether a message calls tools instead of saying something."""
    return bool(entry.get("tool_calls") or entry.get("function_call"))


def _exchange(entry: Mapping[str, object]) -> list[Turn]:
    """An entry that holds both lines: ``{"human": …, "assistant": …}``."""
    keys = list(map(str, entry))
    asked, said = named(keys, USER_NAMES), named(keys, REPLY_NAMES)
    pair = (("user", asked), ("assistant", said))
    return [Turn(role, text) for role, key in pair if key and (text := text_of(entry.get(key))) is not None]


def _merged(turns: Sequence[Turn]) -> list[Turn]:
    """Several lines of the user in a row are one; calls of tools count at the end only, where no reply follows."""
    merged: list[Turn] = []
    for number, turn in enumerate(turns, 1):
        if turn is CALL and number < len(turns):
            continue
        if merged and turn.role == merged[-1].role == "user":
            merged[-1] = Turn("user", f"{merged[-1].text}\n{turn.text}")
        else:
            merged.append(turn)
    return merged


def messages(turns: Sequence[Turn]) -> tuple[Message, ...]:
    """Turns as messages, those without a text left out."""
    return tuple(user(turn.text) if turn.role == "user" else assistant(turn.said) for turn in turns if turn.said)
