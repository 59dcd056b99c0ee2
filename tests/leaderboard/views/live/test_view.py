"""Every page as streamlit runs it, over filled, empty and broken stores."""

from kikime.leaderboard.page.registry import pages
from tests.support.app import opened

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


def test_progress_comes_from_the_status_file(broken_store):
    app = opened("live")
    assert "100 件中 7 件" in " ".join(element.proto.text for element in app.get("progress"))
