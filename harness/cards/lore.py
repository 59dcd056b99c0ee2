"""Which entries of a lorebook a conversation calls."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from kikime.harness.cards.persona import LoreEntry


def called(book: Sequence[LoreEntry], texts: Sequence[str]) -> list[str]:
    """Contents of the entries that are always there or whose keys come up, in the book's order.

    What a called entry says calls further ones. Keys are found anywhere in a text, whatever the case or the width of letters.

    >>> book = [LoreEntry(keys=("トキ",), content="トキは海図を集めている。"), LoreEntry(keys=("灯台",), content="灯台はトキが守る。")]
    >>> called(book, ["灯台に行きたい。"]), called(book, ["海に行きたい。"])
    (['トキは海図を集めている。', '灯台はトキが守る。'], [])
    """
    said, chosen = "\n".join(map(_folded, texts)), set[int]()
    while new := {number for number, entry in enumerate(book) if _calls(said, entry)} - chosen:
        chosen |= new
        said = "\n".join((said, *(_folded(book[number].content) for number in sorted(new))))
    return [book[number].content for number in sorted(chosen)]


def lore_text(book: Sequence[LoreEntry], texts: Sequence[str], *, language: str) -> str:
    r"""What a character is told of a conversation's lore, in the language of its card; empty where nothing is called.

    >>> lore_text([LoreEntry(constant=True, content="店は駅前にある。")], [], language="ja")
    '次の資料に従ってください。\n店は駅前にある。'
    """
    contents = called(book, texts)
    opening = "Go by this lore:" if language == "en" else "次の資料に従ってください。"
    return "\n".join((opening, *contents)) if contents else ""


def _calls(said: str, entry: LoreEntry) -> bool:
    if entry.constant:
        return True
    return _any(said, entry.keys) and (not entry.secondary_keys or _any(said, entry.secondary_keys))


def _any(said: str, keys: Sequence[str]) -> bool:
    return any(_folded(key) in said for key in keys)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
