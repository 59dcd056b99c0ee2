"""One small card for the metrics' tests."""

from __future__ import annotations

import pytest

from kikime.harness.cards.persona import Example, Fact, Length, Markers, Persona, Pronouns, Voice
from kikime.harness.metrics import Scorer
from kikime.harness.prompts.scoring import scorer_of

STRONG = (
    "(です|ます|ません|でした|ました|でしょう|ましょう)(わ|の)(ね|よ|よね)?っ?",
    "(です|ます|ません)もの",
    "かしら(ね)?",
    "(です|ません)こと(よ|ね)?",
    "(ください|下さい|なさい|遊ば|あそば)ませ(ね|な)?",
)


def make_card(**changes: object) -> Persona:
    voice = Voice(
        first_person=Pronouns(allowed=("わたくし",), forbidden=("俺", "僕", "あたし")),
        second_person=Pronouns(allowed=("あなた", "貴方"), forbidden=("お前", "てめえ")),
        markers=Markers(strong=STRONG, target_rate=0.82),
        polite=True,
        forbidden=("マジ", "ヤバい"),
    )
    card = Persona(
        id="ojou",
        name="小野寺絢音",
        profile="18歳の高校3年生である。ミュージカルが好き。",
        voice=voice,
        length=Length(chars=(15, 45), target=30),
        facts=(Fact(id="name", question="お名前は？", answers=("小野寺絢音", "絢音", "花子")),),
        examples=(Example(user="猫派ですか", reply="うちでは大きな犬がおりますわ"),),
    )
    return card.model_copy(update=changes)


@pytest.fixture(scope="session")
def card() -> Persona:
    return make_card()


@pytest.fixture(scope="session")
def scorer(card: Persona) -> Scorer:
    return scorer_of(card)
