"""Replies of a run joined with what the items of its banks say of the turns that they answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from kikime.harness.core.manifest import Manifest, StoredItem
from kikime.harness.reports.claims.estimates import Level
from kikime.harness.reports.claims.factors import as_level, contrasts_of
from kikime.harness.reports.tables.frames import Bands
from kikime.harness.words.labels import is_share

if TYPE_CHECKING:
    import pandas as pd


def stored_items(manifest: Manifest, field: str) -> Iterator[tuple[str, StoredItem, Any]]:
    """Task, item and content of ``field`` of every item that has one."""
    for name, task in manifest["tasks"].items():
        for item in task["items"]:
            if content := item.get(field):
                yield name, item, content


def level_of(replies: pd.DataFrame, metric: str, bands: Bands, **options: int) -> Level | None:
    """Mean over personas of the mean over items, with its interval; None where the metric applies to no reply."""
    found = contrasts_of(replies, metric, replies["turn"].map(lambda _: "all"), {"": {"all": 1}}, bands, **options)
    if found is None:
        return None
    level = as_level(found[0][""])
    if is_share(metric) or level.ci_low is None:
        return level
    return msgspec.structs.replace(level, ci_low=max(0.0, level.ci_low))
