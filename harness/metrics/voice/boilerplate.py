"""Assistant boilerplate: offers and closings of an AI service in the character's mouth."""

from __future__ import annotations

import re
from functools import cache

from kikime.harness.cards.persona import Persona
from kikime.harness.metrics.leaks.identity import is_machine
from kikime.harness.metrics.metric import Metric
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.text.fold import Span, fold
from kikime.harness.metrics.text.sentences import is_formula
from kikime.harness.metrics.voice.markers import MarkerPatterns

_ANY = r"(?:あれば|ありましたら|ございましたら|あるようでしたら|あるなら|あったら|でしたら)"
_ARE_THERE = r"(?:あり(?:ます|まし)(?:でしょう)?|ございます(?:でしょう)?|あるの?でしょう)か"
_TELL = r"(?:お知らせ|お気軽に|遠慮な|お?教えて|お聞かせ|おっしゃって|お申し付け|お尋ね|お聞き|ご連絡|お声が)"
_HELP_DONE = (
    r"(?:お手伝い|お力添え|お助け|サポート|ご支援|ご案内)が?"
    r"(?:でき(?:る|ます)|いたします|(?:必要|ご入用)な?|させていただける)"
)
_QUESTION = r"(?:ご質問|ご不明な?点?|ご要望|ご相談|(?:知り|聞き|お知りになり|お聞きになり|質問し)たいこと|わからないこと|気になること)"
_SERVICE = (
    rf"{_QUESTION}(?:や[^。、]{{1,12}})?(?:など)?[がはも]?、?(?:{_ANY}[^。]{{0,20}}{_TELL}|{_ARE_THERE})",
    rf"{_HELP_DONE}(?:こと|点|もの)?(?:など)?[がはも]*、?{_ANY}、?[^。]{{0,12}}お知らせ",
    r"お気軽に(?:ご質問|お問い合わせ|お尋ね|お聞き|ご相談)",
    r"お役に立て(?:て|れば|たなら|たら|ましたら)[^。]{0,6}(?:嬉し|うれし|幸い|光栄|何より)",
    r"(?:どのように|どのような形で|どういった形で)(?:お手伝い|お役に立|サポート)",
    r"(?:ご質問|お問い合わせ|ご連絡)(?:を?いただき、?)?ありがとうございます",
    r"(?:他|ほか)に(?:も)?(?:何か)?(?:ご質問|ご不明|知りたい|聞きたい|お手伝い(?:でき|が必要))",
    r"(?:i[’']?m|i\ am)\ here\ to\ (?:help|assist)|(?:feel\ free|don[’']t\ hesitate|do\ not\ hesitate)\ to\ (?:ask|reach|let\ me|contact)",
    r"how\ (?:can|may|could)\ i\ (?:help|assist)|is\ there\ anything\ else\ (?:i\ can|you)|i\ hope\ (?:this|that)\ helps",
    r"let\ me\ know\ if\ (?:you\ (?:have|need)|there(?:[’']s|\ is)|i\ can)|(?:happy|glad)\ to\ (?:assist|be\ of\ (?:help|service))",
)
"""What only the desk of a service says."""
_OFFER = (
    rf"{_HELP_DONE}(?:こと|点|もの)?(?:など)?[がはも]*、?(?:{_ANY}|{_ARE_THERE})",
    r"(?:何か|なにか)(?:お手伝い|お力添え|お役に立つこと)(?:が)?でき(?:るんですか|ますか|ますでしょうか|ることは?(?:ありますか|ございますか))",
    r"(?:喜んで|いつでも)(?:お手伝い|サポート|ご案内|ご支援)(?:いたし|し|させていただき)ます",
)
"""Offers that a servant or a friend may make too."""
_FLAGS = re.IGNORECASE | re.VERBOSE
_HINTS = (
    "手伝",
    "質問",
    "不明",
    "要望",
    "気軽",
    "サポート",
    "お役に",
    "問い合わせ",
    "力添え",
    "案内",
    "支援",
    "知り",
    "聞き",
    "相談",
    "連絡",
)
"""Without any of these a Japanese reply has no boilerplate."""
_SERVES = re.compile(
    r"メイド|執事|家令|使用人|侍女|女中|家政婦|お?仕え|奉公|店主|店長|店員|女将|仲居|給仕|接客|受付|案内(?:係|人)|秘書|助手"
    r"|看板娘|番頭|コンシェルジュ|ウェイ[タト]|バリスタ|マスター|ガイド|添乗|maid|butler|clerk|waiter|waitress|concierge|secretary|barista",
    re.IGNORECASE,
)
_NEEDS_HELP = re.compile(r"手伝|助け|困|質問|相談|頼|お願い|忙し|大変")


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    return re.compile("|".join(_SERVICE), _FLAGS), re.compile("|".join(_OFFER), _FLAGS)


def _serves(persona: Persona) -> bool:
    """Whether serving people is the character's trade, or being a machine its nature."""
    about = fold(f"{persona.profile}\n{persona.background}\n{persona.voice.sheet}")
    return _SERVES.search(about) is not None or is_machine(about)


def boilerplate(reading: Reading) -> list[Span]:
    """Sentences of ``spoken`` that are assistant boilerplate.

    What only a service says is, whoever says it. An offer of help is none where serving is the character's trade, where
    it is made in the character's own voice, and to somebody who needs help.
    """
    text = reading.spoken
    if not (any(hint in text for hint in _HINTS) or " " in text):
        return []
    service, offer = _patterns()
    polite_offers = not (reading.card.compiled(_serves) or _NEEDS_HELP.search(reading.user))
    markers = reading.card.compiled(MarkerPatterns)
    found = []
    for start, end in reading.sentences:
        sentence = reading.spoken[start:end]
        if service.search(sentence) or (
            polite_offers and offer.search(sentence) and markers.active and not markers.find(sentence)
        ):
            found.append((start, end))
    return found


def _replaces(reading: Reading) -> bool:
    """Whether the reply says nothing but boilerplate, greetings and apologies aside."""
    found = reading.shared(boilerplate)
    rest = [span for span in reading.sentences if span not in found]
    return bool(found) and all(is_formula(reading.spoken[start:end]) for start, end in rest)


METRICS = (
    Metric(
        name="assistant_boilerplate",
        kind="binary",
        direction="lower",
        group="leak",
        ja="AIサービスの決まり文句が混ざった（何かお手伝いできることがあれば…、など）",
        en="boilerplate of an AI service (let me know if there is anything …)",
        short_ja="AIの決まり文句",
        version="rules/6",
        function=lambda reading: int(bool(reading.shared(boilerplate))),
        spans=lambda reading: reading.in_whole(reading.shared(boilerplate)),
    ),
    Metric(
        name="boilerplate_reply",
        kind="binary",
        direction="lower",
        group="leak",
        ja="返答がAIサービスの決まり文句だけ",
        en="the reply is nothing but boilerplate of an AI service",
        short_ja="決まり文句だけの返答",
        short_en="only boilerplate",
        critical=True,
        version="rules/6",
        function=lambda reading: int(_replaces(reading)),
        spans=lambda reading: reading.in_whole(reading.shared(boilerplate)) if _replaces(reading) else [],
    ),
)
