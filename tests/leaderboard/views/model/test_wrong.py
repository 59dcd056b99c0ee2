"""What is most wrong with a run."""

from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.views.model import wrong
from tests.support.app import concerned, measured

T = Translator("ja")


def test_the_metrics_furthest_from_their_better_end_are_named_with_replies(visit, shelf, entries):
    run = shelf["アイネス-8月"]
    head = entries[run.id].head
    drawn = visit()
    wrong.wrong(T, head, run)
    first = wrong.worst_first(head)[0]
    assert all(wrong.lost(first, head.mean(first)) >= wrong.lost(name, head.mean(name)) for name in head.metrics)
    assert T.metric(first) in drawn.said("text")[0]
    assert len(drawn.said("html")) == wrong.SHOWN
    values = concerned(measured(run), first).set_index("key")[first]
    asked = [values[parameters["sample"]] for page, parameters in drawn.links if page == "samples"]
    ends = (values.min(), values.max())
    assert set(asked) <= {ends[0], ends[1]}


def test_a_run_without_faults_is_called_nothing(visit, shelf, entries):
    run = shelf["アイネス-8月"]
    head = entries[run.id].head
    drawn = visit()
    import msgspec

    wrong.wrong(T, msgspec.structs.replace(head, metrics={}), run)
    assert drawn.texts == []
