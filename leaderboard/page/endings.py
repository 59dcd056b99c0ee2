"""The table of means by how replies ended, which the pages of one run and of two share."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.page import download, safe
from kikime.leaderboard.page.common import small


def endings_table(
    t: Translator, rows: Sequence[tuple[str, Sequence[labels.CountedMean | None]]], names: Sequence[str] = ()
) -> None:
    """Draw a row per metric: its means of one run, or of the runs ``names``; nothing where there are no rows."""
    if not rows:
        return
    small(t("results.endings.title"))
    headings = labels.endings(t, names)
    cells = [[t.metric(metric), *(labels.counted(metric, mean) for mean in means)] for metric, means in rows]
    safe.table(pd.DataFrame(cells, columns=headings), alt=t("results.endings.title"))
    flat = [
        {"metric": metric, "ending": heading, "mean": mean.mean, "n": mean.n}
        for metric, means in rows
        for heading, mean in zip(headings[1:], means, strict=True)
        if mean is not None
    ]
    download.buttons(t, "endings", flat, key="endings")
