"""The sampling that a checkpoint names for itself in ``generation_config.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import msgspec

from kikime.harness.core.errors import UsageError

GENERATION_CONFIG = "generation_config.json"
_FURTHER = ("min_p", "typical_p", "top_h", "epsilon_cutoff", "eta_cutoff", "no_repeat_ngram_size", "num_beams")
"""Settings that change replies and that kikime does not pass on; the value 1 or 0 of each says nothing."""


class OwnSampling(msgspec.Struct, frozen=True):
    """How a checkpoint wants its replies drawn."""

    temperature: float = 0.0
    """0 where it says that it is not to be sampled."""
    top_p: float = 1.0
    top_k: int = 0
    """0: all tokens."""
    repetition_penalty: float = 1.0
    unused: tuple[str, ...] = ()
    """Further settings of the file that kikime does not use."""

    def values(self) -> dict[str, float | int]:
        """The settings that a request can have, by name."""
        return {name: getattr(self, name) for name in ("temperature", "top_p", "top_k", "repetition_penalty")}


def read_own_sampling(folder: Path) -> OwnSampling | None:
    """What the checkpoint in ``folder`` names; None where the file is missing.

    Without ``do_sample`` a temperature means that it is to be sampled.

    Raises:
        UsageError: the file is broken, or a setting is no number.
    """
    path = folder / GENERATION_CONFIG
    if not path.is_file():
        return None
    try:
        return _own_sampling(json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise UsageError("{path}: not a generation configuration: {error}", path=path, error=error) from None


def _own_sampling(config: Mapping[str, object]) -> OwnSampling:
    given = {name: value for name, value in config.items() if value is not None}
    sampled = given.get("do_sample", "temperature" in given)
    further = tuple(name for name in _FURTHER if given.get(name, 0) not in {0, 1})
    penalty = _number(given, "repetition_penalty", 1.0)
    if not sampled:
        return OwnSampling(repetition_penalty=penalty, unused=further)
    return OwnSampling(
        temperature=_number(given, "temperature", 1.0),
        top_p=_number(given, "top_p", 1.0),
        top_k=max(int(_number(given, "top_k", 0)), 0),
        repetition_penalty=penalty,
        unused=further,
    )


def _number(given: Mapping[str, object], name: str, otherwise: float) -> float:
    value = given.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        msg = f"{name} is {value!r}"
        raise TypeError(msg)
    return float(value)
