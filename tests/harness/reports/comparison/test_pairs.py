import pytest

from kikime.harness.core.reasons import Reason
from kikime.harness.reports.comparison.pairs import load_pair, not_comparable
from kikime.harness.reports.comparison.records import LeftOut
from kikime.harness.words.catalogue import Translator
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, make_materials, make_run, talk_task


def materials(n=4, **suite):
    return make_materials([talk_task(n)], personas=("ojousama",), **suite)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("pairs")


@pytest.fixture(scope="module")
def whole(runs):
    return make_run(runs, "whole", IN_VOICE, materials=materials())


@pytest.fixture(scope="module")
def holed(runs):
    return make_run(runs, "holed", PLAIN, materials=materials(), keep=lambda q: q.item_id != "t00")


def test_rows_of_both_runs_are_the_same_question(whole, holed):
    pair = load_pair(whole, holed, common=True)
    assert list(pair.a.index) == list(pair.b.index)
    assert pair.a["item"].tolist() == ["talk/t01", "talk/t02", "talk/t03"]


def test_missing_cells_stand_against_a_comparison_and_say_how_many(whole, holed):
    pair = load_pair(whole, holed)
    assert pair.left_out == LeftOut(1, 0)
    assert pair.why_not == [Reason("cells_differ", {"left": 1, "a": "whole", "right": 0, "b": "holed"})]
    command = f"kikime compare {whole.path} {holed.path} --common"
    assert pair.hint == Reason("hint_common", {"n": 3, "command": command})


def test_the_shared_cells_can_be_compared_on_request(whole, holed):
    pair = load_pair(whole, holed, common=True)
    assert (pair.why_not, pair.hint, len(pair.a)) == ([], None, 3)


def test_runs_that_share_no_cell_cannot_be_compared_at_all(whole, tmp_path):
    other = make_run(tmp_path, "other", IN_VOICE, materials=materials(formats=("chatml",)))
    pair = load_pair(whole, other, common=True)
    assert Reason("no_shared_cell") in pair.why_not
    assert pair.hint == Reason("hint_no_shared_cell")


def test_another_temperature_asks_for_the_same_sampling(whole, tmp_path):
    warm = make_run(tmp_path, "warm", IN_VOICE, materials=materials(sampling={"temperature": 0.7}))
    pair = load_pair(whole, warm, common=True)
    assert pair.why_not[0].code == "sampling_differs"
    assert pair.hint == Reason("hint_sampling")


def judged(folder, name, *judges):
    run = make_run(folder, name, IN_VOICE, materials=materials())
    for judge, score in judges:
        add_verdicts(run, lambda _, score=score: score, judge=judge)
    return run


def test_a_shared_judge_s_scores_are_columns_of_both(tmp_path):
    a, b = judged(tmp_path, "a", ("j", 3)), judged(tmp_path, "b", ("j", 6))
    pair = load_pair(a, b)
    assert pair.judged == {"character_v1.personality": "j/cot", "character_v1.tone": "j/cot"}
    assert (set(pair.a["character_v1.tone"]), set(pair.b["character_v1.tone"])) == ({3.0}, {6.0})


def test_two_shared_judges_have_columns_of_their_own(tmp_path):
    a, b = (judged(tmp_path, name, ("j", 3), ("k", 5)) for name in "ab")
    assert {name for name in load_pair(a, b).judged if "tone" in name} == {
        "character_v1.tone@j/cot",
        "character_v1.tone@k/cot",
    }


def test_different_judges_stand_against_a_comparison(tmp_path):
    a, b = judged(tmp_path, "a", ("j", 3)), judged(tmp_path, "b", ("k", 3))
    pair = load_pair(a, b)
    assert [reason.code for reason in pair.why_not] == ["judges_differ"]
    assert pair.hint is not None
    assert (pair.hint.code, pair.hint.values["n"]) == ("hint_common_and_judge", 4)
    assert (pair.hint.values["a"], pair.hint.values["b"]) == (str(a.path), str(b.path))
    assert [note.code for note in load_pair(a, b, common=True).notes] == ["judges_not_compared"]


def test_one_judged_run_is_noted_with_what_to_judge(whole, tmp_path):
    b = judged(tmp_path, "b", ("j", 3))
    [note] = load_pair(whole, b).notes
    assert note == Reason(
        "only_one_judged",
        {
            "name": "b",
            "run": b.id,
            "judges": "j/cot (character_v1)",
            "other": whole.id,
            "path": str(whole.path),
        },
    )


def test_a_refusal_names_the_runs_and_the_way_out(whole, holed):
    pair = load_pair(whole, holed)
    error = not_comparable(pair.why_not, pair.hint, what="whole and holed")
    assert error.message.startswith("whole and holed cannot be compared: ")
    assert "--common" in error.hint
    assert not_comparable(pair.why_not, None).hint is None


def test_a_refusal_speaks_one_language(whole, holed):
    error = not_comparable(load_pair(whole, holed).why_not, None)
    assert Translator("ja").message(error.message) == (
        "これらの実行は比べられません：評価した条件がそろっていません：whole だけにある返答が 1 件、holed だけにある返答が 0 件"
    )
