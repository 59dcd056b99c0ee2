"""Where a reply stops being the character's: another turn begins, or a string that only templates write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kikime.harness.metrics.text.fold import Span, fold

ROLE_NAMES = ("SYSTEM", "Human", "AI", "Bot", "Chatbot", "ユーザ", "アシスタント", "話者A", "話者B", "人間")
"""Names of speakers that models write although no format has them."""

CONTROL_STRINGS = (
    *("<EOS_TOKEN>", "<pad>", "<unk>", "<think>", "</think>", "[TOOL_CALLS]"),
    *("[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]"),
)
"""Control strings that no format writes; ``<|…|>``, tags with a name inside and byte tokens are matched by shape."""

_HEADERS = ("Question", "Answer", "Output", "出力", "質問", "回答", "返答", "命令", "設定")
_GENERIC_CONTROL = (
    r"<\|(?=[^|<>\n]*[A-Za-z])[^|<>\n]{1,40}\|>",
    r"<\|[A-Za-z_]{3,40}",
    r"</?\s?s\s?>|<\s/s\s?>",
    r"</?(?:voiceline|character_information)\b",
    r"\[/?INST\b",
    r"<0x[0-9A-Fa-f]{2}>",
)
_BLANK = "[ \\t\\u3000\\u200b-\\u200f\\u2060\\ufeff]*+"
_LINE_LABEL = re.compile(
    rf"(?:^|(?<=[>\]])|\\n){_BLANK}(?:\d{{1,2}}[.)][ \t]*+)?[*_>\-【\[(「<〈≪《]{{0,4}}[ \t]*+([^\s:∶꞉\\>\]][^\n:∶꞉\\>\]]{{0,40}}?)[ \t]*+"
    r"[*_】\])」>〉≫》]{0,3}[ \t]*+[:∶꞉]",
    re.MULTILINE,
)
_COLON = re.compile("[:∶꞉]")
_HEADER = re.compile(
    rf"^{_BLANK}(?:#{{3,6}}|#{{1,2}}(?=[ \t]))[ \t]*+([^\n:#]{{1,40}}?)[ \t]*+#*+[ \t]*+(?::|$)", re.MULTILINE
)
_LABEL_NOISE = re.compile("[\\s#:*_\u200b-\u200f\u2060\ufeff]+")
_LABEL_SUFFIX = re.compile(r"(?<=.)(?:\(.*|\d{1,2})\Z")


class Boundaries:
    r"""Role markers and control strings of all formats, compiled once for one card.

    Args:
        role_markers: names of speakers and headers in the formats, with or without their colon or ``###``.
        control_strings: strings that templates write; those without a bracket count as role markers.
        own_names: the character's names: a turn of its own may open the reply, a second one is a leak.
        user_names: the interlocutor's names, which leak before a colon or an opening quote.

    >>> bounds = Boundaries(["USER:"], ["</s>"], own_names=["絢音"], user_names=["太郎"])
    >>> bounds.turns("絢音:はい\nUSER: 次"), bounds.turns("ユーザーの皆様、ごきげんよう")
    ([(6, 11)], [])
    >>> bounds.templates("ですわ</s>"), bounds.templates("嬉しい[笑] <3")
    ([(3, 7)], [])
    """

    def __init__(
        self,
        role_markers: Sequence[str] = (),
        control_strings: Sequence[str] = (),
        *,
        own_names: Sequence[str] = (),
        user_names: Sequence[str] = (),
    ) -> None:
        controls = [fold(text).strip() for text in (*CONTROL_STRINGS, *control_strings)]
        bare = [text for text in controls if not re.search(r"[<>\[\]|]", text)]
        self._roles = _labels((*ROLE_NAMES, *role_markers, *bare))
        self._headers = self._roles | _labels(_HEADERS)
        self._own = _labels(own_names)
        self._roles -= self._own
        self._leaking = self._roles | _labels(user_names)
        exact = sorted({text for text in controls if text and text not in bare}, key=len, reverse=True)
        self._control = re.compile("|".join([*map(re.escape, exact), *_GENERIC_CONTROL]), re.IGNORECASE)
        names = sorted(map(re.escape, filter(None, map(fold, user_names))), key=len, reverse=True)
        self._user_line = (
            re.compile(rf"^[ \t\u3000]*(?:{'|'.join(names)})[ \t]*(?=[「『])", re.MULTILINE) if names else None
        )

    def turns(self, text: str) -> list[Span]:
        r"""Spans where folded text begins another turn: a marker at the start of a line with its colon, or a header.

        A written-out ``\n`` and a control string begin a line too; in the middle of a line a role marker is no leak.
        """
        spans: list[Span] = []
        if _COLON.search(text):
            spans += [match.span() for match in _LINE_LABEL.finditer(text) if self._is_turn(match)]
        if "#" in text:
            spans += [match.span() for match in _HEADER.finditer(text) if _label(match[1]) in self._headers]
        return sorted(set(spans + self.user_lines(text)))

    def user_lines(self, text: str) -> list[Span]:
        """Spans where the reply speaks for the interlocutor: its name and an opening quote at the start of a line."""
        if self._user_line is None or ("「" not in text and "『" not in text):
            return []
        return [match.span() for match in self._user_line.finditer(text)]

    def templates(self, text: str) -> list[Span]:
        """Spans of control strings in folded text."""
        if "<" not in text and "[" not in text:
            return []
        return [match.span() for match in self._control.finditer(text)]

    def _is_turn(self, match: re.Match[str]) -> bool:
        label = _label(match[1])
        if label in self._own:
            return match.string[: match.start()].strip() != ""
        return not {label, _LABEL_SUFFIX.sub("", label)}.isdisjoint(self._leaking)


def _labels(names: Iterable[str]) -> set[str]:
    return {_label(fold(name)) for name in names} - {""}


def _label(text: str) -> str:
    return _LABEL_NOISE.sub("", text).casefold()
