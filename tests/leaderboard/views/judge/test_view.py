"""Every page as streamlit runs it, over filled, empty and broken stores."""

import json

from kikime.leaderboard.page.registry import pages
from tests.support.app import named, opened, texts

VIEWS = tuple(pages())
PARTS = {
    "board": ("intervals", "formats", "size", "radar", "formulas"),
    "model": ("areas", "slices", "lengths", "stops", "formats", "turns", "shots", "provenance"),
    "compare": ("metrics", "slices", "lengths", "capability", "flips", "pair", "settings"),
    "judge": ("distribution", "agreement", "length", "drift", "failures"),
    "rate": ("scores", "pair", "results"),
}
ICL_TASK = {"id": "icl_sentiment", "limit": 36}
PARAMETER = {"board": "view", "compare": "view", "model": "part", "judge": "part", "rate": "mode"}


def test_a_judge_that_drifted_is_announced_from_the_summary(ranked):
    path = ranked / named(ranked)["アイネス-9月"] / "summary.json"
    path.write_text(
        json.dumps(json.loads(path.read_text()) | {"judge_drift": "![](http://x) has drifted"}, indent=2) + "\n"
    )
    app = opened("judge", run=path.parent.name)
    assert "採点の基準が" in texts(app)
    assert "![](http://x) has drifted" in [text.value for text in app.text]
