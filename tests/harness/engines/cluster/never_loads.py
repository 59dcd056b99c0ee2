"""An engine that cannot load."""

from __future__ import annotations

from kikime.harness.core.errors import EngineFault
from kikime.harness.engines.base import EngineKind


def _load(checkpoint, options):
    raise EngineFault("no room on the card")


ENGINE = EngineKind(_load)
