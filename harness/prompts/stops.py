"""Where a reply ends, resolved per tokenizer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kikime.harness.prompts.encoding import Encoder


class Stops(NamedTuple):
    """Stop conditions for an engine."""

    strings: tuple[str, ...]
    token_ids: tuple[int, ...]


def resolve_stops(stops: Iterable[str], encoder: Encoder | None) -> Stops:
    """Split stops into strings and ids: a special token never shows in decoded text, so only its id can stop a reply.

    The tokenizer's EOS is always among the ids.
    """
    if encoder is None:
        return Stops(tuple(dict.fromkeys(stops)), ())
    ids = [encoder.eos_id] if encoder.eos_id is not None else []
    strings = []
    for stop in stops:
        token_id = encoder.single_id(stop)
        if token_id is not None and token_id in encoder.special_ids:
            ids.append(token_id)
        else:
            strings.append(stop)
    return Stops(tuple(dict.fromkeys(strings)), tuple(dict.fromkeys(ids)))
