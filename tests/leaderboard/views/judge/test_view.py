import json

import pytest

from kikime.leaderboard.data.index import Index
from tests.support.app import frames, named, opened, texts
from tests.support.builders import add_verdicts


@pytest.fixture
def drifted(store):
    """A run whose judge, of a hostile name, no longer scores as it did."""
    run = Index(store).find(named(store)["アイネス-9月"])
    report = {"utc": "2026-09-01T00:00:00+00:00", "judge_id": "![](http://x)", "protocol": "cot", "mean_change": -1.2}
    report |= {"qwk": 0.4, "n": 12, "since": "2026-08-01", "warning": "it has drifted"}
    (run.path / "judge.json").write_text(json.dumps({"sentinel": [report, "not a report"]}))
    return run


def test_a_judge_that_drifted_is_announced_on_every_part(drifted):
    for part in ("distribution", "failures"):
        app = opened("judge", run=drifted.id, part=part)
        assert "採点の基準が" in texts(app)
        assert any("![](http://x)" in text.value for text in app.text)


def test_the_scores_of_the_fixed_replies_are_listed(drifted):
    table = frames(opened("judge", run=drifted.id, part="drift"))[0]
    assert len(table) == 1
    assert -1.2 in list(table.iloc[0])


def test_one_score_for_everything_is_announced(store):
    run = Index(store).find(named(store)["アイネス-9月"])
    add_verdicts(run, lambda _: 7, judge="judge-same")
    assert "judge-same" in texts(opened("judge", run=run.id, part="failures"))
    assert "同じ点 7" in texts(opened("judge", run=run.id, part="failures"))


def test_the_panel_of_all_judges_stands_with_its_agreement(store):
    run = Index(store).find(named(store)["アイネス-9月"])
    tables = frames(opened("judge", run=run.id, part="agreement"))
    panel = next(table for table in tables if "αの下限" in table)
    assert set(panel["ジャッジ"]) == {"judge-a/cot, judge-b/cot"}
    assert list(panel["観点"]) == ["人格", "口調"]
