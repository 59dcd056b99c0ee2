"""Verifiable form constraints of a reply, after IFEval (Zhou et al. 2023) and its Japanese kinds in M-IFEval."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from kikime.harness.core.errors import UsageError
from kikime.harness.core.files.yamlfile import problem_of
from kikime.harness.core.reasons import Phrase
from kikime.harness.metrics.answers.parameters import (
    WANTED,
    Bullets,
    Choices,
    Count,
    Keys,
    Parameters,
    Where,
    WithText,
    WithTimes,
    WithWords,
)
from kikime.harness.metrics.metric import Metric
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.text.fold import fold, graphemes, visible
from kikime.harness.metrics.text.sentences import split_sentences, unwrap
from kikime.harness.metrics.voice.markers import is_eligible, strip_tail

Params = Mapping[str, Any]
Verifier = Callable[[str, Params], bool]

_BULLET = re.compile(r"^[ \t　]*(?:[-*+•・●○▪◦‣]|[0-9０-９]{1,2}[.．)）、](?!\d))[ \t　]*\S", re.MULTILINE)
_BULLET_MARK = re.compile(r"^[ \t　]*(?:[-*+•・●○▪◦‣]|[0-9０-９]{1,2}[.．)）、])[ \t　]*")
_WORD_CHARACTER = re.compile(r"[^\W_]")
_KUTEN = re.compile("[。．｡]")
_TOUTEN = re.compile("[、，､]")
_KANJI = re.compile(r"[一-龥々〆㐀-䶿]")
_HIRAGANA = re.compile(r"[ぁ-ゖ]")
_KATAKANA = re.compile(r"[ァ-ヶｦ-ﾝ]")
_LATIN = re.compile(r"[A-Za-zＡ-Ｚａ-ｚ]")
_DIGIT = re.compile(r"[0-9０-９]")
_LETTER = re.compile(r"[^\W\d_]")
_VERBAL_END = re.compile(
    r"(?:です|ます|でした|ました|ません|でしょう|ましょう|だ|だった|である|だろう|じゃ|[うくぐすつぬぶむる]|[いしたんっ][たい]|い|た|ん)"
    r"(?:[わよねなのかしがぞぜさ]|けど|から|ので|もの|こと)*\Z"
)
_NOUN_IN_KANA = re.compile(r"(?:こと|もの|とき|ところ|はず|つもり|ため|よう|[ァ-ヴー一-龥々\d%A-Za-z])\Z")
_ENDING = re.compile(
    r"(?:(?:です|でござる|でございます|だ|なの|や|じゃ)[わのよねぞぜな]*|(?<=ます|した)[わのよねぞぜな]+)\Z"
)
_PAIRS = (("「", "」"), ("『", "』"), ('"', '"'), ("“", "”"), ("'", "'"))


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _sentence_texts(text: str) -> list[str]:
    folded = fold(text)
    return [folded[a:b] for a, b in split_sentences(folded)]


def _in_range(count: int, params: Params) -> bool:
    n, tolerance = params.get("n"), params.get("tolerance", 0)
    if n is not None:
        return abs(count - int(n)) <= int(tolerance)
    return int(params.get("min", 0)) <= count and ("max" not in params or count <= int(params["max"]))


def _letter_only(text: str, params: Params) -> bool:
    choices = params.get("choices", "ABCD")
    return fold(text) in {fold(str(choice)) for choice in choices}


def _is_json(text: str, params: Params) -> bool:
    """JSON, and where ``keys`` are asked for an object in which each of them has a value."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    if "keys" not in params:
        return isinstance(value, dict | list)
    return isinstance(value, dict) and all(value.get(key) not in (None, "", [], {}) for key in params["keys"])


def _bullets(text: str, params: Params) -> bool:
    """As many items as asked for, no two of them alike, with the mark or the numbering that was asked for."""
    marks = [match[0].strip() for match in _BULLET.finditer(text)]
    items = [_BULLET_MARK.sub("", line).strip() for line in text.splitlines() if _BULLET.match(line)]
    if not _in_range(len(items), params) or len(set(map(_stem, items))) < len(items):
        return False
    if params.get("numbered"):
        return [_number(mark) for mark in marks] == list(range(1, len(marks) + 1))
    return all(mark.startswith(params.get("mark", "")) for mark in marks)


def _stem(item: str) -> str:
    """An item without what only its ending adds: 友人, 友人ですわ and 友人だよ say the same."""
    folded = fold(item)
    return _ENDING.sub("", folded[: strip_tail(folded)]) or folded


def _number(mark: str) -> int | None:
    found = re.match(r"\d+", fold(mark))
    return int(found[0]) if found else None


def _chars(text: str, params: Params) -> bool:
    """So many characters, at least one of them a letter or a digit."""
    return _in_range(graphemes(text), params) and _WORD_CHARACTER.search(text) is not None


def _quoted(text: str, _: Params) -> bool:
    return any(len(text) > 2 and text.startswith(a) and text.endswith(b) for a, b in _PAIRS)


def _is_noun_end(sentence: str) -> bool:
    stem = sentence[: strip_tail(sentence)]
    if not _LETTER.search(stem):
        return False
    return bool(_NOUN_IN_KANA.search(stem)) or not _VERBAL_END.search(stem)


def _taigendome(text: str, params: Params) -> bool:
    sentences = _sentence_texts(text)
    if params.get("where", "all") == "last":
        sentences = sentences[-1:]
    return bool(sentences) and all(map(_is_noun_end, sentences))


def _spoken(text: str) -> str:
    folded = fold(text)
    start, end = unwrap(folded)
    return folded[start:end]


def _starts_with(text: str, params: Params) -> bool:
    wanted = fold(params["text"])
    return _spoken(text).startswith(wanted) or fold(text).startswith(wanted)


def _ends_with(text: str, params: Params) -> bool:
    folded, wanted = fold(text), fold(params["text"])
    return folded.endswith(wanted) or folded.rstrip('。.!?」』"').endswith(wanted)


def _each_ends_with(text: str, params: Params) -> bool:
    """Every sentence but bare interjections, quotations and stage directions."""
    wanted = fold(params["text"])
    sentences = [sentence for sentence in _sentence_texts(_spoken(text)) if is_eligible(sentence)]
    return bool(sentences) and all(s.endswith(wanted) or s[: strip_tail(s)].endswith(wanted) for s in sentences)


def _count(text: str, word: str) -> int:
    return fold(text).casefold().count(fold(word).casefold())


def _required(text: str, params: Params) -> bool:
    return all(_count(text, word) >= int(params.get("times", 1)) for word in params["words"])


def _any_of(text: str, params: Params) -> bool:
    return any(_count(text, word) for word in params["words"])


def _forbidden(text: str, params: Params) -> bool:
    return not any(_count(text, word) for word in params["words"])


def _without_ideas(text: str, params: Params) -> bool:
    """No word of ``words``; one character counts only as a word of its own: 腰 is no part of 物腰, 鍵 none of 鍵盤."""
    folded = fold(text)
    return not any(_idea(fold(word)).search(folded) for word in params["words"])


def _idea(word: str) -> re.Pattern[str]:
    if len(word) > 1:
        return re.compile(re.escape(word))
    return re.compile(f"(?<![一-龥々]){re.escape(word)}(?![一-龥々])")


def _only(allowed: re.Pattern[str]) -> Verifier:
    def verify(text: str, _: Params) -> bool:
        letters = _LETTER.findall(fold(text).replace("ー", "").replace("々", "国"))
        return bool(letters) and all(allowed.match(letter) for letter in letters)

    return verify


def _without(pattern: re.Pattern[str]) -> Verifier:
    return lambda text, _: bool(text) and not pattern.search(text)


_VERIFIERS: dict[str, tuple[Verifier, type[Parameters]]] = {
    "bullets": (_bullets, Bullets),
    "chars": (_chars, Count),
    "sentences": (lambda text, p: _in_range(len(_sentence_texts(text)), p), Count),
    "lines": (lambda text, p: _in_range(len(_lines(text)), p), Count),
    "letter_only": (_letter_only, Choices),
    "no_kuten": (_without(_KUTEN), Parameters),
    "no_touten": (_without(_TOUTEN), Parameters),
    "no_kanji": (_without(_KANJI), Parameters),
    "no_hiragana": (_without(_HIRAGANA), Parameters),
    "no_katakana": (_without(_KATAKANA), Parameters),
    "no_latin": (_without(_LATIN), Parameters),
    "no_digits": (_without(_DIGIT), Parameters),
    "no_newline": (lambda text, _: bool(text) and len(_lines(text)) == 1, Parameters),
    "only_hiragana": (_only(_HIRAGANA), Parameters),
    "only_katakana": (_only(_KATAKANA), Parameters),
    "starts_with": (_starts_with, WithText),
    "ends_with": (_ends_with, WithText),
    "each_ends_with": (_each_ends_with, WithText),
    "required": (_required, WithTimes),
    "forbidden": (_forbidden, WithWords),
    "any_of": (_any_of, WithWords),
    "without_ideas": (_without_ideas, WithWords),
    "json": (_is_json, Keys),
    "quoted": (_quoted, Parameters),
    "taigendome": (_taigendome, Where),
}


def constraint_kinds() -> list[str]:
    """Names of all constraints, sorted.

    >>> "bullets" in constraint_kinds()
    True
    """
    return sorted(_VERIFIERS)


def check_constraint(constraint: object) -> None:
    """Check the kind and the parameters of one constraint.

    Raises:
        UsageError: unknown kind, unknown or missing parameter, or a parameter of the wrong type.

    >>> check_constraint({"kind": "bullets", "n": 3})
    """
    kinds = ", ".join(constraint_kinds())
    if not isinstance(constraint, Mapping) or not isinstance(constraint.get("kind"), str):
        raise UsageError(
            "a constraint is a mapping with a 'kind', not {found!r}",
            hint="kinds: {kinds}",
            found=constraint,
            kinds=kinds,
        )
    kind = constraint["kind"]
    if kind not in _VERIFIERS:
        raise UsageError("unknown constraint '{kind}'", hint="kinds: {kinds}", kind=kind, kinds=kinds)
    parameters = _VERIFIERS[kind][1]
    given = {name: value for name, value in constraint.items() if name != "kind"}
    unknown = sorted(given.keys() - parameters.model_fields)
    if unknown:
        takes = ", ".join(sorted(parameters.model_fields))
        raise UsageError(
            "constraint '{kind}' has no parameter '{unknown}'",
            hint="{kind} takes {takes}" if takes else "{kind} takes no parameter",
            kind=kind,
            unknown=unknown[0],
            takes=takes,
        )
    try:
        parameters.model_validate(given)
    except ValidationError as error:
        raise UsageError("constraint '{kind}'{problem}", kind=kind, problem=_problem(error)) from None


def _problem(error: ValidationError) -> str:
    first = error.errors()[0]
    if not first["loc"]:
        return problem_of(first)
    name = str(first["loc"][0])
    return Phrase(WANTED[name], name=name, value=first["input"])


def verify(text: str, constraint: Params) -> bool:
    r"""Whether raw ``text`` (outer white space aside) keeps one constraint.

    >>> verify("・薔薇\n・百合", {"kind": "bullets", "n": 2}), verify("B", {"kind": "letter_only"})
    (True, True)
    """
    return _VERIFIERS[constraint["kind"]][0](visible(text), constraint)


def loose_variants(text: str) -> list[str]:
    r"""The reply as IFEval's loose check reads it: without its first or last line, and without * marks.

    >>> loose_variants("はい\n**B**")
    ['はい\n**B**', '**B**', 'はい', '', 'はい\nB', 'B', 'はい', '']
    """
    lines = visible(text).split("\n")
    cuts = ["\n".join(lines), "\n".join(lines[1:]), "\n".join(lines[:-1]), "\n".join(lines[1:-1])]
    cuts = [visible(cut) for cut in cuts]
    return cuts + [visible(cut.replace("*", "")) for cut in cuts]


def measure_constraints(text: str, constraints: Sequence[Params]) -> dict[str, int]:
    """Strict and loose compliance of a reply with all its constraints; an empty reply keeps none.

    >>> measure_constraints("**B**", [{"kind": "letter_only"}])
    {'constraint_ok': 0, 'constraint_ok_loose': 1}
    """
    strict = bool(visible(text)) and all(verify(text, constraint) for constraint in constraints)
    if strict:
        return {"constraint_ok": 1, "constraint_ok_loose": 1}
    variants = [variant for variant in dict.fromkeys(loose_variants(text)) if variant]
    loose = bool(variants) and all(any(verify(v, constraint) for v in variants) for constraint in constraints)
    return {"constraint_ok": 0, "constraint_ok_loose": int(loose)}


def _compliance(reading: Reading) -> dict[str, int]:
    return measure_constraints(reading.response, reading.expect.get("constraints", ()))


METRICS = (
    Metric(
        name="constraint_ok",
        kind="binary",
        direction="higher",
        group="constraints",
        ja="形式の指定をすべて守った",
        en="all format constraints hold",
        short_ja="形式の遵守",
        short_en="constraints met",
        version="rules/5",
        needs=("constraints",),
        function=lambda reading: reading.shared(_compliance)["constraint_ok"],
    ),
    Metric(
        name="constraint_ok_loose",
        kind="binary",
        direction="higher",
        group="constraints",
        ja="前置きや装飾を除けば形式の指定を守った",
        en="all format constraints hold without preamble and markdown",
        short_ja="形式の遵守（緩め）",
        short_en="constraints (loose)",
        version="rules/5",
        needs=("constraints",),
        function=lambda reading: reading.shared(_compliance)["constraint_ok_loose"],
    ),
)
