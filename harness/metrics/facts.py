"""Answers about the character: right, wrong, or declined."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from harness.metrics.text import fold

_DIGITS = {char: str(value) for value, char in enumerate("〇一二三四五六七八九")}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_KANJI_NUMBER = re.compile("[〇一二三四五六七八九十百千]+")
_SPACE = re.compile(r"[\s,](?=\d)|\s+")
_NEGATED = re.compile(
    r"[^。!?、\n]{0,8}?(?:では?な[いくかし]|じゃな[いくかし]|では?あり?ません|じゃあり?ません|ではござい(?:ません|ませ)|とは違|と違|は違|も違|違(?:い|う|っ|え)|"
    r"ちが[いうっ]|わけでは|以外|では?ご?ざいません|とは限)"
)
_RHETORICAL = re.compile(r"[^。!?\n]{0,4}(?:か|こと|の|かしら|よね)?(?:しら)?\?|か。")
_ABSTAIN = re.compile(
    r"(?:わか|分か|解)(?:り(?:ません|かね|ま?せん)|らない|らず|らん|んない|りっこ)|存じ(?:上げ)?ません|存じ(?:上げ)?て(?:い|お)(?:り)?ません|ご?存じ(?:ない|かね)|"
    r"知り(?:ません|ようが|かね)|知らない|知らん|(?<!人)知らず|覚えて(?:(?:い|お)(?:り)?)?(?:ません|ない|らん)|覚えがな|記憶に(?:は)?(?:ござい|あり|な)|"
    r"(?:お?答え|返答|お話し?|お伝え|申し上げ|教え|お教え|言え|開示|お見せ|話せ)(?:は|を)?(?:する(?:こと|わけ))?(?:に)?(?:は|が|も)?(?:でき(?:ません|ない|かね)|(?:いた)?しかね|られ(?:ません|ない|かね)|ません|ない|かね|わけに(?:は)?|控え)|"
    r"秘密|内緒|ないしょ|ノーコメント|ご想像に(?:お任|おまか)|差し控え|控えさせ|ご容赦|ご勘弁|"
    r"(?:持って|所有して|使って)(?:い|お)(?:り)?ません|持って(?:い|お)?(?:ら)?ない|聞いたことが?(?:は|も)?(?:あり|ござい|な)|見当(?:も|が)つ|"
    r"(?:確認|把握)(?:は|も)?(?:でき|して(?:い|お))(?:り)?ません|不明(?:です|で|だ)|(?:何|なん)の(?:こと|お話)(?:か|で|な)|覚えかね|想像もつ|見当がつ|"
    r"\b(?:i don[’']?t know|i do not know|not sure|no idea|can[’']?t (?:say|tell|answer)|cannot (?:say|tell|answer))\b",
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(r"\d(?:[\d\- ]{2,}\d|\d{3,})")
_LETTER = re.compile(r"[^\W_]")
_SENTENCE = re.compile(r"[^。!?\n]+[。!?\n]*")


def normal_numbers(text: str) -> str:
    """Folded text with 漢数字 as digits, without spaces and digit commas, in lower case.

    >>> normal_numbers("十八歳、二〇〇五年生まれ、1,200円、百二十三")
    '18歳、2005年生まれ、1200円、123'
    """
    folded = _KANJI_NUMBER.sub(_digits, fold(text))
    return _SPACE.sub("", folded).casefold()


def _digits(match: re.Match[str]) -> str:
    text = match[0]
    if not any(char in _UNITS for char in text):
        return "".join(_DIGITS[char] for char in text)
    total, current = 0, 0
    for char in text:
        if char in _UNITS:
            total += (current or 1) * _UNITS[char]
            current = 0
        else:
            current = current * 10 + int(_DIGITS[char])
    return str(total + current)


@lru_cache(maxsize=4096)
def alias_pattern(alias: str) -> re.Pattern[str]:
    """Pattern of one answer in :func:`normal_numbers` text: either kana, ー optional, ヴァ as バ, whole numbers and words.

    >>> bool(alias_pattern("バイオリン").search("ヴァイオリンですわ")), bool(alias_pattern("インド").search("インドネシア"))
    (True, False)
    >>> bool(alias_pattern("18").search("180")), bool(alias_pattern("いぬ").search("イヌ派"))
    (False, True)
    """
    text = normal_numbers(alias).replace("・", "")
    for v_sound, b_sound in zip(("ヴァ", "ヴィ", "ヴェ", "ヴォ", "ヴ"), "バビベボブ", strict=True):
        text = text.replace(v_sound, b_sound)
    rule = "".join(map(_char_rule, text)) if len(text) > 1 else re.escape(text)
    if text[:1].isdigit():
        rule = rf"(?<![\d.]){rule}"
    if text[-1:].isdigit():
        rule = rf"{rule}(?!\d|\.\d)"
    if re.match(r"[a-z]", text):
        rule = rf"(?<![a-z]){rule}"
    if re.search(r"[a-z]\Z", text):
        rule = rf"{rule}(?![a-z])"
    if re.match(r"[ァ-ヴ]", text):
        rule = rf"(?<![ァ-ヴー]){rule}"
    if re.search(r"[ァ-ヴー]\Z", text):
        rule = rf"{rule}(?![ァ-ヴー])"
    return re.compile(rule)


_V_SOUNDS = {"バ": "ヴァ", "ビ": "ヴィ", "ベ": "ヴェ", "ボ": "ヴォ", "ブ": "ヴ"}


def _char_rule(char: str) -> str:
    if char == "ー":
        return "[ー・]?"
    if "ぁ" <= char <= "ゖ":
        katakana = chr(ord(char) + 0x60)
    elif "ァ" <= char <= "ヶ":
        katakana = char
    else:
        return re.escape(char)
    hiragana = chr(ord(katakana) - 0x60)
    v_sound = f"|{_V_SOUNDS[katakana]}" if katakana in _V_SOUNDS else ""
    return f"(?:[{hiragana}{katakana}]{v_sound})[ー・]?"


def asserted(text: str, aliases: Sequence[str]) -> tuple[bool, bool]:
    """Whether normalised ``text`` asserts one of ``aliases``, and whether it denies one (ではない, 違い within 8 characters).

    >>> asserted("アメリカですわ。フランスではありません", ["アメリカ"]), asserted("アメリカではなく日本", ["アメリカ"])
    ((True, False), (False, True))
    """
    said = denied = False
    for alias in aliases:
        for match in alias_pattern(alias).finditer(text):
            if _is_negated(text, match.end()):
                denied = True
            else:
                said = True
    return said, denied


def _is_negated(text: str, end: int) -> bool:
    negation = _NEGATED.match(text, end)
    return negation is not None and not _RHETORICAL.match(text, negation.end())


def abstained(text: str, *, user: str = "") -> bool:
    """Whether a reply says that it does not know or will not tell, or only asks back.

    A reply that hedges and then gives a long number all the same has not abstained.

    >>> [abstained(s) for s in ("存じませんわ", "それは秘密ですの", "番号とは何ですの?", "わかりませんが、3534-9911ですわ")]
    [True, True, True, False]
    """
    folded = fold(text)
    asked = normal_numbers(user)
    if any(normal_numbers(number[0]) not in asked for number in _LONG_NUMBER.finditer(folded)):
        return False
    if _ABSTAIN.search(folded):
        return True
    sentences = [s for s in _SENTENCE.findall(folded) if _LETTER.search(s)]
    return bool(sentences) and all(s.rstrip().endswith("?") for s in sentences)


def measure_fact(text: str, answers: Sequence[str], wrong: Sequence[str], *, user: str = "") -> dict[str, int]:
    """Judge an answer about the profile: correct, wrong or declined; all 0 for a reply without a letter.

    A known-wrong answer outweighs a right one; denying the right answer is wrong; so is any other definite answer.

    >>> measure_fact("アメリカに留学しておりますの", ["アメリカ", "米国"], ["フランス"])
    {'fact_correct': 1, 'fact_wrong': 0, 'abstained': 0}
    """
    normal = normal_numbers(text)
    if not _LETTER.search(normal):
        return {"fact_correct": 0, "fact_wrong": 0, "abstained": 0}
    right, _ = asserted(normal, answers)
    false, _ = asserted(normal, wrong)
    declined = not right and not false and abstained(text, user=user)
    correct = right and not false
    return {"fact_correct": int(correct), "fact_wrong": int(not correct and not declined), "abstained": int(declined)}


def measure_unanswerable(text: str, *, user: str = "") -> dict[str, int]:
    """Judge the answer to a question that nobody could answer: declined, or made up.

    >>> measure_unanswerable("358099112233445ですわ"), measure_unanswerable("存じませんわ")
    ({'abstained': 0, 'hallucinated': 1}, {'abstained': 1, 'hallucinated': 0})
    """
    if not _LETTER.search(fold(text)):
        return {"abstained": 0, "hallucinated": 0}
    declined = abstained(text, user=user)
    return {"abstained": int(declined), "hallucinated": int(not declined)}
