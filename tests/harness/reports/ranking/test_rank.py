import itertools

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.core.reasons import Reason
from kikime.harness.reports.ranking.rank import rank
from kikime.harness.reports.ranking.stored import FILE, broken_run, ranking_data
from kikime.harness.reports.tables.areas import explain, load_areas
from kikime.harness.reports.tables.cells import read_cells
from kikime.harness.store.rundir import RunDirectory, read_json
from kikime.harness.suites.task import load_task
from kikime.harness.words.catalogue import Translator
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, facts_task, make_materials, make_run, talk_task

FEW = {"n_resamples": 300, "language": "en"}


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    runs = tmp_path_factory.mktemp("three")
    materials = make_materials([talk_task(), facts_task()], shots=(0, 2))
    return [
        make_run(runs, "spoken", IN_VOICE, materials=materials),
        make_run(
            runs,
            "mixed",
            lambda q: PLAIN if q.item_id in {"t00", "t01", "t02", "t03"} else IN_VOICE,
            materials=materials,
        ),
        make_run(runs, "broken", lambda q: None if q.persona == "bushi" else PLAIN, materials=materials),
    ]


def test_the_order_of_the_runs_does_not_matter(three):
    results = [rank(list(order), **FEW) for order in itertools.permutations(three)]
    assert all(result == results[0] for result in results[1:])


def test_models_are_ranked_by_the_mean_of_their_areas(three):
    result = rank(three, **FEW)
    assert [row.name for row in result.rows] == ["spoken", "mixed", "broken"]
    for row in result.rows:
        assert row.overall == pytest.approx(sum(row.areas.values()) / len(row.areas))
        assert row.rank_low <= row.rank <= row.rank_high
        assert all(0 <= value <= 100 for value in row.areas.values())


def test_areas_that_the_suite_cannot_measure_count_for_no_model(three):
    result = rank(three, **FEW)
    counted = {area.id for area in result.areas if area.counts}
    assert counted == {"persona", "style", "length", "fewshot", "stability", "capability"}
    assert all(set(row.areas) == counted for row in result.rows)


def test_a_board_that_asks_no_conversation_keeps_its_version(three):
    result = rank(three, **FEW)
    assert result.version == load_areas().former == "areas/3"
    assert not {area.id for area in result.areas} & {"conversation", "memory"}


def test_a_board_with_conversations_has_their_area(tmp_path):
    asked = make_materials([load_task("address")], personas=("ojousama",))
    run = make_run(tmp_path, "talked", IN_VOICE, materials=asked)
    result = rank([run], **FEW)
    assert result.version == load_areas().version == "areas/4"
    assert [area.id for area in result.areas if area.counts and area.id in {"conversation", "memory"}] == [
        "conversation"
    ]


def test_the_areas_follow_their_formulas(three):
    run = three[1]
    row = next(row for row in rank(three, **FEW).rows if row.name == "mixed")
    cells = read_cells(run, run.manifest())
    talk = cells[cells["task"] == "talk"]
    fits = [talk.groupby("persona")[metric].mean().mean() for metric in ("length_fit", "sentence_fit")]
    assert row.areas["length"] == pytest.approx(100 * (2 * fits[0] + fits[1]) / 3)
    shots = cells[cells["shots"] > 0]
    assert row.areas["fewshot"] == pytest.approx(100 * shots.groupby("persona")["quality"].mean().mean())


def test_a_failing_model_is_marked_at_the_gate(three):
    marks = {row.name: row.critical_gate_exceeded for row in rank(three, **FEW).rows}
    assert marks == {"spoken": False, "mixed": False, "broken": True}


def test_a_run_that_lacks_cells_is_unranked_with_its_coverage(tmp_path):
    whole = make_run(tmp_path, "whole", PLAIN)
    holed = make_run(tmp_path, "holed", IN_VOICE, keep=lambda q: q.item_id != "t01")
    result = rank([whole, holed], **FEW)
    assert [row.name for row in result.rows] == ["whole"]
    assert [(row.name, row.coverage) for row in result.unranked] == [("holed", pytest.approx(10 / 12))]
    assert result.unranked[0].reason_codes == [Reason("missing_cells")]


def test_a_run_of_fewer_personas_is_unranked(tmp_path):
    whole = make_run(tmp_path, "whole", PLAIN)
    half = make_run(tmp_path, "half", IN_VOICE, materials=make_materials(personas=("ojousama",)))
    assert [(row.name, row.coverage) for row in rank([half, whole], **FEW).unranked] == [("half", 0.5)]


def test_a_run_with_other_sampling_is_excluded_with_the_reason(tmp_path):
    runs = [make_run(tmp_path, name, IN_VOICE) for name in ("a", "b")]
    hot = make_run(tmp_path, "hot", IN_VOICE, materials=make_materials(sampling={"temperature": 1.0}))
    [excluded] = rank([*runs, hot], **FEW).excluded
    assert "temperature" in excluded.reason


def test_a_broken_run_never_takes_the_ranking_down(tmp_path):
    good, bad = make_run(tmp_path, "good", IN_VOICE), make_run(tmp_path, "bad", IN_VOICE)
    bad.samples_file.write_bytes(b"PAR1 nonsense")
    result = rank([good, bad], **FEW)
    assert [row.name for row in result.rows] == ["good"]
    assert [entry.run for entry in result.excluded] == [bad.id]


def test_equal_models_share_their_rank(tmp_path):
    rows = rank([make_run(tmp_path, name, IN_VOICE) for name in ("a", "b")], **FEW).rows
    assert [(row.rank, row.rank_low, row.rank_high, row.p_best) for row in rows] == [(1, 1, 2, 0.5)] * 2


def test_an_area_in_which_nothing_varied_is_not_called_certain(tmp_path):
    [row] = rank([make_run(tmp_path, "spoken", IN_VOICE)], **FEW).rows
    low, high = row.areas_ci["length"]
    assert (row.areas["length"], high) == (100, 100)
    assert low == pytest.approx(100 * 0.025 ** (1 / 12))


def test_an_overall_in_which_nothing_varied_is_not_called_certain(tmp_path):
    [row] = rank([make_run(tmp_path, "mute", lambda _: None)], **FEW).rows
    assert (row.overall, row.ci_low) == (0, 0)
    assert row.ci_high == pytest.approx(100 - 100 * 0.025 ** (1 / 12))


def test_no_interval_of_points_leaves_the_scale(tmp_path):
    materials = make_materials([talk_task(3)], personas=("ojousama",))
    answers = {"mixed": lambda q: IN_VOICE if q.item_id == "t00" else None, "spoken": IN_VOICE}
    rows = rank([make_run(tmp_path, name, own, materials=materials) for name, own in answers.items()], **FEW).rows
    intervals = [(row.ci_low, row.ci_high) for row in rows] + [ends for row in rows for ends in row.areas_ci.values()]
    assert all(0 <= low < high <= 100 for low, high in intervals)
    assert (0, 100) in intervals


def test_no_run_is_no_ranking():
    assert (rank([]).rows, rank([]).suite) == ([], None)


def test_a_judge_is_used_only_when_asked_for(tmp_path):
    judged, plain = make_run(tmp_path, "judged", IN_VOICE), make_run(tmp_path, "plain", IN_VOICE)
    without = rank([judged, plain], **FEW)
    add_verdicts(judged, lambda _: 7)
    after = rank([judged, plain], **FEW)
    assert [row.overall for row in after.rows] == [row.overall for row in without.rows]
    asked = rank([judged, plain], judge="judge-a", **FEW)
    assert [row.name for row in asked.rows] == ["judged"]
    assert asked.unranked[0].reason == "not judged by judge-a"


def test_a_run_judged_by_two_contents_of_a_rubric_is_ranked_by_the_newer(tmp_path):
    twice, once = make_run(tmp_path, "twice", IN_VOICE), make_run(tmp_path, "once", IN_VOICE)
    add_verdicts(twice, lambda _: 1, rubric_hash="h1")
    for run in (twice, once):
        add_verdicts(run, lambda _: 7, rubric_hash="h2")
    rows = rank([twice, once], judge="judge-a", **FEW).rows
    assert {row.name for row in rows} == {"twice", "once"}
    assert rows[0].areas == rows[1].areas
    assert ranking_data(twice)["judges"]["judge-a/cot"]["coverage"] == 1


def test_ranking_reads_its_small_file_until_the_tables_change(tmp_path):
    run = make_run(tmp_path, "a", IN_VOICE)
    first = ranking_data(run)
    assert read_json(run.path / FILE) is not None
    run.samples_file.rename(run.path / "elsewhere")
    (run.path / "elsewhere").rename(run.samples_file)
    assert ranking_data(run) == first
    add_verdicts(run, lambda _: 4)
    assert ranking_data(run)["judges"].keys() == {"judge-a/cot"}


def test_single_items_are_ranked_with_open_intervals(tmp_path):
    materials = make_materials([talk_task(1)], personas=("ojousama",))
    rows = rank([make_run(tmp_path, n, t, materials=materials) for n, t in (("a", IN_VOICE), ("b", PLAIN))], **FEW).rows
    assert [(row.ci_low, row.rank_low, row.rank_high) for row in rows] == [(None, 1, 2)] * 2


def test_every_formula_can_be_explained():
    formulas = explain("en")
    assert [area["ja"] for area in formulas["areas"]] == [
        *("人格", "口調", "長さ", "例示", "柔軟性", "安定", "会話", "記憶", "能力")
    ]
    assert formulas["version"] == load_areas().version
    ids = [term.id for area in load_areas().areas for term in area.terms]
    assert len(ids) == len(set(ids))


def test_a_run_without_tables_is_left_out_until_it_is_resumed(tmp_path):
    whole = make_run(tmp_path, "whole", IN_VOICE)
    unfinished = make_run(tmp_path, "unfinished", IN_VOICE)
    unfinished.summary_file.unlink()
    (unfinished.path / "ranking.json").unlink(missing_ok=True)
    [excluded] = rank([whole, unfinished], **FEW).excluded
    assert excluded.reason == f"not finished yet: kikime resume {unfinished.path}"


def test_runs_of_different_grids_are_ranked_on_what_they_share(tmp_path):
    wide = make_run(tmp_path, "wide", IN_VOICE, materials=make_materials(formats=("alpaca", "chatml")))
    narrow = make_run(tmp_path, "narrow", PLAIN, materials=make_materials(formats=("alpaca",)))
    other = make_run(tmp_path, "other", PLAIN, materials=make_materials([facts_task()]))
    apart = rank([wide, narrow], **FEW)
    assert len(apart.rows) == 1
    assert apart.n_cells is None
    result = rank([narrow, other, wide], common=True, **FEW)
    assert [(row.name, row.n_replies, row.coverage) for row in result.rows] == [("wide", 12, 1.0), ("narrow", 12, 1.0)]
    assert result.n_cells == 12
    assert [row.name for row in result.excluded] == ["other"]


def test_shared_replies_are_scored_as_if_the_run_had_no_others(tmp_path):
    long = make_run(
        tmp_path,
        "long",
        lambda q: IN_VOICE if q.format == "alpaca" else None,
        materials=make_materials(formats=("alpaca", "chatml")),
    )
    short = make_run(tmp_path, "short", IN_VOICE, materials=make_materials(formats=("alpaca",)))
    first, second = rank([long, short], common=True, **FEW).rows
    assert (first.overall, first.areas, first.error_rate) == (second.overall, second.areas, second.error_rate)


def test_a_run_without_a_summary_is_told_in_the_language_of_the_table(tmp_path):
    run = make_run(tmp_path, "a", IN_VOICE)
    run.summary_file.unlink()
    (row,) = rank([run], n_resamples=99, language="ja").excluded
    assert row.reason.startswith("まだ終わっていません")


def test_why_a_run_is_broken_is_told_in_the_readers_language(tmp_path):
    reason = broken_run(RunDirectory(tmp_path / "r1"), UsageError("{path}: no such file", path="runs/r1"))
    assert Translator("en").reason(reason) == "runs/r1: no such file"
    assert "no such" not in Translator("ja").reason(reason)
