"""Right answers that come up in passing, after another one was given."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kikime.harness.metrics.answers.made_up import states_value
from kikime.harness.metrics.answers.mentions import Mention

_SENTENCE = re.compile(r"[^。!?\n]+[。!?]*")
_IN_PASSING = re.compile(
    r"(?:さん|ちゃん|くん|先生|様|殿|はん|部|色)?(?:は(?!、?[^。!?、]{0,4}(?:好き|いちばん|一番))|には|にも|では|でも|のほうは|とは|とも|も(?![うち])|なら|って(?!いう|言|呼)|の(?=友|先輩|後輩|親戚|うち|とき|ほう))"
    r"| (?:is|are|was|makes|gets|can|just|too)(?! (?:my|the|definitely|always|really my) ?(?:fav|best|one|answer|name|top))(?![a-z])"
)
_GIVES = re.compile(
    r"\s*(?:(?:うーん|んー|ええと|えっと|そう(?:だ|です|じゃ|や)?ね?え?|さあ|まあ|うむ|ええ|はい|うん)[、.]+)?(?:[^。!?、]{1,12}は、?)?"
    r"(?:「[^」]{2,}」|[^はがをもにと、。!?]{1,14}?)(?:です|でござ|でご|だ|じゃ|や|なの|なん|よ|[!。])"
)


def answers_otherwise(text: str, right: Sequence[Mention], user: str) -> bool:
    """Whether a sentence gives another answer before the right one comes up in passing: ロンドンだよ。トロントにも行くよ."""
    first = min(m.start for m in right)
    begin = max(text.rfind(mark, 0, first) for mark in "。!?\n") + 1
    if not user or text[begin:].count("。") > 2 or not all(_IN_PASSING.match(text, m.end) for m in right):
        return False
    before = _SENTENCE.findall(text[:begin])
    return len(before) in {1, 2} and any(_GIVES.match(sentence) and states_value(sentence, user) for sentence in before)


def only_passes(text: str, mention: Mention, right: Sequence[Mention]) -> bool:
    """Whether the right answer comes up in passing only, in a later sentence than another one."""
    between = text[mention.end : min(m.start for m in right)]
    return any(mark in between for mark in "。!.") and all(_IN_PASSING.match(text, m.end) for m in right)
