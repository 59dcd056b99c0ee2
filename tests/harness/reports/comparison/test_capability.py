import pandas as pd
import pytest

from kikime.harness.reports.comparison.capability import handled_by_task

MANIFEST = {"tasks": {"talk": {"title": "雑談"}, "quiz": {"title": "事実"}}}


def cells(*qualities, task="talk", technique="plain", persona="p"):
    return pd.DataFrame(
        {"task": task, "technique": technique, "persona": persona, "item": str(n), "quality": quality}
        for n, quality in enumerate(qualities)
    )


@pytest.mark.parametrize(("done", "mark"), [(10, "✓"), (8, "✓"), (7, "不安定"), (4, "不安定"), (3, "✗"), (0, "✗")])
def test_a_kind_of_request_is_handled_by_its_share_of_items(done, mark):
    [row] = handled_by_task(cells(*[1.0] * done, *[0.0] * (10 - done)), MANIFEST)
    assert (row.rate, row.n, row.mark) == (done / 10, 10, mark)
    assert 0 <= row.low <= row.rate <= row.high <= 1


def test_an_item_is_handled_when_its_mean_quality_is_good_enough():
    twice = pd.concat([cells(1.0, 0.5), cells(0.2, 0.5)])
    [row] = handled_by_task(twice, MANIFEST)
    assert (row.rate, row.n) == (0.5, 2)


def test_the_same_question_to_another_persona_is_another_item():
    [row] = handled_by_task(pd.concat([cells(1.0), cells(0.0, persona="q")]), MANIFEST)
    assert (row.rate, row.n) == (0.5, 2)


def test_other_ways_of_asking_do_not_count():
    [row] = handled_by_task(pd.concat([cells(1.0), cells(0.0, technique="no_style")]), MANIFEST)
    assert row.rate == 1.0


def test_tasks_stand_in_the_order_of_the_suite_and_only_where_asked():
    both = pd.concat([cells(1.0, task="quiz"), cells(1.0)])
    assert [row.title for row in handled_by_task(both, MANIFEST)] == ["雑談", "事実"]
    assert [row.task for row in handled_by_task(cells(1.0, task="quiz"), MANIFEST)] == ["quiz"]
