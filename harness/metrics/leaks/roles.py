"""Words of patterns about who speaks to whom."""

from __future__ import annotations

from kikime.harness.cards.persona import Persona
from kikime.harness.metrics.reading import own_names
from kikime.harness.metrics.text.fold import fold
from kikime.harness.metrics.text.lexicon import IS, SECOND_PERSONS, SELF_WORDS

LEAD = r"(?:\A|(?<=[。!?\n]))[\s、]{0,8}(?:(?:はい|ええ|うん|そう(?:です)?|では|えっと|あの|もちろん)[、。\s]{0,8})?"
"""How a sentence begins that means what it says."""
TITLE = r"(?:さん|様|さま|ちゃん|くん|君)?"
COPULA = (
    rf"(?:{IS}|でございます|でした|であります|でいらっしゃいます|である|でござる|なの(?:です|だ)?|なん(?:です|だ)"
    r"|と(?:いい|言い|申し)ます|といいます|になります)"
)
YOU = "|".join((*SECOND_PERSONS, *(word for words in SECOND_PERSONS.values() for word in words), "ユーザー", "そちら"))
SELVES = "|".join(sorted(SELF_WORDS, key=len, reverse=True))


def character_names(persona: Persona) -> set[str]:
    """The names of a card that are long enough to be told from other words, folded."""
    named = [answer for fact in persona.facts if fact.id == "name" for answer in fact.answers]
    return {name for name in (*own_names(persona), *map(fold, named)) if len(name) > 1}
