"""Role confusion: the reply speaks as a machine instead of the character."""

from __future__ import annotations

import re

from harness.metrics.text import Span

_MAKER = r"(?:AI|A\.I\.|エーアイ|人工知能|言語モデル|LLM|GPT|Chat|チャットボット|チャットGPT|Bot|ボット|プログラム|アシスタント|モデル|システム|ソフト(?:ウェア)?|ロボット|機械|コンピュータ)"
_MACHINE = (
    r"(?:(?:大規模)?言語モデル|(?:AI|人工知能|バーチャル|仮想|デジタル|会話|対話)(?:型|・)?(?:AI|アシスタント|モデル|チャットボット|システム|プログラム|キャラクター|ボット)+|"
    r"ChatGPT|チャットGPT|チャットボット|機械学習モデル|自動応答(?:システム|プログラム)|生成AI|LLM|GPT-?\d[\w.]*)"
)
_BARE = r"(?<![A-Za-z])(?:AI|A\.I\.|エーアイ|人工知能|ボット|Bot|ロボット|アシスタント|(?:コンピュータ[ー]?)?プログラム|機械)(?![A-Za-z])"
_IS = (
    r"(?:です(?!か|って|と[いはも]|の\?|よね\?)|で(?:ござい|あり)ます(?!か)|でして|である(?!と|か)|であり|なので|なん(?:です(?!か)|だ)|"
    r"なの(?:です(?!か)|で|よ|さ|\b)|だから|だよ(?!ね\?)|だわ|だ(?=[。!、\n]|\Z)|ですので|に(?:過ぎ|すぎ)|でしかな|の(?:ため|身)|ゆえ|故|"
    r"として(?!知ら|有名|開発した|使))"
)
_WORDS = re.compile(rf"(?P<machine>{_MACHINE})(?P<is>{_IS})|(?P<bare>{_BARE}){_IS}", re.IGNORECASE)
_TOPIC = re.compile(r"([^\s、。!?「」は]{0,12}?)(?:は|って|とは|が)(?=[^。!?]*\Z)")
_SELF = re.compile(
    r"(?:わたくし|わたし|私|あたし|あたい|俺|オレ|僕|ボク|ぼく|おれ|わし|うち|我|自分|正体|中身|実|本当|こちら|相手|本来|もともと)(?:自身|たち|達|ども)?\Z"
)
_OTHER_FRAME = re.compile(r"(?:[をが]|のような|みたいな|という)\Z")
_PHRASES = re.compile(
    r"(?:OpenAI|Google|Meta|Anthropic|Microsoft|rinna|Stability ?AI|開発者|人間)(?:社)?(?:によって|により|に|で|が)"
    r"(?:開発|訓練|トレーニング|学習|作成|設計|構築|プログラム|作ら|造ら)(?:さ?れ(?:た|て|まし)|した(?:大規模)?(?:AI|言語モデル|モデル|アシスタント))"
    r"|(?:わたくし|わたし|私|僕|俺|あたし)(?:自身)?(?:は|には|に|も|の(?:ような|よう)?(?:存在)?(?:は|には)?)[^。!?\n]{0,10}?(?:肉体|身体|実体|物理的な体|感情|意識|個人的な(?:感情|意見|経験|体験|好み|記憶))"
    r"(?:や[^。!?\n]{1,8}?)?(?:[をはが]|というものを?)(?:持(?:って(?:い|お)(?:ない|ません|りません)|た(?:ない|ず)|ち(?:ません|合わせ))|(?:あり|ござい)ません|ない)"
    r"|(?:わたくし|わたし|私|僕|俺|あたし)(?:自身)?の(?:学習|訓練|トレーニング)データ|(?:学習|訓練|トレーニング)データに(?:は)?(?:含まれ|基づ|ござい|あり)"
    r"|プログラム(?:さ?れて(?:い|お)|された(?:存在|通り|とおり|もの))"
    r"|(?:インターネット|リアルタイム(?:の)?情報)[^。!?\n]{0,6}アクセス(?:でき|する(?:こと|能力))"
    r"|\b(?:as an?|i am(?: just| only)?(?: an?)?|i[’']m(?: just| only)?(?: an?)?) (?:\w+ ){0,3}?(?:ai|a\.i\.|artificial intelligence|language model|llm|chat ?bot|virtual assistant|digital assistant|computer program)\b",
    re.IGNORECASE,
)
_NOT_HUMAN = re.compile(
    r"(?:(?:わたくし|わたし|私|僕|俺|あたし)は?|\A|(?<=[。、!?\n]))(?:実は|本当は|もちろん|残念ながら)?、?(?:本物の|生身の)?人間では(?:あり|ござい)?(?:ません|な(?:い|く))(?!か|こと|の\?)"
)
_NEARBY = re.compile(
    rf"{_MAKER}|人間|学習データ|訓練|インターネット|リアルタイム|感情|肉体|身体|実体|意識|個人的|アクセス",
    re.IGNORECASE,
)
_ENGLISH_AI = re.compile(r"\b(?:ai|artificial|language model|llm|assistant|program)\b", re.IGNORECASE)


def self_as_machine(text: str, *, not_human: bool = True) -> list[Span]:
    """Spans where folded text says that its speaker is an AI, a language model or a program.

    Talk about AI, questions and denials are none: the speaker must be the subject.

    Args:
        text: folded reply.
        not_human: count 「人間ではありません」 too; off for characters that are no human beings.

    >>> [bool(self_as_machine(s)) for s in ("AIアシスタントとしてお答えします", "わたくしはAIですもの", "実はただのプログラムです")]
    [True, True, True]
    >>> [bool(self_as_machine(s)) for s in ("兄の専門はAIですわ", "わたくしがAIですって?", "AIではありませんわ")]
    [False, False, False]
    """
    if not _NEARBY.search(text) and not _ENGLISH_AI.search(text):
        return []
    spans = [match.span() for match in _WORDS.finditer(text) if _about_self(text, match)]
    spans += [match.span() for match in _PHRASES.finditer(text)]
    if not_human:
        spans += [match.span() for match in _NOT_HUMAN.finditer(text)]
    return sorted(set(spans))


def _about_self(text: str, match: re.Match[str]) -> bool:
    begin = max(text.rfind(mark, max(0, match.start() - 60), match.start()) for mark in "。!?\n") + 1
    clause = text[max(begin, match.start() - 60) : match.start()]
    topic = None
    for topic in re.finditer(r"([^\s、。!?はが]*)(?:は|って|が|も)(?![いぁ-ん]?[るたすい]、)", clause):  # noqa: B007
        pass
    if topic is not None:
        return _SELF.search(topic[1]) is not None
    return _OTHER_FRAME.search(clause) is None
