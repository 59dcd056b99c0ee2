"""Leaks of the prompt's machinery: the next turn, template strings, unfilled placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kikime.harness.metrics.text.fold import Span, fold

DEFAULT_ROLE_MARKERS: tuple[str, ...] = (
    "USER", "ASSISTANT", "SYSTEM", "Human", "AI", "Bot", "Bob", "Alice", "Chatbot", "Instruction", "Response", "Input",
    "ユーザー", "ユーザ", "システム", "アシスタント", "話者A", "話者B", "指示", "応答", "入力", "設定", "人間",
)  # fmt: skip
"""Names of speakers and sections in all registered formats; they leak at the start of a line, with their colon."""

DEFAULT_CONTROL_STRINGS: tuple[str, ...] = (
    "<s>", "</s>", "<bos>", "<eos>", "<pad>", "<unk>", "<NL>", "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>",
    "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_CALLS]", "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]", "<start_of_turn>", "<end_of_turn>", "<BOS_TOKEN>", "<EOS_TOKEN>", "<think>", "</think>",
    "[CONTEXT_START]", "[CONTEXT_END]", "[CHAT_START]", "[CHAT_END]", "<instruction>", "</instruction>",
    "<background>", "</background>", "</voiceline>", "</character_information>",
    "<final_turn_indicator>", "</final_turn_indicator>",
)  # fmt: skip
"""Control strings of all registered formats; ``<|…|>``, tags with a name inside and byte tokens are matched by shape."""

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

_BRACKET_WORD = (
    r"(?:名前|氏名|ここに|地名|日付|挿入|記入|入力して|キャラ(?:クター)?名|[◯○〇●]{2,}"
    r"|(?<![A-Za-z])(?:your|name|user(?:name)?|char|insert|xx+)(?![A-Za-z]))"
)
_PLACEHOLDER = re.compile(
    rf"[\[〔{{<][^\[\]〔〕{{}}<>\n]{{0,12}}?{_BRACKET_WORD}[^\[\]〔〕{{}}<>\n]{{0,12}}[\]〕}}>]"
    r"|[\[〔{][ぁ-んァ-ヴー一-龥]{0,8}(?:ユーザー名|[^有別]名|場所|年齢|職業|趣味|日時|住所)[\]〕}]"
    r"|[《【(]お?名前[》】)](?=さん|様|さま|くん|君|ちゃん)|\((?:ここにお?(?:名前|氏名)|[^()\n]{1,8}を(?:入力|記入|挿入))[^()\n]{0,8}\)"
    r"|%(?:user|name|char)[a-z_]{0,12}%|(?<!_)__[A-Z]{3,12}__(?!_)|(?<!_)_{2,8}(?=さん|様|さま|くん|君|ちゃん)"
    r"|\((?:あなた|お客様|ユーザー|ご自身|自分|相手|主人公|私)の(?:お)?名前\)"
    r"|(?<![一二三四五六七八九十百千万億兆\d◯○〇])(?:〇{2,}|○{2,}|◯{2,})(?![一二三四五六七八九十百千万億兆\d◯○〇])"
    r"|(?<![●△▲□■×A-Za-z])(?:●{2,}|△{2,}|▲{2,}|□{2,}|■{2,}|×{2,}|X{2,3})(?=さん|様|さま|くん|君|ちゃん|先生|年|月|日|県|市|町|高校|大学|株式会社|駅)",
    re.IGNORECASE,
)


_PLACEHOLDER_HINT = re.compile(r"[\[〔{<(《【%_〇○◯●△▲□■×Xx]")


class LeakPatterns:
    r"""Role markers and control strings of all formats, compiled once for one card.

    Args:
        role_markers: further names of speakers and headers, with or without their colon or ``###``.
        control_strings: further strings that a template writes; those without a bracket count as role markers.
        own_names: the character's names: a turn of its own may open the reply, a second one is a leak.
        user_names: the interlocutor's names, which leak before a colon or an opening quote.

    >>> leaks = LeakPatterns(own_names=["絢音"], user_names=["太郎"])
    >>> leaks.turns("絢音:はい\nUSER: 次"), leaks.turns("ユーザーの皆様、ごきげんよう")
    ([(6, 11)], [])
    >>> leaks.templates("ですわ</s>"), leaks.templates("嬉しい[笑] <3")
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
        controls = [fold(text).strip() for text in (*DEFAULT_CONTROL_STRINGS, *control_strings)]
        bare = [text for text in controls if not re.search(r"[<>\[\]|]", text)]
        self._roles = _labels((*DEFAULT_ROLE_MARKERS, *role_markers, *bare))
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


def placeholders(text: str) -> list[Span]:
    """Spans of unfilled placeholders in folded text: [あなたの名前], {name}, 〇〇さん, XX年.

    >>> placeholders("私の名は、[あなたの名前]です。"), placeholders("二〇〇五年の[笑]")
    ([(5, 13)], [])
    """
    if not _PLACEHOLDER_HINT.search(text):
        return []
    return [match.span() for match in _PLACEHOLDER.finditer(text)]


def _labels(names: Iterable[str]) -> set[str]:
    return {_label(fold(name)) for name in names} - {""}


def _label(text: str) -> str:
    return _LABEL_NOISE.sub("", text).casefold()
