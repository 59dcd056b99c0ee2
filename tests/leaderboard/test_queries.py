import orjson
import pyarrow.parquet as pq
import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.reports.comparison.compare import compare
from kikime.leaderboard.data.index import Index
from kikime.leaderboard.data.pairs import comparison, flips
from kikime.leaderboard.data.queries import distributions, slices, verdicts
from kikime.leaderboard.data.queries.samples import PAGE, Filter, every, facets, one, page_of, partner, verdict_values
from kikime.leaderboard.data.ratings import annotate, scores_rating
from tests.support.builders import add_verdicts


@pytest.fixture
def runs(store):
    index = Index(store)
    return {entry.name: index.find(entry.id) for entry in index.entries()}


@pytest.fixture
def august(runs):
    return runs["アイネス-8月"]


@pytest.fixture
def september(runs):
    return runs["アイネス-9月"]


def table(run):
    return pq.read_table(run.samples_file).to_pylist()


def test_pages_cover_every_reply_once_in_plan_order(august):
    total = page_of(august, Filter()).total
    keys = [row["key"] for page in range(1, -(-total // PAGE) + 1) for row in page_of(august, Filter(), page).rows]
    assert keys == [row["key"] for row in sorted(table(august), key=lambda r: (r["position"], r["turn"]))]


def test_a_page_beyond_the_last_is_empty(august):
    assert page_of(august, Filter(), 10_000).rows == []


def test_facets_filter(august):
    chosen = Filter(values={"persona": ["bushi"], "shots": ["2"], "format": ["chatml"]})
    expected = [r for r in table(august) if (r["persona"], r["shots"], r["format"]) == ("bushi", 2, "chatml")]
    assert page_of(august, chosen).total == len(expected) > 0


def test_facets_are_those_of_the_run(august):
    assert facets(august)["format"] == ["alpaca", "chatml"]
    assert facets(august)["turn"] == ["0", "1", "2"]


@pytest.mark.parametrize("text", ["%", "_", "'; DROP TABLE samples; --", "\\", "*"])
def test_search_takes_text_literally(august, text):
    assert page_of(august, Filter(text=text)).total == 0


def test_search_finds_replies_and_questions(august):
    assert page_of(august, Filter(text="ユーザー: それでは")).total == sum(
        "ユーザー:" in r["response"] for r in table(august)
    )


def test_a_flag_shows_only_bad_replies(august):
    worst = page_of(august, Filter(order="worst", metric="turn_leak"))
    bad = page_of(august, Filter(flag="turn_leak"))
    assert {row["key"] for row in worst.rows[: bad.total]} == {row["key"] for row in bad.rows}
    assert bad.total > 0
    assert all(one(august, row["key"])["metrics"]["turn_leak"] == 1 for row in bad.rows[:5])
    assert page_of(august, Filter(flag="length_fit")).total + sum(
        one(august, row["key"])["metrics"]["length_fit"] == 1 for row in table(august)
    ) == len(table(august))


def test_orders(august):
    by_length = [len(row["response"]) for row in page_of(august, Filter(order="short")).rows]
    assert by_length == sorted(by_length)
    means = [row["judge"] for row in page_of(august, Filter(order="judge_low")).rows if "judge" in row]
    assert means == sorted(means)


def test_a_range_of_lengths_filters(august):
    lengths = [row["length_chars"] for row in page_of(august, Filter(between={"length_chars": (0, 25)})).rows]
    assert lengths
    assert all(value is not None and value <= 25 for value in lengths)


def test_what_a_judge_said_filters_by_one_verdict_that_has_it_all(august):
    chosen = {"judge_id": ["judge-b"], "criterion": ["tone"], "score": ["2"]}
    rows = page_of(august, Filter(verdict=chosen)).rows
    assert rows
    for row in rows:
        assert any(
            (v["judge_id"], v["criterion"], v["score"]) == ("judge-b", "tone", 2)
            for v in one(august, row["key"])["verdicts"]
        )
    assert set(verdict_values(august)["judge_id"]) == {"judge-a", "judge-b"}


def test_a_download_keeps_the_order_of_the_page(august):
    chosen = Filter(order="short", values={"format": ["alpaca"]})
    assert [row["key"] for row in every(august, chosen)][:PAGE] == [row["key"] for row in page_of(august, chosen).rows]


def test_failed_generations_can_be_listed(august):
    assert page_of(august, Filter(failed=True)).total == sum(row["error"] is not None for row in table(august))


def test_one_reply_in_full(august):
    row = table(august)[0]
    found = one(august, row["key"])
    assert found["response"] == row["response"]
    assert {v["judge_id"] for v in found["verdicts"]} <= {"judge-a", "judge-b"}
    assert one(august, "'; --") is None


def test_a_partner_answers_the_same_question(august, september):
    row = table(august)[3]
    assert one(september, partner(september, row["pair_key"]))["user"] == row["user"]


def test_a_download_holds_the_filtered_replies_whole(august):
    assert len(every(august, Filter(), limit=7)) == 7
    assert max(len(row["response"]) for row in every(august, Filter())) == max(
        len(row["response"]) for row in table(august)
    )


def test_a_run_without_tables_is_read_from_its_log(august):
    expected = page_of(august, Filter()).total
    august.samples_file.unlink()
    assert page_of(august, Filter()).total == expected


def test_a_broken_table_is_an_expected_error(august):
    august.samples_file.write_bytes(b"PAR1 nonsense")
    with pytest.raises(UsageError, match="cannot be read"):
        page_of(august, Filter())


def test_a_histogram_counts_every_reply_with_a_length(august):
    rows = distributions.histogram(august, "length_chars", None, 5)
    assert sum(row["n"] for row in rows) == sum(row["error"] is None for row in table(august))
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    assert all(row["start"] % 5 == 0 for row in rows)


def test_drift_has_every_turn_of_the_dialogues(august):
    rows = distributions.drift(august)
    assert {row["turn"] for row in rows} == {0, 1, 2}
    assert all(0 <= row["value"] <= 1 for row in rows if row["metric"] == "marker_rate")


def test_leaks_and_endings_are_per_format(august):
    assert {row["format"] for row in distributions.leaks(august)} == {"alpaca", "chatml"}
    assert sum(row["n"] for row in distributions.endings(august)) == len(table(august))
    assert {row["format"] for row in distributions.formats(august)} == {"alpaca", "chatml"}


def test_slices_equal_the_summary_over_everything(store, august):
    index = Index(store)
    entries = index.entries()
    targets = {entry.id: entry.head.targets for entry in entries}
    found = slices.means(slices.Slices(index).table(entries), targets, {})[august.id, ""]
    summary = august.summary().metrics
    for metric in ("style_band", "length_fit", "critical_failure", "fact_correct"):
        assert found[metric] == pytest.approx(summary[metric].mean), metric


def test_slices_follow_a_changed_run(store):
    index = Index(store)
    kept = slices.Slices(index)
    before = kept.table(index.entries()).num_rows
    entry = index.entries()[0]
    (store / entry.id).rename(store / f".{entry.id}")
    assert kept.table(index.entries()).num_rows < before
    assert slices.Slices(index).table(index.entries()).num_rows == kept.table(index.entries()).num_rows


def test_scores_are_shared_out_per_judge_and_criterion(august):
    shares: dict[tuple[str, str], float] = {}
    for row in verdicts.distribution(august):
        shares[row["judge"], row["criterion"]] = shares.get((row["judge"], row["criterion"]), 0) + row["share"]
    assert len(shares) == 4
    assert all(share == pytest.approx(1) for share in shares.values())


def test_judges_are_compared_with_each_other_and_with_people(august):
    assert {row["criterion"] for row in verdicts.between_judges(august)} == {"tone", "personality"}
    assert verdicts.with_people(august) == []
    rows = [row for row in table(august) if row["error"] is None][:12]
    for row in rows:
        scored = {v["criterion"]: v["score"] for v in one(august, row["key"])["verdicts"] if v["judge_id"] == "judge-b"}
        annotate(august, scores_rating(row, {"tone": scored["tone"]}, rater="花子", model="x"))
    found = {row["judge"]: row for row in verdicts.with_people(august)}
    assert found["judge-b / cot"]["mae"] == 0
    assert found["judge-b / cot"]["n"] == 12


def test_calibrate_reads_what_the_page_writes(august, tmp_path):
    from kikime.judges.trust.ratings import read_ratings

    rows = [row for row in table(august) if row["error"] is None][:5]
    for row in rows:
        annotate(august, scores_rating(row, {"tone": 5, "personality": 4}, rater="花子", model="八月"))
    lines = tmp_path / "verdicts.jsonl"
    lines.write_bytes(verdicts.lines_for_calibration(august))
    found = read_ratings(august.path / "annotations.jsonl", lines)
    assert {rating.criterion for rating in found} == {"tone", "personality"}
    assert {rating.judge for rating in found} <= {"judge-a", "judge-b"}


def test_only_the_newest_content_of_a_rubric_counts(august):
    add_verdicts(august, lambda _: 1, rubric_hash="h2")
    scores = {row["score"] for row in verdicts.distribution(august) if row["judge"].startswith("judge-a")}
    assert scores == {1}
    page = page_of(august, Filter(order="judge_high"))
    assert page.total == len(table(august))


def test_people_are_compared_with_each_other(august):
    rows = [row for row in table(august) if row["error"] is None][:6]
    for at, row in enumerate(rows):
        for rater, shift in (("花子", 0), ("太郎", 1)):
            annotate(august, scores_rating(row, {"tone": 1 + at + shift * (at < 5)}, rater=rater, model="八月"))
    (found,) = verdicts.between_people(august)
    assert (found["a"], found["b"], found["n"]) == ("太郎", "花子", 6)
    assert found["spearman"] > 0.9


def test_changes_can_be_restricted_to_a_condition(august, september):
    whole = flips(september, august, "length_fit", worse=True)
    some = flips(september, august, "length_fit", worse=True, within={"persona": ["bushi"]})
    assert [row["pair_key"] for row in some] == [r["pair_key"] for r in whole if r["persona"] == "bushi"] != []


def test_a_run_without_verdicts_has_none(runs):
    run = runs["大きなモデル"]
    for query in (
        verdicts.distribution,
        verdicts.statuses,
        verdicts.costs,
        verdicts.length_effect,
        verdicts.between_judges,
    ):
        assert query(run) == []
    assert verdicts.drift(run) == []


def test_flips_are_losses_first_and_real(august, september):
    lost = flips(september, august, "critical_failure", worse=True)
    assert lost
    assert all(row["change"] < 0 for row in lost)
    assert all(row["change"] > 0 for row in flips(september, august, "critical_failure", worse=False))


def test_the_comparison_is_that_of_the_command(august, september):
    expected = compare(august, september)
    found = comparison(august, september)
    assert found == orjson.loads(orjson.dumps(expected, option=orjson.OPT_SERIALIZE_NUMPY, default=str))
    assert comparison(august, september) == found
