"""Right answers that come up in passing, after another one was given, and wrong ones that belong to something else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kikime.harness.metrics.answers.made_up import states_value
from kikime.harness.metrics.answers.mentions import Mention, later
from kikime.harness.metrics.text.lexicon import IS, SELF_WORDS

_SENTENCE_END = re.compile(r"(?<=[。!?\n])|(?<=\.)\s+")
_IN_PASSING = re.compile(
    r"(?:さん|(?:お?[ばじ]あ?|おば|おじ)?(?:ちゃん|さん)|くん|先生|様|殿|はん|部|色|生)?(?:は(?!、?[^。!?、]{0,4}(?:好き|いちばん|一番))|には|にも|では|でも|のほうは|とは|とも|も(?![うち])|なら|って(?!いう|言|呼)|の(?=友|先輩|後輩|親戚|うち|とき|ほう)"
    r"|なる(?:者|人|もの)|(?:って|と)?(?:い|言|ゆ)う(?:の|人|者|もの|やつ|奴|方|お方|子|名前?|犬|猫|店|ところ|町)(?:は|が|も|に|なら|と)|になるのは"
    rf"|[^。!?、\n]{{0,4}}(?:{IS}|でござる|でございます)(?:けれど|けど|が)も?(?:ね|な|のう)?(?=[。!]|\Z))"
    r"|(?:['’]s (?:way |much |far |just )?too(?![a-z]))| (?:is|are|was|makes|gets|can|just|too)"
    r"(?! (?:my|the|definitely|always|really my) ?(?:fav|best|one|answer|name|top))(?![a-z])"
)
_GIVES = re.compile(
    r"\s*(?:(?:うーん|んー|ええと|えっと|そう(?:だ|です|じゃ|や)?ね?え?|さあ|まあ|うむ|ええ|はい|うん)[、.]+)?(?:[^。!?、]{1,12}は、?|[^。!?、]{1,12}[のこ]と?が)?"
    r"(?:[^。!?、「」]{0,8}「[^」]{2,}」|[^はがをもにと、。!?]{1,14}?)(?:です|でござ|でご|だ|じゃ|や|なの|なん|よ|[!。])"
)
_GIVES_IN_ENGLISH = re.compile(
    r"\s*(?:(?:well|oh|hmm|sure|yeah|yes|no)[,.!] )?(?:i (?:play|like|love|prefer|live|work|have|study|keep|take|drink)"
    r"|it[’']?s|my [a-z ]{2,20} is|(?:she|he)[’']?s)"
    r" (?!not |no |never )[a-z]"
)
_COUNTED = re.compile(
    r"\d+(?:年生?|歳|才|月|日|人|匹|番|階|回|つ)[^。!?、\n]{0,3}?(?:です|でご|だ[よぜぞな。!]|じゃ(?!な)|や(?!な)|なの)"
)
_TRADE = re.compile(
    r"[るうくすつぬむぶぐ]の[がは](?:[^。!?、]{0,4}の)?(?:生業|なりわい|仕事|務め|つとめ|役目|稼業|商売|趣味|習い|日課)"
    r"(?:です|でご|だ|じゃ|や|なの)"
)
_BORN = re.compile(r"(?:生まれ|育ち|出身)(?=(?:なの|なん|です|だ|じゃ|や|でご|よ))")
_FROM = re.compile(r"(?<=[一-龥ァ-ヴーぁ-ん])から(?=だ[よぜぞな。!]|です|じゃ[よぞ。!]|や[でねわ。!]|なの|でござ)")
_TOPIC = re.compile(r"(?:\A|[。!?、\n])([一-龥ァ-ヴー々]{1,6}?)(?:さん|様|さま|ちゃん|くん|たち)?は、?\Z")
_NO_TOPIC = frozenset(
    {
        *SELF_WORDS,
        "今",
        "今年",
        "今日",
        "現在",
        "最近",
        "本当",
        "実",
        "正解",
        "本命",
        "一番",
        "答",
        "名前",
        "名",
        "好物",
        "本名",
        "正式",
    }
)


def answers_otherwise(text: str, right: Sequence[Mention], user: str) -> bool:
    """Whether a sentence gives another answer before the right one comes up in passing: ロンドンだよ。トロントにも行くよ."""
    first = min(m.start for m in right)
    begin = max([0, *(end.end() for end in _SENTENCE_END.finditer(text, 0, first))])
    if not user or text[begin:].count("。") > 2 or not all(passes(text, m) for m in right):
        return False
    before = [sentence for sentence in _SENTENCE_END.split(text[:begin]) if sentence]
    return len(before) in {1, 2} and any(_gives(sentence, user) for sentence in before)


def only_passes(text: str, mention: Mention, right: Sequence[Mention]) -> bool:
    """Whether the right answer comes up in passing only, in a later sentence than another one."""
    between = text[mention.end : min(m.start for m in right)]
    return any(mark in between for mark in "。!.") and all(passes(text, m) for m in right)


def another_topic(text: str, mention: Mention, right: Sequence[Mention], user: str) -> bool:
    """Whether a wrong answer is said of something else after the right one: 鷹取でございます。庭師は榊でございます."""
    topic = _TOPIC.search(text, max(0, mention.start - 12), mention.start)
    after = any(m.end <= mention.start and "。" in text[m.end : mention.start] for m in right)
    return bool(user and after and topic) and topic[1] not in _NO_TOPIC and topic[1] not in user  # type: ignore[index]


def passes(text: str, mention: Mention) -> bool:
    """Whether a mention only comes up in passing: トロントにも行くよ, 左でしたら南でございますが."""
    return _IN_PASSING.match(text, mention.end) is not None or later(text, mention)


def _gives(sentence: str, user: str) -> bool:
    if _TRADE.search(sentence) or _GIVES_IN_ENGLISH.match(sentence):
        return True
    if not _GIVES.match(sentence):
        return False
    return _COUNTED.search(sentence) is not None or states_value(_BORN.sub("", _FROM.sub("", sentence)), user)
