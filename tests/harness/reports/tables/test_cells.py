import duckdb
import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.reports.tables.cells import read_cells, read_verdicts
from kikime.harness.reports.tables.frames import Bands, item_frame, marker_sums
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.wal import Segment
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, make_run


def rewrite_scores(run: RunDirectory, query: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE scores AS SELECT * FROM read_parquet('{run.scores_file}')")
        connection.execute(query)
        connection.execute(f"COPY scores TO '{run.scores_file}' (FORMAT parquet)")


def log_verdicts(run: RunDirectory, *rubric_hashes: str) -> None:
    with Segment.create(run.wal, "judge") as segment:
        for rubric_hash in rubric_hashes:
            kind = {"judge_id": "judge-a", "protocol": "cot", "rubric": "character_v1", "rubric_hash": rubric_hash}
            segment.append({"key": "k", "criterion": "tone", **kind})


def cells_of(run):
    return read_cells(run, run.manifest())


def test_a_nan_is_an_error_that_names_the_key(tmp_path):
    run = make_run(tmp_path, "a", IN_VOICE)
    key = cells_of(run)["key"].iloc[3]
    rewrite_scores(run, f"UPDATE scores SET value = 'nan' WHERE key = '{key}' AND metric = 'length_fit'")
    with pytest.raises(UsageError, match=rf"key={key}, metric=length_fit"):
        cells_of(run)


def test_null_is_missing_not_an_error(tmp_path):
    run = make_run(tmp_path, "a", IN_VOICE)
    rewrite_scores(run, "UPDATE scores SET value = NULL WHERE metric = 'length_fit'")
    assert cells_of(run)["length_fit"].isna().all()


def test_a_run_without_tables_says_how_to_go_on(tmp_path):
    run = make_run(tmp_path, "a", IN_VOICE)
    run.scores_file.unlink()
    with pytest.raises(UsageError, match="kikime resume"):
        cells_of(run)


def test_quality_is_the_mean_of_the_task_s_own_checks(tmp_path):
    cells = cells_of(make_run(tmp_path, "a", lambda q: PLAIN if q.persona == "ojousama" else None))
    ojousama = cells[cells["persona"] == "ojousama"]
    assert ojousama["quality"].unique().tolist() == [pytest.approx(2 / 3)]
    assert set(cells.loc[cells["persona"] == "bushi", "quality"]) == {0.0}


def test_a_critical_failure_has_no_quality(tmp_path):
    cells = cells_of(make_run(tmp_path, "a", IN_VOICE + "\nユーザー: それで？"))
    assert cells["turn_leak"].eq(1).all()
    assert cells["quality"].eq(0).all()


def test_only_verdicts_that_are_ok_have_a_score(tmp_path):
    run = make_run(tmp_path, "a", IN_VOICE)
    add_verdicts(run, lambda sample: None if sample["item_id"] == "t00" else 6)
    verdicts = read_verdicts(run)
    assert verdicts["score"].dropna().unique().tolist() == [6.0]
    assert verdicts["score"].isna().sum() == 4


def test_of_a_rubric_the_content_of_the_last_verdict_counts(tmp_path):
    run = make_run(tmp_path, "a", IN_VOICE)
    add_verdicts(run, lambda _: 2, rubric_hash="h1")
    add_verdicts(run, lambda _: 6, rubric_hash="h2")
    assert read_verdicts(run)["rubric_hash"].unique().tolist() == ["h2"]
    log_verdicts(run, "h2", "h1")  # the former content was put back and judged by again
    verdicts = read_verdicts(run)
    assert verdicts["score"].unique().tolist() == [2.0]
    assert not verdicts.duplicated(["pair_key", "judge", "criterion"]).any()
    every = read_verdicts(run, former=True)
    assert every.groupby("rubric_hash")["age"].unique().map(list).to_dict() == {"h1": [0], "h2": [1]}


def test_another_judge_s_rubric_makes_nothing_of_this_one_s_old(tmp_path):
    run = make_run(tmp_path, "a", IN_VOICE)
    add_verdicts(run, lambda _: 2, rubric_hash="h1")
    add_verdicts(run, lambda _: 6, rubric_hash="h2", judge="judge-b")
    assert read_verdicts(run).groupby("judge")["score"].mean().to_dict() == {"judge-a/cot": 2, "judge-b/cot": 6}


def test_failing_never_brings_the_voice_nearer_to_its_target(tmp_path):
    spoken = make_run(tmp_path, "a", IN_VOICE)
    failing = make_run(tmp_path, "b", lambda q: None if q.item_id == "t00" else IN_VOICE)
    bands = Bands(spoken.manifest())
    rates = []
    for run in (spoken, failing):
        sums = marker_sums(cells_of(run), bands)
        own = sums[sums["persona"] == "ojousama"]
        rates.append(own["num"].sum() / own["den"].sum())
    target = bands.targets["ojousama"][0]
    assert abs(rates[1] - target) >= abs(rates[0] - target)


def test_a_persona_without_any_denominator_is_left_out_on_both_sides(tmp_path):
    a = cells_of(make_run(tmp_path, "a", IN_VOICE))
    b = cells_of(make_run(tmp_path, "b", lambda q: "ええ。" if q.persona == "bushi" else IN_VOICE)).loc[a.index]
    found = item_frame(a, b, "marker_rate", Bands(make_run(tmp_path, "c", IN_VOICE).manifest()))
    assert found is not None
    assert set(found.frame["persona"]) == {"ojousama"}


def test_an_item_is_the_mean_of_its_cells(pair):
    a, b = (cells_of(run) for run in pair)
    frame = item_frame(a, b.loc[a.index], "length_chars", Bands(pair[0].manifest())).frame
    own = a[(a["persona"] == "bushi") & (a["item"] == "talk/t01")]
    row = frame[(frame["persona"] == "bushi") & (frame["item"] == "talk/t01")].iloc[0]
    assert len(own) == 4
    assert row["a"] == own["length_chars"].mean()
