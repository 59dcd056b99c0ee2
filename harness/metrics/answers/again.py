"""What a character made up about itself, as the expectation of a later question for the same."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kikime.harness.core.request import Expect
from kikime.harness.metrics.answers.correct import Answer, is_right
from kikime.harness.metrics.text.numerals import normal_numbers

Choice = Sequence[str]
"""One possible answer: its words, those in kana alone being readings."""
_KANA = re.compile(r"[ぁ-ゖー]+")


def said_before(told: str, choices: Sequence[Choice]) -> Expect:
    """What a later answer has to agree with: the one of ``choices`` that ``told`` gives, and that the others are wrong.

    Empty where it gives none of them, or several: such a dialogue says nothing about memory.

    >>> said_before("紺の手ぬぐいでござる", [["青", "紺"], ["赤", "朱"]])
    {'answers': ['青', '紺'], 'wrong': ['赤', '朱']}
    >>> said_before("さあ、どうじゃったかのう", [["青", "紺"], ["赤", "朱"]])
    {}
    """
    given = [choice for choice in choices if is_right(normal_numbers(told), Answer(*_written(choice)), "")]
    if len(given) != 1:
        return {}
    answers, _, readings = _written(given[0])
    wrong = [word for other in choices if other is not given[0] for word in other]
    return {"answers": answers, **({"readings": readings} if readings else {}), "wrong": wrong}


def _written(choice: Choice) -> tuple[list[str], list[str], list[str]]:
    """Its words as answers, no wrong ones, and its words in kana as readings."""
    readings = [word for word in choice if _KANA.fullmatch(word)]
    return [word for word in choice if word not in readings], [], readings
