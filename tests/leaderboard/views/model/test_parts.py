"""The parts of a model's page: their numbers are those of the tables of its run."""

import shutil
import time

import pytest

from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.data.index import Index
from kikime.leaderboard.data.queries.distributions import STOPS
from kikime.leaderboard.data.ranking import ranking
from kikime.leaderboard.views.model import parts
from kikime.leaderboard.views.model.place import place
from kikime.leaderboard.views.model.view import _head
from tests.support.app import concerned, meant, measured
from tests.support.builders import IN_VOICE, make_materials, make_run, talk_task

T, NAME = Translator("ja"), "アイネス-9月"


@pytest.fixture(scope="module")
def run(shelf):
    return shelf[NAME]


@pytest.fixture
def entry(entries, run):
    return entries[run.id]


@pytest.fixture(scope="module")
def replies(run):
    return measured(run)


def test_means_of_a_run_are_those_of_its_characters(visit, entry, run, replies):
    drawn = visit()
    parts.areas(T, entry, run)
    rows = {row["metric"]: row for row in drawn.downloads["metrics"]}
    for metric in ("length_chars", "critical_failure", "fact_correct"):
        row = rows[T.metric(metric)]
        assert row["mean"] == pytest.approx(meant(replies, metric))
        assert row["p_bushi"] == pytest.approx(meant(replies[replies["persona"] == "bushi"], metric))
    assert all("open" not in row for row in drawn.downloads["metrics"])


def test_areas_of_a_ranked_run_are_those_of_the_ranking(visit, entry, run, built):
    drawn = visit()
    expected = next(row for row in ranking(Index(built)).result.rows if row.run == run.id)
    parts.areas(T, entry, run)
    rows = {row["name"]: row for row in drawn.rows_of()}
    assert {name: row["value"] for name, row in rows.items()} == {
        T(f"area.{area}"): pytest.approx(value) for area, value in expected.areas.items()
    }
    assert [rows[T("area.style")]["ci_low"], rows[T("area.style")]["ci_high"]] == list(expected.areas_ci["style"])


def test_a_run_without_a_rank_says_so_and_shows_its_means(visit, entries, shelf, built):
    ranking(Index(built))
    drawn = visit()
    run = shelf["大きなモデル"]
    parts.areas(T, entries[run.id], run)
    assert any(T("reasons.missing_cells") in text for text in drawn.said("caption"))
    assert T("model.no_areas") in drawn.said("caption")
    assert drawn.charts == []
    assert drawn.downloads["metrics"]


def test_a_run_of_another_suite_has_its_rank_and_areas_from_its_own_board(visit, built, tmp_path, monkeypatch):
    shutil.copytree(built, tmp_path / "runs")
    monkeypatch.setenv("KIKIME_RUNS", str(tmp_path / "runs"))
    materials = make_materials([talk_task(3)], formats=("alpaca",), id="small")
    run = make_run(tmp_path / "runs", "小さな評価", IN_VOICE, materials=materials)
    entry = next(entry for entry in Index(tmp_path / "runs").entries() if entry.id == run.id)
    (expected,) = ranking(Index(tmp_path / "runs"), suite="small").result.rows
    drawn = visit()
    monkeypatch.setenv("KIKIME_RUNS", str(tmp_path / "runs"))
    for _ in range(60):  # as the page does, until the ranking is there
        place(T, entry)
        if drawn.charts:
            break
        time.sleep(0.5)
    assert {row["name"]: row["value"] for row in drawn.rows_of()} == {
        T(f"area.{area}"): pytest.approx(value) for area, value in expected.areas.items()
    }
    assert drawn.figures[T("board.rank")] == T("model.rank_of", ranks="1", n=1)
    assert ("board", {"suite": "small"}) in drawn.links


def test_a_fault_leads_to_the_replies_that_have_it_and_a_length_to_all(visit, entry, run):
    drawn = visit()
    parts.areas(T, entry, run)
    opened = dict(zip(drawn.tables[0][T("model.metric")], drawn.tables[0][T("common.replies")], strict=True))
    assert "flag=critical_failure" in opened[T.metric("critical_failure")]
    assert "flag" not in opened[T.metric("length_chars")]


@pytest.mark.parametrize("by", ["format", "persona", "task", "shots", "technique", "context"])
def test_slices_by_a_condition_are_means_over_its_replies(visit, entry, run, replies, by):
    drawn = visit(by=by)
    parts.slices(T, entry, run)
    rows = {row[by]: row for row in drawn.downloads["slices"]}
    assert set(rows) == set(replies[by].astype(str))
    for value, row in rows.items():
        own = replies[replies[by].astype(str) == value]
        assert row["n"] == len(own)
        for metric in ("length_fit", "critical_failure", "length_chars"):
            assert row.get(metric) == (
                pytest.approx(meant(own, metric)) if concerned(own, metric)[metric].count() else None
            )


def test_slices_by_two_conditions_are_crossed(visit, entry, run, replies):
    drawn = visit(by="format", then="shots")
    parts.slices(T, entry, run)
    cells = {(row["format"], row["shots"]): row["n"] for row in drawn.downloads["slices"]}
    assert cells == {(form, str(shots)): n for (form, shots), n in replies.groupby(["format", "shots"]).size().items()}
    assert any("format=chatml" in link and "shots=2" in link for link in drawn.tables[0][T("common.replies")])


def test_a_condition_cannot_be_crossed_with_itself(visit, entry, run):
    drawn = visit(by="format", then="format")
    parts.slices(T, entry, run)
    assert [set(row) & {"format", "shots"} for row in drawn.downloads["slices"]] == [{"format"}] * 2


def test_a_histogram_draws_every_reply_of_the_character(visit, entry, run, replies):
    drawn = visit(card="bushi")
    parts.lengths(T, entry, run)
    own = replies[(replies["persona"] == "bushi") & replies["error"].isna()]
    bins = [row for row in drawn.rows_of(0) if "start" in row]
    assert sum(row["n"] for row in bins) == len(own[own["length_chars"] <= 304])
    assert {row["last"] - row["start"] for row in bins} == {4}
    assert any("length_chars=20-24" in (row["href"] or "") for row in bins)


def test_the_band_is_the_range_of_the_chosen_character(visit, entry, run):
    card = run.manifest()["personas"]["bushi"]["length"]
    drawn = visit(card="bushi")
    parts.lengths(T, entry, run)
    for chart, kind in enumerate(("chars", "sentences")):
        (band,) = (row for row in drawn.rows_of(chart) if "low" in row)
        assert (band["low"] + 0.5, band["high"] - 0.5) == tuple(card[kind])


def test_rates_of_leaks_stand_beside_the_counts_of_endings(visit, entry, run, replies):
    drawn = visit(leak="turn_leak")
    parts.stops(T, entry, run)
    rows = {row["format"]: row for row in drawn.downloads["stops"]}
    for form, row in rows.items():
        own = replies[replies["format"] == form]
        assert row["turn_leak"] == pytest.approx(own["turn_leak"].mean())
        assert row["end_error"] == own["error"].notna().sum()
        assert row["end_stop"] == own["error"].isna().sum()
    assert ("samples", {"run": run.id, "flag": "turn_leak"}) in drawn.links


@pytest.mark.parametrize("leak", ["nothing", "<b>", ""])
def test_an_unknown_leak_is_the_first_one(visit, entry, run, leak):
    drawn = visit(leak=leak)
    parts.stops(T, entry, run)
    assert drawn.links == [("samples", {"run": run.id, "flag": STOPS[0]})]


def test_provenance_shows_every_leaf_of_the_manifest_but_what_has_a_page_of_its_own(visit, entry, run):
    drawn = visit()
    parts.provenance(T, entry, run)
    rows = {row["path"]: row["value"] for row in drawn.downloads["provenance"]}
    assert rows["checkpoint.name"] == NAME
    assert rows["checkpoint.revision"] == "—"
    assert not any(path.partition(".")[0] in {"tasks", "personas", "suite"} for path in rows)


@pytest.mark.parametrize(
    ("value", "leaves"),
    [
        ({"a": {"b": 1, "c": None}}, [("a.b", "1"), ("a.c", "—")]),
        ({"a": {}}, [("a", "{}")]),
        ({"鍵": ["x", 2]}, [("鍵", "x 2")]),
        ({1: {2: False}}, [("1.2", "False")]),
        ("text", [("", "text")]),
    ],
)
def test_a_manifest_is_flattened_to_paths(value, leaves):
    assert parts._leaves(value) == leaves


def test_the_head_says_how_much_was_done(visit, entry, run, replies):
    drawn = visit()
    _head(T, entry, run)
    assert drawn.figures[T("board.n")] == f"{len(replies):,}"
    assert drawn.figures[T("board.params")] == "3.0B"
    assert drawn.figures[T("board.length")] == f"{meant(replies, 'length_chars'):.1f}"
    assert drawn.figures[T("board.coverage")] == "100%"
    assert [to for to, _ in drawn.links] == ["samples", "compare", "judge", "rate"]


def test_the_link_to_the_raters_does_not_name_the_run(visit, entry, run):
    drawn = visit()
    _head(T, entry, run)
    assert run.id not in str(dict(drawn.links)["rate"])


def test_a_run_that_was_cut_off_says_how_far_it_came(visit, entry, run):
    from msgspec.structs import replace

    from kikime.harness.store.records import Health

    head = replace(entry.head, counts={"done": 7, "planned": 1234}, health=Health(duplicate_rate=0.5))
    drawn = visit()
    _head(T, replace(entry, state="partial", head=head), run)
    assert any("7" in text and "1,234" in text for text in drawn.said("warning"))
    assert any("50%" in text for text in drawn.said("warning"))


def test_a_run_without_a_summary_shows_its_state(visit, run):
    from kikime.leaderboard.data.index import Entry

    drawn = visit()
    _head(T, Entry(run.id, (0, 0), "running", "no_summary", run.id), run)
    assert drawn.figures == {}
    assert T("state.running") in drawn.said("info")[0]


def test_tables_that_are_not_there_yet_say_how_to_go_on(tmp_path):
    from kikime.harness.core.errors import UsageError
    from kikime.harness.store.rundir import RunDirectory

    with pytest.raises(UsageError) as caught:
        parts.groups_of(RunDirectory(tmp_path), ("format",))
    assert "resume" in caught.value.hint
