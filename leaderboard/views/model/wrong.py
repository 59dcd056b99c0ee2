"""What is most wrong with one run, in words, and replies that show it."""

from __future__ import annotations

import streamlit as st

from kikime.harness.metrics.registry import METRICS
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.data.cached import kept
from kikime.leaderboard.data.index import Head
from kikime.leaderboard.data.queries.samples import Filter, Listed, page_of
from kikime.leaderboard.page import safe
from kikime.leaderboard.page.common import link, small

NAMED = 3
"""Metrics that are named."""
SHOWN = 3
"""Replies that show the worst of them."""


def lost(metric: str, mean: float | None) -> float:
    """How far a share is from its better end, 0–1; 0 for what has no better end, no value, or is no share.

    >>> lost("critical_failure", 0.25), lost("fact_correct", 0.25), lost("length_chars", 30.0)
    (0.25, 0.75, 0.0)
    """
    record = METRICS.get(metric)
    if record is None or mean is None or record.direction == "none" or not labels.is_share(metric):
        return 0.0
    return mean if record.direction == "lower" else 1 - mean


def worst_first(head: Head) -> list[str]:
    """The run's metrics, those furthest from their better end first; the others keep their order."""
    return sorted(head.metrics, key=lambda name: -lost(name, head.mean(name)))


def wrong(t: Translator, head: Head, run: RunDirectory) -> None:
    """Name the metrics that are furthest from their better end, and show replies that fail the first of them."""
    named = [name for name in worst_first(head)[:NAMED] if lost(name, head.mean(name)) > 0]
    if not named:
        return
    told = [f"{t.metric(name)} {labels.value(name, head.mean(name))}" for name in named]
    safe.plain(t("model.wrong", metrics=t("common.comma").join(told)))
    with st.expander(t("model.wrong_replies", metric=t.metric(named[0]))):
        for row in _worst(run, named[0]):
            said = t.stored(row.error) if row.error else row.response
            safe.bubbles([(True, t("detail.user"), row.user), (False, t("detail.character"), said)])
            link("samples", t("model.wrong_open"), run=run.id, sample=row.key, order="worst", metric=named[0])
        small(t("model.wrong_note"))


@kept(32)
def _worst(run: RunDirectory, metric: str) -> list[Listed]:
    """Replies with the worst values of a metric."""
    return page_of(run, Filter(order="worst", metric=metric)).rows[:SHOWN]
