"""Where a reply stops being the character's: another turn begins, or a string that only templates write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from kikime.harness.metrics.text.fold import Span, fold

ROLE_NAMES = ("SYSTEM", "Human", "AI", "Bot", "Chatbot", "ユーザ", "アシスタント", "話者A", "話者B", "人間")
"""Names of speakers that models write although no format has them."""

USER_NAMES = ("ユーザー", "User", "あなた", "相手", "話し相手", "会話相手")
"""What replies call the interlocutor whose lines they write, whatever the card calls it."""

CONTROL_STRINGS = (
    *("<EOS_TOKEN>", "<pad>", "<unk>", "<think>", "</think>", "[TOOL_CALLS]"),
    *("[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]"),
)
"""Control strings that no format writes; ``<|…|>``, tags with a name inside and byte tokens are matched by shape."""

_HEADERS = ("Question", "Answer", "Output", "出力", "質問", "回答", "返答", "命令", "設定")
_OWN_HEADERS = frozenset({"response", "answer", "output", "assistant", "応答", "回答", "返答", "出力", "アシスタント"})
"""Headers under which templates have the reply itself."""
_GUESTS = r"(?:お?客(?:さん|様|さま)?|質問者|聞き手|相手役|来客|訪問者)"
"""Who speaks to a character and has no name."""
_GENERIC_CONTROL = (
    r"<\|(?=[^|<>\n]*[A-Za-z])[^|<>\n]{1,40}\|>",
    r"<\|[A-Za-z_]{3,40}|(?<![A-Za-z_])[A-Za-z_]{3,40}\|>",
    r"\[\|(?=[^|\[\]\n]*[A-Za-z])[^|\[\]\n]{1,40}\|\]",
    r"</?\s?s\s?>|<\s/s\s?>",
    r"<0x[0-9A-Fa-f]{2}>",
)
_CONTROL_WORD = re.compile(r"[A-Za-z]+(?:_[A-Za-z]+)+|(?<=[\[</])[A-Z]{3,}(?=[\]>])|(?<=</)[a-z]{9,}(?=>)")
"""A word of a control string that nobody says: with an underscore, in capitals, or of a closing tag."""
_CONTROL_HINT = re.compile(r"[<>\[\]|_【】]")
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
        prose: sentences and headings that templates write, 〓 for a name.
        own_names: the character's names: a turn of its own may open the reply, a second one is a leak.
        user_names: the interlocutor's names, which leak before a colon or an opening quote.
        scenes: whether a reply may be a scene, in which others have lines of their own.

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
        prose: Sequence[str] = (),
        *,
        own_names: Sequence[str] = (),
        user_names: Sequence[str] = (),
        scenes: bool = False,
    ) -> None:
        controls = [fold(text).strip() for text in (*CONTROL_STRINGS, *control_strings)]
        bare = [text for text in controls if not re.search(r"[<>\[\]|]", text)]
        self._roles = _labels((*ROLE_NAMES, *role_markers, *bare))
        self._headers = self._roles | _labels(_HEADERS)
        self._own = _labels(own_names)
        self._roles -= self._own
        self._leaking = self._roles | _labels(user_names)
        exact = sorted({text for text in controls if text and text not in bare}, key=len, reverse=True)
        shapes = [*map(re.escape, exact), *_malformed(exact), *_GENERIC_CONTROL]
        self._control = re.compile("|".join(shapes), re.IGNORECASE)
        self._prose = _sayings(tuple(prose))
        names = sorted({re.escape(fold(name)) for name in (*USER_NAMES, *user_names) if name}, key=len, reverse=True)
        self._user_line = re.compile(rf"^[ \t\u3000]*(?:{'|'.join(names)})[ \t]*(?=[「『])", re.MULTILINE)
        own = "|".join(sorted((re.escape(name) for name in own_names if name), key=len, reverse=True)) or "(?!)"
        line = r"[ \t]*「[^「」\n]*」[ \t]*"
        self._script_line = (
            None
            if scenes
            else re.compile(
                rf"(?<=\n)[ \t\u3000]*{_GUESTS}(?={line}$)"
                rf"|^[ \t\u3000]*(?!(?:{own})[ \t]*「)[^\s「」『』。、!?:]{{1,10}}(?={line}\n\s*(?:{own})[ \t]*「)",
                re.MULTILINE,
            )
        )

    def turns(self, text: str) -> list[Span]:
        r"""Spans where folded text begins another turn: a marker at the start of a line with its colon, or a header.

        A written-out ``\n`` and a control string begin a line too; in the middle of a line a role marker is no leak.
        """
        spans: list[Span] = []
        if _COLON.search(text):
            spans += [match.span() for match in _LINE_LABEL.finditer(text) if self._is_turn(match)]
        if "#" in text:
            spans += [
                match.span()
                for match in _HEADER.finditer(text)
                if not _spellings(_label(match[1])).isdisjoint(self._headers)
            ]
        return sorted(set(spans + self.user_lines(text) + self._script_lines(text)))

    def user_lines(self, text: str) -> list[Span]:
        """Spans where the reply speaks for the interlocutor: its name and an opening quote at the start of a line."""
        if "「" not in text and "『" not in text:
            return []
        return [match.span() for match in self._user_line.finditer(text)]

    def _script_lines(self, text: str) -> list[Span]:
        """Spans where others speak as in a script: 客「…」, and any name before a line of the character's own."""
        if self._script_line is None or "\n" not in text or "「" not in text:
            return []
        return [match.span() for match in self._script_line.finditer(text)]

    def templates(self, text: str) -> list[Span]:
        """Spans of control strings in folded text, broken and misspelt ones too, and of the header of the reply at its beginning."""
        found = []
        if "#" in text and (header := _HEADER.match(text)) and _label(header[1]) in _OWN_HEADERS:
            found.append(header.span())
        if not _CONTROL_HINT.search(text):
            return found
        return found + [match.span() for match in self._control.finditer(text)]

    def recited(self, text: str, prose: Sequence[str] = ()) -> list[Span]:
        """Spans of folded text that say a sentence or a heading of a template over again.

        Args:
            text: folded reply.
            prose: further sentences and headings, those of the prompt at hand.
        """
        sayings = (self._prose, _sayings(tuple(prose)) if prose else None)
        found = [pattern for said in sayings if said for piece, pattern in said if piece in text]
        return sorted({match.span() for pattern in found for match in pattern.finditer(text)})

    def _is_turn(self, match: re.Match[str]) -> bool:
        label = _label(match[1])
        if label in self._own:
            return match.string[: match.start()].strip() != ""
        return not _spellings(label).isdisjoint(self._leaking)


@lru_cache(maxsize=128)
def _sayings(prose: Sequence[str]) -> list[tuple[str, re.Pattern[str]]]:
    """For each sentence its longest piece between names, which tells quickly that it is not there, and its pattern."""
    sentences = [fold(sentence).rstrip("。.!? ").split("〓") for sentence in prose]
    return [
        (max(pieces, key=len), re.compile(r"[^\n。]{0,40}".join(map(re.escape, pieces))))
        for pieces in sentences
        if any(pieces)
    ]


def _labels(names: Iterable[str]) -> set[str]:
    return {_label(fold(name)) for name in names} - {""}


def _spellings(label: str) -> set[str]:
    """A label as it is, without what follows its name (a number, an aside), and in the singular."""
    bare = _LABEL_SUFFIX.sub("", label)
    return {label, bare, bare.removesuffix("s")}


def _malformed(controls: Iterable[str]) -> list[str]:
    """Patterns of control strings with a bracket missing, doubled or of another kind: ``[/SYS]``, ``<</SYS> ]``."""
    words = {word.casefold() for control in controls for word in _CONTROL_WORD.findall(control)}
    if not words:
        return []
    word = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    bare = "|".join(sorted((re.escape(word) for word in words if "_" in word), key=len, reverse=True)) or "(?!)"
    role = r"(?:[ \t]*\n|[ \t]+(?:system|user|assistant|model|tool)(?![A-Za-z]))"
    return [
        rf"(?<![A-Za-z_])(?:{bare})(?={role})",
        rf"[<\[|【]\s?/?\s?(?:{word})(?![A-Za-z_])[>\]|】]*",
        rf"(?<![A-Za-z_/])/?(?:{word})[>\]|】]+",
    ]


def _label(text: str) -> str:
    return _LABEL_NOISE.sub("", text).casefold()
