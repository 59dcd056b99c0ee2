import json

from tests.support.app import named, opened, texts


def test_a_judge_that_drifted_is_announced_from_the_summary(ranked):
    path = ranked / named(ranked)["アイネス-9月"] / "summary.json"
    path.write_text(
        json.dumps(json.loads(path.read_text()) | {"judge_drift": "![](http://x) has drifted"}, indent=2) + "\n"
    )
    app = opened("judge", run=path.parent.name)
    assert "採点の基準が" in texts(app)
    assert "![](http://x) has drifted" in [text.value for text in app.text]
