import numpy as np
import pandas as pd
import pytest

from kikime.harness.reports.tables.quality import FATAL, oriented, with_quality

NAN = float("nan")


def manifest(*metrics, target=0.8):
    return {
        "tasks": {"talk": {"metrics": list(metrics)}},
        "personas": {"loud": {"voice": {"markers": {"target_rate": target}}}},
    }


def quality(metrics, *, target=0.8, **values):
    """The quality of one reply."""
    row = {"task": "talk", "persona": "loud", "failed": False, "marker_sentences": NAN, "eligible_sentences": NAN}
    row |= dict.fromkeys([*FATAL, *metrics], NAN)
    return with_quality(pd.DataFrame([row | values]), manifest(*metrics, target=target))["quality"].iloc[0]


def test_it_is_the_mean_of_the_checks_that_apply():
    assert quality(("length_fit", "fact_correct", "sentence_fit"), length_fit=1.0, fact_correct=0.0) == 0.5


def test_faults_take_their_share_of_the_checks():
    found = quality(("length_fit", "fact_wrong", "marker_spam"), length_fit=1.0, fact_wrong=1.0, marker_spam=0.0)
    assert found == 0.5


def test_a_reply_to_which_nothing_applies_is_whole():
    assert quality(("length_fit",)) == 1.0


@pytest.mark.parametrize("fatal", FATAL)
def test_a_fatal_fault_leaves_nothing(fatal):
    assert quality(("length_fit",), length_fit=1.0, **{fatal: 1.0}) == 0.0


def test_a_failed_reply_has_no_quality():
    assert quality(("length_fit",), failed=True) == 0.0


def test_checks_of_another_task_do_not_count():
    row = {"persona": "loud", "failed": False, **dict.fromkeys(FATAL, NAN), "length_fit": 0.0, "fact_correct": 1.0}
    cells = pd.DataFrame([row | {"task": "talk"}, row | {"task": "quiz"}])
    about = manifest("length_fit")
    about["tasks"]["quiz"] = {"metrics": ["fact_correct"]}
    assert with_quality(cells, about)["quality"].tolist() == [0.0, 1.0]


def test_a_voice_is_there_once_any_sentence_is_marked():
    marked = {"marker_sentences": 1.0, "eligible_sentences": 4.0}
    assert quality(("style_band",), **marked) == 1.0
    assert quality(("style_band",), **marked | {"marker_sentences": 0.0}) == 0.0


def test_a_persona_that_seldom_marks_is_not_asked_for_a_marker():
    unmarked = {"marker_sentences": 0.0, "eligible_sentences": 4.0}
    assert quality(("style_band", "length_fit"), target=0.3, length_fit=1.0, **unmarked) == 1.0


def test_a_reply_without_a_sentence_that_could_be_marked_is_not_asked_for_one():
    assert quality(("style_band",), marker_sentences=0.0, eligible_sentences=0.0) == 1.0


def test_points_are_best_at_one_whatever_the_metric_s_direction():
    assert oriented([0.0, 0.25, 1.0], "fact_correct").tolist() == [0.0, 0.25, 1.0]
    assert oriented([0.0, 1.0], "fact_wrong").tolist() == [1.0, 0.0]
    assert np.isnan(oriented([NAN], "fact_wrong")).all()


def test_counts_are_whole_at_zero_and_nothing_from_one_on():
    assert oriented([0, 1, 5], "forbidden_terms").tolist() == [1.0, 0.0, 0.0]
    assert np.isnan(oriented([NAN], "forbidden_terms")).all()
