"""The page that tells how to read the numbers says of every metric what is known of its errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from kikime.harness.metrics.registry import bundled_metrics

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["metrics.md", "metrics.ja.md"])
def test_every_metric_is_measured_on_real_replies_or_said_not_to_be(page):
    measured = (DOCS / page).read_text(encoding="utf-8").split("\n## ")[-1]
    assert [name for name in bundled_metrics() if f"`{name}`" not in measured] == []
