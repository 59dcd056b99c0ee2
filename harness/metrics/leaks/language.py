"""Language leak: a reply, or a piece of it, in another language than the character's."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import cache, lru_cache

from kikime.harness.cards.persona import Persona
from kikime.harness.metrics.metric import Metric
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.text.fold import Span, fold
from kikime.harness.metrics.text.sentences import blanked, mask

_SCRIPTS = (
    "\uac00-\ud7a3",
    "\u0400-\u052f",
    "\u0590-\u05ff",
    "\u0600-\u06ff\u0750-\u077f",
    "\u0370-\u03ff",
    "\u0530-\u058f",
    "\u0900-\u097f",
    "\u0980-\u0dff",
    "\u0e00-\u0e7f",
    "\u0e80-\u0fff",
    "\u1000-\u109f",
    "\u10a0-\u10ff",
    "\u1200-\u137f",
    "\u1780-\u18af",
)
_SHORTEST = {"\uac00": 1, "\u0370": 3}  # one Hangul syllable is Korean; α and µm are not Greek
_CHINESE_ONLY = "你您妳嗎很她們个么气从种开关阳阴听运"  # the second group: simplified, though JIS holds them
_CHINESE_CLAUSE = re.compile(r"(?<![一-龥])我[是也的要很会去想在有不叫]")
_CHINESE_WORDS = re.compile(r"[是我的了在他那也就都吧這要]")
_KANA = re.compile(r"[ぁ-んァ-ヴ]")
_HAN_RUN = re.compile(r"[一-龥]")
_LETTER = re.compile(r"[^\W\d_]")
_LATIN = "A-Za-zÀ-ÖØ-öø-ɏ"
_WORD = re.compile(rf"[{_LATIN}][{_LATIN}'’]*")
_RUN = re.compile(rf"[{_LATIN}][{_LATIN}'’]*(?:[ ,.!?;:\-]+[{_LATIN}][{_LATIN}'’]*)*")
_REMOVED = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|(?:https?://|www\.)[!-~]+|(?<![\w.+-])[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9.-]+"
    r"|「[^「」\n]*」|『[^『』\n]*』|\"[^\"\n]*\"|“[^”\n]*”|《[^》\n]*》|<[^<>\n]{0,60}>|\[/?[A-Z_]{2,24}\]",
    re.DOTALL,
)  # code, addresses, quotations and control strings
_CHINESE_NOUNS = re.compile(
    r"(?<![一-龥])(?:月球|朋友|孩子|女孩|男孩|手機|飛機|火車|星期[一二三四五六日天]?|今天|明天|昨天|晚上|早上|没有|沒有|可以|知道|但是|如果|因為"
    r"|不是|就是|還是|這[個些里裡]|那[個些里]|什麼|怎麼|喜歡|高興|漂亮|老師們|媽媽|爸爸|哥哥|姐姐|謝謝|非常好|不好|很[好多大])"
    r"(?=[ぁ-ん、。!?\s]|\Z)"
)
"""Chinese words in characters that Japanese has too, between kana."""
_AS_NOUN = re.compile(
    r"[)」』\s]*(?:って|という|と[かい]う|とか|など|なんか|みたい|系|の(?!で)|は|が|を|も|や|に|へ|と(?!て)|から|まで|で(?!す|し|ござ|あ)|[、,/・&])"
)
"""What follows a title or a name that Japanese sentences use as a noun."""
_NAMING = ("って", "という", "とか")
"""What introduces a title in small letters."""
_TITLE_WORDS = 5
"""Longer runs of Latin words are sentences."""
_UNIT = re.compile(
    r"(?<=\d)(?:k?cal|k?m|cm|mm|k?g|mg|ml|k?w|kwh|h|min|sec|fps|gb|mb|tb|hz|px|yen|vol|ver)(?![A-Za-z])", re.IGNORECASE
)
_REPEATED = 3
"""A word that comes so often in one reply is no title but a foreign word."""
_NAME_GLUE = frozenset("a an and at by de del des di du el for in la le no of on or the to van von with".split())  # noqa: SIM905
_JAPANESE = re.compile(r"[ぁ-んァ-ヴ一-龥]")
_JAPANESE_RUN = re.compile(r"[ぁ-んァ-ヴー一-龥々]{2,}")


@cache
def _foreign_scripts() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """One class that any foreign letter is in, for a quick look, and the runs that make a leak."""
    chinese = f"[{_CHINESE_ONLY}{_simplified_only()}]"
    runs = [f"[{ranges}]{{{_SHORTEST.get(ranges[0], 2)},}}" for ranges in _SCRIPTS]
    return re.compile(f"[{''.join(_SCRIPTS)}{chinese[1:]}"), re.compile("|".join([*runs, chinese]))


def _simplified_only() -> str:
    """Han characters of GB 2312 that no Japanese character set (JIS X 0208/0213) holds, such as 这 们 说 对."""
    chars = [chr(code) for code in range(0x4E00, 0xA000)]
    chinese = set("".join(chars).encode("gb2312", "ignore").decode("gb2312"))
    japanese = set("".join(chars).encode("euc_jis_2004", "ignore").decode("euc_jis_2004"))
    return "".join(sorted(chinese - japanese))


def foreign_language(text: str, *, language: str = "ja", known: Sequence[str] = ()) -> list[Span]:
    """Spans of folded text in a language that is not the character's.

    For a Japanese character: Hangul, two letters in a row of another script, simplified Chinese characters, a Chinese
    sentence without kana, three Latin words in a row, or Latin words (two or more) above 15 % of the letters. Abbreviations,
    proper names, quotations, URLs, code and words of the ``known`` texts do not count.

    >>> [bool(foreign_language(s)) for s in ("我不知道。你好", "Thank you very muchですわ", "네, 그래요", "はい、Привет")]
    [True, True, True, True]
    >>> [bool(foreign_language(s)) for s in ("OKですわ", "La La Landが好き", "(´Д`)", "漢字検定二級合格")]
    [False, False, False, False]
    """
    if text.isascii() and language == "en":
        return []
    foreign_letter, foreign_script = _foreign_scripts()
    spans = []
    if not text.isascii() and foreign_letter.search(text):
        masked = mask(text)
        read = masked if _LETTER.search(masked) else text
        spans = [match.span() for match in foreign_script.finditer(read)]
    if language == "en":
        return sorted(spans + [match.span() for match in _JAPANESE_RUN.finditer(text)])
    if _is_chinese(text):
        spans.append((0, len(text)))
    spans += [match.span() for match in _CHINESE_NOUNS.finditer(text)] if _KANA.search(text) else []
    if language == "ja":
        spans += _latin(text, known)
    return sorted(set(spans))


def _is_chinese(text: str) -> bool:
    words = _CHINESE_WORDS.findall(text)
    if words and _CHINESE_CLAUSE.search(text) and not _KANA.search(text):
        return True
    if len(words) < 2 or len(set(words)) < 2:
        return False
    han = len(_HAN_RUN.findall(text))
    return han >= (4 if len(set(words)) > 2 else 8) and len(_KANA.findall(text)) < 0.05 * han


@lru_cache(maxsize=512)
def _words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(fold(text)))


def _latin(text: str, known: Sequence[str]) -> list[Span]:
    if not _WORD.search(text):
        return []
    bare = _UNIT.sub(_blank, _REMOVED.sub(_blank, text))
    allowed = frozenset[str]().union(*map(_words, known))
    runs = [match for match in _RUN.finditer(bare) if not _is_name(match[0]) and not _is_title(text, match)]
    foreign = [match for run in runs for match in _WORD.finditer(bare, *run.span()) if _is_foreign(match[0], allowed)]
    long_runs = [run.span() for run in runs if _foreign_words(run, allowed) >= 3]
    if long_runs:
        return long_runs
    if not foreign:
        return []
    letters = sum(len(match[0]) for match in foreign)
    share = letters / max(1, len(_LETTER.findall(text)))
    if not _JAPANESE.search(text) or (len(foreign) >= 2 and share > 0.15):
        return [match.span() for match in foreign]
    return []


def _blank(match: re.Match[str]) -> str:
    return "〓" * len(match[0])


def _is_title(text: str, run: re.Match[str]) -> bool:
    """Whether a Japanese sentence uses a few Latin words, said once or twice, as a noun: the title of a song, a brand."""
    words, after = _WORD.findall(run[0]), _AS_NOUN.match(text, run.end())
    if after is None or len(words) > _TITLE_WORDS or not _JAPANESE.search(text):
        return False
    named = len(words) == 1 or words[0][0].isupper() or after[0].strip() in _NAMING
    return named and text.count(run[0]) < _REPEATED


def _foreign_words(run: re.Match[str], allowed: Collection[str]) -> int:
    words = _WORD.findall(run[0])
    if sum(_is_foreign(word, allowed) for word in words) < 2:
        return 0
    return sum(word.casefold() not in allowed for word in words)


def _is_foreign(word: str, allowed: Collection[str]) -> bool:
    if len(word) < 2 or word.casefold() in allowed:
        return False
    return word[1:].islower() and word.strip("w") != ""


def _is_name(run: str) -> bool:
    """Whether a run of Latin words is a proper name: two to six words, all capitalised but the small ones inside."""
    words = _WORD.findall(run)
    if not 2 <= len(words) <= 6 or any(mark in run for mark in ".!?"):
        return False
    return words[0][0].isupper() and all(word[0].isupper() or word in _NAME_GLUE for word in words)


def _card_text(persona: Persona) -> str:
    about = fold(f"{persona.profile}\n{persona.background}")
    return "\n".join((persona.name, about, *(example.reply for example in persona.examples)))


def _foreign(reading: Reading) -> list[Span]:
    known = (reading.user, reading.system, reading.card.compiled(_card_text))
    language = reading.persona.language
    in_english = _japanese_share(fold(reading.user)) == 0
    asked = reading.expect.get("language", "en" if in_english else language)
    text = blanked(reading.whole, reading.turns + reading.templates)
    return foreign_language(text, language=language if asked == language else "ja-en", known=known)


def in_language_addressed(reply: str, user: str) -> int | None:
    """Whether a reply is mostly in the language, Japanese or English, of the message; None where there are no letters.

    >>> in_language_addressed("I love it, you know.", "Do you like snow?"), in_language_addressed("Sure! もちろんだよ。", "撮って。")
    (1, 1)
    >>> in_language_addressed("大好きだよ。", "Do you like snow?")
    0
    """
    shares = [_japanese_share(fold(text)) for text in (reply, user)]
    if None in shares:
        return None
    spoken, asked = (share is not None and share >= 0.5 for share in shares)
    return int(spoken == asked)


def _japanese_share(text: str) -> float | None:
    """Share of Japanese in a text, a Latin word weighing as much as two and a half Japanese characters."""
    bare = _REMOVED.sub(" ", text)
    japanese, words = len(_JAPANESE.findall(bare)), len(_WORD.findall(bare))
    return japanese / (japanese + 2.5 * words) if japanese or words else None


def _addressed(reading: Reading) -> int | None:
    if reading.persona.language != "ja-en" or not reading.user:
        return None
    return in_language_addressed(reading.spoken, reading.user)


METRICS = (
    Metric(
        name="language_leak",
        kind="binary",
        direction="lower",
        group="leak",
        ja="別の言語が混ざった",
        en="another language got in",
        short_ja="別言語の混入",
        short_en="language mixed in",
        critical=True,
        version="rules/6",
        function=lambda reading: int(bool(_foreign(reading))),
        spans=_foreign,
    ),
    Metric(
        name="language_addressed",
        kind="binary",
        direction="higher",
        group="style",
        ja="話しかけられた言語で答えた（二言語の役柄）",
        en="the reply is in the language it was addressed in (bilingual characters)",
        short_ja="話しかけられた言語",
        short_en="addressed language",
        version="rules/5",
        function=_addressed,
    ),
)
