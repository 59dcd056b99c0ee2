"""Answers about the character: right, wrong, or declined."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from kikime.harness.metrics.answers.abstention import abstained
from kikime.harness.metrics.metric import RULES, Metric
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.text.fold import fold
from kikime.harness.metrics.text.numerals import normal_numbers

_NEGATED = re.compile(
    r"[^。!?、\n]{0,8}?(?:では?な[いくかし]|じゃな[いくかし]|じゃね[えぇー]|で(?:は|も)?あり?ません|じゃあり?ません|では?ご?ざい(?:ません|ませ)|ではござら[ぬん]"
    r"|や(?:ない|あらへん)|(?:じゃ|では?|や)のうて|とは違|と違|は違|も違|違(?:い|う|っ|え)|ちが[いうっ]|わけでは|以外|とは限)"
    r"|(?:とは|と|は)?ちゃう(?!か)"
)
_DENIED_BEFORE = re.compile(
    r"(?:(?<![a-z])(?:not|no longer|(?:is|was|are|were)n[’']t"
    r"|(?:do|does|did)(?: not|n[’']t) (?:like|live in|play|study|work(?: as| at)?|come from))"
    r"(?: (?:a|an|the|in|at|from|called|named|really|actually|my))*)[ \"“]\Z"
)
_RHETORICAL = re.compile(
    r"[^。!?、\n]{0,6}\?|(?:です|でしょう|のだろう|んだろう)?か(?:しら|な|のう?)?(?=[。!、\s♪〜~…]|と[思存考]|\Z)"
)
_SHORT_KATAKANA = re.compile("[ァ-ヶー]{1,3}")
"""In hiragana these are found inside other words: ハナ in 名前はな, クモ in 行くもの."""
_V_SOUNDS = {"バ": "ヴァ", "ビ": "ヴィ", "ベ": "ヴェ", "ボ": "ヴォ", "ブ": "ヴ"}
_LATIN_GAP = re.compile(r"(?<=[a-z])[ -](?=[a-z\d])|(?<=\d)[ -](?=[a-z])")
_LETTER = re.compile(r"[^\W_]")


@lru_cache(maxsize=4096)
def alias_pattern(alias: str) -> re.Pattern[str]:
    """Pattern of one answer in :func:`kikime.harness.metrics.text.numerals.normal_numbers` text.

    ー is optional, ヴァ is バ, numbers and Latin words are whole, and either kana will do, except that katakana of up to three
    characters stays katakana.

    >>> bool(alias_pattern("バイオリン").search("ヴァイオリンですわ")), bool(alias_pattern("インド").search("インドネシア"))
    (True, False)
    >>> bool(alias_pattern("18").search("180")), bool(alias_pattern("いぬ").search("イヌ派"))
    (False, True)
    """
    text = _LATIN_GAP.sub(" ", normal_numbers(alias).replace("・", ""))
    for v_sound, b_sound in zip(("ヴァ", "ヴィ", "ヴェ", "ヴォ", "ヴ"), "バビベボブ", strict=True):
        text = text.replace(v_sound, b_sound)
    fold_kana = not _SHORT_KATAKANA.fullmatch(text)
    rule = "".join(_char_rule(char, fold_kana=fold_kana) for char in text) if len(text) > 1 else re.escape(text)
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


def _char_rule(char: str, *, fold_kana: bool) -> str:
    if char == "ー":
        return "[ー・]?"
    if char == " ":
        return "[ -]?"
    if "ぁ" <= char <= "ゖ":
        katakana = chr(ord(char) + 0x60)
    elif "ァ" <= char <= "ヶ":
        katakana = char
    else:
        return re.escape(char)
    either = f"[{chr(ord(katakana) - 0x60)}{katakana}]" if fold_kana else katakana
    v_sound = f"|{_V_SOUNDS[katakana]}" if katakana in _V_SOUNDS else ""
    return f"(?:{either}{v_sound})[ー・]?"


def asserted(text: str, aliases: Sequence[str]) -> tuple[bool, bool]:
    """Whether normalised ``text`` asserts one of ``aliases``, and whether it denies one (ではない, 違い within 8 characters).

    >>> asserted("アメリカですわ。フランスではありません", ["アメリカ"]), asserted("アメリカではなく日本", ["アメリカ"])
    ((True, False), (False, True))
    """
    said = denied = False
    for alias in aliases:
        for match in alias_pattern(alias).finditer(text):
            if _is_negated(text, match.start(), match.end()):
                denied = True
            else:
                said = True
    return said, denied


def _is_negated(text: str, start: int, end: int) -> bool:
    negation = _NEGATED.match(text, end)
    if negation is not None and not _RHETORICAL.match(text, negation.end()):
        return True
    return (
        text[max(0, start - 1) : start] in {" ", '"', "“"}
        and _DENIED_BEFORE.search(text[max(0, start - 48) : start]) is not None
    )


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


def _answer(reading: Reading) -> dict[str, int]:
    expect, said = reading.expect, reading.core
    if answers := expect.get("answers"):
        return measure_fact(said, answers, expect.get("wrong", ()), user=reading.user)
    return measure_unanswerable(said, user=reading.user)


METRICS = (
    Metric(
        name="fact_correct",
        kind="binary",
        direction="higher",
        group="facts",
        ja="設定の事実を正しく答えた",
        en="the profile's fact was given",
        short_ja="設定の正答",
        version=RULES,
        needs=("answers",),
        function=lambda reading: reading.shared(_answer).get("fact_correct"),
    ),
    Metric(
        name="fact_wrong",
        kind="binary",
        direction="lower",
        group="facts",
        ja="設定と違う答えを言い切った",
        en="another answer than the profile's was given",
        short_ja="設定との食い違い",
        version=RULES,
        needs=("answers",),
        function=lambda reading: reading.shared(_answer).get("fact_wrong"),
    ),
    Metric(
        name="abstained",
        kind="binary",
        group="facts",
        ja="わからない・言えないと答えた",
        en="the reply declines or does not know",
        short_ja="わからないと答えた",
        version=RULES,
        needs=(
            "answers",
            "abstain",
        ),
        function=lambda reading: reading.shared(_answer).get("abstained"),
    ),
    Metric(
        name="hallucinated",
        kind="binary",
        direction="lower",
        group="facts",
        ja="答えようのない問いに断定で答えた",
        en="an unanswerable question was answered",
        short_ja="根拠のない断定",
        version=RULES,
        needs=("abstain",),
        function=lambda reading: reading.shared(_answer).get("hallucinated"),
    ),
)
