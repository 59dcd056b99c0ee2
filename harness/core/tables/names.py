"""What people call the columns of their tables and the speakers of their dialogues."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

USER_NAMES = (
    *("user", "prompt", "instruction", "question", "input", "query", "human", "context_user"),
    *("質問", "発話", "ユーザー", "ユーザ", "入力", "問い", "質問文", "ユーザー発話", "相手", "相手の発言"),
)
"""Usual names of the column that holds what is said to the character, the likeliest first."""
REPLY_NAMES = (
    *("completion", "reply", "response", "output", "answer", "assistant", "target", "chosen", "text"),
    *("返答", "応答", "回答", "台詞", "セリフ", "せりふ", "出力", "返事", "応答文", "回答文", "キャラ", "キャラクター"),
)
"""Usual names of the column that holds the character's line."""
DIALOGUE_NAMES = (
    "messages",
    "conversations",
    "conversation",
    "dialogue",
    "dialog",
    "dialogues",
    "turns",
    "chat",
    "会話",
    "対話",
)
"""Usual names of the column that holds a whole dialogue."""
HISTORY_NAMES = ("history", "conversation_history", "履歴")
SPEAKER_NAMES = ("role", "from", "speaker", "name", "author", "sender", "話者", "役割", "発言者")
"""Usual names of what says who speaks in a turn."""
SAID_NAMES = (
    "content",
    "value",
    "text",
    "message",
    "mes",
    "utterance",
    "parts",
    "said",
    "発話",
    "発言",
    "本文",
    "台詞",
    "セリフ",
)
"""Usual names of what is said in a turn."""
GROUP_NAMES = ("dialogue_id", "dialog_id", "conversation_id", "session_id", "conv_id", "会話id", "対話id")
"""Usual names of the column that says which dialogue a turn is of."""
_OTHERS = ("id", "system", "label", "score", "category", "source", "persona", "rejected", "番号", "備考")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_USER_ROLES = _words(
    "user human prompter you player client customer questioner input question instruction "
    "ユーザー ユーザ 人間 相手 質問者 あなた プレイヤー"
)
_CHARACTER_ROLES = _words(
    "assistant gpt chatgpt bot bard bing model ai aiassistant aiアシスタント char character chatbot llm npc agent response output answer "
    "claude gemini アシスタント キャラ キャラクター ボット 応答者 モデル"
)
_ASIDE_ROLES = _words(
    "system developer tool function ipython functioncall functionresponse observation environment toolcall toolresponse "
    "toolresult context システム ツール"
)

_VERSIONED = re.compile(r"(?:(?:chat)?gpt|claude|gemini)\w*\d\w*")
"""A model under its full name: ``gpt-4o-mini``, ``claude-3-opus``."""


def plain(name: str) -> str:
    """A name without what does not tell names apart: case, width, blanks, signs.

    >>> plain(" <Human>: "), plain("ＧＰＴ-4")
    ('human', 'gpt4')
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(char for char in folded if char.isalnum() or char in "ー々")


def named(columns: Sequence[str], names: Sequence[str]) -> str | None:
    """The column with the likeliest of ``names``, whatever its case; None where there is none.

    >>> named(["id", " Output", "text"], REPLY_NAMES)
    ' Output'
    """
    spelt = {column.strip().casefold(): column for column in reversed(columns)}
    return next((spelt[name] for name in names if name in spelt), None)


def is_known(column: str) -> bool:
    """Whether a column has a name that tables usually have."""
    everything = (
        USER_NAMES,
        REPLY_NAMES,
        DIALOGUE_NAMES,
        HISTORY_NAMES,
        SPEAKER_NAMES,
        SAID_NAMES,
        GROUP_NAMES,
        _OTHERS,
    )
    return any(column.strip().casefold() in names for names in everything)


def role_of(speaker: str, own_names: Iterable[str] = ()) -> str | None:
    """Who a speaker is: ``user``, ``assistant`` (the character), ``system`` (nobody in the dialogue); None when unknown.

    Args:
        speaker: as the dialogue names it.
        own_names: what the character is called.

    >>> role_of("<human>"), role_of("ChatGPT"), role_of("絢音", ["絢音"]), role_of("tool"), role_of("太郎")
    ('user', 'assistant', 'assistant', 'system', None)
    """
    name = plain(speaker)
    if name in _CHARACTER_ROLES or _VERSIONED.fullmatch(name) or (name and name in {plain(own) for own in own_names}):
        return "assistant"
    if name in _USER_ROLES:
        return "user"
    return "system" if name in _ASIDE_ROLES else None
