"""What is judged: a reply, a dialogue or a pair of replies, with the persona it should sound like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kikime.harness.cards.persona import Persona
from kikime.harness.core.messages import Message


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing to judge. It knows neither the model nor the format nor the shots that it came from."""

    id: str
    persona: Persona
    user: str
    response: str
    history: tuple[Message, ...] = ()
    """The turns before ``user``."""
    rival: str | None = None
    """The second reply, for a pair."""
    key: str | None = None
    """The sample's key, where it comes from a run."""

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
