"""A first draft of a card, measured on a set of the character's own lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median, quantiles
from typing import Any

import yaml
from pydantic import ValidationError

from kikime.harness.cards.lines import CharacterLine
from kikime.harness.cards.persona import Persona, Pronouns
from kikime.harness.core.errors import UsageError
from kikime.harness.core.files.yamlfile import problem_of
from kikime.harness.metrics import CRITICAL, Measured, VoiceSums
from kikime.harness.metrics.text.fold import fold, graphemes, newline_runs, visible
from kikime.harness.metrics.text.lexicon import COPULAS, FIRST_PERSONS_IF_LISTED
from kikime.harness.metrics.text.narration import spoken_text
from kikime.harness.metrics.text.sentences import split_sentences, unwrap
from kikime.harness.metrics.voice.markers import is_eligible, strip_tail
from kikime.harness.metrics.voice.politeness import is_polite
from kikime.harness.metrics.voice.pronouns import PronounCheck
from kikime.harness.prompts.scoring import scorer_of

Content = dict[str, Any]
"""What a card is made of, before it is checked."""
MIN_LINES = 10
"""Fewer lines say too little about a voice."""

MAX_EXAMPLES = 24
"""Examples that a draft takes over."""

_WANTS_NARRATION = 0.5
"""Share of lines with stage directions or narration from which on a card wants them."""
_AFTER_COPULA = re.compile(rf"({'|'.join(COPULAS)})([ぁ-んァ-ヴー]{{1,4}})\Z")
_ORDINARY_PARTICLES = re.compile(
    r"(?:よ?ね|よ|か|かね|かな|が|から|ので|けど|けれど|けれども|し|な|って|よな|のに|のです|のでしょう)\Z"
)
_ORDINARY_END = re.compile(
    rf"(?:{'|'.join(COPULAS)}|ください|ている|ていた|である|だった|だろう|と思う|こと|もの|から|ので|けど|"
    r"って|ない|たい|いい|した|して|する|った|いた|れた|れる|える|なる|ある|いる|です[かがね]|ます[かがね]|[でま]すよ|だ[よねが]|"
    r"よね|かな|のか|いか|るか|たね|いね|るね|るよ|たよ|いよ)\Z"
)
_SINGLE_PARTICLES = frozenset("ぜぞさ")
_HIRAGANA_TAIL = re.compile(r"[ぁ-んァ-ヴー]+\Z")
_FIRST = Pronouns(allowed=FIRST_PERSONS_IF_LISTED)
_NEVER_FIRST = ("俺", "僕", "あたし", "わし")
_NEVER_SECOND = ("お前", "てめえ", "貴様")


def draft_persona(lines: Sequence[CharacterLine], persona_id: str, name: str) -> str:
    """Draft a card as YAML text: markers and their rate, pronouns, politeness, length and examples, all measured.

    Args:
        lines: the character's own lines, ten or more.
        persona_id: id of the card, ``[a-z0-9-]+``.
        name: the character's name.

    Raises:
        UsageError: fewer than ten lines, or an id or name that no card may have.
    """
    if len(lines) < MIN_LINES:
        raise UsageError(
            "{n} {n:line is|lines are} too few to draft a card",
            hint="give {least} or more",
            n=len(lines),
            least=MIN_LINES,
        )
    card, measured = measured_card(lines, persona_id, name)
    good = [line for line, m in zip(lines, measured, strict=True) if line.user and _is_example(m)]
    card["examples"] = [{"user": line.user, "reply": line.reply} for line in _spread(good)]
    return _yaml(card, len(lines))


def measured_card(lines: Sequence[CharacterLine], persona_id: str, name: str) -> tuple[Content, Sequence[Measured]]:
    """A card's content as the lines have it, examples aside, and the metrics of each line with that card.

    Raises:
        UsageError: an id or name that no card may have.
    """
    card = _card(lines, persona_id, name)
    persona = validated(card)
    scorer = scorer_of(persona)
    measured = [scorer.score(line.reply, user=line.user, finish_reason="stop") for line in lines]
    markers = card["voice"]["markers"]
    if markers["strong"]:
        markers["target_rate"] = round(VoiceSums.over(measured, persona.voice.markers).marker_rate or 0.0, 2)
    if lines and sum(bool(m["narration_share"]) for m in measured) >= _WANTS_NARRATION * len(lines):
        card["voice"]["narration"] = "wanted"
    return card, measured


def parse_draft(text: str) -> Persona:
    """Read a drafted card.

    >>> parse_draft("{id: a, name: 絢音, profile: 高校生, length: {chars: [1, 9], target: 5}}").name
    '絢音'
    """
    return validated(yaml.safe_load(text))


def _card(lines: Sequence[CharacterLine], persona_id: str, name: str) -> Content:
    replies = [spoken_text(line.reply) for line in lines]
    tails = sentence_tails(replies)
    strong = marker_patterns(tails)
    first = _pronouns(replies, PronounCheck.first(_FIRST)) or _own_name(replies, name)
    second = _pronouns(replies, PronounCheck.second(Pronouns()))
    polite = _polite(tails)
    return {
        "id": persona_id,
        "name": name,
        "version": 1,
        "language": "ja",
        "profile": f"{name}という人物である。",
        "voice": {
            "first_person": {"allowed": first, "forbidden": [word for word in _NEVER_FIRST if word not in first]},
            "second_person": {"allowed": second, "forbidden": [word for word in _NEVER_SECOND if word not in second]},
            "markers": {"strong": strong, "weak": [], "target_rate": 0.0 if strong else None, "tolerance": 0.3},
            "polite": polite,
            "forbidden": [],
            "sheet": _sheet(tails, strong, first, polite),
        },
        "length": _length([line.reply for line in lines]),
    }


def sentence_tails(replies: Iterable[str]) -> list[str]:
    """Sentences that could carry a marker, folded and without their final marks.

    >>> sentence_tails(["はい。薔薇が好きですわ〜♪"])
    ['薔薇が好きですわ']
    """
    tails = []
    for reply in replies:
        folded = fold(reply)
        start, end = unwrap(folded)
        spoken = folded[start:end]
        for a, b in split_sentences(spoken):
            if is_eligible(spoken[a:b]):
                tails.append(spoken[a : a + strip_tail(spoken[a:b])])
    return tails


def marker_patterns(tails: Sequence[str]) -> list[str]:
    """Patterns of endings that are frequent here (3 % of the sentences, three at least) and not ordinary speech.

    >>> marker_patterns(["参りますわ", "好きですわ", "いますわね", "ですわね", "飲むでござる", "来るでござる"] * 2)
    ['(です|ます|ません|でした|ました|でしょう|ましょう)(わ|わね)', 'でござる']
    """
    needed = max(3, round(0.03 * len(tails)))
    after: Counter[str] = Counter()
    rest = []
    for tail in tails:
        match = _AFTER_COPULA.search(tail)
        if match is None:
            rest.append(tail)
        elif not _ORDINARY_PARTICLES.match(match[2]):
            after[match[2]] += 1
    patterns = []
    particles = _with_variants(after, needed)
    if particles:
        patterns.append(f"({'|'.join(COPULAS)})({'|'.join(particles)})")
    return patterns + [re.escape(ending) for ending in _endings(rest, needed)]


def _with_variants(after: Counter[str], needed: int) -> list[str]:
    """Particles that are frequent, alone or with what follows them (わ: わ, わね, わよ)."""
    heads: Counter[str] = Counter()
    for particle, count in after.items():
        heads[particle[0]] += count
    kept = [
        particle for particle in after if heads[particle[0]] >= needed and (len(particle) <= 2 or after[particle] >= 2)
    ]
    return sorted(kept, key=lambda particle: (-heads[particle[0]], particle))


def _endings(tails: Sequence[str], needed: int) -> list[str]:
    counts = Counter(tail[-size:] for tail in tails for size in range(1, 7) if len(tail) > size)
    grown = {_grow(ending, counts) for ending in counts if _may_start(ending) and counts[ending] >= needed}
    good = [ending for ending in grown if _is_marker(ending)]
    return sorted((e for e in good if not any(e != o and e.endswith(o) for o in good)), key=lambda e: (-counts[e], e))


def _may_start(ending: str) -> bool:
    return ending in _SINGLE_PARTICLES or (len(ending) == 2 and _HIRAGANA_TAIL.fullmatch(ending) is not None)


def _grow(ending: str, counts: Counter[str]) -> str:
    """Lengthen an ending to the left while most of its sentences share the next character (ざる → でござる)."""
    while len(ending) < 6:
        longer = [other for other in counts if len(other) == len(ending) + 1 and other.endswith(ending)]
        best = max(longer, key=lambda other: counts[other], default=None)
        if best is None or counts[best] < 0.8 * counts[ending] or not _HIRAGANA_TAIL.fullmatch(best):
            return ending
        ending = best
    return ending


def _is_marker(ending: str) -> bool:
    return not _ORDINARY_END.search(ending)


def _pronouns(replies: Sequence[str], check: PronounCheck) -> list[str]:
    counts: Counter[str] = Counter()
    for reply in replies:
        folded = fold(reply)
        counts.update(folded[start:end] for start, end, _ in check.find(folded))
    total = sum(counts.values())
    return [word for word, count in counts.most_common() if count >= 2 and count > 0.2 * total]


def _own_name(replies: Sequence[str], name: str) -> list[str]:
    """The name, or the end of it, where the character calls itself by name (こはるはね…)."""
    for start in range(len(name) - 1):
        called = re.compile(rf"(?<![ぁ-んァ-ヴ一-龥]){re.escape(name[start:])}(?=[はがもの、])")
        if sum(bool(called.search(reply)) for reply in replies) >= 3:
            return [name[start:]]
    return []


def _polite(tails: Sequence[str]) -> bool | None:
    judged = [value for tail in tails if (value := is_polite(tail)) is not None]
    share = sum(judged) / len(judged) if judged else 0.5
    return True if share >= 0.8 else False if share <= 0.2 else None


def _length(replies: Sequence[str]) -> dict[str, int | list[int]]:
    if not replies:
        return {"chars": [5, 120], "target": 40, "sentences": [1, 4], "newlines": 1}
    chars = [graphemes(visible(reply)) for reply in replies]
    counts = [max(1, len(split_sentences(fold(reply)))) for reply in replies]
    low, high = _range(chars)
    return {
        "chars": [low, high],
        "target": max(1, round(median(chars))),
        "sentences": list(_range(counts)),
        "newlines": _range([newline_runs(reply) for reply in replies])[1],
    }


def _range(values: Sequence[int]) -> tuple[int, int]:
    """5th and 95th percentile, as whole numbers."""
    if len(values) < 2:
        return values[0], values[0]
    points = quantiles(values, n=20, method="inclusive")
    return int(points[0]), round(points[-1])


def _sheet(tails: Sequence[str], strong: Sequence[str], first: Sequence[str], polite: bool | None) -> str:
    endings = Counter(
        match[0] for tail in tails for pattern in strong if (match := re.search(rf"(?:{pattern})\Z", tail))
    )
    said = "".join(f"「〜{ending}」" for ending, _ in endings.most_common(3))
    parts = [f"{said}で文を終えることが多い。"] if said else []
    parts += [f"一人称は{'か'.join(f'「{word}」' for word in first)}。"] if first else []
    parts += {True: ["丁寧体（です・ます）で話す。"], False: ["くだけた常体で話す。"], None: []}[polite]
    return "".join(parts)


def _is_example(measured: Measured) -> bool:
    if any(measured[name] for name in (*CRITICAL, "marker_spam")) or 0 in (
        measured["first_person_ok"],
        measured["second_person_ok"],
    ):
        return False
    return bool(measured["length_fit"] and measured["sentence_fit"])


def _spread(good: Sequence[CharacterLine]) -> list[CharacterLine]:
    """Up to 24 different examples, evenly over the data, so that they keep its marker rate."""
    unique = list({line.reply: line for line in good}.values())
    if len(unique) <= MAX_EXAMPLES:
        return unique
    step = len(unique) / MAX_EXAMPLES
    return [unique[int(number * step)] for number in range(MAX_EXAMPLES)]


def validated(card: Content) -> Persona:
    """The card of a content.

    Raises:
        UsageError: something in it that no card may have.
    """
    try:
        return Persona.model_validate(card)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(
            "{where} {value!r}: {problem}", where=where, value=card.get(where, ""), problem=problem_of(first)
        ) from None


def _flow(value: Any) -> str:
    text: str = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, sort_keys=False, width=10**6)
    return text.removesuffix("\n").removesuffix("\n...")


def _yaml(card: Content, n_lines: int) -> str:
    voice, markers, length = card["voice"], card["voice"]["markers"], card["length"]
    narration = f"\n  narration: {voice['narration']}  # ト書きや地の文を書く" if "narration" in voice else ""
    rate = f"{markers['target_rate']:.2f}" if markers["target_rate"] is not None else "null"
    patterns = "".join(f"\n      - '{pattern}'" for pattern in markers["strong"]) or " []"
    examples = "".join(f"\n  - {_flow(example)}" for example in card["examples"]) or " []"
    return f"""\
# {n_lines}件の台詞から下書きしたカードです。profile と facts を書き足し、語尾と一人称を確かめてください。
id: {_flow(card["id"])}
name: {_flow(card["name"])}
version: 1
language: ja
profile: |  # 年齢、立場、家族、好き嫌い、価値観。プロンプトと判定の両方に使われます
  {card["profile"]}
voice:
  first_person: {_flow(voice["first_person"])}
  second_person: {_flow(voice["second_person"])}
  markers:
    strong:{patterns}
    weak: []
    target_rate: {rate}  # 語尾を判定できる文のうち、この語尾で終わる割合（台詞全体での実測）
    tolerance: 0.30
  polite: {_flow(voice["polite"])}
  forbidden: []  # 役柄が決して使わない言葉
  sheet: {_flow(voice["sheet"])}{narration}
length:  # 文字数は台詞の5〜95パーセンタイル、target は中央値
  chars: {_flow(length["chars"])}
  target: {length["target"]}
  sentences: {_flow(length["sentences"])}
  newlines: {length["newlines"]}
facts: []  # 例: - {{id: name, question: お名前はなんですか？, answers: [{_flow(card["name"])}]}}
unanswerable: []  # 役柄が答えを知っているはずのない質問
examples:{examples}
"""
