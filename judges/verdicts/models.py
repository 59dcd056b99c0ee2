"""What is known about judge models: prices, parameters, abilities (``models.yaml``)."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from kikime.harness.core.files.yamlfile import StrictModel, load_yaml

_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_WARN_DAYS = 90
Money = Annotated[float, Field(ge=0)]


class Price(StrictModel):
    """USD per million tokens."""

    input: Money
    cached_input: Money
    output: Money

    def cost(self, n_in: int, n_out: int, n_cached: int = 0) -> float:
        """USD for one call; ``n_cached`` of the ``n_in`` tokens came from the provider's cache."""
        cached = min(n_cached, n_in)
        return ((n_in - cached) * self.input + cached * self.cached_input + n_out * self.output) / 1e6


class ModelCard(StrictModel):
    """Abilities and price of one judge model."""

    price: Price | None = None
    """None: unknown, which is not the same as free."""
    batch_discount: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Factor on the price of a call made through the Batch API."""
    ends: date | None = None
    """The provider's announced last day."""
    successor: str | None = None
    logprobs: bool = False
    batch: bool = False
    output_limit: Literal["max_completion_tokens", "max_tokens"] = "max_completion_tokens"
    bounded_strings: bool = False
    """The server's JSON schema accepts maxLength and maxItems (OpenAI's strict mode does not)."""
    extra: dict[str, Any] = {}
    """Request parameters that this model needs."""


class _Models(StrictModel):
    models: dict[str, ModelCard]


@lru_cache(maxsize=1)
def _models() -> dict[str, ModelCard]:
    return load_yaml(Path(__file__).parent / "models.yaml", _Models).models


def model_card(name: str) -> ModelCard:
    """The card of ``name``; a dated snapshot has its model's card, an unknown name the generic one.

    >>> model_card("gpt-4o-mini-2024-07-18").price == model_card("gpt-4o-mini").price
    True
    >>> model_card("my-own-judge").price is None
    True
    """
    cards = _models()
    return cards.get(name) or cards.get(_SNAPSHOT.sub("", name)) or cards["generic"]


def end_warning(name: str, today: date) -> str | None:
    """A sentence about the announced end of ``name``, when it is near or past."""
    card = model_card(name)
    if card.ends is None or (card.ends - today).days > _WARN_DAYS:
        return None
    verb = "ended" if today > card.ends else "ends"
    bridge = f"; measure the change with: kikime judge FILE --bridge {name} {card.successor}" if card.successor else ""
    return f"the provider {verb} {name} on {card.ends.isoformat()}{bridge}"
