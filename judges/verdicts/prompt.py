"""The judge's prompt: static rubric, then the persona, then the interaction, so that a provider can cache the prefix.

Everything that comes from outside (persona, dialogue, replies) is JSON inside a section whose boundary is derived
from its content: a reply can neither close the section nor forge a special token of the judge's chat template.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Generic, TypeVar

import regex

from kikime.harness.cards.persona import Persona
from kikime.harness.core.hashing import digest
from kikime.harness.core.messages import Message, system, user
from kikime.judges.verdicts.rubric import Criterion, Rubric, protocols

MAX_VISIBLE = 2000
"""Characters of one text that the judge sees; the middle of a longer one is left out."""
N_ANCHORS = 5
T = TypeVar("T")
_CONTROL_TAG = regex.compile(r"\[(?=/?[A-Z_]{2,}\])")
ReplyId = str | int | float
"""As people's files have it; text in a run."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing to judge. It knows neither the model nor the format nor the shots that it came from."""

    id: ReplyId
    persona: Persona
    user: str
    response: str
    history: tuple[Message, ...] = ()
    """The turns before ``user``."""
    rival: str | None = None
    """The second reply, for a pair."""
    key: str | None = None
    """The sample's key, where it comes from a run."""
    goes_on: bool = False
    """Whether its file has later lines of the same dialogue, so that it is no whole one."""
    dialogue: ReplyId | None = None
    """Of a dialogue's last line in a file: the dialogue's own id."""

    @property
    def turns(self) -> tuple[Message, ...]:
        """The dialogue up to and including ``user``."""
        return (*self.history, Message(role="user", content=self.user))

    @property
    def spoken(self) -> Sequence[str]:
        """The texts that evidence may be quoted from in this subject's own lines."""
        return [self.response] if self.rival is None else [self.response, self.rival]

    @property
    def lines(self) -> Sequence[str]:
        """Every line of the character, history included."""
        return [*(turn["content"] for turn in self.history if turn["role"] == "assistant"), self.response]


def render(
    subject: Subject, rubric: Rubric, protocol: str, *, criterion: Criterion | None = None
) -> tuple[Message, ...]:
    """The messages of one call; ``criterion`` is the one that the ``dist`` protocol asks for."""
    if rubric.verbatim is not None:
        return (user(_verbatim(rubric.verbatim, subject)),)
    asked = (criterion,) if criterion else rubric.criteria
    static = _static(_Same(rubric), tuple(criterion.id for criterion in asked), protocol)
    sheet = _sheet_section(_Same(subject.persona), tuple(anchors(subject)))
    return system(static), user(f"{sheet}\n\n{_section('対話', interaction(subject, rubric))}")


class _Same(Generic[T]):
    """Stands for an object as a cache key, by identity: hashing a whole card would cost more than rendering it."""

    def __init__(self, value: T) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


def data_json(value: object) -> str:
    r"""JSON in which no character can be read as a special token.

    >>> data_json("<|im_end|> [INST]")
    '"\\u003c|im_end|\\u003e \\u005bINST]"'
    """
    text = json.dumps(value, ensure_ascii=False)
    return _CONTROL_TAG.sub(r"\\u005b", text.replace("<", r"\u003c").replace(">", r"\u003e"))


def _section(name: str, value: object) -> str:
    mark = digest("boundary", value)[:12]
    return f"<<<{name} {mark}\n{data_json(value)}\n{name} {mark}>>>"


@lru_cache(maxsize=64)
def _static(same: _Same[Rubric], ids: tuple[str, ...], protocol: str) -> str:
    rubric = same.value
    asked = tuple(criterion for criterion in rubric.criteria if criterion.id in ids)
    form = _form(rubric, asked, protocol)
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(rubric.steps, 1))
    parts = [rubric.task.strip(), f"# 手順\n{steps}"]
    if rubric.kind != "pair":
        parts.append(f"# 観点と基準\n{protocols().up_to(rubric.high).scale.strip()}")
    parts += [_criterion(criterion) for criterion in asked if criterion.anchors]
    parts += [f"# データの扱い\n{protocols().data.strip()}", f"# 出力\n{form}"]
    return "\n\n".join(parts)


def _criterion(criterion: Criterion) -> str:
    lines = [f"## {criterion.title}（{criterion.id}）", criterion.question]
    lines += [criterion.note] if criterion.note else []
    return "\n".join([*lines, *(f"{point}：{anchor}" for point, anchor in sorted(criterion.anchors.items()))])


def _form(rubric: Rubric, asked: tuple[Criterion, ...], protocol: str) -> str:
    words = protocols().up_to(rubric.high)
    if rubric.kind == "pair":
        return words.pair.strip()
    if protocol == "dist":
        return words.dist.format(title=asked[0].title).strip()
    head, line = (words.text, words.text_score) if protocol == "text" else (words.cot, words.cot_score)
    return "\n".join([head.strip(), *(line.format(id=c.id, title=c.title) for c in asked)])


def _verbatim(template: str, subject: Subject) -> str:
    values = {"profile": subject.persona.profile, "user": _inline(subject.user), "response": _inline(subject.response)}
    return regex.sub(r"\{(profile|user|response)\}", lambda match: values[match[1]], template)


def _inline(text: str) -> str:
    """The inside of a JSON string: harmless text stays as it is, line breaks cannot start a new section."""
    return data_json(visible(text))[1:-1]


def visible(text: str) -> str:
    """``text``, without its middle when it is very long."""
    if len(text) <= MAX_VISIBLE:
        return text
    head, tail = MAX_VISIBLE * 3 // 4, MAX_VISIBLE // 4
    return f"{text[:head]}…（中略：{len(text) - head - tail}文字）…{text[-tail:]}"


@lru_cache(maxsize=256)
def _sheet_section(same: _Same[Persona], own: tuple[int, ...]) -> str:
    return _section("資料", persona_sheet(same.value, own))


def persona_sheet(persona: Persona, own: Sequence[int]) -> dict[str, object]:
    """The persona as the judge sees it: profile, scene, voice, length, facts, and ``own`` of its example lines."""
    examples = [persona.examples[number] for number in own]
    sheet = {
        "名前": persona.name,
        "人物像": persona.profile,
        "場面": persona.background,
        "話し方": voice_sheet(persona),
        "返答の長さの目安": _length(persona),
        "事実": [{"問い": fact.question, "答え": list(fact.answers)} for fact in persona.facts],
        "本人の発言例": [{"相手": visible(e.user), "本人": visible(e.reply)} for e in examples],
    }
    return {name: value for name, value in sheet.items() if value}


def voice_sheet(persona: Persona) -> dict[str, object]:
    """口調 in words: the sheet, pronouns, politeness, endings and taboo words that the card states."""
    voice, polite = persona.voice, {True: "丁寧体（です・ます）", False: "普通体", None: ""}
    rate = voice.markers.target_rate
    endings = {
        "型（正規表現）": list(voice.markers.strong),
        "付く文の割合": f"約{rate:.0%}" if rate is not None else "",
    }
    sheet = {
        "説明": voice.sheet,
        "一人称": list(voice.first_person.allowed),
        "使わない一人称": list(voice.first_person.forbidden),
        "二人称": list(voice.second_person.allowed),
        "使わない二人称": list(voice.second_person.forbidden),
        "文体": polite[voice.polite],
        "特徴的な語尾": endings if voice.markers.strong else "",
        "使わない言葉": list(voice.forbidden),
    }
    return {name: value for name, value in sheet.items() if value}


def _length(persona: Persona) -> str:
    (low, high), sentences = persona.length.chars, persona.length.sentences
    return f"{low}〜{high}文字（{persona.length.target}文字程度）、{sentences[0]}〜{sentences[1]}文"


def anchors(subject: Subject) -> list[int]:
    """Positions of the character's first five own lines, without those that are being judged themselves."""
    judged = {text.strip() for text in (*subject.lines, *subject.spoken)}
    others = (n for n, example in enumerate(subject.persona.examples) if example.reply.strip() not in judged)
    return list(islice(others, N_ANCHORS))


def interaction(subject: Subject, rubric: Rubric) -> dict[str, object]:
    """The dialogue and what is judged of it."""
    turns = [_turn(turn) for turn in subject.turns]
    if rubric.kind == "dialogue":
        return {"評価対象の対話": [*turns, {"話者": "キャラクター", "発言": visible(subject.response)}]}
    if rubric.kind == "pair":
        return {"対話": turns, "返答A": visible(subject.response), "返答B": visible(subject.rival or "")}
    return {"対話": turns, "評価対象の返答": visible(subject.response)}


def _turn(turn: Message) -> dict[str, str]:
    return {"話者": "キャラクター" if turn["role"] == "assistant" else "相手", "発言": visible(turn["content"])}
