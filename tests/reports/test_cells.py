import duckdb
import pytest
from builders import IN_VOICE, PLAIN, add_verdicts, make_run

from harness.errors import UsageError
from harness.reports.cells import read_cells, read_verdicts
from harness.reports.frames import Bands, item_frame, marker_sums
from harness.store.rundir import RunDirectory


def rewrite_scores(run: RunDirectory, query: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE scores AS SELECT * FROM read_parquet('{run.scores_file}')")
        connection.execute(query)
        connection.execute(f"COPY scores TO '{run.scores_file}' (FORMAT parquet)")


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
