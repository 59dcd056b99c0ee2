import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.reports.comparison.gate import gate
from kikime.harness.reports.export.markdown import gate_summary
from kikime.harness.words.catalogue import Translator
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, make_materials, make_run, talk_task

JA = Translator("ja")


def test_a_lost_voice_fails(tmp_path):
    materials = make_materials([talk_task(40)], personas=("ojousama",))
    kept = make_run(tmp_path, "a", lambda q: IN_VOICE if int(q.item_id[1:]) % 5 else PLAIN, materials=materials)
    lost = make_run(tmp_path, "b", lambda q: PLAIN if int(q.item_id[1:]) % 5 else IN_VOICE, materials=materials)
    answer = gate(kept, lost, metric="style_level", n_resamples=400)
    assert (answer.decision, answer.exit_code) == ("fail", 1)
    assert "不合格" in gate_summary(answer, JA)


def test_the_same_run_passes(pair):
    answer = gate(pair[0], pair[0], metric="length_fit", margin=0.3, n_resamples=400)
    assert (answer.decision, answer.exit_code) == ("pass", 0)


def test_two_models_that_never_speak_in_character_prove_nothing(tmp_path):
    materials = make_materials([talk_task(80)], personas=("ojousama",))
    plain = [make_run(tmp_path, name, PLAIN, materials=materials) for name in "ab"]
    answer = gate(*plain, metric="style_level", n_resamples=200)
    assert (answer.decision, answer.n_needed) == ("insufficient evidence", None)
    assert answer.difference.verdict == "inconclusive"
    assert gate(*plain, metric="turn_leak", n_resamples=200).decision == "pass"


def test_too_few_items_are_insufficient_evidence_and_say_how_many_would_do(tmp_path):
    materials = make_materials([talk_task(5)], personas=("ojousama",))
    a = make_run(tmp_path, "a", IN_VOICE, materials=materials)
    b = make_run(tmp_path, "b", lambda q: PLAIN if q.item_id == "t02" else IN_VOICE, materials=materials)
    answer = gate(a, b, metric="quality", margin=0.1, n_resamples=400)
    assert (answer.decision, answer.exit_code) == ("insufficient evidence", 4)
    assert answer.n_needed > 5
    assert f"{answer.n_needed:,}項目" in gate_summary(answer, JA)


def test_a_metric_without_a_better_end_is_refused(pair):
    with pytest.raises(UsageError, match="no better or worse end"):
        gate(*pair, metric="length_chars")


def test_an_unknown_metric_lists_the_known_ones(pair):
    with pytest.raises(UsageError, match="did you mean style_band"):
        gate(*pair, metric="stile_band")


def test_a_note_about_the_runs_is_in_the_step_summary(tmp_path):
    a, b = make_run(tmp_path, "a", IN_VOICE), make_run(tmp_path, "b", IN_VOICE)
    add_verdicts(a, lambda _: 5)
    assert "だけが判定済み" in gate_summary(gate(a, b, metric="length_fit", n_resamples=200), JA)


def test_names_cannot_break_the_markdown_table(tmp_path):
    run = make_run(tmp_path, "a|b\n# c", IN_VOICE)
    row = gate_summary(gate(run, run, metric="length_fit", n_resamples=200), JA).splitlines()[2]
    assert row.count("|") - row.count("\\|") == 8
